"""Rules that settings have to keep together, whichever sources they come from."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from pipeline_dsl.errors import did_you_mean
from pipeline_dsl.model.wording import either
from pipeline_dsl.settings.urls import address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.settings.names import Path
    from pipeline_dsl.settings.schema import Settings

_KINDS = {
    "registry": ("username-password",),
    "notify": ("username-password",),
    "triggers": ("string", "username-password"),
}
"""What kinds of credentials each section can use."""


def broken(settings: Settings) -> Iterator[tuple[Path, str, str]]:
    """Find what does not go together.

    Arguments:
        settings: valid, each by itself.

    Returns:
        For each mistake, the setting, what is wrong with it, and what to do.
    """
    yield from _unfit_credentials(settings)
    if settings.steps.zuul and settings.steps.default is None:
        hint = "Set steps.default to what is allowed otherwise."
        yield ("steps", "zuul"), "adds to what is allowed, and everything is", hint
    notify = settings.notify
    if notify.credential and notify.smtp and not (notify.starttls or _is_loopback(notify.smtp)):
        hint = "Set notify.starttls to true."
        yield ("notify", "credential"), "would be sent to the mail server in the clear", hint


def _unfit_credentials(settings: Settings) -> Iterator[tuple[Path, str, str]]:
    users = {
        ("registry", "credential"): settings.registry.credential,
        ("notify", "credential"): settings.notify.credential,
        **{("triggers", name): trigger.credential for name, trigger in settings.triggers.items()},
    }
    for path, name in users.items():
        if name and name not in settings.credentials:
            hint = did_you_mean(name, settings.credentials) or f'Define it as "credentials.{name}".'
            yield path, f'names a credential "{name}", which there is not', hint
        elif name and settings.credentials[name].kind not in _KINDS[path[0]]:
            hint = f"It has to be of the kind {either(_KINDS[path[0]])}."
            yield path, f'names the credential "{name}", which is of another kind', hint


def _is_loopback(server: str) -> bool:
    host, _ = address(server, 0)
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
