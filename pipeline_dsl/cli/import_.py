"""``import``: turn a config or a Blubber file into a pipeline file, and prove that nothing changed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_dsl.cli.output import write_new
from pipeline_dsl.cli.yaml_support import require_yaml
from pipeline_dsl.errors import Problem, UsageError

if TYPE_CHECKING:
    import argparse

_CONFIGS = (Path(".pipeline", "config.yaml"), Path("config.yaml"))
_BLUBBER_FILES = (
    Path(".pipeline", "blubber.yaml"),
    Path(".pipeline", "blubber.yml"),
    Path("blubber.yaml"),
    Path("blubber.yml"),
)
"""Where a project has its files, below its root or below ``.pipeline`` itself."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words that the command takes."""
    parser.add_argument(
        "path",
        metavar="PATH",
        nargs="?",
        type=Path,
        help="a config or a Blubber file, or the directory of a project or its .pipeline, where a config is "
        "taken before a Blubber file (default: the -C directory)",
    )
    parser.add_argument(
        "-o",
        dest="output",
        metavar="FILE",
        type=Path,
        help='where to write the pipeline file (default: pipeline.py beside the other file); "-" prints it',
    )
    parser.add_argument("--force", action="store_true", help="overwrite a file that is there")
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing: prove that the pipeline file that is there means what the other file means",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Convert or check."""
    require_yaml("import")
    source = _find(arguments.path or arguments.directory)
    return _check(source, arguments) if arguments.check else _convert(source, arguments)


def _convert(source: Path, arguments: argparse.Namespace) -> int:
    from pipeline_dsl.formats.config import is_config
    from pipeline_dsl.formats.conversion import config_to_pipeline, to_pipeline

    text, name = _read(source), _project_directory(source).name
    if is_config(text, source.name):
        converted = config_to_pipeline(text, str(source), name, _Beside(source))
    else:
        converted = to_pipeline(text, str(source), name)
    _warn(converted.warnings)
    write_new(converted.text, _target(source, arguments), force=arguments.force)
    return 0


def _check(source: Path, arguments: argparse.Namespace) -> int:
    from pipeline_dsl.formats.config import is_config
    from pipeline_dsl.formats.conversion import check_config, check_pipeline
    from pipeline_dsl.load import load, locate

    text, target = _read(source), _target(source, arguments)
    project = load(locate(target))
    if is_config(text, source.name):
        _warn(check_config(text, str(source), project, _Beside(source)))
    else:
        _warn(check_pipeline(text, str(source), project))
    print(f"{target} means what {source} means.")
    return 0


class _Beside:
    """Gives the Blubber files beside a config."""

    def __init__(self, config: Path) -> None:
        self._directory = config.parent

    def display(self, path: str) -> str:
        return str(self._directory / path)

    def read(self, path: str) -> str | None:
        file = self._directory / path
        return _read(file) if file.is_file() else None


def _target(source: Path, arguments: argparse.Namespace) -> Path:
    return arguments.output or source.with_name("pipeline.py")


def _find(path: Path) -> Path:
    """Find the file that a path means."""
    if path.is_file():
        return path
    usual = (*_CONFIGS, *_BLUBBER_FILES)
    found = next((path / one for one in usual if (path / one).is_file()), None)
    if found is None:
        message = f"There is no config and no Blubber file at {path}."
        hint = f"Looked for {', '.join(map(str, usual))}."
        raise UsageError([Problem("no-blubber-file", message, hint=hint)])
    return found


def _read(source: Path) -> str:
    try:
        return source.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = Problem("malformed-yaml", f"{source} is not UTF-8: {error.reason} at byte {error.start}.")
        raise UsageError([problem]) from None


def _project_directory(source: Path) -> Path:
    directory = source.resolve().parent
    return directory.parent if directory.name == ".pipeline" else directory


def _warn(warnings: tuple[Problem, ...]) -> None:
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)
