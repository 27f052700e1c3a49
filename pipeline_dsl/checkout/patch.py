"""Patches: what a CI system says, in variables of the environment, that is to be tested."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from pipeline_dsl.errors import Problem, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_dsl.checkout.remote import Remote

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REF = re.compile(r"(?![-+^/])(?!.*\.\.)[^\s:~^?*\[\\\x00-\x1f\x7f]+")


@dataclasses.dataclass(frozen=True)
class Patch:
    """A change that is under review, or a branch or tag that has moved.

    Arguments:
        system: the CI system that names it: ``zuul``, ``gerrit``, ``gitlab`` or ``github``.
        remote: where it is fetched from.
        project: path of the project on its server.
        ref: what is fetched, by its full name where the system gives that.
        commit: what is checked out.
        change: number of the change; empty for none.
        patchset: number of the version of the change; empty for none.
        target: the branch that the change is for; empty for none.

    Raises:
        UsageError: ``ref`` or ``commit`` are none.
    """

    system: str
    remote: Remote
    project: str
    ref: str
    commit: str
    change: str = ""
    patchset: str = ""
    target: str = ""

    def __post_init__(self) -> None:
        wrong = {"ref": self.ref} if not _REF.fullmatch(self.ref) else {}
        wrong |= {"commit": self.commit} if not _COMMIT.fullmatch(self.commit) else {}
        problems = [
            Problem("malformed-ref", f"{self.system} names a {kind} that is none: {value!r}.")
            for kind, value in wrong.items()
        ]
        if problems:
            raise UsageError(problems)

    @property
    def details(self) -> Mapping[str, str]:
        """What is known of the change itself."""
        names = ("system", "change", "patchset", "target")
        return {name: getattr(self, name) for name in names}


def is_ref(name: str) -> bool:
    """Tell whether git may be given a name to fetch: neither an option nor more than a name."""
    return _REF.fullmatch(name) is not None
