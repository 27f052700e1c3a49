"""What the service answers."""

import json
import os
from pathlib import Path
from urllib.parse import urlsplit

from redis.exceptions import ConnectionError as NoDatabaseError
from werkzeug.exceptions import BadRequest, NotFound, ServiceUnavailable
from werkzeug.routing import Map, Rule
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from links.store import Links

BODY_LIMIT = 2048  # bytes; browsers take no link that is much longer
WELCOME = Path(__file__).with_name("welcome.txt").read_text()

links = Links.at(os.environ.get("REDIS_URL", "redis://localhost"))


def welcome(_request: Request) -> Response:
    return Response(WELCOME)


def healthz(_request: Request) -> Response:
    links.check()
    return Response(json.dumps({"status": "ok"}), mimetype="application/json")


def shorten(request: Request) -> Response:
    url = request.get_data(as_text=True).strip()
    if not _is_link(url):
        raise BadRequest("Send the link as the body: http://… or https://….")
    short = f"{request.host_url}{links.add(url)}"
    return Response(f"{short}\n", 201, {"Location": short})


def follow(_request: Request, key: str) -> Response:
    url = links.follow(key)
    if url is None:
        raise NotFound
    return redirect(url)


def visits(_request: Request, key: str) -> Response:
    count = links.visits(key)
    if count is None:
        raise NotFound
    return Response(f"{count}\n")


def _is_link(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return text.isprintable() and parts.scheme in {"http", "https"} and bool(parts.netloc)


ROUTES = Map(
    [
        Rule("/", endpoint=welcome, methods=["GET"]),
        Rule("/", endpoint=shorten, methods=["POST"]),
        Rule("/healthz", endpoint=healthz, methods=["GET"]),
        Rule("/<key>", endpoint=follow, methods=["GET"]),
        Rule("/<key>/visits", endpoint=visits, methods=["GET"]),
    ]
)


@Request.application
def app(request: Request) -> Response:
    request.max_content_length = BODY_LIMIT
    handle, arguments = ROUTES.bind_to_environ(request.environ).match()
    try:
        return handle(request, **arguments)
    except NoDatabaseError as error:
        raise ServiceUnavailable from error
