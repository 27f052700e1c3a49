"""Reading whom to tell of a failure: ``spec/pipelinelib.md`` §5.8."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.formats import kinds
from pipeline_dsl.formats.config import shapes
from pipeline_dsl.formats.config.expand import is_falsy
from pipeline_dsl.formats.kinds import WrongKindError

if TYPE_CHECKING:
    from pipeline_dsl.formats.config.scope import Scope
    from pipeline_dsl.formats.config.values import Values
    from pipeline_dsl.formats.yaml import Entry
    from pipeline_dsl.model.definition import Definition


def read_notices(notify: Entry | None, values: Values, scope: Scope) -> Definition | None:
    """Read what a stage or a pipeline says of mails; None where it says nothing, or something wrong.

    Arguments:
        notify: the entry of the key.
        values: reads values.
        scope: what can be seen from there.
    """
    if notify is None or is_falsy(notify.value):
        return None
    try:
        mapping = kinds.mapping(notify.value)
        for entry in mapping:
            if entry.key != "email":
                values.unknown(entry, shapes.NOTIFY.keys)
        email = mapping.entry("email")
        if email is None or is_falsy(email.value):
            return None
        arguments = values.arguments(kinds.mapping(email.value), shapes.EMAIL, scope)
    except WrongKindError as wrong:
        values.wrong(wrong)
        return None
    arguments.setdefault("to", ([], email))  # a stage need not say it again
    made = values.make(shapes.EMAIL.kind, arguments, email.value.at, shapes.EMAIL.keys)
    if made is None:
        return None
    return values.make(shapes.NOTIFY.kind, {"email": (made, email)}, notify.value.at, shapes.NOTIFY.keys)
