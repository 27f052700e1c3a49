"""The trigger step: another job, which the operator has declared."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from pipeline_dsl.engine.actions.outcome import Outcome
from pipeline_dsl.engine.expectation import unexpected
from pipeline_dsl.engine.steps.trigger import CommandJob, HttpJob, TriggerRequest, trigger
from pipeline_dsl.errors import StepError
from pipeline_dsl.settings import unknown_trigger

if TYPE_CHECKING:
    from pipeline_dsl.engine.docker import Output
    from pipeline_dsl.engine.steps.trigger import Job
    from pipeline_dsl.engine.work import Work
    from pipeline_dsl.settings import Provided


def take(work: Work, output: Output) -> Outcome:
    """Start the job, and say how that went."""
    planned, settings = work.planned.stage.trigger, work.tools.options.settings
    if planned is None:
        return Outcome()
    if planned.name not in settings.triggers:
        raise StepError([unknown_trigger(planned.name, settings.triggers, planned.at)])
    parameters = work.scope.text_by_name(planned.parameters)
    if work.tools.options.expect_cached:
        raise unexpected(f"the job {planned.name} would be started", ())
    if work.tools.options.dry_run:
        return Outcome("would be started")
    request = TriggerRequest(
        name=planned.name,
        job=_job(work, planned.name),
        parameters=parameters,
        wait=planned.wait,
        propagate=planned.propagate,
        timeout=settings.timeouts.trigger,
    )
    return Outcome(trigger(request, output, work.tools.cancel).status)


def _job(work: Work, name: str) -> Job:
    declared = work.tools.options.settings.triggers[name]
    secret = work.tools.options.secrets.get(declared.credential)
    if declared.command:
        environment = {declared.credential: secret.secret.reveal()} if secret else {}
        return CommandJob(declared.command, environment)
    headers = {"Authorization": _authorization(secret)} if secret else {}
    return HttpJob(declared.url, declared.method, {**declared.headers, **headers})


def _authorization(secret: Provided) -> str:
    value = secret.secret.reveal()
    if secret.kind != "username-password":
        return f"Bearer {value}"
    return f"Basic {base64.b64encode(f'{secret.username}:{value}'.encode()).decode()}"
