"""What runs depend on: the same for who runs them and for who foretells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.model import Merge
from pipeline_dsl.plan.containers import Container, run_components
from pipeline_dsl.resolve.expressions import interpolate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pipeline_dsl.cache.key import Json
    from pipeline_dsl.engine.scope import Scope
    from pipeline_dsl.plan import PlannedStage
    from pipeline_dsl.resolve import ResolvedRun, ResolvedService
    from pipeline_dsl.resolve.expressions import Expression


def container(
    scope: Scope, planned: ResolvedRun, variables: Mapping[str, str], miss: Callable[[str], None]
) -> Container:
    """Say what a container is started with.

    Arguments:
        scope: the values of its stage.
        planned: the run.
        variables: those of the CI system that environments can refer to.
        miss: gets the names of those that it refers to and that are not set.

    Raises:
        EvaluationError: values do not fit together.
    """
    return Container(
        entrypoint=None if planned.command is None else scope.texts(planned.command),
        arguments=scope.texts(planned.arguments),
        environment=_environment(scope, planned, variables, miss),
    )


def run_ingredients(
    scope: Scope,
    stage: PlannedStage,
    container: Container,
    image: str,
    services: Sequence[Mapping[str, Json]],
) -> dict[str, Json]:
    """Give what the key of a run is made of.

    Arguments:
        scope: the values of its stage.
        stage: the stage, which runs something.
        container: what its container is started with.
        image: what tells its image from others.
        services: what ``service_ingredients`` gives of the containers beside it.
    """
    if stage.stage.run is None:
        raise ValueError("a stage without a run")
    copies = [
        (scope.text(files.source), files.destination and scope.text(files.destination))
        for files in stage.stage.copy
    ]
    components = run_components(stage.stage.run, container, copies, services, directory=stage.directory)
    return {**components, "image": image}


def service_ingredients(scope: Scope, service: ResolvedService, image: str) -> dict[str, Json]:
    """Give what the key of a run holds of a container beside it.

    Arguments:
        scope: the values of the stage.
        service: the container.
        image: what tells its image from others.
    """
    return {
        "name": service.name,
        "image": image,
        "entrypoint": None if service.command is None else scope.texts(service.command),
        "arguments": scope.texts(service.arguments),
        "environment": scope.text_by_name(service.environment),
        "health": service.health,
    }


def _environment(
    scope: Scope, planned: ResolvedRun, variables: Mapping[str, str], miss: Callable[[str], None]
) -> dict[str, str]:
    """Give the environment, with the values of the CI system's variables for names without a dot."""

    def value(expression: Expression) -> str:
        if expression.key not in variables and expression.default is None:
            miss(expression.key)
        return variables.get(expression.key, "")

    if isinstance(planned.environment, Merge):
        return scope.text_by_name(planned.environment)
    return {
        scope.text(name): interpolate(text, scope.known, value) for name, text in planned.environment.items()
    }
