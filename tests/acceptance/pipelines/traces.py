"""Traces of secrets, in whatever a run has made, and in what others see of it meanwhile."""

from __future__ import annotations

import contextlib
import gzip
import io
import tarfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.engine.sdk.client import SdkDocker
    from tests.acceptance.pipelines.leftovers import Leftovers


def given_away(content: bytes, traces: tuple[bytes, ...]) -> list[bytes]:
    """Find what gives a secret away."""
    return [trace for trace in traces if trace in content]


@contextlib.contextmanager
def watched(leftovers: Leftovers, traces: tuple[bytes, ...]) -> Iterator[list[str]]:
    """Look at all processes and at the records of runs all the time; give where a secret was seen."""
    seen: list[str] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.03):
            for process in Path("/proc").glob("[0-9]*"):
                if given_away(read(process / "cmdline"), traces):
                    seen.append(f"the command line {read(process / 'cmdline')!r}")
                if given_away(read(process / "environ"), traces) and not is_entitled(process):
                    seen.append(f"the environment of {read(process / 'cmdline')!r}")
            records = [path for path in leftovers.state.rglob("*") if given_away(read(path), traces)]
            seen.extend(f"the record {path}" for path in records)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


def read(path: Path) -> bytes:
    """Read a file that may be gone, or belong to somebody else."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def is_entitled(process: Path) -> bool:
    """Tell whether a process is the operator's own command, or lives in a container; or has just ended."""
    try:
        is_ours = (process / "ns/mnt").readlink() == Path("/proc/self/ns/mnt").readlink()
    except OSError:
        return True
    command = read(process / "cmdline")
    return not is_ours or not command or b"pipeline_dsl\0run" in command


def saved(docker: SdkDocker, image: str) -> bytes:
    """Give all that an image consists of: its config, and the files of its layers."""
    return unpacked(b"".join(docker.api.get_image(image)))


def unpacked(content: bytes) -> bytes:
    """Unpack what is packed, and what is packed in that."""
    if content.startswith(b"\x1f\x8b"):
        return unpacked(gzip.decompress(content))
    if content[257:262] != b"ustar":
        return content
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        members = [member for member in tar if member.isfile()]
        inner = [file.read() for member in members if (file := tar.extractfile(member))]
    names = "\n".join(member.name for member in members).encode()
    return b"\n".join([names, *map(unpacked, inner)])
