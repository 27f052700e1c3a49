"""What a run has told."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import CommandLine, Outcome

SAY = 'command=["printf", "<%s>\\\\n"]'
"""Has a container print each of its arguments on a line of its own, as `said` reads it."""


def said(outcome: Outcome, stage: str) -> list[str]:
    """Read what a stage's container has said with SAY."""
    return re.findall(rf"^{re.escape(stage)} *│ <(.*)>$", outcome.stdout, re.MULTILINE)


def printed(outcome: Outcome, stage: str) -> list[str]:
    """Read all lines that a stage has printed, those of its build among them."""
    return re.findall(rf"^{re.escape(stage)} *│ (.*)$", outcome.stdout, re.MULTILINE)


def states(outcome: Outcome) -> dict[str, str]:
    """Read how each stage ended: as the first of its steps that has not passed, now or before."""
    rows = re.findall(
        r"^[✓≡✗■○!] (\S*) +(passed|cached|failed|cancelled|broken|not run)", outcome.stdout, re.MULTILINE
    )
    ended: dict[str, str] = {}
    stage = ""
    for name, status in rows:
        stage = name or stage
        if ended.get(stage, "passed") == "passed":
            ended[stage] = "passed" if status == "cached" else status
    return ended


def with_variables(cli: CommandLine, **variables: str) -> CommandLine:
    """Give a command line with further environment variables."""
    return dataclasses.replace(cli, environment={**cli.environment, **variables})
