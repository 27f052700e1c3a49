from http import HTTPStatus

import pytest
from werkzeug.test import Client

from app import BODY_LIMIT, app


@pytest.fixture
def client() -> Client:
    return Client(app)


def test_healthz_says_that_the_service_is_up(client: Client) -> None:
    assert client.get("/healthz").json == {"status": "ok"}


def test_a_changed_line_is_a_minus_and_a_plus(client: Client) -> None:
    response = client.post("/diff", json={"before": "a\nb\n", "after": "a\nc\n"})
    assert response.mimetype == "text/x-diff"
    assert response.text == "--- before\n+++ after\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n"


def test_equal_texts_have_an_empty_diff(client: Client) -> None:
    assert client.post("/diff", json={"before": "a", "after": "a"}).text == ""


@pytest.mark.parametrize("document", [{}, [], "a", {"before": "a"}, {"before": "a", "after": 1}])
def test_a_document_that_is_not_two_texts_is_refused(client: Client, document: object) -> None:
    assert client.post("/diff", json=document).status_code == HTTPStatus.BAD_REQUEST


def test_a_document_over_the_limit_is_refused(client: Client) -> None:
    response = client.post("/diff", json={"before": "a" * BODY_LIMIT, "after": ""})
    assert response.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def test_a_body_that_is_not_json_is_refused(client: Client) -> None:
    response = client.post("/diff", data="before", content_type="application/json")
    assert response.status_code == HTTPStatus.BAD_REQUEST


def test_any_other_address_is_not_found(client: Client) -> None:
    assert client.get("/nowhere").status_code == HTTPStatus.NOT_FOUND


def test_diff_answers_post_only(client: Client) -> None:
    assert client.get("/diff").status_code == HTTPStatus.METHOD_NOT_ALLOWED
