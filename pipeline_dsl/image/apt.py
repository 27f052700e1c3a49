"""Installing Debian packages: ``spec/blubber.md`` §3.5."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline_dsl.image.instructions import Environment, Execute, Instruction, WriteFile
from pipeline_dsl.image.shell import command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.model import AptProxy, AptSource
    from pipeline_dsl.resolve.resolved import ResolvedApt

_PROXIES = "/etc/apt/apt.conf.d/99blubber-proxies"
_SOURCES = "/etc/apt/sources.list.d/99blubber.list"
_UPDATE = "apt-get update"
_FORGET_LISTS = "rm -rf /var/lib/apt/lists/*"


def install(apt: ResolvedApt) -> Iterator[Instruction]:
    """Install packages as root, from all sources and through all proxies.

    Arguments:
        apt: what to install; nothing at all is done where it is empty.
    """
    if not (apt.packages or apt.sources or apt.proxies):
        return
    yield Environment("DEBIAN_FRONTEND", "noninteractive")
    if apt.proxies:
        yield WriteFile(_PROXIES, "".join(map(_proxy_line, apt.proxies)))
    yield from (WriteFile(_keyring(source), source.signed_by) for source in apt.sources if source.signed_by)
    if apt.sources:
        yield Execute((_UPDATE, command("apt-get install -y", "ca-certificates")))
        yield WriteFile(_SOURCES, "".join(map(_source_line, apt.sources)))
    installs = [_install(release, names) for release, names in sorted(apt.packages.items())]
    forget_proxies = [command("rm -f", _PROXIES)] if apt.proxies else []
    yield Execute((*([_UPDATE] if installs else []), *installs, _FORGET_LISTS, *forget_proxies))


def _install(release: str, packages: tuple[str, ...]) -> str:
    if release == "default":
        return command("apt-get install -y", *packages)
    return command("apt-get install -y -t", release, *packages)


def _proxy_line(proxy: AptProxy) -> str:
    scope = urlsplit(proxy.source or proxy.url)
    host = f"::{scope.netloc}" if proxy.source else ""
    return f'Acquire::{scope.scheme}::Proxy{host} "{proxy.url}";\n'


def _keyring(source: AptSource) -> str:
    digest = hashlib.sha256((source.signed_by or "").encode()).hexdigest()
    return f"/etc/apt/keyrings/{digest}.asc"


def _source_line(source: AptSource) -> str:
    signed = [f"[signed-by={_keyring(source)}]"] if source.signed_by else []
    return " ".join(["deb", *signed, source.url, source.distribution, *source.components]) + "\n"
