"""Mails about stages that failed."""

from __future__ import annotations

import dataclasses
import smtplib
import ssl
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import localtime, make_msgid, parseaddr
from typing import TYPE_CHECKING

from pipeline_dsl.engine.notices.notice import body, legible, name, subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline_dsl.engine.notices.notice import Notice


@dataclasses.dataclass(frozen=True)
class MailServer:
    """The operator's mail server.

    Arguments:
        host: its name or address; empty where no mail can be sent.
        port: its port.
        sender: the address that mails come from, such as ``CI <ci@example.org>``; empty where there is none.
        starttls: whether the connection has to be encrypted; else nothing is sent. The system says which
            certificates are trusted.
        login: user name and password; only sent over an encrypted connection. None for no login.
        timeout: how long to wait for it, in seconds.
    """

    host: str
    port: int
    sender: str
    starttls: bool = False
    login: tuple[str, str] | None = dataclasses.field(default=None, repr=False)
    timeout: float = 30


@dataclasses.dataclass(frozen=True)
class EmailRequest:
    """A mail to be sent.

    Arguments:
        notice: what it is about.
        to: whom to send it to.
        server: what sends it.
        subject: its subject; one that names project, pipeline and stage if empty.
        body: its text; one that says what failed and where to look if empty.
    """

    notice: Notice
    to: tuple[str, ...]
    server: MailServer
    subject: str = ""
    body: str = ""


def post(request: EmailRequest) -> tuple[str, ...]:
    """Send a mail; give what went wrong, in whole sentences."""
    what = f"The mail about {name(request.notice)} was not sent"
    missing = _missing(request)
    if missing:
        return (f"{what}: {missing}",)
    recipients, problems = _recipients(request.to)
    try:
        if recipients:
            problems += _transmit(_message(request, recipients), request.server)
    except (OSError, smtplib.SMTPException, MessageError, ValueError) as error:
        return (
            *(f"{what} to {problem}" for problem in problems),
            f"{what}: {request.server.host}: {_reason(error)}.",
        )
    return tuple(f"{what} to {problem}" for problem in problems)


def _missing(request: EmailRequest) -> str:
    if not request.server.host:
        return "the settings name no mail server, as notify.smtp."
    if not request.server.sender:
        return "the settings name no address that it could come from, as notify.sender."
    if request.server.login and not request.server.starttls:
        return "the login needs an encrypted connection: the settings have to say notify.starttls."
    return "" if request.to else "it names nobody to send it to."


def _recipients(to: Iterable[str]) -> tuple[tuple[Address, ...], tuple[str, ...]]:
    """Give the addresses to send to, each once, and what is wrong with the others."""
    found: dict[str, Address] = {}
    problems: list[str] = []
    for text in to:
        try:
            address = _address(text.strip())
            found[str(address)] = address
        except (MessageError, ValueError, IndexError):
            problems.append(f"{legible(text)!r}: this is not an address.")
    return tuple(found.values()), tuple(problems)


def _address(text: str) -> Address:
    address = Address(addr_spec=text)
    if not (address.username and address.domain):
        raise ValueError(text)
    return address


def _message(request: EmailRequest, recipients: tuple[Address, ...]) -> EmailMessage[str, object]:
    sender = parseaddr(request.server.sender)[1]
    message: EmailMessage[str, object] = EmailMessage()
    message["From"] = request.server.sender
    message["To"] = recipients
    message["Subject"] = " ".join(legible(request.subject or subject(request.notice)).split())
    message["Date"] = localtime()
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(legible(request.body) or body(request.notice))
    return message


def _transmit(message: EmailMessage[str, object], server: MailServer) -> tuple[str, ...]:
    """Hand a mail to the server; give the recipients that it refused, and why."""
    with smtplib.SMTP(server.host, server.port, timeout=server.timeout) as connection:
        if server.starttls:
            connection.starttls(context=ssl.create_default_context())
        if server.login:
            connection.login(*server.login)
        refused = connection.send_message(message)
    return tuple(_refusals(refused))


def _refusals(refused: dict[str, tuple[int, bytes]]) -> Iterator[str]:
    for recipient, (code, words) in refused.items():
        yield f"{recipient}: {code} {_text(words)}."


def _reason(error: Exception) -> str:
    match error:
        case smtplib.SMTPRecipientsRefused():
            return "; ".join(refusal.rstrip(".") for refusal in _refusals(error.recipients))
        case smtplib.SMTPResponseException():
            return f"{error.smtp_code} {_text(error.smtp_error)}"
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "no answer in time"
    return _text(getattr(error, "strerror", None) or str(error))


def _text(words: bytes | str) -> str:
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    return " ".join(legible(text).split()).rstrip(".")
