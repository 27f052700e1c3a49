"""Settings as they may be shown: as plain data, without what may be secret."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TypeAlias

from pipeline_dsl.settings.urls import without_secrets

Plain: TypeAlias = "str | int | bool | list[Plain] | dict[str, Plain] | None"


def plain(value: object) -> Plain:
    """Give a value as JSON can hold it. Values of headers, passwords in URLs and their queries are ``***``.

    Arguments:
        value: a setting's value; of an entry, what differs from its default is given.
    """
    match value:
        case str():
            return without_secrets(value) if "://" in value else value
        case Mapping():
            return {str(key): plain(entry) for key, entry in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case bool() | int() | None:
            return value
    return {
        field.name: plain(getattr(value, field.name)) if field.repr else "***"
        for field in dataclasses.fields(value)  # type: ignore[arg-type]  # all else is an entry
        if getattr(value, field.name) and getattr(value, field.name) != field.default
    }
