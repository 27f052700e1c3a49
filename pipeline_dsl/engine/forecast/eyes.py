"""What looks at the engine: without its SDK, which takes longer to load than a plan takes to make."""

from __future__ import annotations

import functools
import json
import urllib.parse
from typing import TYPE_CHECKING, Protocol

from pipeline_dsl.cache.ahead import Ahead
from pipeline_dsl.cache.engine import Engine, EngineDown
from pipeline_dsl.cache.images import REPOSITORY

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping

    from pipeline_dsl.engine.docker import Docker, Login
    from pipeline_dsl.engine.steps.bases import Present


class Eyes(Protocol):
    """Looks at an engine, and changes nothing.

    Every method raises EngineError when the engine cannot be reached or fails by itself.
    """

    @property
    def docker(self) -> Docker:
        """The engine as a run knows it."""

    def platform(self) -> str:
        """Tell what the engine runs on, such as ``linux/amd64``."""

    def image(self, reference: str) -> Present | None:
        """Look an image up; None when it is not there."""

    def built(self) -> Mapping[str, str]:
        """Give the ids of the images that earlier runs have built, by their keys."""

    def digest(self, reference: str, login: Login | None, cancel: threading.Event) -> str | None:
        """Ask a registry for the digest of what a reference stands for; see ``Docker.digest``."""


class UsualEyes:
    """Looks at an engine as a run does.

    Arguments:
        docker: the engine.
    """

    def __init__(self, docker: Docker) -> None:
        self.docker = docker

    def platform(self) -> str:
        """Tell what the engine runs on."""
        return self.docker.version().platform

    def image(self, reference: str) -> Present | None:
        """Look an image up."""
        return self.docker.image(reference)

    def built(self) -> Mapping[str, str]:
        """Give the ids of the images that earlier runs have built, by their keys."""
        return self.docker.references(REPOSITORY)

    def digest(self, reference: str, login: Login | None, cancel: threading.Event) -> str | None:
        """Ask a registry for a digest."""
        return self.docker.digest(reference, login, cancel)


class QuickEyes:
    """Looks at an engine the short way, and as a run does where that gives no answer.

    What every plan needs is asked for at once; meanwhile there is a pipeline file to load.

    Arguments:
        engine: the engine.
        connect: connects to it as a run does.
    """

    def __init__(self, engine: Engine, connect: Callable[[], Docker]) -> None:
        self._engine = listing = _Listing(engine.socket)
        self._connect = connect
        self._platform = Ahead(listing.platform)
        self._built = Ahead(lambda: listing.references(REPOSITORY))

    @functools.cached_property
    def docker(self) -> Docker:
        """The engine as a run knows it."""
        return self._connect()

    def platform(self) -> str:
        """Tell what the engine runs on."""
        try:
            return self._platform.result()
        except EngineDown:
            return UsualEyes(self.docker).platform()

    def image(self, reference: str) -> Present | None:
        """Look an image up."""
        try:
            return self._engine.image(reference)
        except EngineDown:
            return self.docker.image(reference)

    def built(self) -> Mapping[str, str]:
        """Give the ids of the images that earlier runs have built, by their keys."""
        try:
            return self._built.result()
        except EngineDown:
            return self.docker.references(REPOSITORY)

    def digest(self, reference: str, login: Login | None, cancel: threading.Event) -> str | None:
        """Ask a registry for a digest."""
        return self.docker.digest(reference, login, cancel)


class _Listing(Engine):
    def references(self, repository: str) -> dict[str, str]:
        filters = urllib.parse.quote(json.dumps({"reference": [repository]}), safe="")
        told = self._ask(f"/images/json?filters={filters}")
        beginning = f"{repository}:"
        return {
            reference.removeprefix(beginning): image
            for image, references in map(_identified, told if isinstance(told, list) else ())
            for reference in references
            if reference.startswith(beginning)
        }


def _identified(told: object) -> tuple[str, list[str]]:
    match told:
        case {"Id": str(image), "RepoTags": list(references)}:
            return image, list(map(str, references))
        case {"Id": str(image)}:
            return image, []
    raise EngineDown("the engine does not tell what an image is")
