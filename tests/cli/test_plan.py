"""``plan``: what it prints, and that it leaves everything as it was."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.cache.images import reference

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_dsl.engine.sdk.client import SdkDocker
    from tests.conftest import CommandLine, MakeProject
    from tests.registry import Registry

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("base")]

SERVICE = """
box = Variant(
    "box",
    base=BASE,
    arguments={"MODE": "slow"},
    copies=[Copy("local", source="src/", destination="./src/")],
    entrypoint=["cat", "src/a"],
)
ci = Pipeline("ci")
unit = ci.stage("unit", build=box, run=True)
"""
FILES = {"src/a": "a", "other": "o"}


@pytest.fixture
def own(cli: CommandLine, tmp_path: Path) -> CommandLine:
    """A command line whose store no other test has seen."""
    environment = {**cli.environment, "PIPELINE_DSL_CACHE_DIRECTORY": str(tmp_path / "store")}
    return dataclasses.replace(cli, environment=environment)


def downed(cli: CommandLine, tmp_path: Path) -> CommandLine:
    """Take the engine away."""
    environment = {**cli.environment, "DOCKER_HOST": f"unix://{tmp_path}/docker.sock"}
    return dataclasses.replace(cli, environment=environment)


def states(root: Path) -> dict[str, tuple[object, ...]]:
    """Everything below a directory, with its content and its times."""
    return {
        str(path): (
            *(path.lstat().st_mode, path.lstat().st_mtime_ns, path.lstat().st_ctime_ns, path.lstat().st_size),
            path.read_bytes() if path.is_file() else b"",
        )
        for path in ([root, *root.rglob("*")] if root.exists() else [])
    }


def test_a_tree_says_what_would_become_of_each_step_and_why(
    own: CommandLine, make_project: MakeProject
) -> None:
    root = make_project(SERVICE, FILES)
    assert own(root, "plan").stdout == (
        "ci\n"
        "└─ unit  build box        will build  never built here\n"
        "         run   cat src/a  will run    never passed here\n"
    )
    assert own(root, "run").code == 0
    assert re.fullmatch(
        r"ci\n"
        r"└─ unit  build box        cached  built \d+ s ago\n"
        r"         run   cat src/a  cached  passed \d+ s ago\n",
        own(root, "plan").stdout,
    )
    (root / "src" / "a").write_text("new")
    told = own(root, "plan")
    assert (told.code, told.stderr) == (0, "")
    assert told.stdout == (
        "ci\n"
        "└─ unit  build box        will build  src/a changed\n"
        "         run   cat src/a  will run    its image is another one\n"
    )


@pytest.mark.parametrize("is_up", [True, False], ids=["engine up", "engine down"])
def test_nothing_is_written(
    own: CommandLine, make_project: MakeProject, tmp_path: Path, *, is_up: bool
) -> None:
    root = make_project(SERVICE, FILES)
    plain = own if is_up else downed(own, tmp_path)
    for _ in range(2):
        before = states(root), states(tmp_path / "store")
        for words in (["plan"], ["plan", "--json"], ["why", "unit"], ["why", "box"], ["plan", "--no-cache"]):
            assert plain(root, *words).code == 0
        after = states(root), states(tmp_path / "store")
        assert before == after
        assert own(root, "run").code == 0
        (root / "src" / "a").write_text("new")


def test_json_has_keys_and_all_reasons(own: CommandLine, make_project: MakeProject) -> None:
    root = make_project(SERVICE, FILES)
    assert own(root, "run").code == 0
    (root / "src" / "a").chmod(0o755)
    told = json.loads(own(root, "plan", "--json").stdout)
    assert (told["format"], told["project"], told["problems"]) == (1, root.name, [])
    (stage,) = told["stages"]
    assert (stage["pipeline"], stage["stage"], stage["needs"]) == ("ci", "unit", [])
    built, ran = stage["steps"]
    assert (built["kind"], built["title"], built["state"]) == ("build", "box", "will build")
    assert built["reasons"] == [
        {
            "component": "files",
            "text": "src/a has mode 0755, was 0644",
            "details": ["src/a: mode 0755, was 0644"],
        }
    ]
    assert re.fullmatch("[0-9a-f]{64}", built["key"])
    assert built["age"] is None
    assert built["last"] >= 0
    assert ran["state"] == "will run"


def test_without_an_engine_there_is_a_warning_and_what_the_last_run_knew(
    own: CommandLine, make_project: MakeProject, tmp_path: Path
) -> None:
    root, without = make_project(SERVICE, FILES), downed(own, tmp_path)
    assert own(root, "run").code == 0
    told = without(root, "plan")
    assert told.code == 0
    assert told.stderr == (
        "warning: the container engine cannot be reached: no container engine answers at"
        f" unix://{tmp_path}/docker.sock: there is no such socket;"
        " what is said of images is what the last run knew.\n"
    )
    assert (
        re.findall("may be cached  the engine cannot be asked", told.stdout)
        == ["may be cached  the engine cannot be asked"] * 2
    )
    (root / "src" / "a").write_text("new")
    assert "will build  src/a changed" in without(root, "plan").stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--build-arg", "MODE=fast"], "will build  the build argument MODE is new: fast"),
        (["--rerun"], "will run  --rerun is given"),
        (["--rerun", "unit"], "will run  --rerun is given"),
        (["--no-cache"], "will build  --no-cache is given"),
        (["--platform", "linux/s390x"], "the platform is linux/s390x, was linux/"),
    ],
    ids=["argument", "rerun", "rerun a stage", "no cache", "platform"],
)
def test_it_takes_the_options_of_a_run(
    own: CommandLine, make_project: MakeProject, words: list[str], expected: str
) -> None:
    root = make_project(SERVICE, FILES)
    assert own(root, "run").code == 0
    told = own(root, "plan", *words)
    assert told.code == 0
    assert expected in re.sub(" {2,}", "  ", told.stdout)


def committed(root: Path, message: str) -> None:
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "-C", str(root)]
    if not (root / ".git").exists():
        subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], check=True)
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "--quiet", "-m", message], check=True)


def test_two_revisions_are_compared_step_by_step(own: CommandLine, make_project: MakeProject) -> None:
    root = make_project(SERVICE + 'ci.stage("old", build=box, run=["true"])\n', FILES)
    committed(root, "first")
    assert own(root, "plan", "--diff", "main").stdout == "nothing differs from main\n"
    file = root / ".pipeline" / "pipeline.py"
    file.write_text(file.read_text().replace('"old"', '"lint"'))
    (root / "src" / "a").write_text("new")
    told = own(root, "plan", "--diff", "main")
    assert re.sub("[0-9a-f]{64}", "KEY", told.stdout) == (
        "ci/unit\n"
        "  build box: differs\n"
        "    - src/a changed\n"
        "        src/a: content\n"
        "    key  KEY\n"
        "  run cat src/a: differs\n"
        "    - its image is another one\n"
        "        now:  KEY\n"
        "        last: KEY\n"
        "    key  KEY\n"
        "\n"
        "ci/lint\n"
        "  build box: new\n"
        "    key  KEY\n"
        "  run true: new\n"
        "    key  KEY\n"
        "\n"
        "ci/old\n"
        "  build box: gone\n"
        "  run true: gone\n"
    )
    stages = json.loads(own(root, "plan", "--diff", "main", "--json").stdout)["stages"]
    assert [stage["stage"] for stage in stages] == ["unit", "lint", "old"]


def test_a_ref_that_is_not_there_is_refused(own: CommandLine, make_project: MakeProject) -> None:
    root = make_project(SERVICE, FILES)
    committed(root, "first")
    told = own(root, "plan", "--diff", "mian")
    assert (told.code, told.stdout) == (2, "")
    assert 'no ref "mian"' in told.stderr


def test_an_unreadable_store_is_none(own: CommandLine, make_project: MakeProject, tmp_path: Path) -> None:
    root = make_project(SERVICE, FILES)
    assert own(root, "run").code == 0
    for path in (tmp_path / "store" / "records").rglob("*"):
        if path.is_file():
            os.truncate(path, 10)
    told = own(root, "plan")
    assert told.code == 0
    assert "will run  never passed here" in told.stdout


def test_what_was_published_is_looked_for_in_the_registry(
    own: CommandLine, make_project: MakeProject, registry: Registry, docker: SdkDocker
) -> None:
    root = make_project(
        'ci = Pipeline("ci")\n'
        'box = Variant("box", base=BASE)\n'
        'one = ci.stage("one", build=box, publish=Publish(tag="1", tags=[]))\n'
        'ci.stage("two", run=Run(command=["echo", one.published_digest], image=one.image_id))\n'
    )
    to = ("--set", f"registry.push={registry.address}")
    told = re.sub(" {2,}", "  ", own(root, "plan", *to).stdout)
    assert f"publish {root.name}:1  will push  never pushed here" in told
    assert "will run  never passed here" in told
    assert own(root, "run", *to).code == 0
    told = own(root, "plan", *to).stdout
    assert "pushed " in told
    assert "will" not in told
    moved = f"{registry.address}/{root.name}:1"
    docker.api.import_image_from_data(bytes(1024), *moved.rsplit(":", 1))
    docker.push(moved, None, lambda *_: None, threading.Event())
    docker.remove_reference(moved)
    told = re.sub(" {2,}", "  ", own(root, "plan", *to).stdout)
    assert f"will push  {registry.address} has not all of its tags as they were pushed" in told
    assert "may run  ${one.publishedDigest} is only known in the run" in told


def test_what_another_machine_has_done_is_found_in_the_cache_repository(
    own: CommandLine, make_project: MakeProject, registry: Registry, docker: SdkDocker, tmp_path: Path
) -> None:
    root = make_project(SERVICE, FILES)
    repository = f"{registry.address}/{root.name}-cache"
    assert own(root, "run", "--cache-repo", repository).code == 0
    built, _ = json.loads(own(root, "plan", "--json").stdout)["stages"][0]["steps"]
    docker.remove_reference(reference(built["key"]))
    environment = {**own.environment, "PIPELINE_DSL_CACHE_DIRECTORY": str(tmp_path / "empty")}
    other = dataclasses.replace(own, environment=environment)
    assert "never built here" in other(root, "plan").stdout
    told = other(root, "plan", "--cache-repo", repository)
    assert re.fullmatch(
        r"ci\n"
        rf"└─ unit  build box        cached  found in {re.escape(repository)}\n"
        r"         run   cat src/a  cached  passed \d+ s ago\n",
        told.stdout,
    ), told.stdout
    assert not (tmp_path / "empty").exists()
