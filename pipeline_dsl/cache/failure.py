"""What happens when the store cannot be written."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class StoreError(OSError):
    """The store cannot be written: go on without it, and tell the user why nothing will be remembered."""


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Turn what the operating system says into a StoreError."""
    try:
        yield
    except StoreError:
        raise
    except OSError as error:
        raise StoreError(error.errno, error.strerror, error.filename) from error
