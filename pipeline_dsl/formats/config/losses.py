"""What the stages of a project can say and a config cannot."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline_dsl.errors import Problem
from pipeline_dsl.model import Artifact, Credential, Each, Merge, Promote, Run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.model import Stage
    from pipeline_dsl.model.definition import Definition

_ONLY_HERE = {
    "command": "a program instead of the image's entrypoint",
    "services": "services",
    "timeout": "a time limit",
    "memory": "a limit of memory",
    "cpus": "a limit of processors",
    "retries": "retries",
}
"""What a `Run` can say and PipelineLib cannot."""


def lost(message: str, definition: Definition) -> Problem:
    """Say that something cannot be said in a config."""
    return Problem("not-in-config", message, definition.at)


def stage_losses(stage: Stage) -> Iterator[Problem]:
    """Find what of a stage a config cannot say, its strings left aside.

    Arguments:
        stage: the stage.

    Yields:
        Each with the author's line.
    """
    run = stage.run
    if isinstance(run, list | tuple):
        yield lost(f"a config cannot say {_ONLY_HERE['command']}.", stage)
    elif isinstance(run, Run):
        for name, what in _ONLY_HERE.items():
            if getattr(run, name):
                yield lost(f"a config cannot say {what}.", run)
        yield from (lost(message, one) for one in run.credentials for message in _of_credential(one))
    for files in stage.copy:
        source = files.source if isinstance(files, Artifact) else files
        if re.search(r"[*?\[]", source):
            at = files if isinstance(files, Artifact) else stage
            yield lost(f'PipelineLib copies no files by a pattern such as "{source}".', at)
    for promotion in stage.promote if isinstance(stage.promote, list | tuple) else ():
        yield from (lost(message, promotion) for message in _of_promotion(promotion))
    if stage.notify and stage.notify.webhook:
        yield lost("a config cannot say to whom to send what is not a mail.", stage.notify)


def _of_credential(credential: Credential) -> Iterator[str]:
    if credential.username_variable or credential.key_file_variable:
        yield "a config's schema rejects credentials that are not one variable."


def _of_promotion(promotion: Promote) -> Iterator[str]:
    if promotion.version is not None:
        yield "a config's schema rejects the version of what is promoted."
    if isinstance(promotion.environments, Each | Merge):
        yield "a config's schema rejects environments that are only known at run time."
