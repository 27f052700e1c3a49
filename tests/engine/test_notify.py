"""Telling that a stage has failed: mails by a real mail server, webhooks to a real HTTP server."""

from __future__ import annotations

import dataclasses
import json
import socket
import ssl
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import urllib3
from hypothesis import given
from hypothesis import strategies as st

from pipeline_dsl.engine.events import Status
from pipeline_dsl.engine.notices import EmailRequest, MailServer, Notice, WebhookRequest, allowed, send
from tests.engine.mail import Mailbox, authority, mail_server
from tests.engine.receiver import Reply, receiver

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOTICE = Notice(
    project="mediawiki/services/mathoid",
    pipeline="ci",
    stage="test",
    step="run",
    status=Status.FAILED,
    problem="npm test ended with exit code 1.",
    output=("1 of 3 tests failed", "\x1b[31mexpected 4\x1b[0m, got 5 ✗"),
    log_url="https://ci.example.org/job/7",
)
TEAM = ("team@example.org",)
SENDER = "Pipelines <ci@example.org>"


def by(mailbox: Mailbox) -> MailServer:
    return MailServer(mailbox.host, mailbox.port, SENDER, timeout=10)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as running:
        yield running


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate for this machine, by an authority that the system trusts."""
    trusted = tmp_path / "authorities.pem"
    signer = authority()
    signer.cert_pem.write_to_path(str(trusted))
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    signer.issue_cert("127.0.0.1").configure_cert(context)
    return context


# Mails


def test_a_mail_says_what_failed_and_where_to_look(mailbox: Mailbox) -> None:
    assert send([EmailRequest(NOTICE, TEAM, by(mailbox))]) == ()
    (mail,) = mailbox.mails
    assert (mail.sender, mail.recipients) == ("ci@example.org", TEAM)
    assert (mail.message["From"], mail.message["To"]) == (SENDER, "team@example.org")
    assert mail.message["Subject"] == "[Pipeline] mathoid ci/test failed"
    assert mail.text == (
        "Stage test of pipeline ci of project mediawiki/services/mathoid failed.\n"
        "\n"
        "Step run: npm test ended with exit code 1.\n"
        "\n"
        "Its last lines of output:\n"
        "\n"
        "  1 of 3 tests failed\n"
        "  expected 4, got 5 ✗\n"
        "\n"
        "Log: https://ci.example.org/job/7\n"
    )


def test_what_is_not_known_is_left_out_of_a_mail(mailbox: Mailbox) -> None:
    notice = dataclasses.replace(NOTICE, output=(), log_url="")
    send([EmailRequest(notice, TEAM, by(mailbox))])
    assert mailbox.mails[0].text.endswith("failed.\n\nStep run: npm test ended with exit code 1.\n")


def test_a_mail_says_that_a_program_has_written_it(mailbox: Mailbox) -> None:
    send([EmailRequest(NOTICE, TEAM, by(mailbox))])
    send([EmailRequest(NOTICE, TEAM, by(mailbox))])
    first, second = (mail.message for mail in mailbox.mails)
    assert first["Auto-Submitted"] == "auto-generated"
    assert parsedate_to_datetime(str(first["Date"])).tzinfo is not None
    assert str(first["Message-ID"]).endswith("@example.org>")
    assert first["Message-ID"] != second["Message-ID"]


def test_an_author_can_word_a_mail(mailbox: Mailbox) -> None:
    send([EmailRequest(NOTICE, TEAM, by(mailbox), subject="Über-Test ✗", body="Schau nach.\n")])
    (mail,) = mailbox.mails
    assert (mail.message["Subject"], mail.text) == ("Über-Test ✗", "Schau nach.\n")


def test_wording_that_turns_out_empty_is_left_out(mailbox: Mailbox) -> None:
    send([EmailRequest(NOTICE, TEAM, by(mailbox), subject="", body="")])
    (mail,) = mailbox.mails
    assert mail.message["Subject"] == "[Pipeline] mathoid ci/test failed"
    assert mail.text.startswith("Stage test of pipeline ci")


def test_each_recipient_gets_a_mail_once(mailbox: Mailbox) -> None:
    to = ("a@example.org", "b@example.org", " a@example.org\n")
    assert send([EmailRequest(NOTICE, to, by(mailbox))]) == ()
    (mail,) = mailbox.mails
    assert mail.recipients == ("a@example.org", "b@example.org")
    assert mail.message["To"] == "a@example.org, b@example.org"


def test_no_text_becomes_a_header_of_its_own(mailbox: Mailbox) -> None:
    send([EmailRequest(NOTICE, TEAM, by(mailbox), subject="red\r\nBcc: evil@example.org\n\n\x1b[2Jbody")])
    (mail,) = mailbox.mails
    assert mail.recipients == TEAM
    assert mail.message["Subject"] == "red Bcc: evil@example.org body"
    assert "Bcc" not in mail.message


@pytest.mark.parametrize(
    "address",
    ["", "evil", "a@b.org\nBcc: evil@example.org", "a@b.org, c@d.org", "<a@b.org>", "@", "a@", "ä@b.org"],
)
def test_what_is_no_address_is_told_and_the_others_get_their_mail(address: str, mailbox: Mailbox) -> None:
    (problem,) = send([EmailRequest(NOTICE, (address, *TEAM), by(mailbox))])
    expected = f"The mail about ci/test was not sent to {address!r}: this is not an address."
    assert problem == expected
    (mail,) = mailbox.mails
    assert mail.recipients == TEAM


def test_a_recipient_who_is_refused_is_told_and_the_others_get_their_mail() -> None:
    with mail_server(refused=frozenset({"nobody@example.org"})) as mailbox:
        (problem,) = send([EmailRequest(NOTICE, ("nobody@example.org", *TEAM), by(mailbox))])
        assert mailbox.mails[0].recipients == TEAM
        (other,) = send([EmailRequest(NOTICE, ("nobody@example.org",), by(mailbox))])
    reason = "nobody@example.org: 550 5.1.1 There is nobody of that name."
    assert problem == f"The mail about ci/test was not sent to {reason}"
    assert other == f"The mail about ci/test was not sent: 127.0.0.1: {reason}"


def test_a_mail_is_sent_encrypted_and_after_a_login(certificate: ssl.SSLContext) -> None:
    with mail_server(certificate, login=("ci", "secret")) as mailbox:
        server = dataclasses.replace(by(mailbox), starttls=True, login=("ci", "secret"))
        assert send([EmailRequest(NOTICE, TEAM, server)]) == ()
    (mail,) = mailbox.mails
    assert (mail.is_encrypted, mail.user) == (True, "ci")


def test_a_login_that_is_refused_is_told_without_the_password(certificate: ssl.SSLContext) -> None:
    with mail_server(certificate, login=("ci", "secret")) as mailbox:
        server = dataclasses.replace(by(mailbox), starttls=True, login=("ci", "sesame"))
        (problem,) = send([EmailRequest(NOTICE, TEAM, server)])
    assert problem.startswith("The mail about ci/test was not sent: 127.0.0.1: 535 ")
    assert "sesame" not in problem
    assert "sesame" not in repr(server)
    assert not mailbox.mails


def test_nothing_is_sent_to_a_server_that_is_not_trusted(
    certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with mail_server(certificate) as mailbox:
        server = dataclasses.replace(by(mailbox), starttls=True)
        (problem,) = send([EmailRequest(NOTICE, TEAM, server)])
    assert problem.startswith(
        "The mail about ci/test was not sent: 127.0.0.1: its certificate is not trusted: "
    )
    assert not mailbox.mails


def test_nothing_is_sent_in_the_clear_where_it_has_to_be_encrypted(mailbox: Mailbox) -> None:
    server = dataclasses.replace(by(mailbox), starttls=True)
    (problem,) = send([EmailRequest(NOTICE, TEAM, server)])
    assert "STARTTLS extension not supported by server" in problem
    assert not mailbox.mails


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"host": ""}, "the settings name no mail server, as notify.smtp."),
        ({"sender": ""}, "the settings name no address that it could come from, as notify.sender."),
        (
            {"login": ("ci", "secret")},
            "the login needs an encrypted connection: the settings have to say notify.starttls.",
        ),
    ],
)
def test_settings_that_send_no_mail_are_told(change: dict[str, str], reason: str, mailbox: Mailbox) -> None:
    server = dataclasses.replace(by(mailbox), **change)  # type: ignore[arg-type]  # one of several fields
    problems = send([EmailRequest(NOTICE, TEAM, server)])
    assert problems == (f"The mail about ci/test was not sent: {reason}",)
    assert not mailbox.mails


def test_a_mail_to_nobody_is_told(mailbox: Mailbox) -> None:
    problems = send([EmailRequest(NOTICE, (), by(mailbox))])
    assert problems == ("The mail about ci/test was not sent: it names nobody to send it to.",)


def test_a_sender_that_is_no_address_is_told(mailbox: Mailbox) -> None:
    server = dataclasses.replace(by(mailbox), sender="ci@example.org\nBcc: evil@example.org")
    (problem,) = send([EmailRequest(NOTICE, TEAM, server)])
    assert problem.startswith("The mail about ci/test was not sent: 127.0.0.1: Header values may not contain")
    assert not mailbox.mails


def test_a_mail_server_that_is_not_there_is_told() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        server = MailServer("127.0.0.1", closed.getsockname()[1], SENDER)
        problems = send([EmailRequest(NOTICE, TEAM, server)])
    assert problems == ("The mail about ci/test was not sent: 127.0.0.1: Connection refused.",)


def test_a_mail_server_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = MailServer("127.0.0.1", silent.getsockname()[1], SENDER, timeout=0.2)
        problems = send([EmailRequest(NOTICE, TEAM, server)])
    assert problems == ("The mail about ci/test was not sent: 127.0.0.1: no answer in time.",)


# Webhooks


def test_a_webhook_gets_what_failed_as_json() -> None:
    with receiver(Reply(204)) as server:
        assert send([WebhookRequest(NOTICE, f"{server.url}/hooks/x", (server.url,))]) == ()
    (call,) = server.calls
    assert (call.method, call.path) == ("POST", "/hooks/x")
    assert call.headers["content-type"] == "application/json"
    assert json.loads(call.body) == {
        "project": "mediawiki/services/mathoid",
        "pipeline": "ci",
        "stage": "test",
        "step": "run",
        "status": "failed",
        "problem": "npm test ended with exit code 1.",
        "logURL": "https://ci.example.org/job/7",
        "text": "[Pipeline] mathoid ci/test failed\n"
        "npm test ended with exit code 1.\n"
        "https://ci.example.org/job/7",
    }


def test_a_webhook_that_is_not_allowed_is_not_called() -> None:
    with receiver() as server:
        problems = send([WebhookRequest(NOTICE, f"{server.url}/secret", (f"{server.url}/hooks",))])
    reason = "its URL is none that the settings allow, as notify.webhooks."
    assert problems == (f"The webhook about ci/test was not called: {reason}",)
    assert not server.calls


def test_a_webhook_that_fails_is_told_without_its_path() -> None:
    with receiver(Reply(404)) as server:
        problems = send([WebhookRequest(NOTICE, f"{server.url}/secret?token=secret", (server.url,))])
    assert problems == (f"The webhook about ci/test: {server.url}/… answered 404 Not Found.",)


def test_a_webhook_does_not_follow_redirects() -> None:
    with receiver() as other, receiver(Reply(307, {"Location": other.url})) as server:
        (problem,) = send([WebhookRequest(NOTICE, server.url, (server.url,))])
        assert not other.calls
    assert problem.endswith("answered 307 Temporary Redirect. Redirects are not followed.")


def test_a_webhook_that_is_not_there_is_told_without_its_path() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{closed.getsockname()[1]}"
        request = WebhookRequest(NOTICE, f"{base}/secret", (base,))
        assert send([request]) == (
            f"The webhook about ci/test was not called: {base}/…: Connection refused.",
        )
    assert "secret" not in repr(request)


def test_a_webhook_that_says_nothing_is_given_up() -> None:
    with receiver() as server:
        server.may_answer.clear()
        problems = send([WebhookRequest(NOTICE, f"{server.url}/secret", (server.url,), timeout=0.2)])
    assert problems == (f"The webhook about ci/test was not called: {server.url}/…: no answer in time.",)


def test_every_notice_is_sent_whatever_becomes_of_the_others(mailbox: Mailbox) -> None:
    with receiver() as server:
        broken = WebhookRequest(NOTICE, "https://elsewhere.example.org", (server.url,))
        mail = EmailRequest(NOTICE, TEAM, by(mailbox))
        (problem,) = send([broken, mail, WebhookRequest(NOTICE, server.url, (server.url,))])
    assert "not called" in problem
    assert (len(mailbox.mails), len(server.calls)) == (1, 1)


def test_not_even_a_fault_of_ours_is_raised() -> None:
    faulty = EmailRequest(NOTICE, (3,), MailServer("127.0.0.1", 25, SENDER))  # type: ignore[arg-type]
    (problem,) = send([faulty])
    assert problem == "A notice about ci/test may not have been sent: AttributeError."


# URLs

PREFIXES = ("https://good.org/hooks", "http://127.0.0.1:8065", "https://other.org:8443/a/b/")


@pytest.mark.parametrize(
    "url",
    [
        *("https://good.org/hooks", "https://good.org/hooks/", "https://good.org/hooks/x?y=../z"),
        *("https://good.org:443/hooks?x", "https://GOOD.org/hooks/a%2Fb", "https://good.org/hooks//x"),
        *("http://127.0.0.1:8065", "http://127.0.0.1:8065/any/thing", "http://127.0.0.1:8065?x"),
        *("https://other.org:8443/a/b/c", "https://other.org:8443/a/b", "https://good.org/hooks/..."),
    ],
)
def test_what_lies_at_or_below_an_allowed_url_is_allowed(url: str) -> None:
    assert allowed(url, PREFIXES)


@pytest.mark.parametrize(
    "url",
    [
        *("https://good.org", "https://good.org/", "https://good.org/hooksx", "https://good.org/Hooks"),
        *(
            "http://good.org/hooks",
            "https://good.org:8443/hooks",
            "https://good.org./hooks",
            "//good.org/hooks",
        ),
        *("https://good.org.evil.org/hooks", "https://xgood.org/hooks", "https://other.org/a/b"),
        *("https://good.org@evil.org/hooks", "https://x:y@good.org/hooks", "https://@good.org/hooks"),
        *(
            "https://evil.org#@good.org/hooks",
            "https://evil.org\\@good.org/hooks",
            "https:\\\\good.org\\hooks",
        ),
        *("https://good.org/hooks/../x", "https://good.org/hooks/./x", "https://good.org/hooks/.."),
        *(
            "https://good.org/hooks/%2e%2E/x",
            "https://good.org/hooks/%252e%252e/x",
            "https://good.org/hooks/.%2e",
        ),
        *(
            "https://good.org/hooks/..;x/y",
            "https://good.org/hooks/x%2f..%2f..",
            "https://good.org/hooks/..%5cx",
        ),
        *(
            "https://good.org/ho\noks",
            " https://good.org/hooks",
            "https://good.org/hooks /x",
            "https://good.örg",
        ),
        *(
            "https://good.org:x/hooks",
            "https://[::1/hooks",
            "https://good.org:99999/hooks",
            "https:///hooks",
            "",
        ),
        "https://good.org/hooks/a\\b",
        *("ftp://good.org/hooks", "file:///etc/passwd", "HTTPS", "https://\uff47ood.org/hooks"),
    ],
)
def test_what_lies_elsewhere_or_could_be_read_so_is_not_allowed(url: str) -> None:
    assert not allowed(url, PREFIXES)


def test_nothing_is_allowed_where_the_operator_allows_nothing() -> None:
    assert not allowed("https://good.org/hooks", ())


PIECES = st.sampled_from(
    [
        *"/\\@:#?%.;x ",
        "//",
        "..",
        "%2e",
        "%2f",
        "%5c",
        "good.org",
        "evil.org",
        "https:",
        "hooks",
        ":443",
        "\t",
    ]
)


@given(
    st.lists(PIECES, max_size=12).map("".join), st.sampled_from(["", "https://", "https://good.org/hooks"])
)
def test_what_is_allowed_is_called_where_it_is_allowed(rest: str, start: str) -> None:
    """The library that makes the call reads URLs in its own way; it must come to the same place."""
    url = start + rest
    if not allowed(url, PREFIXES):
        return
    called = urllib3.util.parse_url(url)
    assert (called.scheme, called.auth, called.host, called.port or 443) == ("https", None, "good.org", 443)
    assert f"{called.path}/".startswith("/hooks/")
    assert urlsplit(url).hostname == called.host
