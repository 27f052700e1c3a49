"""Publishing from a pipeline, to a real registry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.pipelines.told import SAY, said, states, with_variables
from tests.checkout.upstream import git
from tests.registry import PASSWORD, USER

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_dsl.engine.sdk.client import SdkDocker
    from tests.acceptance.pipelines.leftovers import Leftovers
    from tests.conftest import CommandLine, MakeProject, Outcome
    from tests.registry import Registry

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("base")]

SERVICE = """
app = Variant("app", base=BASE, copies=["local"], entrypoint=["cat", "greeting"])
ci = Pipeline("ci")
"""
FILES = {"greeting": "hello\n"}


def to(registry: Registry, cli: CommandLine, **others: str) -> CommandLine:
    """Give a command line that publishes to a registry."""
    return with_variables(cli, PIPELINE_DSL_REGISTRY_PUSH=registry.address, **others)


def test_an_image_is_published_by_project_time_and_stage_and_found_by_its_digest(
    cli: CommandLine, make_project: MakeProject, docker: SdkDocker, registry: Registry, leftovers: Leftovers
) -> None:
    root = make_project(
        SERVICE
        + f"""
candidate = ci.stage("candidate", build=app, publish=True)
values = [
    candidate.image_name, candidate.image_full_name, candidate.image_tag, candidate.published_image,
    candidate.published_digest, candidate.image_tags, setup.timestamp,
]
ci.stage("later", run=Run({SAY}, arguments=values, image=candidate.image_id))
""",
        FILES,
    )
    told = to(registry, cli)(root, "run")
    assert told.code == 0, told.stdout
    name, full_name, tag, published, digest, tags, timestamp = said(told, "later")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d-\d{6}", timestamp)
    assert tag == f"{timestamp}-candidate"
    assert registry.tags(root.name) == {tag}
    assert tags == f'["{tag}"]'
    assert (name, full_name) == (root.name, f"{registry.address}/{root.name}")
    assert published == f"{full_name}:{tag}"
    assert digest == registry.digest(root.name, tag)
    assert leftovers.of(root.name) == []

    built = docker.image(f"pipeline-dsl/{root.name}:app")
    assert built is not None
    docker.api.remove_image(built.id, force=True)
    docker.api.pull(f"{full_name}@{digest}")
    pulled = docker.image(f"{full_name}@{digest}")
    assert pulled is not None
    assert pulled.id == built.id
    container = docker.api.create_container(pulled.id)
    try:
        docker.api.start(container)
        docker.api.wait(container)
        assert docker.api.logs(container) == b"hello\n"
    finally:
        docker.api.remove_container(container, force=True)
        docker.api.remove_image(f"{full_name}@{digest}", force=True)


def test_the_git_tag_that_is_checked_out_becomes_a_tag_of_the_image(
    cli: CommandLine, make_project: MakeProject, registry: Registry
) -> None:
    root = make_project(
        SERVICE + 'ci.stage("release", build=app, publish=Publish(tag="fixed"))',
        FILES | {".dockerignore": ".git"},
    )
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "all")
    git(root, "tag", "Rel/1.0")
    assert to(registry, cli)(root, "run", "--from", "HEAD").code == 0
    assert registry.tags(root.name) == {"fixed"}
    told = to(registry, cli)(root, "run", "--from", "Rel/1.0")
    assert told.code == 0, told.stdout
    assert registry.tags(root.name) == {"fixed", "rel-1.0"}


def test_tags_are_sanitised_known_as_such_and_left_out_if_empty(
    cli: CommandLine, make_project: MakeProject, registry: Registry
) -> None:
    root = make_project(
        SERVICE
        + f"""
release = ci.stage(
    "release",
    build=app,
    publish=Publish(
        name="${{setup.project}}/API",
        tag="V1.0-A/B",
        tags=Merge(["latest", "${{setup.tag}}"], ["", "latest"]),
    ),
)
values = [release.image_name, release.image_tag, release.published_image, release.image_tags]
ci.stage("later", run=Run({SAY}, arguments=values, image=release.image_id))
""",
        FILES,
    )
    told = to(
        registry, cli, PIPELINE_DSL_REGISTRY_REPOSITORY="team", PIPELINE_DSL_REGISTRY_PUBLIC="img.test"
    )(root, "run")
    assert told.code == 0, told.stdout
    name = f"{root.name}-api"
    assert registry.tags(f"team/{name}") == {"v1.0-a-b", "latest"}
    assert said(told, "later") == [
        name,
        "v1.0-a-b",
        f"img.test/team/{name}:v1.0-a-b",
        '["v1.0-a-b", "latest"]',
    ]


@pytest.mark.parametrize(
    ("publish", "code"),
    [
        ('Publish(name="somebody-elses")', "image-name-not-allowed"),
        ('Publish(tag="no tag")', "invalid-tag"),
        ('Publish(name="${setup.project}-_-")', "invalid-image-name"),
    ],
)
def test_names_and_tags_that_may_not_be_fail_their_stage(
    cli: CommandLine, make_project: MakeProject, registry: Registry, publish: str, code: str
) -> None:
    root = make_project(
        f"{SERVICE}a = ci.stage('release', build=app, publish={publish})\n"
        "ci.stage('later', build=app, run=True, after=[a])",
        FILES,
    )
    told = to(registry, cli)(root, "run")
    assert told.code == 1
    assert states(told) == {"release": "failed", "later": "not run"}
    assert re.search(rf"pipeline.py:\d: .*\[{code}\]", told.stdout, re.DOTALL), told.stdout
    assert registry.tags("somebody-elses") == set()


def test_a_name_like_any_is_for_the_operator_to_allow(
    cli: CommandLine, make_project: MakeProject, registry: Registry
) -> None:
    root = make_project(f"{SERVICE}ci.stage('a', build=app, publish=Publish(name='any', tag='a'))", FILES)
    assert to(registry, cli)(root, "run", "--set", "registry.any_name=true").code == 0
    assert registry.tags("any") == {"a"}


def test_a_dry_run_says_what_would_be_pushed_and_pushes_nothing(
    cli: CommandLine, make_project: MakeProject, registry: Registry
) -> None:
    root = make_project(
        f"{SERVICE}a = ci.stage('release', build=app, publish=Publish(tag='one', tags=['two']))\n"
        f"ci.stage('later', build=app, run=Run({SAY}, arguments=[a.published_image]))",
        FILES,
    )
    told = to(registry, cli)(root, "run", "--dry-run")
    assert told.code == 0, told.stdout
    assert "would push one, two" in told.stdout
    assert said(told, "later") == [f"{registry.address}/{root.name}:one"]
    assert registry.tags(root.name) == set()


def test_a_tag_that_exists_stays_where_it_is_unless_it_may_be_moved(
    cli: CommandLine, make_project: MakeProject, registry: Registry
) -> None:
    """With one tag that may not be moved, none is."""
    text = SERVICE + 'ci.stage("release", build=app, publish=Publish(tag="one", tags=["new"]))'
    root = make_project(text.replace(', tags=["new"]', ""), FILES)
    pipeline = root / ".pipeline/pipeline.py"
    publish = to(registry, cli)

    def run_with(greeting: str, tags: str) -> Outcome:
        (root / "greeting").write_text(greeting)
        pipeline.write_text(re.sub(r'tag="one".*\)\)', f'tag="one"{tags}))', pipeline.read_text()))
        return publish(root, "run")

    assert run_with("hello\n", "").code == 0
    first = registry.digest(root.name, "one")
    refused = run_with("other\n", ', tags=["new"]')
    assert refused.code == 1
    assert "[tag-exists]" in refused.stdout
    assert registry.tags(root.name) == {"one"}
    assert registry.digest(root.name, "one") == first
    assert run_with("other\n", ', overwrite=["one"]').code == 0
    assert registry.digest(root.name, "one") not in (first, None)


def test_the_operators_credential_opens_a_registry_that_asks_for_a_login(
    cli: CommandLine, make_project: MakeProject, closed_registry: Registry
) -> None:
    root = make_project(f"{SERVICE}ci.stage('release', build=app, publish=Publish(tag='one'))", FILES)
    publish = to(closed_registry, cli, HARBOUR=PASSWORD)
    refused = publish(root, "run")
    assert refused.code == 1
    assert closed_registry.tags(root.name) == set()
    provider = f'{{environment="HARBOUR", username="{USER}"}}'
    told = publish(
        root, "run", "--set", f"credentials.HARBOUR={provider}", "--set", "registry.credential=HARBOUR"
    )
    assert told.code == 0, told.stdout + told.stderr
    assert closed_registry.tags(root.name) == {"one"}
    assert PASSWORD not in told.stdout


def test_a_registry_that_is_not_there_is_no_fault_of_the_pipeline(
    cli: CommandLine, make_project: MakeProject, registry: Registry, leftovers: Leftovers
) -> None:
    root = make_project(f"{SERVICE}ci.stage('release', build=app, publish=Publish(tag='one'))", FILES)
    registry.stop()
    try:
        told = to(registry, cli)(root, "run", "--set", "registry.retries=0")
    finally:
        registry.start()
    assert told.code == 3
    assert states(told) == {"release": "broken"}
    assert registry.tags(root.name) == set()
    assert leftovers.of(root.name) == []


def test_without_a_registry_nothing_is_even_built(
    cli: CommandLine, make_project: MakeProject, tmp_path: Path
) -> None:
    root = make_project(f"{SERVICE}ci.stage('release', build=app, publish=True)", FILES)
    told = with_variables(cli, DOCKER_HOST=f"unix://{tmp_path}/nowhere.sock")(root, "run")
    assert (told.code, told.stdout) == (2, "")
    assert re.search(r'pipeline.py:4: stage "release" .*\[no-registry\]', told.stderr)
