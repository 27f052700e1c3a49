"""Opening a store: whether a directory is one of this version, and making it one."""

# pathlib takes longer to load than a run takes to read all of its records.
# ruff: noqa: PTH103, PTH108, PTH112, PTH114, PTH116, PTH118, PTH208
from __future__ import annotations

import errno
import os

from pipeline_dsl.cache import files, gate, layout

_OURS = b"pipeline-dsl store "
_VERSION = b"%s%d\n" % (_OURS, layout.FORMAT)
_KNOWN = {*layout.DIRECTORIES, layout.GATE, layout.VERSION}


def is_current(root: str) -> bool:
    """Tell whether a directory is a store of this version."""
    found = files.read(layout.version(root))
    return found is not None and found[0] == _VERSION


def is_unfinished(root: str) -> bool:
    """Tell whether a directory was about to be made a store, and nothing is in it yet."""
    kept = (layout.directory(root, name) for name in layout.DIRECTORIES if name != layout.TEMPORARY)
    return not os.path.lexists(layout.version(root)) and not any(
        names for directory in kept for _, _, names in os.walk(directory)
    )


def prepare(root: str) -> None:
    """Make a directory a store of this version. What is in a store of another one is removed.

    Arguments:
        root: the directory; made if it is not there.

    Raises:
        OSError: it cannot be written, or there is something in it that is no store.
    """
    os.makedirs(root, layout.DIRECTORY_MODE, exist_ok=True)
    if not _is_store(root):
        raise FileExistsError(errno.EEXIST, "This directory is not empty, and no store", root)
    with gate.exclusive(root):
        if not is_current(root):  # by now: another process may have been here
            _clear(root)
            for name in layout.DIRECTORIES:
                os.makedirs(layout.directory(root, name), layout.DIRECTORY_MODE, exist_ok=True)
            files.replace(root, layout.version(root), _VERSION, os.stat(root).st_mtime_ns)


def _is_store(root: str) -> bool:
    """Tell whether all may go that is in a directory: somebody may have named that of his own files."""
    names = set(os.listdir(root))
    if not names or (layout.GATE in names and names <= _KNOWN):
        return True
    found = files.read(layout.version(root))
    return found is not None and found[0].startswith(_OURS)


def _clear(root: str) -> None:
    """Remove everything but the gate, which is locked, and the leases, which runs that live hold."""
    for name in _KNOWN - {layout.GATE, layout.LEASES}:
        path = os.path.join(root, name)
        if os.path.isdir(path) and not os.path.islink(path):
            import shutil  # noqa: PLC0415 -- few stores are ever cleared

            shutil.rmtree(path)
        elif os.path.lexists(path):
            os.unlink(path)
