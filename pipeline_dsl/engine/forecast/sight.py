"""What can be seen of the engine, the store and the cache repository while nothing is done."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING

from pipeline_dsl.cache.images import pinned_digest
from pipeline_dsl.engine.steps.bases import known_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_dsl.engine.forecast.eyes import Eyes
    from pipeline_dsl.engine.memory import Memory
    from pipeline_dsl.engine.steps.publish import PublishRequest
    from pipeline_dsl.model.steps import PullPolicy


class Sight:
    """Looks at what is there, and asks for everything once.

    Arguments:
        memory: what earlier runs have left.
        eyes: look at the engine; None if it cannot be reached.
        pull: when base images are pulled, where a build does not say so itself.
        problem: why the engine cannot be reached; empty if it can.
    """

    def __init__(
        self, memory: Memory, eyes: Eyes | None, pull: PullPolicy = "missing", problem: str = ""
    ) -> None:
        self.memory = memory
        self.problem = problem
        self._eyes = eyes
        self._pull: PullPolicy = pull
        self._digests: dict[tuple[str, PullPolicy, str], str] = {}
        self._shared: dict[str, bool] = {}

    @property
    def has_engine(self) -> bool:
        """Whether the engine can be asked."""
        return self._eyes is not None

    @functools.cached_property
    def platform(self) -> str:
        """What the engine runs on; empty if it cannot be asked."""
        return self._eyes.platform() if self._eyes else ""

    def image(self, key: str) -> str:
        """Give the id of the engine's image that has a key; empty if it has none."""
        return self._images.get(key, "")

    def existing(self, reference: str) -> str:
        """Give the id of an image by its reference; empty if it is not there."""
        found = self._eyes.image(reference) if self._eyes else None
        return found.id if found else ""

    def base(self, reference: str, pull: PullPolicy | None = None, platform: str = "") -> str:
        """Give what tells the content of an existing image; empty if that cannot be told now."""
        if self._eyes is None:
            return pinned_digest(reference)
        asked = (reference, pull or self._pull, platform)
        if asked not in self._digests:
            self._digests[asked] = known_digest(self._eyes, *asked, threading.Event()) or ""
        return self._digests[asked]

    def is_shared(self, key: str) -> bool:
        """Tell whether the cache repository has the image of a key."""
        shared = self.memory.shared
        if shared and key not in self._shared:
            self._shared[key] = shared.has_image(key)
        return self._shared.get(key, False)

    def is_published(self, request: PublishRequest, digest: str) -> bool:
        """Tell whether the registry has all tags of an image, with this digest."""
        from pipeline_dsl.engine.steps.publish import is_published  # noqa: PLC0415 -- few plans need it

        eyes = self._eyes
        return eyes is not None and is_published(request, digest, eyes.docker, threading.Event())

    @functools.cached_property
    def _images(self) -> Mapping[str, str]:
        # One question for all: a plan of a thousand images would wait for seconds otherwise.
        return self._eyes.built() if self._eyes else {}
