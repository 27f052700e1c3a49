"""``run`` and ``build``: exit codes, what is on the screen, what becomes of the images."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import uuid
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline_dsl.engine.sdk.client import SdkDocker
    from tests.conftest import CommandLine, MakeProject

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("base")]

SERVICE = """
box = Variant("box", base=BASE, entrypoint=["echo", "served"])
ci = Pipeline("ci")
unit = ci.stage("unit", build=box, run=["sh", "-c", "seq 40; echo oops >&2; test ! -e /fail"])
lint = ci.stage("lint", build=box, run=True)
image = ci.stage("image", build=box, after=[unit])
night = Pipeline("night")
night.stage("soak", build=box, run=["echo", "soaked"])
"""


def failing(text: str) -> str:
    return text.replace("test ! -e /fail", "exit 7")


def states(stdout: str) -> dict[str, str]:
    """Read how each stage ended from the first line that the summary has for it."""
    rows = re.findall(r"^[✓✗■○!] (\S+) +(passed|failed|cancelled|broken|not run)", stdout, re.MULTILINE)
    return dict(rows)


def test_all_passed(cli: CommandLine, make_project: MakeProject) -> None:
    told = cli(make_project(SERVICE), "run")
    assert told.code == 0
    assert states(told.stdout) == {
        "ci/unit": "passed",
        "ci/lint": "passed",
        "ci/image": "passed",
        "night/soak": "passed",
    }
    assert re.fullmatch(r"passed in .*: 4 passed", told.stdout.splitlines()[-1])
    assert told.stderr == ""


def test_a_failure_is_shown_whole_and_later_stages_are_said_not_to_be_run(
    cli: CommandLine, make_project: MakeProject
) -> None:
    told = cli(make_project(failing(SERVICE)), "run", "--jobs", "1")
    assert told.code == 1
    printed = [line.partition("│ ")[2] for line in told.stdout.splitlines() if line.startswith("ci/unit ")]
    wanted = [*map(str, range(1, 41)), "oops"]
    assert sorted(line for line in printed if line in wanted) == sorted(wanted)
    assert "exit code 7" in told.stdout
    assert ".pipeline/pipeline.py:4: sh -c" in told.stdout
    assert states(told.stdout) | {"ci/unit": ""} == {
        "ci/unit": "",
        "ci/lint": "not run",
        "ci/image": "not run",
        "night/soak": "not run",
    }
    assert re.search(r"^○ ci/image +not run +unit failed$", told.stdout, re.MULTILINE)


def test_with_keep_going_only_what_needs_a_failure_is_not_run(
    cli: CommandLine, make_project: MakeProject
) -> None:
    told = cli(make_project(failing(SERVICE)), "run", "--keep-going")
    assert told.code == 1
    assert states(told.stdout) | {"ci/unit": ""} == {
        "ci/unit": "",
        "ci/lint": "passed",
        "ci/image": "not run",
        "night/soak": "passed",
    }


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--stage", "image"], ["unit", "image"]),
        (["night"], ["soak"]),
        (["night", "ci", "--stage", "soak", "lint"], ["night/soak", "ci/lint"]),
    ],
    ids=["a stage and what it needs", "a pipeline", "stages of pipelines in the order asked for"],
)
def test_what_is_asked_for_runs_and_nothing_else(
    cli: CommandLine, make_project: MakeProject, words: list[str], expected: list[str]
) -> None:
    told = cli(make_project(SERVICE), "run", *words)
    assert told.code == 0
    assert list(states(told.stdout)) == expected


def test_what_is_missing_is_told_before_anything_runs(cli: CommandLine, make_project: MakeProject) -> None:
    root = make_project(
        SERVICE.replace("entrypoint=", 'copies=[Copy("local", source="app.js")], entrypoint=')
    )
    told = cli(root, "run")
    assert (told.code, told.stdout) == (2, "")
    assert told.stderr.startswith('error: .pipeline/pipeline.py:2: variant "box": "app.js" is to be copied')


@pytest.mark.parametrize("words", [["run"], ["build", "box"]])
def test_without_an_engine_there_is_help(
    cli: CommandLine, make_project: MakeProject, tmp_path: Path, words: list[str]
) -> None:
    without = type(cli)({"DOCKER_HOST": f"unix://{tmp_path}/docker.sock"})
    told = without(make_project(SERVICE), *words)
    assert (told.code, told.stdout) == (3, "")
    assert told.stderr == (
        f"error: no container engine answers at unix://{tmp_path}/docker.sock: there is no such socket. "
        "Is the engine running? Start it, or name another one in DOCKER_HOST. [engine-unreachable]\n"
    )


def test_an_engine_that_fails_by_itself_is_told_from_a_failing_step(
    cli: CommandLine, make_project: MakeProject
) -> None:
    root = make_project("""Pipeline("ci").stage("unit", build=Variant("box", base="localhost:1/box"))""")
    told = cli(root, "run")
    assert told.code == 3
    assert states(told.stdout) == {"unit": "broken"}


def test_lines_are_plain_where_nobody_watches(cli: CommandLine, make_project: MakeProject) -> None:
    told = cli(make_project(SERVICE), "run", "night")
    assert "soak │ soaked\n" in told.stdout
    assert "\x1b" not in told.stdout


def test_a_reader_that_leaves_ends_the_run_and_its_containers(
    cli: CommandLine, make_project: MakeProject, docker: SdkDocker
) -> None:
    root = make_project(SERVICE.replace("seq 40", "yes | head -n 100000; sleep 60"))
    with cli.start(root, "run", "--stage", "unit") as command:
        assert command.stdout is not None
        command.stdout.readline()
        command.stdout.close()
    assert command.returncode == 1
    label = f"pipeline-dsl.project={root.name}"
    assert docker.api.containers(all=True, filters={"label": label}) == []


@pytest.fixture
def tag(docker: SdkDocker) -> Iterator[str]:
    """A name for an image, which is gone afterwards."""
    name = f"pipeline-dsl-test:{uuid.uuid4().hex}"
    yield name
    if docker.image(name) is not None:
        docker.api.remove_image(name, force=True)


def test_build_gives_an_image_with_tags_and_labels(
    cli: CommandLine, make_project: MakeProject, docker: SdkDocker, tag: str
) -> None:
    root = make_project(SERVICE)
    told = cli(root, "build", "box", "--tag", tag)
    assert told.code == 0
    assert states(told.stdout) == {"box": "passed"}
    image, usual = docker.image(tag), docker.image(f"pipeline-dsl/{root.name}:box")
    assert image is not None
    assert image == usual
    assert {name: value for name, value in image.labels.items() if "stand-in" not in name} == {
        "blubber.variant": "box",
        "blubber.version": f"1.8.0+pipeline-dsl.{__version__}",
        "pipeline-dsl.project": root.name,
        "pipeline-dsl.version": __version__,
    }


def test_build_takes_several_tags_and_no_other_variant(
    cli: CommandLine, make_project: MakeProject, docker: SdkDocker, tag: str
) -> None:
    root = make_project(f"{SERVICE}\nVariant('other', includes=[box])\n")
    assert cli(root, "build", "box", "--tag", tag, "--tag", f"{tag}-2").code == 0
    assert docker.image(tag) == docker.image(f"{tag}-2")
    docker.api.remove_image(f"{tag}-2")
    assert docker.image(f"pipeline-dsl/{root.name}:other") is None


def test_a_failing_build_has_exit_code_1(cli: CommandLine, make_project: MakeProject) -> None:
    root = make_project("""Variant("box", base=BASE, builder=Builder(command="echo some reason; exit 3"))""")
    told = cli(root, "build", "box")
    assert told.code == 1
    assert "some reason" in told.stdout


@pytest.mark.skipif(shutil.which("docker") is None, reason="Needs docker's own command.")
def test_the_dockerfile_builds_with_dockers_own_command(
    cli: CommandLine, make_project: MakeProject, tag: str
) -> None:
    root = make_project(
        """
        build = Variant("build", base=BASE, copies=[Copy("local", source="src/", destination="./src/")])
        box = Variant("box", base=BASE, copies=[build], entrypoint=["cat", "src/app.js"])
        """,
        {"src/app.js": "hello"},
    )
    text = cli(root, "dockerfile", "box").stdout
    built = subprocess.run(
        ["docker", "build", "--tag", tag, "--file", "-", "."],
        cwd=root,
        env={**cli.env, "DOCKER_BUILDKIT": "0"},
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    ran = subprocess.run(["docker", "run", "--rm", tag], capture_output=True, text=True, check=True)
    assert ran.stdout == "hello"
    config = subprocess.run(["docker", "inspect", tag], capture_output=True, text=True, check=True).stdout
    assert json.loads(config)[0]["Config"]["User"] == "900"


PARAMETERS = """
box = Variant(
    "box",
    base=BASE,
    arguments={"MODE": "slow", "PATH": "/nowhere"},
    builder=Builder(script="echo $MODE $PATH > mode", caches=["/var/cache/box"]),
    entrypoint=["sh", "-c", "cat mode; echo $PATH; id -u; stat -c %u mode"],
)
Pipeline("ci").stage("box", build=box, run=True)
"""


def test_build_arguments_are_for_the_build_and_leave_the_image_as_it_is(
    cli: CommandLine, make_project: MakeProject
) -> None:
    arguments = (
        "--build-arg",
        "MODE=fast",
        "--build-arg",
        "PATH=/usr/sbin:/usr/bin:/bin",
        "--build-arg",
        "LIVES_UID=1234",
    )
    told = cli(make_project(PARAMETERS), "run", *arguments)
    assert told.code == 0
    printed = re.findall(r"^box │ (.*)$", told.stdout, re.MULTILINE)[-4:]
    assert printed[0] == "fast /usr/sbin:/usr/bin:/bin"
    assert "/usr/local/sbin" in printed[1]
    assert printed[2:] == ["900", "1234"]


def test_an_unknown_build_argument_is_refused_with_a_suggestion(
    cli: CommandLine, make_project: MakeProject
) -> None:
    told = cli(make_project(PARAMETERS), "run", "--build-arg", "MODDE=fast")
    assert (told.code, told.stderr) == (
        2,
        'error: There is no build argument "MODDE". Did you mean "MODE"? [unknown-build-argument]\n',
    )


def test_a_base_image_of_another_platform_has_to_be_pulled(
    cli: CommandLine, make_project: MakeProject
) -> None:
    told = cli(
        make_project(PARAMETERS.replace("BASE", '"localhost:1/none"')),
        "build",
        "box",
        "--platform",
        "linux/s390x",
    )
    assert told.code == 3
    assert "cannot pull localhost:1/none" in told.stdout
