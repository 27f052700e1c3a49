"""Why a registry did not give, or take, what it was asked for."""

from __future__ import annotations


class RegistryError(Exception):
    """A registry did not give or take something: its text says what and where, and holds nothing secret.

    A cache that does not answer is no reason for a run to fail: warn, and go on without it.

    Arguments:
        message: what went wrong, where and why.
        is_passing: whether it may work later though nobody mends anything.
    """

    def __init__(self, message: str, *, is_passing: bool) -> None:
        super().__init__(message)
        self.is_passing = is_passing


class Failure(Exception):  # noqa: N818 -- half of an error: what was asked for is known further up
    """Why a request failed.

    Arguments:
        reason: in a few words, without any address but a host's and without anything secret.
        is_passing: as for ``RegistryError``.
        wait: seconds after which it is worth another try; None if it is not.
    """

    def __init__(self, reason: str, *, is_passing: bool = False, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_passing = is_passing
        self.wait = wait

    def at(self, host: str) -> Failure:
        """Say that it was not the registry itself that failed."""
        reason = f"it sends us to {host}, but there: {self.reason}"
        return Failure(reason, is_passing=self.is_passing, wait=self.wait)
