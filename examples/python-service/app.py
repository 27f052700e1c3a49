"""A service that tells how two texts differ."""

import difflib
import json

from werkzeug.exceptions import BadRequest
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

BODY_LIMIT = 256 * 1024  # bytes; the time that difflib takes grows with the square


def healthz(_request: Request) -> Response:
    return Response(json.dumps({"status": "ok"}), mimetype="application/json")


def diff(request: Request) -> Response:
    match request.get_json():
        case {"before": str(before), "after": str(after)}:
            return Response(unified_diff(before, after), mimetype="text/x-diff")
        case _:
            raise BadRequest('Send {"before": "…", "after": "…"}.')


def unified_diff(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "before", "after", lineterm="")
    return "".join(f"{line}\n" for line in lines)


ROUTES = Map(
    [
        Rule("/healthz", endpoint=healthz, methods=["GET"]),
        Rule("/diff", endpoint=diff, methods=["POST"]),
    ]
)


@Request.application
def app(request: Request) -> Response:
    request.max_content_length = BODY_LIMIT
    handle, _ = ROUTES.bind_to_environ(request.environ).match()
    return handle(request)
