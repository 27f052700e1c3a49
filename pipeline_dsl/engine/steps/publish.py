"""Publishing an image: pushing it to a registry, under one or several tags.

The tags are pushed one after the other, the primary one last: with the first of them all content goes up, so
that each further one is a single request. A registry has no way to move several tags at once, and none to
take a new one back. So where a push fails after others have gone through, the problem names those tags.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from typing import TYPE_CHECKING

from pipeline_dsl.engine.attempts import Attempts
from pipeline_dsl.engine.docker import Cancelled
from pipeline_dsl.engine.events import Stream
from pipeline_dsl.engine.steps.targets import Target, in_order
from pipeline_dsl.engine.steps.turns import Note, turn
from pipeline_dsl.errors import EngineError, PipelineError, Problem, StepError

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from pipeline_dsl.engine.docker import Docker, EngineImage, Login, Output
    from pipeline_dsl.engine.limit import Limit


@dataclasses.dataclass(frozen=True)
class PublishRequest:
    """An image to be published.

    Arguments:
        image: its id, or a reference by which the engine has it. In a dry run it need not be there.
        registry: host, and port, of the registry.
        repository: what stands there between the host and the name; may be empty.
        name: name of the image.
        tags: its tags, the primary one first.
        overwrite: whether tags that exist may be moved to this image: all, or these.
        login: what to log in to the registry with; docker's own configuration if None.
        retries: how often what failed for a passing reason is tried again.
        limit: how long one attempt at a push may take; None for as long as it takes.
        dry_run: look, and say what would be pushed, but push nothing.
    """

    image: str
    registry: str
    repository: str
    name: str
    tags: tuple[str, ...]
    overwrite: bool | frozenset[str] = False
    login: Login | None = None
    retries: int = 3
    limit: Limit | None = None
    dry_run: bool = False

    @property
    def full_name(self) -> str:
        """The image without a tag: registry, repository and name."""
        return "/".join(filter(None, (self.registry, self.repository, self.name)))

    def may_move(self, tag: str) -> bool:
        """Tell whether a tag that exists may be moved to this image."""
        return self.overwrite if isinstance(self.overwrite, bool) else tag in self.overwrite


@dataclasses.dataclass(frozen=True)
class PublishResult:
    """An image that was published.

    Arguments:
        name: the image without a tag: registry, repository and name.
        tags: its tags, the primary one first.
        digest: what the registry knows it by, ``sha256:…``; empty after a dry run.
        pushed: those of the tags that were not there before, or on another image.
    """

    name: str
    tags: tuple[str, ...]
    digest: str
    pushed: tuple[str, ...]


def publish(
    request: PublishRequest, docker: Docker, output: Output, cancel: threading.Event
) -> PublishResult:
    """Push an image under all its tags, or under none if one of them may not be moved.

    Raises:
        StepError: a tag may not be moved, or the registry does not take the image from us.
        EngineError: the registry or the engine cannot be reached, or failed by itself.
        Cancelled: ``cancel`` was set meanwhile.
    """
    publication = _Publication(request, docker, output, cancel)
    if request.dry_run:
        return publication.rehearse()
    # Two pushes of one name would need the same reference on the engine, for different images.
    with turn(f"{docker.identity()} {request.full_name}", cancel) as note:
        publication.clean_up_after(note)
        return publication.publish(note)


def is_published(request: PublishRequest, digest: str, docker: Docker, cancel: threading.Event) -> bool:
    """Tell whether the registry has all tags of an image, with this digest.

    Nothing is tried again: whoever gets no for an answer has a closer look.

    Raises:
        Cancelled: ``cancel`` was set meanwhile.
    """
    references = (f"{request.full_name}:{tag}" for tag in request.tags)
    try:
        return all(docker.digest(reference, request.login, cancel) == digest for reference in references)
    except (StepError, EngineError):
        return False


class _Publication:
    """The work on one request."""

    def __init__(
        self, request: PublishRequest, docker: Docker, output: Output, cancel: threading.Event
    ) -> None:
        self._request = request
        self._docker = docker
        self._output = output
        self._attempts = Attempts(request.retries, request.limit, output, cancel)
        self._moved: list[str] = []

    def rehearse(self) -> PublishResult:
        """Say what would be done."""
        for tag in self._look(self._docker.image(self._request.image) if self._request.image else None):
            self._tell(tag.prospect)
        return PublishResult(self._request.full_name, self._request.tags, "", ())

    def clean_up_after(self, note: Note) -> None:
        """Take back the reference of a run that was killed during a push."""
        if left := note.read():
            self._restore(*left.split(" "))
            note.write("")

    def publish(self, note: Note) -> PublishResult:
        """Do it."""
        image = self._docker.image(self._request.image)
        if image is None:
            message = f"the engine has no image {self._request.image}."
            raise StepError([Problem("image-not-found", message)])
        tags = self._look(image)
        if refusals := [tag.refusal for tag in tags if tag.refusal]:
            raise StepError(refusals)
        for tag in filter(lambda tag: tag.is_ours, tags):
            self._tell(tag.prospect)
        digests = {tag.name: tag.digest for tag in tags}
        with self._moves_told():
            for tag in in_order(tags):
                digests[tag.name] = self._push(image, tag, note)
        digest = digests[self._request.tags[0]]
        self._tell(f"{self._request.full_name}@{digest}")
        return PublishResult(self._request.full_name, self._request.tags, digest, tuple(self._moved))

    def _look(self, image: EngineImage | None) -> list[Target]:
        return [self._look_for(image, name) for name in self._request.tags]

    def _look_for(self, image: EngineImage | None, name: str) -> Target:
        reference = f"{self._request.full_name}:{name}"
        digest = self._digest(reference) or ""
        is_ours = bool(digest and image) and self._is_ours(image, digest)
        return Target(name, reference, digest, is_ours, self._request.may_move(name))

    def _is_ours(self, image: EngineImage | None, digest: str) -> bool:
        reference = f"{self._request.full_name}@{digest}"
        return image is not None and self._attempts.take(
            f"look into {reference}",
            functools.partial(self._docker.holds, image, reference, self._request.login),
        )

    def _digest(self, reference: str) -> str | None:
        look = functools.partial(self._docker.digest, reference, self._request.login)
        return self._attempts.take(f"look for {reference}", look)

    def _push(self, image: EngineImage, tag: Target, note: Note) -> str:
        """Push one tag, and make sure that the registry has it as it was pushed."""
        self._tell(f"pushing {tag.reference}")
        with self._tagged(image, tag.reference, note):
            pushed = self._attempts.take(
                f"push {tag.reference}",
                lambda cancel: self._docker.push(tag.reference, self._request.login, self._output, cancel),
            )
            self._moved.append(tag.name)
            sent = self._docker.image(tag.reference)
        found = self._digest(tag.reference)
        if found != pushed or sent is None or sent.id != image.id:
            message = f"somebody else has moved {tag.reference} while it was pushed: it is {found} now."
            hint = "See whose tag it should be, and run again."
            raise StepError([Problem("tag-moved", message, hint=hint)])
        return pushed

    @contextlib.contextmanager
    def _tagged(self, image: EngineImage, reference: str, note: Note) -> Iterator[None]:
        """Give the image a reference on the engine, which a push needs; then restore what was there."""
        before = self._docker.image(reference)
        note.write(f"{reference} {before.id if before else ''}")
        self._docker.tag(image.id, reference)
        try:
            yield
        finally:
            self._restore(reference, before.id if before else "")
            note.write("")

    def _restore(self, reference: str, image: str) -> None:
        if image and self._docker.image(image):
            self._docker.tag(image, reference)
        else:
            self._docker.untag(reference)

    @contextlib.contextmanager
    def _moves_told(self) -> Iterator[None]:
        """Let nobody believe that nothing was pushed when only one of several pushes failed."""
        try:
            yield
        except Cancelled:
            if self._moved:
                self._tell(self._account)
            raise
        except (StepError, EngineError) as error:
            if not self._moved:
                raise
            raise _with(error, self._account) from error

    @property
    def _account(self) -> str:
        return f"These tags of {self._request.full_name} had been pushed before: {', '.join(self._moved)}."

    def _tell(self, line: str) -> None:
        self._output(Stream.PROGRESS, line)


def _with(error: PipelineError, sentence: str) -> PipelineError:
    """Add a sentence to what is wrong."""
    first, *others = error.problems
    return type(error)([dataclasses.replace(first, message=f"{first.message} {sentence}"), *others])
