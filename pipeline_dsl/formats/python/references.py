"""References inside strings, as attributes of the variables that they lead to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline_dsl.formats.python.literals import Code, Piece, formatted, literal
from pipeline_dsl.model.context import NAMESPACE, PARAMETER, Setup
from pipeline_dsl.model.reference import Ref
from pipeline_dsl.resolve.references import BOUND_BY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pipeline_dsl.model import Stage, Variant

_REFERENCE = re.compile(r"\$\$\{|\$\{(?P<namespace>[A-Za-z0-9_-]+)\.(?P<key>[A-Za-z0-9._-]+)\}")

_OF_SETUP = {
    str(value).removeprefix(f"${{{NAMESPACE}.").removesuffix("}"): name
    for name, value in vars(Setup).items()
    if isinstance(value, Ref)
}
"""The attribute for each of setup's values."""

OF_STAGE = {
    "imageID": "image_id",
    "imageLocalName": "image",
    "container": "container",
    "output": "output",
    "artifactURLs": "artifact_urls",
    "imageName": "image_name",
    "imageFullName": "image_full_name",
    "imageTag": "image_tag",
    "imageTags": "image_tags",
    "publishedImage": "published_image",
    "publishedDigest": "published_digest",
    "releaseName": "release_name",
}
"""The attribute for each of a stage's values."""


class References:
    """Writes strings; references in them lead to variables.

    Arguments:
        stages: the stages that have been written so far, by name.
        variable: gives the variable of a variant or a stage, which from then on is one that is used.
        use: takes note of a name that has to be imported.
    """

    def __init__(
        self,
        stages: Mapping[str, Stage],
        variable: Callable[[Variant | Stage], str],
        use: Callable[[str], None],
    ) -> None:
        self._stages = stages
        self.variable = variable
        self.use = use

    def text(self, text: str) -> str:
        """Write a string: a plain one, one with expressions in it, or an expression alone."""
        pieces = list(self._pieces(text))
        match pieces:
            case [Code() as code]:
                return code.spelled()
            case _ if any(isinstance(piece, Code) for piece in pieces):
                return formatted(pieces)
        return literal(text)

    def _pieces(self, text: str) -> Iterator[Piece]:
        end = 0
        for match in _REFERENCE.finditer(text):
            code = self._code(match) if match["namespace"] else None
            if code is None:
                continue
            if match.start() > end:
                yield text[end : match.start()]
            yield code
            end = match.end()
        if end < len(text):
            yield text[end:]

    def _code(self, match: re.Match[str]) -> Code | None:
        namespace, key = match["namespace"], match["key"]
        if namespace == NAMESPACE:
            return self._of_setup(key)
        stage = self._stages.get(namespace)
        if stage is None:
            return None
        step = next((step for step, keys in BOUND_BY.items() if key in keys), None)
        if step and getattr(stage, step):
            return Code(f"{self.variable(stage)}.{OF_STAGE[key]}")
        return Code(f"{self.variable(stage)}.exported", key) if key in stage.exports else None

    def _of_setup(self, key: str) -> Code | None:
        if key in _OF_SETUP:
            self.use(NAMESPACE)
            return Code(f"{NAMESPACE}.{_OF_SETUP[key]}")
        if key.startswith(PARAMETER):
            self.use(NAMESPACE)
            return Code(f"{NAMESPACE}.parameter", key.removeprefix(PARAMETER))
        return None
