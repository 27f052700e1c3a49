"""The README and the pages of docs/ say what holds: their examples run, their links lead somewhere."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.cli.main import command, main
from pipeline_dsl.image import dockerfile
from pipeline_dsl.load import find, load
from pipeline_dsl.resolve import resolve

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
OFFLINE = {"check", "plan", "graph", "dockerfile", "spec"}
"""Commands that print the same everywhere."""


NO_ENGINE = "warning: the container engine cannot be reached"


@dataclasses.dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def _blocks(page: Path) -> Iterator[Block]:
    text = page.read_text("utf-8")
    for match in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield Block(page, text.count("\n", 0, match.start()) + 1, match[1], match[2])


BLOCKS = [block for page in PAGES for block in _blocks(page)]
PYTHON = [block for block in BLOCKS if block.language == "python"]
CONSOLE = [block for block in BLOCKS if block.language == "console"]


@dataclasses.dataclass(frozen=True)
class Transcript:
    """A command on a page, what the page says that it prints, and the pipeline file that precedes it."""

    block: Block
    command: str
    output: str
    source: Block | None

    def __str__(self) -> str:
        return f"{self.block}: {self.command}"

    @property
    def words(self) -> list[str]:
        words = shlex.split(self.command)
        return words[words.index("pipeline_dsl") + 1 :]


def _transcripts() -> Iterator[Transcript]:
    source: Block | None = None
    for block in BLOCKS:
        if source is not None and source.page != block.page:
            source = None
        if block.language == "python":
            source = block
        if block.language == "console":
            for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.text, re.MULTILINE):
                if re.search(r"(?:^|\s)(?:python -m pipeline_dsl|pipeline-dsl)\s", command):
                    yield Transcript(block, command, output, source)


TRANSCRIPTS = list(_transcripts())
REPLAYED = [
    one
    for one in TRANSCRIPTS
    if one.output
    and OFFLINE & set(one.words)
    and (one.source or "-C" in one.words)
    and one.block.page.name != "README.md"
]
REFUSED = {one.source for one in REPLAYED if one.output.startswith("error: ")}
"""Blocks that are wrong on purpose: what follows them says how."""


def _is_whole(block: Block) -> bool:
    return "from pipeline_dsl import" in block.text


def _preamble(page: Path) -> Block:
    """Give the block of a page that those without an import stand below, as the page says."""
    return next(block for block in PYTHON if block.page == page)


PREAMBLES = {_preamble(block.page) for block in PYTHON if not _is_whole(block)}
"""Tested with all that stand below them; alone they may be unfinished."""


def _source(block: Block) -> str:
    if _is_whole(block):
        return block.text
    return re.sub(r"import .*", "import *", _preamble(block.page).text, count=1) + block.text


def _project(directory: Path, block: Block) -> Path:
    """Make a project whose pipeline file is the block."""
    file = directory / "hello" / ".pipeline" / "pipeline.py"
    file.parent.mkdir(parents=True)
    file.write_text(_source(block), "utf-8")
    (directory / "hello" / "Makefile").touch()
    return directory / "hello"


def test_the_readme_shows_the_pipeline_of_the_example() -> None:
    example = ROOT / "examples" / "node-service" / ".pipeline" / "pipeline.py"
    shown = next(block.text for block in PYTHON if block.page.name == "README.md")
    assert shown == example.read_text("utf-8")


def test_the_readme_shows_errors_that_the_pages_explain() -> None:
    readme = {line for block in CONSOLE if block.page.name == "README.md" for line in _errors(block.text)}
    pages = {line for one in REPLAYED for line in _errors(one.output)}
    assert readme
    assert readme <= pages


def _errors(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("error: ")]


@pytest.mark.parametrize("block", [block for block in PYTHON if block not in REFUSED | PREAMBLES], ids=str)
def test_each_example_is_a_pipeline_file_whose_images_can_be_written_down(
    block: Block, tmp_path: Path
) -> None:
    resolved = resolve(load(find(_project(tmp_path, block))))
    assert resolved.variants
    for name in resolved.variants:
        assert dockerfile(resolved.closure(name), {}).text


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=str)
def test_each_command_line_is_one_that_the_tool_takes(
    transcript: Transcript, monkeypatch: pytest.MonkeyPatch
) -> None:
    def execute(_arguments: argparse.Namespace) -> int:
        return 0

    for name in {*OFFLINE, "run", "why", "build", "import", "export", "settings"}:
        monkeypatch.setattr(command(name), "execute", execute)
    assert main(transcript.words) == 0


@pytest.mark.parametrize("transcript", REPLAYED, ids=str)
def test_each_transcript_of_a_command_without_an_engine_is_what_it_prints(
    transcript: Transcript, tmp_path: Path
) -> None:
    in_clone = "-C" in transcript.words or transcript.source is None
    directory = ROOT if in_clone or transcript.source is None else _project(tmp_path, transcript.source)
    done = subprocess.run(
        [sys.executable, "-m", "pipeline_dsl", *transcript.words],
        cwd=directory,
        env={**os.environ, **_nowhere(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    printed = "".join(line for line in done.stdout.splitlines(keepends=True) if NO_ENGINE not in line)
    assert re.fullmatch(_pattern(transcript.output), printed), done.stdout


def _nowhere(directory: Path) -> dict[str, str]:
    """Give the environment of a command that finds no engine, no settings, and nothing of earlier runs."""
    return {
        "DOCKER_HOST": f"unix://{directory}/docker.sock",
        "PIPELINE_DSL_CACHE_DIRECTORY": str(directory / "store"),
        "PIPELINE_DSL_SETTINGS": os.devnull,
    }


def _pattern(output: str) -> str:
    """Let a line that holds an ellipsis alone stand for any number of lines."""
    lines = output.splitlines(keepends=True)
    return "".join("(?:.*\n)*" if line.strip() == "…" else re.escape(line) for line in lines)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_link_to_a_file_leads_to_one(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = re.findall(r"\]\(([^)#\s]+)", text)
    missing = [target for target in targets if "://" not in target and not (page.parent / target).exists()]
    assert missing == []


def test_the_page_of_errors_lists_the_codes_of_the_code_and_no_others() -> None:
    page = (ROOT / "docs" / "errors.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE))
    patterns = {pattern for module in MODULES for pattern in _codes(module)}
    assert [code for code in listed if not any(re.fullmatch(pattern, code) for pattern in patterns)] == []
    assert [pattern for pattern in patterns if not any(re.fullmatch(pattern, code) for code in listed)] == []


def _codes(file: Path) -> Iterator[str]:
    """Give the codes of the problems that a module makes, as patterns."""
    for call in ast.walk(ast.parse(file.read_text("utf-8"))):
        if not isinstance(call, ast.Call) or _name(call.func) not in MAKERS:
            continue
        match [*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == "code")]:
            case [ast.Constant(value=str(code)), *_] if re.fullmatch("[a-z-]+", code):
                yield code
            case [ast.JoinedStr(values=parts), *_]:
                yield "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "[a-z-]+" for part in parts
                )
            case _:
                pass


def _name(called: ast.expr) -> str:
    return (
        called.attr
        if isinstance(called, ast.Attribute)
        else called.id
        if isinstance(called, ast.Name)
        else ""
    )


def _makers(file: Path) -> Iterator[str]:
    """Name the functions of a module whose first argument is a code."""
    for function in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(function, ast.FunctionDef):
            names = [argument.arg for argument in function.args.args if argument.arg != "self"]
            if names[:1] == ["code"]:
                yield function.name


MODULES = list((ROOT / "pipeline_dsl").rglob("*.py"))
MAKERS = {"Problem", "Unknown", *(name for module in MODULES for name in _makers(module))}


@pytest.mark.skipif(importlib.util.find_spec("sphinx") is None, reason="needs the extra docs")
def test_the_pages_build_without_a_warning(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", ROOT / "docs", tmp_path],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
