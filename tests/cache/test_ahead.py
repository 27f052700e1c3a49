from __future__ import annotations

import functools
import threading

import pytest

from pipeline_dsl.cache.ahead import Ahead, Asking


def test_a_question_is_asked_before_anybody_waits_for_the_answer() -> None:
    asked = threading.Event()

    def ask() -> str:
        asked.set()
        return "answer"

    ahead = Ahead(ask)

    assert asked.wait(10)
    assert [ahead.result(), ahead.result()] == ["answer", "answer"]


def test_who_waits_for_an_answer_gets_the_error() -> None:
    def ask() -> str:
        raise LookupError("nothing")

    ahead = Ahead(ask)

    for _ in range(2):
        with pytest.raises(LookupError, match="nothing"):
            ahead.result()


def test_so_many_questions_are_asked_at_a_time_and_no_more() -> None:
    """Also where some of them fail."""
    most = 3
    together = threading.Barrier(most)
    lock, under_way, counts = threading.Lock(), [0], [0]

    def ask(number: int) -> int:
        with lock:
            under_way[0] += 1
            counts.append(under_way[0])
        together.wait(10)
        with lock:
            under_way[0] -= 1
        if number % 2:
            raise LookupError
        return number

    asking = Asking(most)
    answers = [asking.ask(functools.partial(ask, number)) for number in range(4 * most)]

    assert [answer.result() for answer in answers[::2]] == list(range(0, 4 * most, 2))
    assert max(counts) == most
