"""What the tests of the store put into it, and other processes that use it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_dsl.cache.key import make_key
from pipeline_dsl.cache.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.cache.key import Json

HOME = Path(__file__).parents[2]


def record(  # noqa: PLR0913 -- the fields of a record, with something in each
    subject: str = "links/test",
    *,
    kind: str = "run",
    number: int = 0,
    files: str | None = None,
    output: Json = "ok",
    made: float = 1_700_000_000.25,
) -> Record:
    """Make a record; ``files`` is the digest of an object, and ``number`` a part of the key."""
    key = make_key(kind, {"subject": subject, "number": number})
    result: dict[str, Json] = {"output": output, "files": {"object": files} if files else None}
    return Record(kind, key.digest, subject, key.components, result, made, 1.5)


def tree(root: Path) -> dict[str, tuple[int, bytes]]:
    """Give all files below a directory, with their times and contents."""
    found = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): (path.stat().st_mtime_ns, path.read_bytes()) for path in found}


def du(root: Path) -> int:
    """Ask the operating system's own command what a directory takes, in bytes."""
    told = subprocess.run(
        ["du", "--summarize", "--block-size=1", root], capture_output=True, text=True, check=True
    )
    return int(told.stdout.split()[0])


@contextlib.contextmanager
def process(program: str, *words: str | Path) -> Iterator[subprocess.Popen[str]]:
    """Run a Python program in a process of its own, until it ends or is killed here.

    Arguments:
        program: what it does; ``store`` is the store whose directory is the first of the words.
        words: what it finds in ``sys.argv``.
    """
    beginning = """
        import sys
        from pipeline_dsl.cache.store import Store
        from tests.cache.kept import record
        store = Store(sys.argv[1])
    """
    started = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(beginning) + textwrap.dedent(program), *words],
        env={**os.environ, "PYTHONPATH": str(HOME)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with started:
        try:
            yield started
        finally:
            started.kill()


def said(other: subprocess.Popen[str]) -> str:
    """Wait for the next line that another process prints."""
    assert other.stdout is not None
    return other.stdout.readline().strip()
