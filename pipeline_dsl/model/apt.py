"""Debian packages: which ones, from where, through which proxy."""

from __future__ import annotations

from pydantic import Field

from pipeline_dsl.model.definition import Definition, definition
from pipeline_dsl.model.types import (
    AptComponent,
    AptPackage,
    AptRelease,
    HttpUrl,
    ListOf,
    ListOfMixed,
    MappingOf,
)


@definition
class AptSource(Definition):
    """An archive of Debian packages beside those that the base image knows."""

    url: HttpUrl = Field(kw_only=False)
    """Address of the archive, http or https."""

    distribution: AptRelease
    """Which of the archive's distributions, such as ``bookworm``."""

    components: ListOf[AptComponent] = ()
    """Which of the distribution's components, such as ``main``."""

    signed_by: str | None = None
    """The armoured public key that the archive is signed with; apt's own keys if left out."""


@definition
class AptProxy(Definition):
    """A proxy that apt uses while the image is built; it leaves nothing in the image."""

    url: HttpUrl = Field(kw_only=False)
    """Address of the proxy, http or https."""

    source: HttpUrl | None = None
    """Use it for this archive only; for all archives of the proxy's scheme if left out."""


@definition
class Apt(Definition):
    """Debian packages to be installed, as root, before anything else."""

    packages: ListOf[AptPackage] | MappingOf[AptRelease, ListOf[AptPackage]] = ()
    """Names, ``name=version`` or ``name/release``; or a mapping from a target release, such as
    ``bookworm-backports``, to such a list, where the release ``default`` is the base image's own."""

    sources: ListOf[AptSource] = ()
    """Further archives; they stay configured in the image."""

    proxies: ListOfMixed[HttpUrl | AptProxy] = ()
    """Proxies, each an address or an `AptProxy`."""
