"""Scheduling: every task starts as soon as what it needs has passed, several at a time."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import graphlib
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Hashable, Iterable, Mapping

_Task = TypeVar("_Task", bound="Hashable")


@dataclasses.dataclass
class Schedule(Generic[_Task]):
    """Runs tasks that need one another.

    Arguments:
        needs: for each task, those that have to pass first.
        work: does a task, in a thread of its own, and tells whether it passed. Once ``cancel`` is set it
            returns soon. What it raises ends the run.
        jobs: how many tasks may run at the same time.
        keep_going: whether tasks that do not need a failed one still run; else ``cancel`` is set.
        cancel: when set, by anybody, no further task starts.
    """

    needs: Mapping[_Task, Iterable[_Task]]
    work: Callable[[_Task], bool]
    jobs: int
    keep_going: bool
    cancel: threading.Event

    def run(self) -> set[_Task]:
        """Run the tasks to the end; give those that were started.

        A KeyboardInterrupt sets ``cancel`` and is raised again when all that was running has returned.
        """
        # In a thread of its own, where no interrupt can hit a pool while it starts a thread: the pool
        # would forget that thread, and not wait for it.
        with concurrent.futures.ThreadPoolExecutor(1, "schedule") as pool:
            try:
                return pool.submit(self._run).result()
            except BaseException:
                self.cancel.set()  # and leaving the pool waits for what is running
                raise

    def _run(self) -> set[_Task]:
        sorter = graphlib.TopologicalSorter(self.needs)
        sorter.prepare()
        waiting = list(sorter.get_ready())
        running: dict[concurrent.futures.Future[bool], _Task] = {}
        started: set[_Task] = set()
        with concurrent.futures.ThreadPoolExecutor(self.jobs, "stage") as pool:
            while waiting or running:
                while waiting and len(running) < self.jobs and not self.cancel.is_set():
                    task = waiting.pop(0)
                    started.add(task)
                    running[pool.submit(self._work, task)] = task
                if not running:
                    break
                waiting += self._ended(running, sorter)
        return started

    def _work(self, task: _Task) -> bool:
        try:
            return self.work(task)
        except BaseException:
            self.cancel.set()  # or those that are running would be waited for
            raise

    def _ended(
        self, running: dict[concurrent.futures.Future[bool], _Task], sorter: graphlib.TopologicalSorter[_Task]
    ) -> tuple[_Task, ...]:
        """Wait until a task has ended; give those that can start now."""
        ended, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
        for future in ended:
            task = running.pop(future)
            if future.result():
                sorter.done(task)
            elif not self.keep_going:
                self.cancel.set()
        return sorter.get_ready()
