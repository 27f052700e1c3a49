"""The shape of a config: which key holds which argument of which definition, in which form.

One table serves reading and writing. Sections are those of ``spec/pipelinelib.md`` §1.
"""

from __future__ import annotations

import dataclasses
import enum
from typing import TYPE_CHECKING, TypeAlias

from pipeline_dsl.model import (
    Artifact,
    Build,
    Chart,
    Credential,
    Deploy,
    Email,
    Fetch,
    Notify,
    Promote,
    Publish,
    Run,
    Trigger,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_dsl.model.definition import Definition


class Form(enum.Enum):
    """The forms of values."""

    TEXT = enum.auto()
    """A string with expressions."""
    LITERAL = enum.auto()
    """A string in which expressions stand for themselves."""
    TEXTS = enum.auto()
    """A list of strings, or what gives one at run time."""
    WORDS = enum.auto()
    """A list of strings."""
    VARIABLES = enum.auto()
    """Environment variables."""
    TEXT_BY_NAME = enum.auto()
    """Strings by name, or what gives them at run time."""
    VALUE = enum.auto()
    """Anything."""
    VALUE_BY_NAME = enum.auto()
    """Anything by name; the names hold no expressions."""
    OVERRIDES = enum.auto()
    """Anything by name."""
    FLAG = enum.auto()
    NUMBER = enum.auto()
    ADDRESSES = enum.auto()
    """A recipient of mail, or a list of them."""
    CREDENTIALS = enum.auto()
    """A list of credentials."""
    PULL = enum.auto()
    """When to pull images; of what is neither ``always`` nor ``never`` only that it is not ``always``."""
    IGNORED = enum.auto()
    """What nothing looks at."""


@dataclasses.dataclass(frozen=True)
class Shape:
    """A mapping that stands for a definition.

    Arguments:
        kind: class of the definition.
        keys: the keys that it may have.
        required: the keys that have to be there.
        defaults: for some keys the value, in our syntax, that holds without them.
        unwritten: the keys that PipelineLib's schema rejects, or that hold what is written otherwise.
    """

    kind: type[Definition]
    keys: Keys
    required: tuple[str, ...] = ()
    defaults: Mapping[str, object] = dataclasses.field(default_factory=dict)
    unwritten: tuple[str, ...] = ()


Keys: TypeAlias = "Mapping[str, tuple[str, Form | Shape]]"
"""For each key the argument that it holds, and its form."""

BUILD = Shape(
    Build,
    {
        "variant": ("variant", Form.TEXT),
        "context": ("context", Form.TEXT),
        "excludes": ("excludes", Form.TEXTS),
        "imagePullPolicy": ("pull", Form.PULL),
    },
    defaults={"context": "."},
    unwritten=("variant",),
)
RUN = Shape(
    Run,
    {
        "image": ("image", Form.TEXT),
        "arguments": ("arguments", Form.TEXTS),
        "env": ("environment", Form.VARIABLES),
        "credentials": ("credentials", Form.CREDENTIALS),
        "tail": ("tail", Form.NUMBER),
    },
    defaults={"image": "${.imageID}"},
)
CREDENTIAL = Shape(
    Credential,
    {
        "id": ("id", Form.LITERAL),
        "name": ("variable", Form.LITERAL),
        "usernameVariable": ("username_variable", Form.LITERAL),
        "passwordVariable": ("password_variable", Form.LITERAL),
        "keyFileVariable": ("key_file_variable", Form.LITERAL),
    },
    required=("id",),
    unwritten=("usernameVariable", "passwordVariable", "keyFileVariable"),
)
ARTIFACT = Shape(
    Artifact,
    {
        "from": ("container", Form.TEXT),
        "source": ("source", Form.TEXT),
        "destination": ("destination", Form.TEXT),
        "archive": ("archive", Form.FLAG),
    },
    required=("source",),
    defaults={"from": "${.container}", "archive": False},
)
PUBLISH = Shape(
    Publish,
    {
        "id": ("image", Form.TEXT),
        "name": ("name", Form.TEXT),
        "tag": ("tag", Form.TEXT),
        "tags": ("tags", Form.TEXTS),
    },
    defaults={"id": "${.imageID}", "name": "${setup.project}", "tags": ["${setup.tag}"]},
)
PROMOTE = Shape(
    Promote,
    {
        "chart": ("chart", Form.TEXT),
        "environments": ("environments", Form.TEXTS),
        "version": ("version", Form.TEXT),
    },
    defaults={"chart": "${setup.projectShortName}", "version": "${.imageTag}"},
    unwritten=("version",),
)
CHART = Shape(
    Chart,
    {"name": ("name", Form.TEXT), "version": ("version", Form.TEXT)},
    defaults={"name": "${setup.projectShortName}"},
)
DEPLOY = Shape(
    Deploy,
    {
        "chart": ("chart", CHART),
        "image": ("image", Form.TEXT),
        "tag": ("tag", Form.TEXT),
        "cluster": ("", Form.IGNORED),
        "test": ("test", Form.FLAG),
        "timeout": ("timeout", Form.NUMBER),
        "overrides": ("overrides", Form.OVERRIDES),
    },
    defaults={"image": "${.imageName}", "tag": "${.imageTag}", "test": True, "chart": Chart()},
    unwritten=("chart",),
)
TRIGGER = Shape(
    Trigger,
    {
        "name": ("name", Form.LITERAL),
        "parameters": ("parameters", Form.TEXT_BY_NAME),
        "propagate": ("propagate", Form.FLAG),
        "wait": ("wait", Form.FLAG),
    },
    required=("name",),
    defaults={"propagate": True, "wait": False},
)
EMAIL = Shape(
    Email,
    {"to": ("to", Form.ADDRESSES), "subject": ("subject", Form.TEXT), "body": ("body", Form.TEXT)},
)
NOTIFY = Shape(Notify, {"email": ("email", EMAIL)})
FETCH = Shape(
    Fetch,
    {
        "shallow": ("shallow", Form.FLAG),
        "depth": ("depth", Form.NUMBER),
        "submodules": ("submodules", Form.FLAG),
        "tags": ("tags", Form.FLAG),
    },
    defaults={"shallow": True, "depth": 20, "submodules": True, "tags": False},
)

STAGE = (
    *("name", "blubberfile", "build", "run", "copy", "publish", "promote", "deploy", "exports"),
    *("trigger", "notify"),
)
"""The keys of a stage."""

PIPELINE = ("stages", "execution", "blubberfile", "directory", "fetch", "notify")
"""The keys of a pipeline."""
