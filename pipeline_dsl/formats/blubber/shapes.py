"""The shape of a Blubber file: which key holds which argument of which definition, in which form.

One table serves reading and writing. Sections are those of ``spec/blubber.md`` §1.
"""

from __future__ import annotations

import dataclasses
import enum
from typing import TYPE_CHECKING, TypeAlias

from pipeline_dsl.model import (
    Apt,
    AptProxy,
    AptSource,
    Builder,
    Cache,
    Copy,
    Lives,
    Mount,
    Node,
    Php,
    Poetry,
    Python,
    Runs,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_dsl.model.definition import Definition


class Form(enum.Enum):
    """The forms of values that are not definitions."""

    TEXT = enum.auto()
    """A string; an empty one is none."""
    STRING = enum.auto()
    """A string that may be empty."""
    VARIABLE = enum.auto()
    """A string, or null for an empty one."""
    FLAG = enum.auto()
    NUMBER = enum.auto()
    BASE = enum.auto()
    """An image reference, or null for none."""
    TEXTS = enum.auto()
    ENVIRONMENT = enum.auto()
    """Strings by name."""
    COMMAND = enum.auto()
    """A line for the shell, or a list."""
    PACKAGES = enum.auto()
    """A list of packages, or such lists by release."""
    ORIGIN = enum.auto()
    """``local``, the name of a variant, or an image reference."""
    BUILDER = enum.auto()
    """A mapping with one key, the kind of builder."""
    BUILDERS = enum.auto()
    """A list of such mappings."""
    COPIES = enum.auto()
    """A list of origins, or a list of artifacts."""
    INCLUDES = enum.auto()
    """A list of names of variants."""


@dataclasses.dataclass(frozen=True)
class ListOf:
    """A list of definitions.

    Arguments:
        shape: their shape.
        short: the key whose value alone may stand for a definition; empty if none may.
        implied: what else holds where it does: a key and its value.
    """

    shape: Shape
    short: str = ""
    implied: tuple[str, str] = ("", "")


@dataclasses.dataclass(frozen=True)
class Shape:
    """A mapping that stands for a definition.

    Arguments:
        kind: class of the definition.
        keys: the keys that it may have.
        required: the keys that have to be there.
        lenient: whether Blubber passes over unknown keys without a word.
    """

    kind: type[Definition]
    keys: Keys
    required: tuple[str, ...] = ()
    lenient: bool = False


AnyForm: TypeAlias = "Form | Shape | ListOf"
Keys: TypeAlias = "Mapping[str, tuple[str, AnyForm]]"
"""For each key the argument that it holds, and its form."""

_ARTIFACT = Shape(
    Copy,
    {
        "from": ("origin", Form.ORIGIN),
        "source": ("source", Form.TEXT),
        "destination": ("destination", Form.TEXT),
        "exclude": ("exclude", Form.TEXTS),
    },
    required=("from",),
    lenient=True,
)
COPIES = ListOf(_ARTIFACT, short="from")
"""The entries of ``copies``; all of them are short, or none is."""
_REQUIREMENTS = ListOf(_ARTIFACT, short="source", implied=("from", "local"))
_MOUNT = Shape(
    Mount,
    {
        "from": ("origin", Form.ORIGIN),
        "destination": ("destination", Form.TEXT),
        "source": ("source", Form.TEXT),
    },
    required=("from",),
    lenient=True,
)
_CACHE = Shape(
    Cache,
    {
        "destination": ("destination", Form.TEXT),
        "id": ("id", Form.TEXT),
        "access": ("access", Form.TEXT),
    },
    required=("destination",),
    lenient=True,
)
_APT_SOURCE = Shape(
    AptSource,
    {
        "url": ("url", Form.TEXT),
        "distribution": ("distribution", Form.TEXT),
        "components": ("components", Form.TEXTS),
        "signed-by": ("signed_by", Form.STRING),
    },
    required=("url", "distribution"),
)
_APT_PROXY = Shape(AptProxy, {"url": ("url", Form.TEXT), "source": ("source", Form.TEXT)}, required=("url",))
_APT = Shape(
    Apt,
    {
        "packages": ("packages", Form.PACKAGES),
        "sources": ("sources", ListOf(_APT_SOURCE)),
        "proxies": ("proxies", ListOf(_APT_PROXY, short="url")),
    },
)
_NODE = Shape(
    Node,
    {
        "requirements": ("requirements", _REQUIREMENTS),
        "env": ("env", Form.TEXT),
        "use-npm-ci": ("use_npm_ci", Form.FLAG),
        "allow-dedupe-failure": ("allow_dedupe_failure", Form.FLAG),
    },
)
_PHP = Shape(Php, {"requirements": ("requirements", _REQUIREMENTS), "production": ("production", Form.FLAG)})
_POETRY = Shape(
    Poetry,
    {
        "version": ("version", Form.TEXT),
        "devel": ("devel", Form.FLAG),
        "only": ("only", Form.TEXT),
        "without": ("without", Form.TEXT),
    },
)
_PYTHON = Shape(
    Python,
    {
        "version": ("version", Form.TEXT),
        "requirements": ("requirements", _REQUIREMENTS),
        "use-system-site-packages": ("use_system_site_packages", Form.FLAG),
        "no-deps": ("no_deps", Form.FLAG),
        "venv": ("venv", Form.TEXT),
        "pip-version": ("pip_version", Form.TEXT),
        "setuptools-version": ("setuptools_version", Form.TEXT),
        "tox-version": ("tox_version", Form.TEXT),
        "wheel-version": ("wheel_version", Form.TEXT),
        "poetry": ("poetry", _POETRY),
    },
)
MOUNTS = ListOf(_MOUNT, short="from")
_BUILDER = Shape(
    Builder,
    {
        "command": ("command", Form.COMMAND),
        "script": ("script", Form.TEXT),
        "requirements": ("requirements", _REQUIREMENTS),
        "mounts": ("mounts", MOUNTS),
        "caches": ("caches", ListOf(_CACHE, short="destination")),
    },
)
_LIVES = Shape(
    Lives,
    {
        "in": ("directory", Form.TEXT),
        "as": ("user", Form.TEXT),
        "uid": ("uid", Form.NUMBER),
        "gid": ("gid", Form.NUMBER),
    },
)
_RUNS = Shape(
    Runs,
    {
        "in": ("directory", Form.TEXT),
        "as": ("user", Form.TEXT),
        "uid": ("uid", Form.NUMBER),
        "gid": ("gid", Form.NUMBER),
        "environment": ("environment", Form.ENVIRONMENT),
        "insecurely": ("insecurely", Form.FLAG),
    },
)

BUILDER_KINDS = {"node": _NODE, "php": _PHP, "python": _PYTHON, "custom": _BUILDER}
"""The kinds of entries of ``builders`` by their key."""

SETTINGS: Keys = {
    "base": ("base", Form.BASE),
    "arguments": ("arguments", Form.ENVIRONMENT),
    "apt": ("apt", _APT),
    "node": ("node", _NODE),
    "php": ("php", _PHP),
    "python": ("python", _PYTHON),
    "builder": ("builder", _BUILDER),
    "builders": ("builders", Form.BUILDERS),
    "lives": ("lives", _LIVES),
    "runs": ("runs", _RUNS),
    "entrypoint": ("entrypoint", Form.TEXTS),
}
"""What stands at the top level, beside ``version`` and ``variants``."""

VARIANT: Keys = {"includes": ("includes", Form.INCLUDES), **SETTINGS, "copies": ("copies", Form.COPIES)}
"""What stands in a variant."""
