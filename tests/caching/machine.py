"""A machine on which somebody runs pipelines: an engine and a store."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from tests.conftest import CommandLine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.conftest import Outcome

_ROW = re.compile(
    r"^([✓✗■○!≡]) (\S*) +(passed|cached|failed|broken|cancelled|not run) +(?:[\d.]+ s +)?(\w+)\b(.*)$"
)
_REASON = re.compile(r"^(\S+) +│ not cached: (.*)$", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Told:
    """What a run told.

    Arguments:
        outcome: how the command ended.
    """

    outcome: Outcome

    @property
    def text(self) -> str:
        """All that it printed."""
        return f"{self.outcome.stdout}\n{self.outcome.stderr}"

    @property
    def steps(self) -> dict[str, str]:
        """How each step of each stage ended, by ``STAGE KIND``, from the summary."""
        found: dict[str, str] = {}
        stage = ""
        for line in self.outcome.stdout.splitlines():
            row = _ROW.match(line)
            if row:
                stage = row[2] or stage
                found[f"{stage} {row[4]}"] = row[3]
        return found

    @property
    def is_cached(self) -> bool:
        """Whether it passed, and nothing was done."""
        return self.outcome.code == 0 and set(self.steps.values()) == {"cached"}

    @property
    def done(self) -> set[str]:
        """The steps that were not cached."""
        return {name for name, status in self.steps.items() if status != "cached"}

    @property
    def reasons(self) -> dict[str, list[str]]:
        """Why steps were not cached, by stage, as the run says."""
        told: dict[str, list[str]] = {}
        for stage, reason in _REASON.findall(self.outcome.stdout):
            told.setdefault(stage, []).append(reason)
        return told

    def output(self, stage: str) -> list[str]:
        """The lines that a stage printed while it was at work, the engine's own among them."""
        return re.findall(rf"^{re.escape(stage)} +│ (.*)$", self.outcome.stdout, re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Machine:
    """A machine.

    Arguments:
        store: where it keeps what earlier runs have left.
        host: its engine, as in DOCKER_HOST; the usual one if empty.
        environment: variables beside those of this process.
    """

    store: Path
    host: str = ""
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def cli(self) -> CommandLine:
        """Its command line."""
        host = {"DOCKER_HOST": self.host} if self.host else {}
        own = {"PIPELINE_DSL_CACHE_DIRECTORY": str(self.store)}
        return CommandLine({**own, **host, **self.environment})

    def run(self, root: Path, *words: str | Path) -> Told:
        """Run the pipelines of a project."""
        return Told(self.cli(root, "run", "--plain", *words))
