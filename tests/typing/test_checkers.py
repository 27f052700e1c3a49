"""mypy and pyright accept what is right and say what is wrong, before anything is evaluated."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

SAMPLES = Path(__file__).parent / "samples"
EXAMPLES = Path(__file__).parent.parent.parent / "examples"
REJECTED = "rejected.py"
FILES = {
    REJECTED: SAMPLES / "rejected.py.txt",  # no name that the project's own checks would look at
    "accepted.py": SAMPLES / "accepted.py",
    **{
        f"{file.parent.parent.name.replace('-', '_')}.py": file
        for file in EXAMPLES.glob("*/.pipeline/pipeline.py")
    },
}


Complaints: TypeAlias = dict[str, dict[int, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all files lie side by side, so that one run of a checker sees them all."""
    folder = tmp_path_factory.mktemp("files")
    for name, file in FILES.items():
        shutil.copy(file, folder / name)
    return folder


@pytest.fixture(scope="module")
def mypy(folder: Path) -> Complaints:
    output = run(folder, "mypy", "--strict", "--no-color-output", *FILES)
    said = re.findall(r"^(.+?):(\d+): error: (.+)$", output, re.MULTILINE)
    return by_file((name, int(line), message) for name, line, message in said)


@pytest.fixture(scope="module")
def pyright(folder: Path) -> Complaints:
    report = json.loads(run(folder, "pyright", "--outputjson", "--pythonpath", sys.executable, *FILES))
    assert report["summary"]["filesAnalyzed"] == len(FILES)
    return by_file(
        (Path(said["file"]).name, said["range"]["start"]["line"] + 1, said["message"].replace("\xa0", " "))
        for said in report["generalDiagnostics"]
    )


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    return done.stdout


def by_file(complaints: Iterable[tuple[str, int, str]]) -> Complaints:
    """Sorts complaints by place; more than one about a line are too many for its author."""
    found: Complaints = {name: {} for name in FILES}
    for name, line, message in complaints:
        assert line not in found[name], message
        found[name][line] = message
    return found


def expected(checker: str) -> dict[int, str]:
    """Reads from the sample what a checker is to say of each line."""
    comment = re.compile(r".*  # mypy: (?P<mypy>.+) pyright: (?P<pyright>.+)")
    lines = enumerate(FILES[REJECTED].read_text().splitlines(), 1)
    return {number: match[checker] for number, line in lines if (match := comment.match(line))}


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_every_mistake_is_rejected_with_a_message_that_says_what(
    request: pytest.FixtureRequest, checker: str
) -> None:
    complaints: Complaints = request.getfixturevalue(checker)
    said, wanted = complaints[REJECTED], expected(checker)
    assert sorted(said) == sorted(wanted)
    assert [said[line] for line, text in wanted.items() if text not in said[line]] == []


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
@pytest.mark.parametrize("name", sorted(FILES.keys() - {REJECTED}))
def test_what_is_right_is_accepted(request: pytest.FixtureRequest, checker: str, name: str) -> None:
    complaints: Complaints = request.getfixturevalue(checker)
    assert complaints[name] == {}
