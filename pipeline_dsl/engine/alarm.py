"""Telling whom a stage's failure concerns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.engine.notices import EmailRequest, MailServer, Notice, WebhookRequest, send
from pipeline_dsl.settings import address

if TYPE_CHECKING:
    from pipeline_dsl.engine.events import StepEnded
    from pipeline_dsl.engine.work import Work
    from pipeline_dsl.model import Email

_SMTP = 25


def tell(work: Work, failure: StepEnded, output: tuple[str, ...]) -> tuple[str, ...]:
    """Tell of a stage's failure, as the stage and its pipeline want it.

    Arguments:
        work: the stage.
        failure: the end of the step that failed.
        output: the last lines that it printed.

    Returns:
        What went wrong with that.
    """
    wanted = work.planned.stage.notify
    if wanted is None:
        return ()
    hide, setup = work.tools.mask.hide, work.tools.plan.setup
    notice = Notice(
        project=setup.get("project") or work.tools.plan.project,
        pipeline=work.planned.pipeline,
        stage=work.planned.name,
        step=failure.step.kind,
        status=failure.status,
        problem=hide(failure.problem),
        output=tuple(map(hide, output)),
        log_url=setup.get("logURL", ""),
    )
    requests: list[EmailRequest | WebhookRequest] = []
    if wanted.email:
        requests.append(_mail(work, wanted.email, notice))
    if wanted.webhook:
        settings = work.tools.options.settings
        url, timeout = work.scope.text(wanted.webhook.url), wanted.webhook.timeout
        allowed = settings.notify.webhooks
        requests.append(WebhookRequest(notice, url, allowed, timeout or settings.timeouts.notify))
    return send(requests)


def _mail(work: Work, wanted: Email, notice: Notice) -> EmailRequest:
    settings = work.tools.options.settings
    host, port = address(settings.notify.smtp, _SMTP)
    secret = work.tools.options.secrets.get(settings.notify.credential)
    server = MailServer(
        host=host,
        port=port,
        sender=settings.notify.sender,
        starttls=settings.notify.starttls,
        login=(secret.username, secret.secret.reveal()) if secret else None,
        timeout=settings.timeouts.notify,
    )
    hide = work.tools.mask.hide
    return EmailRequest(
        notice,
        to=tuple(map(work.scope.text, wanted.to)),
        server=server,
        subject=hide(work.scope.text(wanted.subject or "")),
        body=hide(work.scope.text(wanted.body or "")),
    )
