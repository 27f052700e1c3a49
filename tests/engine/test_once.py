"""Values that are made once, however many threads ask."""

from __future__ import annotations

import concurrent.futures
import threading
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.engine.once import Once

if TYPE_CHECKING:
    from collections.abc import Callable

THREADS = 8


def ask(once: Once[str, int], make: Callable[[], int]) -> list[concurrent.futures.Future[int]]:
    """Ask for the same value from several threads at the same time."""
    together = threading.Barrier(THREADS)

    def get() -> int:
        together.wait(timeout=10)
        return once.get("key", make)

    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        return [pool.submit(get) for _ in range(THREADS)]


def test_all_threads_get_the_value_that_one_of_them_made() -> None:
    made: list[int] = []
    release = threading.Event()

    def make() -> int:
        made.append(len(made))
        release.wait(timeout=0.1)  # time for the others to ask
        return len(made)

    answers = ask(Once(), make)
    assert [answer.result() for answer in answers] == [1] * THREADS
    assert made == [0]


def test_all_threads_get_the_exception_that_one_of_them_met() -> None:
    made: list[int] = []

    def make() -> int:
        made.append(len(made))
        raise LookupError("no such image")

    answers = ask(Once(), make)
    assert [str(answer.exception()) for answer in answers] == ["no such image"] * THREADS
    assert made == [0]


def test_a_failure_is_not_tried_again() -> None:
    once: Once[str, int] = Once()

    def fail() -> int:
        raise LookupError("no such image")

    with pytest.raises(LookupError):
        once.get("key", fail)
    with pytest.raises(LookupError, match="no such image"):
        once.get("key", lambda: 1)


def test_each_key_has_a_value_of_its_own() -> None:
    once: Once[str, str] = Once()
    assert [once.get(key, key.upper) for key in ("a", "b", "a")] == ["A", "B", "A"]


def test_one_key_does_not_wait_for_another() -> None:
    once: Once[str, bool] = Once()
    other_is_made = threading.Event()

    def make_other() -> bool:
        other_is_made.set()
        return True

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        waits = pool.submit(once.get, "slow", lambda: other_is_made.wait(timeout=10))
        assert once.get("quick", make_other)
        assert waits.result()
