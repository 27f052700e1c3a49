"""Servers beside a registry: one that gives tokens, one that passes requests on and may be a proxy."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import http.client
import http.server
import json
import select
import socket
import threading
import time
import urllib.parse
import uuid
from typing import TYPE_CHECKING

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVICE, ISSUER = "tests", "token server"


def outward() -> str:
    """Give an address of this machine that is not loopback's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # which sends nothing
        except OSError:
            pytest.skip("this machine has no address but that of loopback")
        return str(probe.getsockname()[0])


class Handler(http.server.BaseHTTPRequestHandler):
    """Keeps connections, and says nothing of what it does."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def reply(self, status: int, content: bytes = b"", headers: dict[str, str] | None = None) -> None:
        """Answer."""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content if self.command != "HEAD" else b"")


@contextlib.contextmanager
def serving(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    """Run a server on loopback; gives its address."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class TokenServer:
    """Gives tokens that a registry believes, to those who log in or have an identity token.

    Arguments:
        folder: where it puts the certificate that the registry has to know.
    """

    USER, PASSWORD, IDENTITY = "member", "pa:ss/wörd", "an identity token"

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA(key_type=trustme.KeyType.RSA)
        issued = authority.issue_cert("tests", key_type=trustme.KeyType.RSA)
        key = serialization.load_pem_private_key(issued.private_key_pem.bytes(), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        self._key = key
        self._certificate = x509.load_pem_x509_certificate(issued.cert_chain_pems[0].bytes())
        self.bundle = folder / "tokens.pem"
        authority.cert_pem.write_to_path(self.bundle)
        self.asked: list[tuple[str, str]] = []
        self.lifetime = 300

    def environment(self, address: str) -> dict[str, str]:
        """Give the variables by which a registry believes this server."""
        told = {"REALM": f"http://{address}/token", "SERVICE": SERVICE, "ISSUER": ISSUER}
        told["ROOTCERTBUNDLE"] = str(self.bundle)
        return {"REGISTRY_AUTH": "token", **{f"REGISTRY_AUTH_TOKEN_{name}": told[name] for name in told}}

    def handler(self) -> type[Handler]:
        """Give what answers requests."""
        server = self

        class Tokens(Handler):
            def do_GET(self) -> None:
                query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
                login = f"{server.USER}:{server.PASSWORD}".encode()
                wanted = f"Basic {base64.b64encode(login).decode()}"
                server.asked.append(("GET", query["scope"][0]))
                self.give(query, is_known=self.headers.get("Authorization") == wanted)

            def do_POST(self) -> None:
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                query = urllib.parse.parse_qs(form)
                server.asked.append(("POST", query["scope"][0]))
                self.give(query, is_known=query.get("refresh_token") == [server.IDENTITY])

            def give(self, query: dict[str, list[str]], *, is_known: bool) -> None:
                if not is_known:
                    return self.reply(401)
                token = server.token(query["scope"])
                return self.reply(200, json.dumps({"token": token, "access_token": token}).encode())

        return Tokens

    def token(self, scopes: list[str]) -> str:
        """Make a token for all that is asked for."""
        access = []
        for kind, name, actions in (scope.split(":") for each in scopes for scope in each.split()):
            access.append({"type": kind, "name": name, "actions": actions.split(",")})
        now = int(time.time())
        names = {"iss": ISSUER, "sub": self.USER, "aud": SERVICE, "jti": uuid.uuid4().hex}
        times = {"iat": now, "nbf": now - 600, "exp": now + self.lifetime}
        der = self._certificate.public_bytes(serialization.Encoding.DER)
        header: dict[str, object] = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(der).decode()]}
        signed = f"{encoded(header)}.{encoded({**names, **times, 'access': access})}"
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{encoded(signature)}"


def encoded(content: bytes | dict[str, object]) -> str:
    """Encode a part of a token."""
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


@dataclasses.dataclass(frozen=True)
class Seen:
    """A request that has come by.

    Arguments:
        method: its method.
        target: what it was for: a path, an address, or a host with its port.
        login: who made it, as it told the registry.
        proxy_login: who made it, as it told a proxy.
    """

    method: str
    target: str
    login: str = ""
    proxy_login: str = ""


def relay(seen: list[Seen], registry: str = "") -> type[Handler]:
    """Give a server that notes requests and passes them on: to a registry, or as a proxy."""

    class Relay(Handler):
        def note(self) -> None:
            logins = (self.headers.get(name, "") for name in ("Authorization", "Proxy-Authorization"))
            seen.append(Seen(self.command, self.path, *logins))

        def do_CONNECT(self) -> None:
            self.note()
            host, _, port = self.path.partition(":")
            with socket.create_connection((host, int(port))) as far:
                self.send_response(200)
                self.end_headers()
                pass_on(self.connection, far)
            self.close_connection = True

        def forward(self) -> None:
            self.note()
            parts = urllib.parse.urlsplit(self.path)
            path = urllib.parse.urlunsplit(("", "", parts.path, parts.query, ""))
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            with contextlib.closing(http.client.HTTPConnection(registry or parts.netloc)) as far:
                far.request(self.command, path, body, dict(self.headers))
                answer = far.getresponse()
                kept = {name: text for name, text in answer.headers.items() if name != "Content-Length"}
                self.reply(answer.status, answer.read(), kept)

        do_GET = do_HEAD = do_POST = do_PUT = forward  # noqa: N815 -- as http.server calls them

    return Relay


def pass_on(near: socket.socket, far: socket.socket) -> None:
    """Pass bytes on in both directions until one end has closed."""
    other = {near: far, far: near}
    while True:
        for end in select.select([near, far], [], [])[0]:
            content = end.recv(65536)
            if not content:
                return
            other[end].sendall(content)
