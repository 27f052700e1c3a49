"""What pipelines do not do again, and what they do nevertheless."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.pipelines.told import with_variables

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import CommandLine, MakeProject, Outcome
    from tests.registry import Registry

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("base")]

FILES = {"data": "one\n", ".dockerignore": ".pipeline\n"}

BOX = """
box = Variant("box", base=BASE, copies=["local"], entrypoint=["sh", "-c"])
ci = Pipeline("ci")
"""


def run(cli: CommandLine, root: Path, *words: str | Path) -> Outcome:
    told = cli(root, "run", "--plain", *words)
    assert told.code == 0, told.stdout
    return told


def rows(told: Outcome) -> dict[str, str]:
    """Give the state of each step of each stage, by both names."""
    table = re.findall(r"^[✓≡✗] (\S*) +(\w+)(?:  +[\d.]+ s)?  (\w+)", told.stdout, re.MULTILINE)
    found: dict[str, str] = {}
    stage = ""
    for name, state, step in table:
        stage = name or stage
        found[f"{stage} {step}"] = state
    return found


def test_what_a_cached_stage_printed_and_copied_is_there_for_others(
    cli: CommandLine, make_project: MakeProject, tmp_path: Path
) -> None:
    makes = "mkdir -p out/sub; ln -s sub out/link; tee out/sub/file <data; chmod 755 out/sub/file"
    reads = "stat -c %a made/sub/file; cat made/link/file; echo '${made.output}'; date"
    text = f"""{BOX}
made = ci.stage(
    "made",
    build=box,
    run=Run(arguments=["cp data /tmp; cd /tmp; {makes}"], tail=1),
    copy=[Artifact("/tmp/out", destination="made/"), "/etc/debian_version"],
)
reader = Variant("reader", base=BASE, copies=[Copy("local", source="made/")], entrypoint=["sh", "-c"])
ci.stage("reads", build=reader, run=Run(arguments=["{reads}"], tail=9), after=[made])
"""
    root = make_project(text, FILES)
    run(cli, root)
    told = run(cli, root, "--rerun", "reads", "--artifacts", tmp_path / "kept")
    assert rows(told) == {
        "made build": "cached",
        "made run": "cached",
        "made copy": "cached",
        "reads build": "cached",
        "reads run": "passed",
    }
    printed = [line.partition(" │ ")[2] for line in told.stdout.splitlines() if line.startswith("reads │")]
    assert printed[:3] == ["755", "one", "one"]
    kept = tmp_path / "kept/ci/made"
    assert (kept / "made/sub/file").read_text() == (kept / "made/link/file").read_text() == "one\n"
    assert (kept / "etc/debian_version").is_file()
    assert run(cli, root).stdout.splitlines()[-1].endswith(": 2 cached")


def test_a_failure_is_not_remembered(cli: CommandLine, make_project: MakeProject) -> None:
    root = make_project(
        f'{BOX}ci.stage("fails", build=box, run=Run(arguments=["echo tried; exit 3"]))', FILES
    )
    for _ in range(2):
        told = cli(root, "run", "--plain")
        assert told.code == 1
        assert "fails │ tried" in told.stdout


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", ["cached", "cached"]),
        (', cache="session"', ["passed", "cached"]),
        (', cache="never"', ["passed", "passed"]),
    ],
)
def test_a_stage_says_how_long_its_result_holds(
    cli: CommandLine, make_project: MakeProject, said: str, expected: list[str]
) -> None:
    stages = [f'{name} = ci.stage("{name}", build=box, run=["date"]{said}' for name in ("one", "two")]
    root = make_project(f"{BOX}{stages[0]})\n{stages[1]}, after=[one])", FILES)
    first = rows(run(cli, root))
    assert [first["one run"], first["two run"]] == ["passed", "passed" if "never" in said else "cached"]
    second = rows(run(cli, root))
    assert [second["one run"], second["two run"]] == expected


SERVED = 'ci.stage("it", build=box, run=Run(command=["true"], services=[Service("db", image=served)]){})'
TRUSTED = 'ci.stage("it", build=box, run=Run(command=["true"], credentials=[Credential("KEY")]){})'
LENDS = """
it = ci.stage("it", build=box, run=["true"])
ci.stage("takes", copy=[Artifact("/etc/hostname", container=it.container)])
"""
ANYWAY = ', cache="success"'


@pytest.mark.parametrize(
    ("stage", "is_cached"),
    [
        (SERVED.format(""), False),
        (SERVED.format(ANYWAY), True),
        (TRUSTED.format(""), False),
        (TRUSTED.format(ANYWAY), True),
        (LENDS, False),
    ],
)
def test_what_others_have_a_say_in_runs_each_time_unless_the_stage_says_otherwise(
    cli: CommandLine, make_project: MakeProject, stage: str, *, is_cached: bool
) -> None:
    served = 'served = Variant("served", base=BASE, entrypoint=["sleep", "60"])\n'
    root = make_project(BOX + served + stage, FILES)
    cli = with_variables(cli, PIPELINE_DSL_CREDENTIALS='{KEY = {environment = "A_KEY"}}', A_KEY="very-secret")
    run(cli, root)
    assert rows(run(cli, root))["it run"] == ("cached" if is_cached else "passed")


def test_another_value_of_a_credential_is_no_reason_but_another_name_is(
    cli: CommandLine, make_project: MakeProject
) -> None:
    text = BOX + TRUSTED.format(ANYWAY)
    root = make_project(text, FILES)
    run(with_variables(cli, PIPELINE_DSL_CREDENTIALS='{KEY = {environment = "A"}}', A="very-secret"), root)
    other = with_variables(cli, PIPELINE_DSL_CREDENTIALS='{KEY = {environment = "A"}}', A="another-secret")
    assert rows(run(other, root))["it run"] == "cached"
    file = root / ".pipeline/pipeline.py"
    file.write_text(file.read_text().replace('Credential("KEY")', 'Credential("KEY", variable="OTHER")'))
    assert rows(run(other, root))["it run"] == "passed"


def test_stages_run_again_when_they_are_asked_to(cli: CommandLine, make_project: MakeProject) -> None:
    stages = 'one = ci.stage("one", build=box, run=["date"])\nci.stage("two", build=box, run=["true"])'
    root = make_project(BOX + stages, FILES)
    run(cli, root)
    assert rows(run(cli, root, "--rerun", "two")) == {
        "one build": "cached",
        "one run": "cached",
        "two build": "cached",
        "two run": "passed",
    }
    again = rows(run(cli, root, "--rerun"))
    assert (again["one build"], again["one run"], again["two run"]) == ("cached", "passed", "passed")
    assert set(rows(run(cli, root, "--no-cache")).values()) == {"passed"}
    told = cli(root, "run", "--rerun", "three")
    assert told.code == 2
    assert 'There is no stage "three".' in told.stderr


def test_where_everything_is_expected_to_be_cached_anything_else_fails_and_says_why(
    cli: CommandLine, make_project: MakeProject
) -> None:
    root = make_project(f'{BOX}ci.stage("one", build=box, run=["cat", "data"])', FILES)
    never = cli(root, "run", "--expect-cached")
    assert never.code == 1
    assert 'variant "box" would be built: never built here.' in never.stdout
    run(cli, root)
    assert cli(root, "run", "--expect-cached").code == 0
    (root / "data").write_text("two\n")
    changed = cli(root, "run", "--expect-cached")
    assert changed.code == 1
    assert "data changed; data: content." in changed.stdout
    assert "two" not in changed.stdout
    (root / "data").write_text("one\n")
    assert cli(root, "run", "--expect-cached").code == 0, "what was so before is cached again"


def test_a_push_is_believed_as_long_as_the_registry_says_the_same(
    cli: CommandLine, make_project: MakeProject, registry: Registry
) -> None:
    publish = 'publish=Publish(tag="v1", tags=["latest"], overwrite=["latest"])'
    root = make_project(f'{BOX}one = ci.stage("one", build=box, {publish})', FILES)
    cli = with_variables(cli, PIPELINE_DSL_REGISTRY_PUSH=registry.address)
    assert rows(run(cli, root))["one publish"] == "passed"
    assert rows(run(cli, root))["one publish"] == "cached"
    publish = 'publish=Publish(tag="latest", tags=[], overwrite=True)'
    text = f'Project("{root.name}")\n{BOX}other = ci.stage("other", build=box, {publish})'
    other = make_project(text, {"data": "two\n"})
    run(cli, other)
    told = run(cli, root)
    assert rows(told)["one publish"] == "passed"
    assert registry.digest(root.name, "v1") == registry.digest(root.name, "latest")
