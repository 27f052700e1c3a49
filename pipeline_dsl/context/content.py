"""What a file holds, and by what to tell that it has not changed since.

That a file has not changed is told from its *signature*: both its times, its size, its inode and its mode.
Two rules keep that from ever being wrong:

- A file that changes twice within one tick of the clock has the same times after both changes. So a signature
  is *racy* when it is as young as the moment at which the file was looked at, and the file is read again, as
  git does (https://git-scm.com/docs/racy-git).
- Nobody can set the time of a file's last change of state. It gives away who sets the other one back.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeAlias

    Signature: TypeAlias = tuple[int, int, int, int, int]
    """Time of the last change, that of the last change of state, size, inode, mode with the kind."""

_CHUNK = 1 << 20
_TICK = 100_000_000
"""Nanoseconds within which two changes may have the same time; kernels take 1 to 10 milliseconds."""
_LONG_TICK = 2_000_000_000
"""The same on file systems that know whole seconds only; FAT's are two long."""
_SECOND = 1_000_000_000


def signature_of(status: os.stat_result) -> Signature:
    """Give the signature of a file by its status."""
    return (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino, status.st_mode)


def is_racy(signed: Signature, looked: int) -> bool:
    """Say whether a file may change again without a change of its signature.

    Arguments:
        signed: its signature.
        looked: when it was looked at, or before that, in nanoseconds since 1970.
    """
    changed = max(signed[:2])
    if changed < looked - _LONG_TICK:
        return False
    is_precise = signed[0] % _SECOND and signed[1] % _SECOND
    return not is_precise or changed >= looked - _TICK


def read(place: str) -> tuple[bytes, os.stat_result]:
    """Read a regular file.

    Returns:
        The SHA-256 of its content, and its status after that.

    Raises:
        OSError: it cannot be read, or is no regular file.
    """
    # A pipe that has taken the file's place must not make us wait for a writer.
    descriptor = os.open(place, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        digest = hashlib.sha256()
        while chunk := os.read(descriptor, _CHUNK):
            digest.update(chunk)
        status = os.fstat(descriptor)
    except OSError as error:
        error.filename = place
        raise
    finally:
        os.close(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.ESTALE, "it has been replaced by something else", place)
    return digest.digest(), status


def is_unchanged(place: str, signed: Signature, digest: bytes) -> bool:
    """Say whether a regular file or a link holds what it held, by looking at all of it."""
    try:
        if stat.S_ISLNK(signed[-1]):
            return link_digest(os.readlink(place)) == digest  # noqa: PTH115 -- Path would tidy it up
        found, status = read(place)
    except OSError:
        return False
    return found == digest and signature_of(status) == signed


def link_digest(target: str) -> bytes:
    """Give the SHA-256 of what a link says."""
    return hashlib.sha256(os.fsencode(target)).digest()
