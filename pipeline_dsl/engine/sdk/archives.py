"""Files out of containers, as the engine packs them."""

from __future__ import annotations

import base64
import dataclasses
import functools
import os
import re
import urllib.parse
from typing import TYPE_CHECKING

import pydantic
from docker.errors import APIError

from pipeline_dsl.engine.sdk.exchange import PATIENCE, Exchange
from pipeline_dsl.engine.sdk.failures import explanation, refused
from pipeline_dsl.errors import Problem, StepError

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    import docker
    import requests

_CHUNK = 1 << 15
"""Bytes read at once: an exchange reads up to a thousand chunks ahead."""

_ABSENT = re.compile(r"not a directory|too many (links|levels of symbolic links)")
"""What the engine takes for failures of its own, though the path is at fault."""


@dataclasses.dataclass(frozen=True)
class _Stat:
    """What the engine tells in a header about the path it was asked for, as far as we read it."""

    linkTarget: str = ""  # noqa: N815 -- the engine's name


_STAT = pydantic.TypeAdapter(_Stat)


def copy_out(api: docker.APIClient, container: str, path: str, cancel: threading.Event) -> Iterator[bytes]:
    """Pack a file or a directory of a container; see ``Docker.copy_out``."""
    send = functools.partial(_send, api, container, path)
    try:
        with Exchange(send, _chunks, cancel) as answer:
            yield from answer
    except APIError as error:
        if refused(error) or _ABSENT.search(explanation(error)):
            message = f'there is no "{path}" to copy: {explanation(error)}'
            hint = "A path is looked up from the container's root."
            raise StepError([Problem("nothing-to-copy", message, hint=hint)]) from error
        raise


def _send(api: docker.APIClient, container: str, path: str) -> requests.Response:
    """Ask for a path; if it is a symbolic link, which the engine would pack, for what it leads to."""
    response = _ask(api, container, path)
    target = _link_target(response)
    if not target:
        return response
    response.close()
    return _ask(api, container, target)


def _ask(api: docker.APIClient, container: str, path: str) -> requests.Response:
    name = urllib.parse.quote(container, safe="")
    return api.get(
        f"{api.base_url}/v{api.api_version}/containers/{name}/archive",
        params={"path": os.fsencode(path)},
        # The engine would compress what goes through a local socket.
        headers={"Accept-Encoding": "identity"},
        stream=True,
        timeout=PATIENCE,
    )


def _link_target(response: requests.Response) -> str:
    stat = response.headers.get("X-Docker-Container-Path-Stat", "")
    return _STAT.validate_json(base64.b64decode(stat)).linkTarget if stat else ""


def _chunks(response: requests.Response) -> Iterator[bytes]:
    return response.raw.stream(_CHUNK)
