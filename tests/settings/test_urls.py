"""What is shown of a URL is no secret; and what an address is made of."""

from __future__ import annotations

import pytest

from pipeline_dsl.settings import without_secrets
from pipeline_dsl.settings.urls import address


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:pa@ss@host/a?token=b&c=d#e", "https://***@host/a?***#e"),
        ("https://me@host", "https://***@host"),
        ("https://host/a@b", "https://host/a@b"),
    ],
)
def test_a_url_is_shown_without_what_may_be_secret(url: str, shown: str) -> None:
    assert without_secrets(url) == shown


def test_an_address_has_a_host_and_a_port() -> None:
    assert address("mail.example", 25) == ("mail.example", 25)
    assert address("[::1]:2525", 25) == ("::1", 2525)
