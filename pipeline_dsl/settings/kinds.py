"""The kinds of values in the settings. Their messages do not repeat values, which may hold a password."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, Strict

from pipeline_dsl.model.explanation import InvalidError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?"
_REPOSITORY = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_RULE_FILES = (".json", ".py", ".yaml", ".yml")


def _registry_host(value: str) -> str:
    if value and not re.fullmatch(_HOST, value):
        raise InvalidError("must be HOST or HOST:PORT")
    if value and not (set(".:") & set(value) or value == "localhost"):
        hint = "Docker takes a name without a dot or a port for a part of Docker Hub: add one."
        raise InvalidError("must be a host with a dot or a port", hint)
    return value


def _server_address(value: str) -> str:
    if value and not re.fullmatch(_HOST, value):
        raise InvalidError("must be HOST or HOST:PORT")
    return value


def _repository(value: str) -> str:
    if value and not re.fullmatch(rf"{_REPOSITORY}(?:/{_REPOSITORY})*", value):
        raise InvalidError("must be names in lower case, separated by slashes")
    return value


def _image_repository(value: str) -> str:
    host, _, path = value.partition("/")
    if value:
        _registry_host(host)
        if not _repository(path):
            raise InvalidError("must be HOST/NAME")
    return value


def _cache_directory(value: str) -> str:
    if value and not Path(value).is_absolute():
        raise InvalidError("must be an absolute path")
    return value


def _byte_count(value: str) -> str:
    if not re.fullmatch(r"[0-9]+(?:\.[0-9]+)?\s*(?:[kKMGT]i?)?B?", value):
        raise InvalidError("must be a size such as 500MB, 20GB or 8GiB")
    return value


def _age(value: str) -> str:
    if not re.fullmatch(r"[0-9]+(?:\.[0-9]+)?\s*[smhdw]", value):
        raise InvalidError("must be an age such as 12h, 30d or 4w")
    return value


def _url(value: str) -> SplitResult:
    try:
        url = urlsplit(value)
        _ = url.port
    except ValueError:
        raise InvalidError("must be a URL") from None
    if url.scheme not in ("http", "https") or not url.hostname or re.search(r"[\s\\]", value):
        raise InvalidError("must be a URL that begins with http:// or https://")
    return url


def _http_url(value: str) -> str:
    if value and "@" in _url(value).netloc:
        raise InvalidError("must not hold a name or a password", "Use a credential.")
    return value


def _base_url(value: str) -> str:
    url = _url(value)
    if "@" in url.netloc or url.query or url.fragment:
        raise InvalidError("must end with the path, and hold no name or password")
    return value


def _proxy_url(value: str) -> str:
    if value:
        _url(value)
    return value


def _policy_name(value: str) -> str:
    file = Path(value)
    if file.suffix in _RULE_FILES and "=" not in value and not file.is_absolute():
        raise InvalidError("must name the file of a policy by its absolute path")
    return value


Flag: TypeAlias = Annotated[bool, Strict()]
Count: TypeAlias = Annotated[int, Strict(), Field(ge=0, le=100)]
Seconds: TypeAlias = Annotated[int, Strict(), Field(ge=0, le=365 * 24 * 60 * 60)]
RegistryHost: TypeAlias = Annotated[str, AfterValidator(_registry_host)]
ServerAddress: TypeAlias = Annotated[str, AfterValidator(_server_address)]
Repository: TypeAlias = Annotated[str, AfterValidator(_repository)]
ImageRepository: TypeAlias = Annotated[str, AfterValidator(_image_repository)]
CacheDirectory: TypeAlias = Annotated[str, AfterValidator(_cache_directory)]
ByteCount: TypeAlias = Annotated[str, AfterValidator(_byte_count)]
Age: TypeAlias = Annotated[str, AfterValidator(_age)]
HttpUrl: TypeAlias = Annotated[str, AfterValidator(_http_url)]
BaseUrl: TypeAlias = Annotated[str, AfterValidator(_base_url)]
ProxyUrl: TypeAlias = Annotated[str, AfterValidator(_proxy_url)]
PolicyName: TypeAlias = Annotated[str, AfterValidator(_policy_name)]
