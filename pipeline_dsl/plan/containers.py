"""Containers of stages: what the keys of runs hold of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline_dsl.cache.key import Json
    from pipeline_dsl.model import Credential
    from pipeline_dsl.plan.plan import PlannedStage
    from pipeline_dsl.resolve import ResolvedRun


@dataclasses.dataclass(frozen=True)
class Container:
    """What a container is started with, but for secrets.

    Arguments:
        entrypoint: replaces the image's entrypoint; None leaves it.
        arguments: arguments after the entrypoint.
        environment: variables that the author gives.
    """

    entrypoint: tuple[str, ...] | None
    arguments: tuple[str, ...]
    environment: Mapping[str, str]


def run_components(
    planned: ResolvedRun,
    container: Container,
    copies: Iterable[tuple[str, str | None]],
    services: Sequence[Mapping[str, Json]],
    *,
    directory: str,
) -> dict[str, Json]:
    """Give what the key of a run holds, but for its image.

    Arguments:
        planned: the run.
        container: what its container is started with.
        copies: source and destination of what is copied out of it.
        services: the same of the containers beside it, with their images.
        directory: what destinations start from.
    """
    below = {} if directory == "." else {"directory": directory}
    return {
        "entrypoint": container.entrypoint,
        "arguments": container.arguments,
        "environment": container.environment,
        "credentials": [_credential(one) for one in planned.credentials],
        "memory": planned.memory,
        "cpus": planned.cpus,
        "tail": planned.tail,
        "copies": [{"source": source, "destination": destination, **below} for source, destination in copies],
        "services": services,
    }


def plain_components(stage: PlannedStage) -> dict[str, Json] | None:
    """Give the same of a stage without services; None if something in it is only known when it runs."""
    run = stage.stage.run
    if run is None or not isinstance(run.arguments, tuple) or not isinstance(run.environment, Mapping):
        return None
    copies = [(files.source, files.destination) for files in stage.stage.copy]
    texts = [
        *(run.command or ()),
        *run.arguments,
        *run.environment,
        *run.environment.values(),
        *(text for pair in copies for text in pair if text),
    ]
    if any("$" in text for text in texts):
        return None
    container = Container(run.command, run.arguments, run.environment)
    return run_components(run, container, copies, (), directory=stage.directory)


def _credential(credential: Credential) -> list[Json]:
    """Give what is no secret about a credential."""
    return [
        credential.id,
        credential.variable,
        credential.username_variable,
        credential.password_variable,
        credential.key_file_variable,
    ]
