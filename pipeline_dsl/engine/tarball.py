"""The build context as a tar file, made while it is sent."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from pipeline_dsl.context.reading import ContextFile, Kind
from pipeline_dsl.errors import Problem, StepError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_BLOCK = 512
_CHUNK = 1 << 18
_NAME_LENGTH = 100
_NANOSECONDS = 1_000_000_000
_REGULAR, _SYMLINK, _DIRECTORY, _LONG_LINK, _LONG_NAME = b"0", b"2", b"5", b"K", b"L"
_TYPES = {Kind.REGULAR: _REGULAR, Kind.SYMLINK: _SYMLINK, Kind.DIRECTORY: _DIRECTORY}

_ROOT = ContextFile(".", ".", Kind.DIRECTORY, 0o755, 0, 0)


def pack(
    files: Sequence[ContextFile], extra: Mapping[str, bytes], contents: Sequence[str] | None = None
) -> Iterator[bytes]:
    """Pack a build context into an uncompressed tar file.

    Everything belongs to root. The format is GNU's. BuildKit tells a tar file from a Dockerfile by the first
    header alone, for which neither a PAX header nor one of a long name will do: the first is always that of
    the root directory.

    Arguments:
        files: the files of the context; a directory before what is in it.
        extra: generated files, by their path in the context, such as the Dockerfile; they come first.
        contents: SHA-256 digests of what they have to hold, one for each file, of which those of regular
            files count; None for whatever they hold.

    Returns:
        The tar file in chunks of a few hundred KiB, with never more than one or two of them in memory.

    Raises:
        ValueError: a generated file has the path of one of ``files``.
        StepError: a file cannot be read, or changed since it was found.
    """
    taken = extra.keys() & {file.path for file in files}
    if taken:
        raise ValueError(f"generated files would replace files of the context: {sorted(taken)}")
    return _gathered(_members(files, extra, contents))


def _members(
    files: Sequence[ContextFile], extra: Mapping[str, bytes], contents: Sequence[str] | None
) -> Iterator[bytes]:
    yield _header(_ROOT)
    for path, content in extra.items():
        yield _header(ContextFile(path, path, Kind.REGULAR, 0o644, len(content), 0))
        yield content
        yield _padding(len(content))
    for file, expected in zip(files, [None] * len(files) if contents is None else contents, strict=True):
        yield _header(file)
        if file.kind is Kind.REGULAR:
            yield from read(file, expected)
            yield _padding(file.size)
    yield bytes(2 * _BLOCK)


def _header(file: ContextFile) -> bytes:
    """Write the header of a member, after those that hold a name or a target too long for it."""
    name = os.fsencode(file.path) + (b"/" if file.kind is Kind.DIRECTORY else b"")
    target = os.fsencode(file.target)
    numbers = (file.mode, file.size, file.mtime_ns // _NANOSECONDS)
    header = _block(name[:_NAME_LENGTH], _TYPES[file.kind], numbers, target[:_NAME_LENGTH])
    return _long(_LONG_LINK, target) + _long(_LONG_NAME, name) + header


def _long(kind: bytes, value: bytes) -> bytes:
    if len(value) <= _NAME_LENGTH:
        return b""
    size = len(value) + 1
    return _block(b"././@LongLink", kind, (0o644, size, 0), b"") + value + b"\0" + _padding(size)


def _block(name: bytes, kind: bytes, numbers: tuple[int, int, int], target: bytes) -> bytes:
    """Write one header block; ``numbers`` are the mode, the size in bytes and the time in seconds."""
    mode, size, mtime = numbers
    # name, mode, uid, gid, size, mtime, checksum (as spaces while it is computed), kind, target, magic
    header = b"%b%07o\0%b%b%b%b%b%b%b" % (
        name.ljust(_NAME_LENGTH, b"\0"),
        mode,
        b"0000000\0" * 2,
        _number(size),
        _number(mtime),
        b"        ",
        kind,
        target.ljust(_NAME_LENGTH, b"\0"),
        b"ustar  \0",
    )
    checksum = b"%06o\0 " % sum(header)
    return b"%b%b%b" % (header[:148], checksum, header[156:].ljust(_BLOCK - 156, b"\0"))


def _number(value: int) -> bytes:
    """Write a field of 12 bytes: in octal, or, where that is too small or has no sign, in GNU's base 256."""
    if 0 <= value < 8**11:
        return b"%011o\0" % value
    field = bytearray(value.to_bytes(12, "big", signed=True))
    field[0] |= 0x80
    return bytes(field)


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)


def read(file: ContextFile, expected: str | None) -> Iterator[bytes]:
    """Read a regular file in chunks of a few hundred KiB at most.

    Arguments:
        file: the file; it must be as long as was found before: else whoever is told its size is misled.
        expected: SHA-256 digest of what it has to hold; None for whatever it holds.

    Raises:
        StepError: it cannot be read, or changed since it was found.
    """
    pieces = _content(file)
    return pieces if expected is None else _checked(file, pieces, expected)


def _content(file: ContextFile) -> Iterator[bytes]:
    try:
        descriptor = os.open(file.source, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        raise _unreadable(file, error) from error
    try:
        yield from _exactly(file, descriptor)
    finally:
        os.close(descriptor)


def _checked(file: ContextFile, content: Iterable[bytes], expected: str) -> Iterator[bytes]:
    """Let content through, and break off after a file that holds something else."""
    digest = hashlib.sha256()
    for chunk in content:
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != expected:
        raise _changed(file)


def _exactly(file: ContextFile, descriptor: int) -> Iterator[bytes]:
    left = file.size
    while left:
        chunk = os.read(descriptor, min(left, _CHUNK))
        if not chunk:
            raise _changed(file)
        left -= len(chunk)
        yield chunk
    if os.read(descriptor, 1):
        raise _changed(file)


def _changed(file: ContextFile) -> StepError:
    return StepError(
        [Problem("context-changed", f'"{file.source}" changed while it was being read.', hint="Run again.")]
    )


def _unreadable(file: ContextFile, error: OSError) -> StepError:
    message = f'"{file.source}" cannot be read: {error.strerror}.'
    return StepError(
        [Problem("context-unreadable", message, hint="Make it readable, or ignore it in .dockerignore.")]
    )


def _gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Join small pieces: each chunk costs a few system calls on its way to the engine."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _CHUNK:
            yield b"".join(waiting)
            waiting.clear()
            size = 0
    if waiting:
        yield b"".join(waiting)
