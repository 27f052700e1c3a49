"""Whole projects, as any author might write them: every argument of every definition, in every form."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from hypothesis import reject
from hypothesis import strategies as st

from pipeline_dsl.errors import DefinitionError
from pipeline_dsl.model import (
    Apt,
    AptProxy,
    AptSource,
    Builder,
    Cache,
    Copy,
    Image,
    Lives,
    Mount,
    Node,
    Php,
    Poetry,
    Project,
    Python,
    Runs,
    Variant,
)
from pipeline_dsl.model.artifacts import as_cache, as_copy, as_mount, as_requirement

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import DrawFn, SearchStrategy

    from pipeline_dsl.model.artifacts import Origin, RequiredFiles
    from pipeline_dsl.model.definition import Definition

_Item = TypeVar("_Item")
_Made = TypeVar("_Made", bound="Definition")

_AWKWARD = [
    *("yes", "n", "null", "~", "1.0", "010", "1:30", "0x1f", "1e3", "=", "<<", "2001-01-01", "?"),
    *("#no", "a:b", "-x", "%s", "${A_B}", "'\"", "\\", "$(x)`y`|&!*[{", "ü€漢字👍", "\x85", ""),
    *(" leading", "trailing ", "tab\tbed", "\n", "two\nlines\n", "#!/bin/sh\n\tmake \\\n  x\n", " \n a"),
]
STRINGS = st.sampled_from(_AWKWARD) | st.text(max_size=12)
"""Strings, many of them such that one of the formats has to quote them."""

_TEXTS = STRINGS.filter(bool)
_FLAGS = st.none() | st.booleans()
_IDS = st.none() | st.sampled_from([0, 33, 65533])
_PATHS = st.sampled_from(["src/", "a b", "*.py", "dist/app.js", ".", "./", "yes", "1.0"]) | st.text(
    "abc._-*", min_size=1, max_size=5
).filter(lambda path: not path.startswith(".."))
_DIRECTORIES = st.none() | st.sampled_from(["/srv/app", "/srv/service/", "/opt/x y"])
_REFERENCES = st.sampled_from(["debian:bookworm-slim", "example.org/node20", f"golang@sha256:{'a' * 64}"])
_WORDS = st.sampled_from(["test", "build", "lint.js", "local", "yes", "null", "Build", "import"])
_NAMES = _WORDS | st.from_regex(r"[a-zA-Z][a-zA-Z0-9.-]{1,4}[a-zA-Z0-9]", fullmatch=True)
_USERS = st.none() | st.sampled_from(["www-data", "yes", "runuser"])
_ENVIRONMENTS = st.none() | st.dictionaries(
    st.sampled_from(["HOME", "yes", "NO", "_1", "PATH", "null"]), STRINGS, max_size=3
)
_URLS = st.sampled_from(["http://proxy:8080", "https://apt.example.org/debian?x=#y"])
_PACKAGES = st.lists(st.sampled_from(["git", "g++", "nodejs=20.1~bpo+1", "curl/trixie"]), max_size=3)
_RELEASES = st.sampled_from(["default", "bookworm-backports", "no"])
_PINS = st.none() | _TEXTS

_APT = st.none() | st.builds(
    Apt,
    packages=_PACKAGES | st.dictionaries(_RELEASES, _PACKAGES, max_size=2),
    sources=st.lists(
        st.builds(
            AptSource,
            _URLS,
            distribution=st.sampled_from(["bookworm", "bookworm/updates"]),
            components=st.lists(st.sampled_from(["main", "non-free"]), max_size=2),
            signed_by=st.none() | STRINGS,
        ),
        max_size=2,
    ),
    proxies=st.lists(_URLS | st.builds(AptProxy, _URLS, source=st.none() | _URLS), max_size=2),
)
_LIVES = st.none() | st.builds(Lives, directory=_DIRECTORIES, user=_USERS, uid=_IDS, gid=_IDS)
_RUNS = st.none() | st.builds(
    Runs,
    directory=_DIRECTORIES,
    user=_USERS,
    uid=_IDS,
    gid=_IDS,
    environment=_ENVIRONMENTS,
    insecurely=_FLAGS,
)


@st.composite
def projects(draw: DrawFn) -> Project:
    """A project of up to four variants that include, copy and mount one another."""
    variants: list[Variant] = []
    for name in draw(st.lists(_NAMES, max_size=4, unique=True)):
        origins = _origins(variants)
        arguments = draw(_settings(origins))
        arguments["copies"] = draw(_distinct(origins | _artifacts(origins), as_copy))
        arguments["includes"] = draw(st.lists(st.sampled_from(variants), max_size=2)) if variants else []
        variants.append(made(Variant, {"name": name, **arguments}))
    settings = draw(_settings(_origins([])))
    return made(Project, {"name": "service", "variants": variants, **settings})


def _origins(variants: list[Variant]) -> SearchStrategy[Origin]:
    known: list[Origin] = ["local", Image("golang:1.23"), Image("build"), *variants]
    return st.sampled_from(known)


def made(kind: type[_Made], arguments: dict[str, object]) -> _Made:
    """Make a definition, unless its arguments contradict one another."""
    try:
        return kind(**arguments)
    except DefinitionError:
        reject()


def _settings(origins: SearchStrategy[Origin]) -> SearchStrategy[dict[str, object]]:
    """The settings of a project or of a variant, most of them left out most of the time."""
    requirements = st.none() | _distinct(_PATHS | _artifacts(origins), as_requirement)
    node = st.builds(
        Node,
        requirements=requirements,
        env=st.sampled_from([None, "production", "y"]),
        use_npm_ci=_FLAGS,
        allow_dedupe_failure=_FLAGS,
    )
    php = st.builds(Php, requirements=requirements, production=_FLAGS)
    poetry = st.builds(
        Poetry, version=st.sampled_from([None, "==1.8.3", ">=2,<3"]), devel=_FLAGS, only=_PINS, without=_PINS
    )
    python = st.builds(
        Python,
        version=st.none() | _TEXTS,
        requirements=requirements,
        use_system_site_packages=_FLAGS,
        no_deps=_FLAGS,
        venv=_PINS,
        pip_version=_PINS,
        setuptools_version=_PINS,
        tox_version=_PINS,
        wheel_version=_PINS,
        poetry=st.none() | poetry,
    )
    alone = {"node": node, "php": php, "python": python, "builder": _builders(origins, requirements)}
    optional = {
        "base": st.sampled_from(["scratch", Image("debian:trixie"), Image("scratch")]) | _REFERENCES,
        "arguments": _ENVIRONMENTS,
        "apt": _APT,
        "builders": st.lists(st.one_of(*alone.values()), max_size=3),
        "lives": _LIVES,
        "runs": _RUNS,
        "entrypoint": st.lists(STRINGS, max_size=3),
        **alone,
    }
    return st.fixed_dictionaries({}, optional=optional)


def _builders(
    origins: SearchStrategy[Origin], requirements: SearchStrategy[list[RequiredFiles] | None]
) -> SearchStrategy[Builder]:
    mounts = origins | st.builds(Mount, origins, destination=_TEXTS, source=_TEXTS)
    access = st.sampled_from(["shared", "locked", "private"])
    caches = _TEXTS | st.builds(Cache, _TEXTS, id=_PINS, access=access)
    rest = {
        "requirements": requirements,
        "mounts": st.none() | _distinct(mounts, as_mount),
        "caches": st.none() | _distinct(caches, as_cache),
    }
    commands = st.none() | _TEXTS | st.lists(STRINGS, max_size=3)
    return st.builds(Builder, command=commands, **rest) | st.builds(Builder, script=_TEXTS, **rest)


def _artifacts(origins: SearchStrategy[Origin]) -> SearchStrategy[Copy]:
    exclude = st.lists(_TEXTS, max_size=2)
    whole = st.builds(Copy, origins, exclude=exclude)
    return whole | st.builds(Copy, origins, source=_PATHS, destination=_PINS, exclude=exclude)


def _distinct(
    items: SearchStrategy[_Item], spell_out: Callable[[_Item], object]
) -> SearchStrategy[list[_Item]]:
    """A list in which no two items say the same."""
    return st.lists(items, max_size=3, unique_by=lambda item: repr(spell_out(item)))
