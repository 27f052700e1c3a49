"""A real mail server on the loopback interface, which keeps what it gets."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import threading
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from aiosmtpd.smtp import Envelope as SmtpEnvelope
from aiosmtpd.smtp import Session as SmtpSession

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from email.message import EmailMessage

HOST = "127.0.0.1"


@dataclasses.dataclass(frozen=True)
class Mail:
    """A mail that arrived.

    Arguments:
        sender: the sender of the envelope.
        recipients: the recipients of the envelope.
        message: what was in it.
        is_encrypted: whether it came over an encrypted connection.
        user: who had logged in; empty for nobody.
    """

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage[str, str]
    is_encrypted: bool
    user: str

    @property
    def text(self) -> str:
        """The text of the message."""
        return str(self.message.get_content()).replace("\r\n", "\n")


@dataclasses.dataclass
class Mailbox:
    """What a server is asked to do, and what it has got.

    Arguments:
        host: where it listens.
        port: where it listens.
        refused: recipients that it does not take.
        mails: what has arrived.
    """

    host: str = HOST
    port: int = 0
    refused: frozenset[str] = frozenset()
    mails: list[Mail] = dataclasses.field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 -- the name that the library calls
        self, _server: SMTP, _session: SmtpSession, envelope: SmtpEnvelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 5.1.1 There is nobody of that name"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, _server: SMTP, session: SmtpSession, envelope: SmtpEnvelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        given: object = session.auth_data
        user = given.login.decode() if isinstance(given, LoginPassword) else ""
        mail = Mail(
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            message=message_from_bytes(content, policy=policy.default),
            is_encrypted=session.ssl is not None,
            user=user,
        )
        self.mails.append(mail)
        return "250 OK"


@contextlib.contextmanager
def mail_server(
    tls: ssl.SSLContext | None = None,
    login: tuple[str, str] | None = None,
    refused: frozenset[str] = frozenset(),
) -> Iterator[Mailbox]:
    """Run a mail server in a thread of its own.

    Arguments:
        tls: offers STARTTLS with this certificate, and takes no mail without it.
        login: demands this user name and password; needs ``tls``.
        refused: recipients that it does not take.
    """
    mailbox = Mailbox(refused=refused)

    def authenticate(
        _server: object, _session: object, _envelope: object, _how: str, given: object
    ) -> AuthResult:
        expected = login and LoginPassword(login[0].encode(), login[1].encode())
        return AuthResult(success=given == expected, handled=False, auth_data=given)

    def protocol() -> SMTP:
        return SMTP(
            mailbox,
            hostname="mail.test",
            tls_context=tls,
            require_starttls=tls is not None,
            authenticator=authenticate,
            auth_required=login is not None,
            loop=loop,
        )

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(protocol, HOST, 0))
    mailbox.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, name="mail-server")
    thread.start()
    try:
        yield mailbox
    finally:
        asyncio.run_coroutine_threadsafe(_closed(server), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _closed(server: asyncio.Server) -> None:
    """Close a server, and wait for the conversations that it still has."""
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def authority() -> trustme.CA:
    """Give a certificate authority that no system knows."""
    return trustme.CA()
