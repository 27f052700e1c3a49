"""The engine's own failures, in the words of this package."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pydantic
import requests
import urllib3
from docker.errors import APIError, DockerException

from pipeline_dsl.errors import EngineError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def engine_failures() -> Iterator[None]:
    """Turn what the SDK and its transport raise into EngineError; what is already ours passes through.

    Raises:
        EngineError: the engine failed, was lost, or said what cannot be understood.
    """
    try:
        yield
    except APIError as error:
        raise _engine_error("engine-failed", f"the container engine failed: {explanation(error)}") from error
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise _engine_error("engine-lost", f"lost the connection to the container engine: {error}") from error
    except (DockerException, pydantic.ValidationError) as error:
        raise _engine_error("engine-failed", f"cannot work with the container engine: {error}") from error


def explanation(error: APIError) -> str:
    """Give the engine's own sentence about why it refused a request."""
    return (error.explanation or str(error)).strip().rstrip(".") + "."


def refused(error: APIError) -> bool:
    """Tell whether the engine found the request at fault, not itself."""
    return error.is_client_error()


def _engine_error(code: str, message: str) -> EngineError:
    return EngineError([Problem(code, message)])
