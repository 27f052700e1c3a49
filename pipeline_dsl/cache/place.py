"""Where the store of a user is."""

# pathlib and platformdirs take longer to load than the store takes to be read.
# ruff: noqa: PTH100, PTH117, PTH118, PLC0415
from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "PIPELINE_DSL_CACHE_DIRECTORY"
"""The variable that names another place."""

_APPLICATION = "pipeline-dsl"


def default_root(environ: Mapping[str, str]) -> str:
    """Say where the store is: where the variable says, or else in the user's cache directory.

    Arguments:
        environ: the variables of this process.
    """
    named = environ.get(VARIABLE)
    return os.path.abspath(named) if named else os.path.join(_user_cache(environ), "store")


def _user_cache(environ: Mapping[str, str]) -> str:
    if sys.platform != "linux":
        import platformdirs

        return platformdirs.user_cache_dir(_APPLICATION, appauthor=False)
    # What platformdirs says, without the time that it takes to load.
    base = environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.join(_home(environ), ".cache")
    return os.path.join(base, _APPLICATION)


def _home(environ: Mapping[str, str]) -> str:
    home = environ.get("HOME", "")
    if os.path.isabs(home):
        return home
    import pwd

    return pwd.getpwuid(os.getuid()).pw_dir
