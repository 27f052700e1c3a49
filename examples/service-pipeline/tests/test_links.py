"""What the service answers, with a real database behind it: the one at REDIS_URL, which is emptied."""

import os
from http import HTTPStatus

import pytest
from redis import Redis
from werkzeug.test import Client

from links import app
from links.store import Links

LONG = "https://example.org/a/long/way?to=go#there"


@pytest.fixture
def client() -> Client:
    with Redis.from_url(os.environ.get("REDIS_URL", "redis://localhost")) as redis:
        redis.flushdb()
    return Client(app.app)


def shorten(client: Client, url: str) -> str:
    response = client.post("/", data=url)
    assert response.status_code == HTTPStatus.CREATED
    assert response.text == f"{response.location}\n"
    return response.location


def test_healthz_says_that_service_and_database_are_up(client: Client) -> None:
    assert client.get("/healthz").json == {"status": "ok"}


def test_a_short_link_leads_to_the_long_one(client: Client) -> None:
    response = client.get(shorten(client, LONG))
    assert response.status_code == HTTPStatus.FOUND
    assert response.location == LONG


def test_visits_are_counted(client: Client) -> None:
    short, other = shorten(client, LONG), shorten(client, LONG)
    for _ in range(3):
        client.get(short)
    assert (client.get(f"{short}/visits").text, client.get(f"{other}/visits").text) == ("3\n", "0\n")


def test_what_nobody_has_sent_leads_nowhere(client: Client) -> None:
    assert client.get("/nowhere").status_code == HTTPStatus.NOT_FOUND
    assert client.get("/nowhere/visits").status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    "text", ["", "example.org", "javascript:alert(1)", "http://", "http://[", "http://a\nb"]
)
def test_what_is_no_link_is_refused(client: Client, text: str) -> None:
    assert client.post("/", data=text).status_code == HTTPStatus.BAD_REQUEST


def test_a_link_over_the_limit_is_refused(client: Client) -> None:
    response = client.post("/", data=LONG + "a" * app.BODY_LIMIT)
    assert response.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def test_without_its_database_it_is_unavailable(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "links", Links.at("redis://localhost:1"))
    assert client.get("/healthz").status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert client.get("/").status_code == HTTPStatus.OK
