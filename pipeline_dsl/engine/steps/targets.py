"""Tags of a registry that an image is to be pushed to."""

from __future__ import annotations

import dataclasses

from pipeline_dsl.errors import Problem


@dataclasses.dataclass(frozen=True)
class Target:
    """A tag that an image is to get, and how it is in the registry before anything is pushed.

    Arguments:
        name: the tag.
        reference: the image with it.
        digest: the manifest that it stands for; empty if there is no such tag.
        is_ours: whether that is our image.
        is_movable: whether it may be moved if it is not.
    """

    name: str
    reference: str
    digest: str
    is_ours: bool
    is_movable: bool

    @property
    def refusal(self) -> Problem | None:
        """Why nothing may be pushed, if this tag is the reason."""
        if not self.digest or self.is_ours or self.is_movable:
            return None
        message = f"{self.reference} exists already, and is not moved: it is {self.digest}."
        hint = f'Publish under another tag, or let this one be moved: Publish(overwrite=["{self.name}"]).'
        return Problem("tag-exists", message, hint=hint)

    @property
    def prospect(self) -> str:
        """What would be done about it, in one sentence."""
        if self.refusal:
            return f"{self.refusal} It would be refused."
        if self.is_ours:
            return f"{self.reference} is this image already."
        if self.digest:
            return f"{self.reference} would be moved; it is {self.digest} now."
        return f"{self.reference} would be pushed."


def in_order(tags: list[Target]) -> list[Target]:
    """Give what is to be pushed in the order in which a failure does the least harm.

    New tags come before those that are moved, and the primary one comes last.
    """
    primary, *further = tags
    return [tag for tag in (*sorted(further, key=lambda tag: bool(tag.digest)), primary) if not tag.is_ours]
