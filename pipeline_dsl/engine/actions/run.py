"""The run step: a container with what it is given, and services beside it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pipeline_dsl.engine.actions.build import build
from pipeline_dsl.engine.actions.credentials import given
from pipeline_dsl.engine.actions.failure import FailedError
from pipeline_dsl.engine.actions.ingredients import container
from pipeline_dsl.engine.actions.outcome import Outcome
from pipeline_dsl.engine.actions.recall import recalled, remember
from pipeline_dsl.engine.docker import RunRequest
from pipeline_dsl.engine.events import Stream
from pipeline_dsl.engine.limit import Limit, setting_limit
from pipeline_dsl.engine.steps.run import RunStep, run
from pipeline_dsl.engine.steps.services import ServiceRequest
from pipeline_dsl.errors import Problem, StepError

if TYPE_CHECKING:
    from pipeline_dsl.engine.docker import Output
    from pipeline_dsl.engine.work import Work
    from pipeline_dsl.plan.containers import Container
    from pipeline_dsl.resolve import ResolvedRun, ResolvedService


def take(work: Work, output: Output) -> Outcome:
    """Run the stage's container, if it has not passed before."""
    planned = work.planned.stage.run
    if planned is None:
        return Outcome()

    def miss(name: str) -> None:
        message = f"{name} is not set, or not for pipelines to see; it is empty here."
        output(Stream.PROGRESS, message)

    started = container(work.scope, planned, work.tools.options.environment, miss)
    found = recalled(work, planned, started, output)
    return found or _run(work, planned, started, output)


def _run(work: Work, planned: ResolvedRun, container: Container, output: Output) -> Outcome:
    step = RunStep(
        request=_request(work, planned, container),
        tail=planned.tail,
        limit=_limit(work, planned),
        retries=planned.retries,
        services=tuple(_service(work, service, output) for service in planned.services),
    )
    start = time.monotonic()
    if step.request.keep:
        work.scope.bind("container", step.request.name)
    try:
        result = run(step, work.tools.docker, output, work.tools.cancel)
    except StepError as error:
        if error.problems[0].code == "timed-out":
            raise FailedError(error.problems[0], "timed out") from error
        raise
    if result.exit_code:
        detail = f"exit code {result.exit_code}"
        message = f"{work.planned.run_title} ended with {detail}."
        raise FailedError(Problem("non-zero-exit", message, work.planned.stage.at), detail)
    work.scope.bind("output", work.tools.mask.hide(result.output))
    work.results.seconds = time.monotonic() - start
    if not work.planned.stage.copy:
        remember(work)
    return Outcome()


def _request(work: Work, planned: ResolvedRun, container: Container) -> RunRequest:
    credentials = given(planned.credentials, work.tools.options.secrets)
    return RunRequest(
        image=work.scope.text(planned.image),
        name=work.name,
        entrypoint=container.entrypoint,
        arguments=container.arguments or None,
        environment={
            **work.tools.options.settings.proxies.variables,
            **container.environment,
            **credentials.variables,
        },
        labels=work.tools.labels,
        memory=_bytes(planned.memory) if planned.memory else 0,
        cpus=planned.cpus or 0,
        files=credentials.files,
        keep="container" in work.planned.lends or bool(work.planned.stage.copy),
    )


def _bytes(memory: str) -> int:
    """Give the number of bytes of, say, ``512m``."""
    number, unit = (memory, "b") if memory.isdecimal() else (memory[:-1], memory[-1].lower())
    return int(number) << 10 * "bkmg".index(unit)


def _limit(work: Work, planned: ResolvedRun) -> Limit | None:
    if planned.timeout is not None:
        return Limit(planned.timeout, "Run(timeout=…)")
    return setting_limit(work.tools.options.settings.timeouts.run, "timeouts.run")


def _service(work: Work, service: ResolvedService, output: Output) -> ServiceRequest:
    planned = work.planned.services.get(service.name)
    if planned:
        image = work.tools.builds.image(build(work, planned, output), output)
    else:
        image = work.tools.bases.image(work.scope.text(service.image), output).id
    request = RunRequest(
        image=image,
        name=f"{work.name}-{service.name}",
        entrypoint=None if service.command is None else work.scope.texts(service.command),
        arguments=work.scope.texts(service.arguments) or None,
        environment=work.scope.text_by_name(service.environment),
        labels=work.tools.labels,
    )
    limit = (
        Limit(service.timeout, f'Service("{service.name}", timeout=…)')
        if service.timeout is not None
        else setting_limit(work.tools.options.settings.timeouts.service, "timeouts.service")
    )
    return ServiceRequest(service.name, request, limit, service.health or ())
