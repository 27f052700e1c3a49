"""Sealed files: content with its name and a checksum, so that what is cut or misplaced is noticed."""

from __future__ import annotations

import zlib
from typing import NamedTuple

from pipeline_dsl.cache.layout import FORMAT

_MAGIC = b"pipeline-dsl %d\n" % FORMAT
"""The first bytes of every file."""

_HEADER = len(_MAGIC) + len(b"01234567 0123456789abcdef 01234567\n")


class Sealed(NamedTuple):
    """What was in a sealed file.

    Arguments:
        name: what the content is for.
        content: the content.
    """

    name: str
    content: bytes


def seal(name: str, content: bytes) -> bytes:
    """Give the bytes of a sealed file.

    The checksum is a CRC-32, which finds every change of up to 32 bits in a row, and others but for one in
    four billion. It is there against accidents: nobody else writes to the store. A digest would take eight
    times as long, and the largest of these files are read by every run.

    Arguments:
        name: what the content is for; any text.
        content: the content.
    """
    label = name.encode("utf-8", "surrogatepass")
    return b"".join((_header(label, content), label, content))


def unseal(data: bytes) -> Sealed | None:
    """Open a sealed file.

    Arguments:
        data: the bytes of the file.

    Returns:
        What was sealed in it; None if this is not all of it, or something else.
    """
    header = data[:_HEADER]
    try:
        end = _HEADER + int(header[len(_MAGIC) : len(_MAGIC) + 8], 16)
    except ValueError:
        return None
    label, content = data[_HEADER:end], data[end:]
    if _header(label, content) != header:
        return None
    return Sealed(label.decode("utf-8", "surrogatepass"), content)


def _header(label: bytes, content: bytes) -> bytes:
    sizes = b"%08x %016x" % (len(label), len(content))
    checksum = zlib.crc32(content, zlib.crc32(label, zlib.crc32(sizes)))
    return b"%s%s %08x\n" % (_MAGIC, sizes, checksum)
