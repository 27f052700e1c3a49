"""URLs and addresses: how they are shown, and taken apart."""

from __future__ import annotations

import re
from urllib.parse import urlsplit


def without_secrets(url: str) -> str:
    """Give a URL as it may be shown: without a user's name, a password and the values of a query."""
    return re.sub(r"//[^/?#]*@", "//***@", re.sub(r"(?<=\?)[^#]+", "***", url))


def address(server: str, port: int) -> tuple[str, int]:
    """Take the address of a server apart.

    Arguments:
        server: ``HOST`` or ``HOST:PORT``.
        port: what stands for the port where there is none.
    """
    parts = urlsplit(f"//{server}")
    return parts.hostname or "", parts.port or port
