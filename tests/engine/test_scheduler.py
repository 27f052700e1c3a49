"""The order in which tasks run, whatever they are."""

from __future__ import annotations

import dataclasses
import os
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_dsl.engine.scheduler import Schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclasses.dataclass(frozen=True)
class Tasks:
    """Tasks that need one another.

    Arguments:
        needs: for each task, those that have to pass first.
        failing: those that do not pass.
    """

    needs: Mapping[int, frozenset[int]]
    failing: frozenset[int]

    def dependants(self, tasks: frozenset[int]) -> frozenset[int]:
        """Give all that need one of some tasks, directly or not."""
        found: set[int] = set()
        for task in sorted(self.needs):  # which need lower ones only
            if self.needs[task] & (tasks | found):
                found.add(task)
        return frozenset(found)


@st.composite
def graphs(draw: st.DrawFn) -> Tasks:
    size = draw(st.integers(0, 9))
    needs = {
        task: draw(st.frozensets(st.integers(0, task - 1)) if task else st.just(frozenset()))
        for task in range(size)
    }
    order = draw(st.permutations(range(size)))
    failing = draw(st.frozensets(st.sampled_from(range(size)), max_size=3) if size else st.just(frozenset()))
    return Tasks({task: needs[task] for task in order}, failing)


class Worker:
    """Does tasks, and keeps what it saw."""

    def __init__(self, tasks: Tasks) -> None:
        self.tasks = tasks
        self.lock = threading.Lock()
        self.running = 0
        self.most_running = 0
        self.started: list[int] = []
        self.passed: list[int] = []
        self.early: list[int] = []
        """Tasks that ran before what they need had passed."""

    def __call__(self, task: int) -> bool:
        with self.lock:
            self.started.append(task)
            self.running += 1
            self.most_running = max(self.most_running, self.running)
            if not self.tasks.needs[task] <= set(self.passed):
                self.early.append(task)
        time.sleep(0.001)
        with self.lock:
            self.running -= 1
            if task not in self.tasks.failing:
                self.passed.append(task)
        return task not in self.tasks.failing


def schedule(worker: Worker, jobs: int, *, keep_going: bool = False) -> Schedule[int]:
    return Schedule(worker.tasks.needs, worker, jobs, keep_going=keep_going, cancel=threading.Event())


@given(graphs(), st.integers(1, 4), st.booleans())
def test_a_task_runs_once_and_after_all_that_it_needs_has_passed(
    tasks: Tasks,
    jobs: int,
    keep_going: bool,  # noqa: FBT001 -- hypothesis decides
) -> None:
    worker = Worker(tasks)
    schedule(worker, jobs, keep_going=keep_going).run()
    assert worker.early == []
    assert sorted(worker.started) == sorted(set(worker.started))


@given(graphs(), st.integers(1, 4), st.booleans())
def test_never_more_tasks_run_at_a_time_than_there_are_jobs(
    tasks: Tasks,
    jobs: int,
    keep_going: bool,  # noqa: FBT001 -- hypothesis decides
) -> None:
    worker = Worker(tasks)
    schedule(worker, jobs, keep_going=keep_going).run()
    assert worker.most_running <= jobs


@given(graphs(), st.integers(1, 4))
def test_when_going_on_a_failure_keeps_those_that_need_it_from_running_and_no_other(
    tasks: Tasks, jobs: int
) -> None:
    worker = Worker(tasks)
    started = schedule(worker, jobs, keep_going=True).run()
    assert started == set(tasks.needs) - tasks.dependants(tasks.failing)
    assert started == set(worker.started)


@given(graphs(), st.integers(1, 4))
def test_without_failure_every_task_runs(tasks: Tasks, jobs: int) -> None:
    worker = Worker(dataclasses.replace(tasks, failing=frozenset()))
    assert schedule(worker, jobs).run() == set(tasks.needs)


@given(graphs())
def test_after_a_failure_no_further_task_starts(tasks: Tasks) -> None:
    worker = Worker(tasks)
    planned = schedule(worker, jobs=1)
    planned.run()
    failed = [task for task in worker.started if task in tasks.failing]
    assert failed == (worker.started[-1:] if failed else [])
    assert planned.cancel.is_set() == bool(failed)


def test_as_many_tasks_run_at_a_time_as_there_are_jobs() -> None:
    together = threading.Barrier(3)

    def work(_: int) -> bool:
        together.wait(timeout=10)
        return True

    needs: dict[int, list[int]] = {task: [] for task in range(6)}
    started = Schedule(needs, work, jobs=3, keep_going=False, cancel=threading.Event()).run()
    assert started == set(needs)


def test_a_task_does_not_wait_for_one_that_it_does_not_need() -> None:
    third_ran = threading.Event()

    def work(task: str) -> bool:
        if task == "third":
            third_ran.set()
        return task != "slow" or third_ran.wait(timeout=10)

    needs = {"slow": [], "first": [], "second": ["first"], "third": ["second"]}
    Schedule(needs, work, jobs=2, keep_going=False, cancel=threading.Event()).run()
    assert third_ran.is_set()


def test_nothing_starts_once_somebody_has_cancelled() -> None:
    cancel = threading.Event()

    def work(_: int) -> bool:
        cancel.set()
        return True

    needs: dict[int, list[int]] = {task: [] for task in range(5)}
    assert len(Schedule(needs, work, jobs=1, keep_going=True, cancel=cancel).run()) == 1


def test_nothing_starts_that_is_cancelled_beforehand() -> None:
    cancel = threading.Event()
    cancel.set()
    worker = Worker(Tasks({1: frozenset()}, frozenset()))
    assert Schedule(worker.tasks.needs, worker, jobs=1, keep_going=True, cancel=cancel).run() == set()


def interrupted(work: Callable[[str, threading.Event], bool]) -> None:
    cancel = threading.Event()
    needs = {"first": [], "beside": [], "later": ["first"]}
    with pytest.raises(KeyboardInterrupt):
        Schedule(needs, lambda task: work(task, cancel), jobs=2, keep_going=True, cancel=cancel).run()


def test_an_interrupt_cancels_and_waits_for_what_is_running() -> None:
    returned: list[str] = []

    def work(task: str, cancel: threading.Event) -> bool:
        if task == "first":
            time.sleep(0.1)  # until the main thread waits
            os.kill(os.getpid(), signal.SIGINT)
        assert cancel.wait(timeout=10)
        time.sleep(0.1)
        returned.append(task)
        return True

    interrupted(work)
    assert sorted(returned) == ["beside", "first"]


def test_an_exception_of_a_task_cancels_the_others_and_is_raised() -> None:
    cancel = threading.Event()

    def work(task: str) -> bool:
        if task == "broken":
            raise OSError("disk full")
        return cancel.wait(timeout=10)

    needs: dict[str, list[str]] = {"waits": [], "broken": []}
    with pytest.raises(OSError, match="disk full"):
        Schedule(needs, work, jobs=2, keep_going=True, cancel=cancel).run()
    assert cancel.is_set()
