"""Asking something that takes its time, while its asker does something else."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_Answer = TypeVar("_Answer")


class Ahead(Generic[_Answer]):
    """A question that is asked at once, in a thread that nobody has to wait for.

    No ``concurrent.futures``: importing that takes longer than most questions.

    Arguments:
        ask: asks it.
    """

    def __init__(self, ask: Callable[[], _Answer]) -> None:
        self._ask = ask
        self._answers: list[_Answer] = []
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def result(self) -> _Answer:
        """Wait for the answer and give it, or raise what was raised instead."""
        self._thread.join()
        if self._error:
            raise self._error
        return self._answers[0]

    def _run(self) -> None:
        try:
            self._answers.append(self._ask())
        except Exception as error:  # noqa: BLE001 -- whoever wants the answer gets it
            self._error = error


class Asking:
    """Asks questions ahead, some at a time: whoever asks more waits until another one is answered.

    Arguments:
        most: how many at a time.
    """

    def __init__(self, most: int = 8) -> None:
        self._free = threading.Semaphore(most)

    def ask(self, question: Callable[[], _Answer]) -> Ahead[_Answer]:
        """Ask a question."""

        def ask() -> _Answer:
            try:
                return question()
            finally:
                self._free.release()

        self._free.acquire()
        return Ahead(ask)
