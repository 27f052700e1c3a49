"""Installing Debian packages: spec/blubber.md §3.5."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pipeline_dsl.image.instructions import Argument, Environment, Execute, WriteFile
from pipeline_dsl.model import Apt, AptProxy, AptSource, Variant

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_dsl.image import Recipe
    from pipeline_dsl.image.instructions import Instruction

    RecipeOf = Callable[[Variant], Recipe]

FRONTEND = Environment("DEBIAN_FRONTEND", "noninteractive")


def installed(recipe_of: RecipeOf, apt: Apt) -> list[Instruction]:
    instructions = recipe_of(Variant("own", base="foo", apt=apt)).instructions
    return list(instructions[2 : instructions.index(Argument("LIVES_AS", "somebody"))])


def test_packages_are_installed_release_by_release_in_bytewise_order(recipe_of: RecipeOf) -> None:
    """Golden vector 4."""
    packages = {
        "zzz-backports": ["qqq"],
        "default": ["aaa", "bbb", "bbb", "aaa"],
        "Alpha": ["uuu"],
    }
    assert installed(recipe_of, Apt(packages=packages)) == [
        FRONTEND,
        Execute(
            (
                "apt-get update",
                'apt-get install -y -t "Alpha" "uuu"',
                'apt-get install -y "aaa" "bbb" "bbb" "aaa"',
                'apt-get install -y -t "zzz-backports" "qqq"',
                "rm -rf /var/lib/apt/lists/*",
            )
        ),
    ]


def test_proxies_are_configured_for_the_time_of_the_installation(recipe_of: RecipeOf) -> None:
    """Golden vector 18."""
    proxies: list[str | AptProxy] = ["http://p:8080", AptProxy("http://q:1", source="https://s.example:99/x")]
    path = "/etc/apt/apt.conf.d/99blubber-proxies"
    lines = 'Acquire::http::Proxy "http://p:8080";\nAcquire::https::Proxy::s.example:99 "http://q:1";\n'
    assert installed(recipe_of, Apt(proxies=proxies, packages=["git"])) == [
        FRONTEND,
        WriteFile(path, lines),
        Execute(
            (
                "apt-get update",
                'apt-get install -y "git"',
                "rm -rf /var/lib/apt/lists/*",
                f'rm -f "{path}"',
            )
        ),
    ]


def test_sources_are_added_once_their_certificates_can_be_checked(recipe_of: RecipeOf) -> None:
    """Keys first, then ca-certificates, then the list; without packages only the clean-up follows."""
    key = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n…\n"
    keyring = f"/etc/apt/keyrings/{hashlib.sha256(key.encode()).hexdigest()}.asc"
    sources = [
        AptSource("https://a.example/debian", distribution="sid", components=["main", "x"], signed_by=key),
        AptSource("http://b.example", distribution="sid/"),
    ]
    assert installed(recipe_of, Apt(sources=sources)) == [
        FRONTEND,
        WriteFile(keyring, key),
        Execute(("apt-get update", 'apt-get install -y "ca-certificates"')),
        WriteFile(
            "/etc/apt/sources.list.d/99blubber.list",
            f"deb [signed-by={keyring}] https://a.example/debian sid main x\ndeb http://b.example sid/\n",
        ),
        Execute(("rm -rf /var/lib/apt/lists/*",)),
    ]


def test_nothing_is_done_for_nothing(recipe_of: RecipeOf) -> None:
    assert installed(recipe_of, Apt()) == []
    assert installed(recipe_of, Apt(packages={"default": []})) == []
