"""Where what is in a store."""

from __future__ import annotations

import hashlib

from pipeline_dsl.cache.key import VERSIONS

FORMAT = 1
"""The version of the format of all that is in a store. Count it up when files come to look different."""

DIRECTORY_MODE = 0o700
FILE_MODE = 0o600

LEASES = "leases"
NOTES = "notes"
OBJECTS = "objects"
RECORDS = "records"
SUBJECTS = "subjects"
TEMPORARY = "temporary"
DIRECTORIES = (LEASES, NOTES, OBJECTS, RECORDS, SUBJECTS, TEMPORARY)

GATE = "lock"
VERSION = "version"

FAN_OUT = 2
"""So many digits of a name are the directory that it is in: long directories are slow to search."""

_DIGEST_LENGTH = 64
_DIGITS = frozenset("0123456789abcdef")


def is_digest(text: str) -> bool:
    """Tell whether a text is a SHA-256 digest in hexadecimal, and not, say, a path."""
    return len(text) == _DIGEST_LENGTH and _DIGITS.issuperset(text)


def gate(root: str) -> str:
    """Give the file that is locked."""
    return f"{root}/{GATE}"


def version(root: str) -> str:
    """Give the file that says which version of the format this is."""
    return f"{root}/{VERSION}"


def directory(root: str, name: str) -> str:
    """Give one of the ``DIRECTORIES``."""
    return f"{root}/{name}"


def record(root: str, kind: str, key: str) -> str:
    """Give the file of a record.

    Raises:
        ValueError: there is no such kind, or the key is none.
    """
    if kind not in VERSIONS or not is_digest(key):
        raise ValueError(f"{kind}/{key} is no key")
    return f"{root}/{RECORDS}/{kind}/{key[:FAN_OUT]}/{key}"


def subject(root: str, kind: str, name: str) -> str:
    """Give the file that names the latest record of a subject."""
    return f"{root}/{SUBJECTS}/{kind}/{_hashed(name)}"


def stored_object(root: str, digest: str) -> str:
    """Give the file of an object.

    Raises:
        ValueError: this is no digest.
    """
    if not is_digest(digest):
        raise ValueError(f"{digest!r} is no digest")
    return f"{root}/{OBJECTS}/{digest[:FAN_OUT]}/{digest}"


def note(root: str, name: str) -> str:
    """Give the file of a note."""
    return f"{root}/{NOTES}/{_hashed(name)}"


def _hashed(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
