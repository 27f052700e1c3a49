"""Does the image serve? Asks the service at LINKS_URL, as its users would."""

import os
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection
from urllib.parse import urlsplit

SERVICE = urlsplit(os.environ["LINKS_URL"]).netloc
LONG = "https://example.org/"


def ask(method: str, path: str, body: str = "") -> tuple[int, str]:
    """Give the status of the answer, and where it leads."""
    with closing(HTTPConnection(SERVICE, timeout=10)) as connection:
        connection.request(method, path, body)
        with connection.getresponse() as response:
            return response.status, response.headers["Location"]


def test_a_link_can_be_shortened_and_followed() -> None:
    status, short = ask("POST", "/", LONG)
    assert status == HTTPStatus.CREATED
    assert ask("GET", urlsplit(short).path) == (HTTPStatus.FOUND, LONG)
