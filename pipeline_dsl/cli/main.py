"""The command line as a whole: its options, its commands, its exit codes."""

from __future__ import annotations

import argparse
import atexit
import contextlib
import importlib
import keyword
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Protocol

from pipeline_dsl import __version__
from pipeline_dsl.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from pipeline_dsl.context.contexts import Contexts

_INTERRUPTED = 130
_COMMANDS = {
    "run": "build and run the stages of pipelines",
    "build": "build the image of one variant",
    "plan": "show what a run would do, and why",
    "why": "say why a stage or a variant would be built or run anew",
    "graph": "show which stages wait for which",
    "dockerfile": "print the Dockerfile of a variant",
    "spec": "print everything that the file defines as JSON",
    "check": "find out whether anything is wrong, without an engine",
    "import": "turn a blubber.yaml into a pipeline.py, and prove that nothing changed",
    "settings": "show what the operator has set, and where",
    "cache": "show, clean and check what is kept of earlier runs",
    "export": "write what the file defines as a blubber.yaml",
}
_EPILOG = """\
exit codes: 0 all passed, 1 a step failed, 2 the pipeline or the command line is wrong,
3 the engine cannot be reached or failed, 130 interrupted"""


class Command(Protocol):
    """A module of this package."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the words that the command takes."""

    def execute(self, arguments: argparse.Namespace) -> int:
        """Do it, and give the exit code."""


def entry_point(contexts: Contexts | None = None) -> NoReturn:
    """Run the command line of this process and end the process with its exit code.

    Arguments:
        contexts: what the fast path has read already.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # and not what nohup ignores
            signal.signal(number, _interrupt)
    codes: list[int] = []
    atexit.register(_leave, codes)  # before all others, and so after them
    codes.append(main(sys.argv[1:], contexts))
    sys.exit(codes[0])


def _leave(codes: Sequence[int]) -> None:
    """End at once where all is done: Python would clear up what the end of the process takes anyway."""
    if codes:
        with contextlib.suppress(OSError):  # Python says what the trouble is
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(codes[0])


def main(words: Sequence[str], contexts: Contexts | None = None) -> int:
    """Run a command line.

    Arguments:
        words: the words after the program's name.
        contexts: what the fast path has read already.

    Returns:
        The exit code.
    """
    try:
        return _execute(words, contexts)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone. Python would complain when it closes standard output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _execute(words: Sequence[str], contexts: Contexts | None) -> int:
    try:
        return _execute_command(_parse(words, contexts))
    finally:
        sys.stdout.flush()  # here, where it can be found out that nobody reads it


def _execute_command(arguments: argparse.Namespace) -> int:
    try:
        return command(arguments.command).execute(arguments)
    except PipelineError as error:
        if arguments.traceback:
            traceback.print_exception(error)
        for problem in error.problems:
            print(f"error: {problem}", file=sys.stderr)
        return error.exit_code


def command(name: str) -> Command:
    """Give the module of a command."""
    suffix = "_" if keyword.iskeyword(name) else ""
    module: Command = importlib.import_module(f"pipeline_dsl.cli.{name}{suffix}")
    return module


def _parse(words: Sequence[str], contexts: Contexts | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="pipeline-dsl",
        description="Build and run what a .pipeline/pipeline.py describes.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"pipeline_dsl {__version__}")
    _add_common_arguments(parser, default=None)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, purpose in _COMMANDS.items():
        subparser = commands.add_parser(name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}.")
        _add_common_arguments(subparser, default=argparse.SUPPRESS)
        if name in words:
            command(name).add_arguments(subparser)
    return parser.parse_args(words, argparse.Namespace(words=tuple(words), contexts=contexts))


def _add_common_arguments(parser: argparse.ArgumentParser, default: str | None) -> None:
    """Declare the options that stand before or after the command."""
    common = parser.add_argument_group("the project")
    common.add_argument(
        "-C",
        dest="directory",
        metavar="DIR",
        type=Path,
        default=default or Path(),
        help="start from this directory (default: the current one); the file is looked for upwards",
    )
    common.add_argument(
        "-f", dest="file", metavar="FILE", type=Path, default=default, help="use this pipeline file"
    )
    common.add_argument(
        "--traceback", action="store_true", default=default or False, help="show how an error came about"
    )


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
