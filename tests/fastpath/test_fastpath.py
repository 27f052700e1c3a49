"""A run with nothing to do: what takes the fast path, and what must not."""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.cache.store import Store, default_root
from pipeline_dsl.cli.caching import contexts
from pipeline_dsl.fastpath.attempt import attempt

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_dsl.engine.sdk.client import SdkDocker
    from tests.conftest import CommandLine, MakeProject

pytestmark = pytest.mark.engine

TEXT = """
    test = Variant("test", base=BASE, copies=["local"], entrypoint=["cat", "data"])
    ci = Pipeline("ci")
    ci.stage("test", build=test, run=True)
"""


@pytest.fixture
def project(make_project: MakeProject, cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project all of which has passed, with the environment of the command line."""
    root = make_project(TEXT, {"data": "1\n", ".dockerignore": "other\n", ".pipeline/own.py": ""})
    monkeypatch.chdir(root)
    monkeypatch.setenv("PIPELINE_DSL_SETTINGS", os.devnull)
    assert cli(root, "run").code == 0
    return root


def is_fast(*words: str) -> bool:
    return attempt(["run", *words], os.environ).is_done


def test_what_has_passed_takes_it_and_says_what_the_usual_path_says(
    project: Path, cli: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    usual = cli(project, "run", "--keep-going")  # other words, which have not been met before
    assert is_fast()
    printed = capsys.readouterr()
    rows = [" ".join(line.replace("0.0 s", "").split()) for line in usual.stdout.splitlines() if "≡" in line]
    assert len(rows) == 2
    assert [" ".join(line.split()[:-3]) for line in printed.out.splitlines() if "≡" in line] == [
        " ".join(row.split()[:-3]) for row in rows
    ]
    assert printed.out.splitlines()[-1].endswith(": 1 cached")
    assert printed.err == usual.stderr == ""


def touch_other(root: Path, _: SdkDocker) -> None:
    (root / "other").write_text("not copied")


def touch_time(root: Path, _: SdkDocker) -> None:
    os.utime(root / "data", (1, 1))


@pytest.mark.parametrize("change", [touch_other, touch_time])
def test_what_counts_for_nothing_changes_nothing(
    project: Path, docker: SdkDocker, change: Callable[[Path, SdkDocker], None]
) -> None:
    change(project, docker)
    assert is_fast()


def change_file(root: Path, _: SdkDocker) -> None:
    (root / "data").write_text("2\n")


def change_mode(root: Path, _: SdkDocker) -> None:
    (root / "data").chmod(0o600)


def add_file(root: Path, _: SdkDocker) -> None:
    (root / "new").write_text("")


def ignore_less(root: Path, _: SdkDocker) -> None:
    (root / ".dockerignore").write_text("")


def change_pipeline(root: Path, _: SdkDocker) -> None:
    file = root / ".pipeline/pipeline.py"
    file.write_text(file.read_text().replace('"data"', '"./data"'))


def shadow_a_module(root: Path, _: SdkDocker) -> None:
    (root / ".pipeline/re.py").write_text("")


def remove_image(root: Path, docker: SdkDocker) -> None:
    for image in docker.api.images(filters={"label": f"pipeline-dsl.project={root.name}"}, quiet=True):
        docker.api.remove_image(image, force=True)


def move_name(root: Path, docker: SdkDocker) -> None:
    base = docker.image(os.environ.get("PIPELINE_DSL_TEST_BASE", "debian:bookworm-slim"))
    assert base
    docker.tag(base.id, f"pipeline-dsl/{root.name}:test")


def remove_runs(_root: Path, _: SdkDocker) -> None:
    shutil.rmtree(Path(default_root(os.environ), "records/run"))


CHANGES = (
    change_file,
    change_mode,
    add_file,
    ignore_less,
    change_pipeline,
    shadow_a_module,
    remove_image,
    move_name,
    remove_runs,
)


@pytest.mark.parametrize("change", CHANGES)
def test_what_counts_leads_to_the_usual_path(
    project: Path,
    docker: SdkDocker,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[Path, SdkDocker], None],
) -> None:
    assert is_fast()
    capsys.readouterr()
    change(project, docker)
    assert not is_fast()
    assert capsys.readouterr() == ("", "")


def test_other_words_are_another_command(project: Path) -> None:
    assert project.is_dir()
    assert not is_fast("--stage", "test")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PIPELINE_DSL_TIMEOUTS_RUN", "5"),
        ("ZUUL_PIPELINE", "gate"),
        ("DOCKER_HOST", "unix:///nowhere"),
        ("HOME", "/elsewhere"),
    ],
)
def test_so_are_other_settings(project: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    assert project.is_dir()
    monkeypatch.setenv(name, value)
    assert not is_fast()


@pytest.mark.parametrize(
    "stage",
    [
        'ci.stage("asks", build=test, run=True, cache="never")',
        'ci.stage("lends", build=test, run=True, exports={"a": "1"})',
        'ci.stage("refers", build=test, run=["echo", "${setup.timestamp}"])',
        'ci.stage("serves", build=test, run=Run(services=[Service("db", image=test)], command=["true"]))',
    ],
)
def test_a_plan_with_more_than_keys_can_tell_takes_the_usual_path(
    make_project: MakeProject, cli: CommandLine, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    text = TEXT.replace('entrypoint=["cat", "data"]', 'entrypoint=["sleep", "1"]')
    root = make_project(text + f"    {stage}\n", {"data": "1\n"})
    monkeypatch.chdir(root)
    monkeypatch.setenv("PIPELINE_DSL_SETTINGS", os.devnull)
    assert cli(root, "run", "--plain").code == 0
    assert not is_fast("--plain")


def test_a_file_that_reads_a_variable_is_evaluated_each_time(
    make_project: MakeProject, cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_project(f"import os\n{TEXT}".replace("\n    ", "\n"), {"data": "1\n"})
    monkeypatch.chdir(root)
    assert cli(root, "run").code == 0
    assert not is_fast()


def test_a_damaged_plan_is_not_believed(project: Path) -> None:
    store = Store(default_root(os.environ))
    notes = [path for path in Path(default_root(os.environ), "notes").rglob("*") if path.is_file()]
    assert notes
    for note in notes:
        note.write_bytes(note.read_bytes()[:-1])
    assert not is_fast()
    assert project.is_dir()
    assert store.root


def test_what_it_has_read_of_files_is_handed_on(project: Path) -> None:
    (project / "data").write_text("2\n")
    made = attempt(["run"], os.environ)
    assert not made.is_done
    assert made.contexts
    store = Store(default_root(os.environ))
    assert contexts(argparse.Namespace(contexts=made.contexts), store) is made.contexts
    other = Store(project / "elsewhere")
    assert contexts(argparse.Namespace(contexts=made.contexts), other).store is other
