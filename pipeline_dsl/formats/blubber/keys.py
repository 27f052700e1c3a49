"""The keys of a Blubber file's mappings: what each is known as."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_dsl.formats.blubber.shapes import AnyForm, Keys
    from pipeline_dsl.formats.diagnosis import Diagnosis
    from pipeline_dsl.formats.yaml import Entry


def known(entry: Entry, keys: Keys, diagnosis: Diagnosis, *, lenient: bool) -> tuple[str, AnyForm] | None:
    """Look a key up, as Blubber does: in any case.

    Arguments:
        entry: the entry with the key.
        keys: the keys that there can be.
        diagnosis: takes what is wrong with it.
        lenient: whether Blubber passes over unknown keys here without a word.

    Returns:
        The argument that it holds, and its form; None if there is no such key.
    """
    if entry.key in keys:
        return keys[entry.key]
    meant = next((key for key in keys if key.lower() == entry.key.lower()), None)
    if meant is None:
        unknown(entry, keys, diagnosis, lenient=lenient)
        return None
    message = f'Blubber takes "{entry.key}" for "{meant}" and does not check its value.'
    diagnosis.warn("key-in-capitals", message, entry.at, "Here it counts, and is checked.")
    return keys[meant]


def unknown(entry: Entry, keys: Mapping[str, object], diagnosis: Diagnosis, *, lenient: bool = False) -> None:
    """Note that there is no such key.

    Arguments:
        entry: the entry with the key.
        keys: the keys that there can be.
        diagnosis: takes an error, or a warning.
        lenient: whether Blubber passes over unknown keys here without a word.
    """
    hint = did_you_mean(entry.key, keys)
    if lenient:
        message = f'Blubber passes over the unknown key "{entry.key}" without a word.'
        diagnosis.warn("ignored-key", message, entry.at, hint or "So does this.")
    else:
        diagnosis.error("unknown-key", f'there is no key "{entry.key}" here.', entry.at, hint)
