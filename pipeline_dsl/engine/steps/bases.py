"""Images that exist already: what others start from, and what services and runs are containers of."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Protocol

from pipeline_dsl.cache.images import base_digest, pinned_digest
from pipeline_dsl.engine.limit import in_time
from pipeline_dsl.engine.once import Once
from pipeline_dsl.errors import EngineError, Problem, StepError

if TYPE_CHECKING:
    import threading

    from pipeline_dsl.engine.docker import Docker, EngineImage, Login, Output
    from pipeline_dsl.engine.limit import Limit
    from pipeline_dsl.model.steps import PullPolicy


class Present(Protocol):
    """An image that the engine has."""

    @property
    def id(self) -> str:
        """Its content-addressed id, ``sha256:…``."""

    @property
    def digests(self) -> tuple[str, ...]:
        """The repository digests that it was pulled or pushed by, ``name@sha256:…``."""

    @property
    def platform(self) -> str:
        """What it runs on."""


class Looks(Protocol):
    """Looks at an engine and its registries; see ``Docker``."""

    def image(self, reference: str) -> Present | None:
        """Look an image up in the engine; None when it is not there."""

    def digest(self, reference: str, login: Login | None, cancel: threading.Event) -> str | None:
        """Ask a registry for the digest of what a reference stands for; None if it has none."""


class Bases:
    """Existing images; each is looked after once.

    Arguments:
        docker: the engine.
        pull: when they are pulled, where a build does not say so itself.
        cancel: when set, pulls end.
        limit: how long a pull may take; None for as long as it likes.
    """

    def __init__(
        self, docker: Docker, pull: PullPolicy, cancel: threading.Event, limit: Limit | None = None
    ) -> None:
        self._docker = docker
        self._pull: PullPolicy = pull
        self._cancel = cancel
        self._limit = limit
        self._images: Once[tuple[str, PullPolicy, str], EngineImage] = Once()
        self._digests: Once[tuple[str, PullPolicy, str], str] = Once()
        self._lent: dict[str, str] = {}

    def lend(self, image: str, name: str, digest: str) -> None:
        """Give an image of the run's own a name by which later builds find it; it is never pulled by that.

        Arguments:
            image: its id.
            name: the name.
            digest: what tells its content from another's.
        """
        self._lent[name] = digest  # first: where the engine's answer is lost, the name may be there
        self._docker.tag(image, name)

    @property
    def has_lent(self) -> bool:
        """Whether any image has got a name that way."""
        return bool(self._lent)

    def image(
        self, reference: str, output: Output, pull: PullPolicy | None = None, platform: str = ""
    ) -> EngineImage:
        """Have an image in the engine.

        Arguments:
            reference: the image.
            output: gets what the engine tells meanwhile.
            pull: when it is pulled; as the settings say if None.
            platform: what it has to run on; anything if empty.

        Raises:
            StepError: it cannot be pulled.
        """
        policy = self._policy(reference, pull)
        make = functools.partial(self._have, reference, policy, platform, output)
        return self._images.get((reference, policy, platform), make)

    def digest(
        self, reference: str, output: Output, pull: PullPolicy | None = None, platform: str = ""
    ) -> str:
        """Give what tells the content of an image. It is pulled only where no registry says it otherwise.

        Arguments and errors are those of ``image``.
        """
        if reference in self._lent:
            return self._lent[reference]
        policy = self._policy(reference, pull)
        make = functools.partial(self._find_digest, reference, policy, platform, output)
        return self._digests.get((reference, policy, platform), make)

    def known_as(self, reference: str) -> str:
        """Give what an image is called whatever the run: a name that it is lent by holds the run's."""
        return reference.rpartition(":")[2] if reference in self._lent else reference

    def digest_of(self, reference: str, image: EngineImage) -> str:
        """Give what tells the content of an image that is there."""
        return self._lent.get(reference) or base_digest(reference, image.digests, image.id)

    def is_still(self, reference: str, image: EngineImage) -> bool:
        """Tell whether a reference stands for an image, as it did before."""
        now = self._docker.image(reference)
        return now is not None and now.id == image.id

    def _policy(self, reference: str, pull: PullPolicy | None) -> PullPolicy:
        return "never" if reference in self._lent else pull or self._pull

    def _have(self, reference: str, policy: PullPolicy, platform: str, output: Output) -> EngineImage:
        present = None if policy == "always" else self._present(reference, platform)
        if present is not None:
            return present
        if policy == "never":
            message = f"the engine has no image {reference}, and it is not to be pulled."
            raise StepError([Problem("image-not-pulled", message, hint='Allow it: pull="missing".')])
        with in_time(f"the pull of {reference}", self._cancel, self._limit) as deadline:
            return self._docker.pull(reference, output, deadline, platform=platform)

    def _present(self, reference: str, platform: str) -> EngineImage | None:
        image = self._docker.image(reference)
        return image if image and (not platform or image.platform == platform) else None

    def _find_digest(self, reference: str, policy: PullPolicy, platform: str, output: Output) -> str:
        known = known_digest(self._docker, reference, policy, platform, self._cancel)
        return known or self.digest_of(reference, self.image(reference, output, policy, platform))


def known_digest(
    looks: Looks, reference: str, policy: PullPolicy, platform: str, cancel: threading.Event
) -> str | None:
    """Give what tells the content of an image, if that can be told without pulling it.

    Arguments:
        looks: looks at the engine.
        reference: the image.
        policy: when it is pulled.
        platform: what it has to run on; anything if empty.
        cancel: when set, registries are not waited for.
    """
    if pinned_digest(reference):
        return pinned_digest(reference)
    image = None if policy == "always" else looks.image(reference)
    if image and (not platform or image.platform == platform):
        return base_digest(reference, image.digests, image.id)
    if policy == "never":
        return None
    try:
        return looks.digest(reference, None, cancel)
    except (StepError, EngineError):  # a pull will say why
        return None
