"""Where the files of the settings are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from pipeline_dsl.settings.names import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

USER_FILE = f"{PREFIX}SETTINGS"
"""The environment variable that names another user's file."""

_APPLICATION = "pipeline-dsl"
_FILE = "settings.toml"
_FIXED = Path("/etc/xdg", _APPLICATION)
"""Read whatever ``XDG_CONFIG_DIRS`` says: what a machine locks cannot be evaded by a variable."""


def system_files() -> tuple[Path, ...]:
    """Give where the system's files may be, the weakest first."""
    directories = platformdirs.site_config_dir(_APPLICATION, appauthor=False, multipath=True)
    preferred = [Path(directory) for directory in directories.split(os.pathsep)]
    return tuple(directory / _FILE for directory in dict.fromkeys([_FIXED, *reversed(preferred)]))


def setting_files(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Give where all files may be."""
    return (*system_files(), user_file(environ))


def user_file(environ: Mapping[str, str]) -> Path:
    """Give where the user's file may be."""
    named = environ.get(USER_FILE)
    return Path(named) if named else Path(platformdirs.user_config_dir(_APPLICATION, appauthor=False), _FILE)
