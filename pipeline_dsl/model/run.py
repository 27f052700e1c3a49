"""Running containers: the program that a stage runs, what it is given, and what runs beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import Field, model_validator

from pipeline_dsl.model.definition import Definition, definition
from pipeline_dsl.model.explanation import InvalidError
from pipeline_dsl.model.template import TextByName, Texts
from pipeline_dsl.model.types import ListOf, MappingOf, NonEmpty, VariableName, matching, unique
from pipeline_dsl.model.variant import Variant

if TYPE_CHECKING:
    from typing import Self

Memory: TypeAlias = Annotated[
    str, matching(r"[1-9][0-9]*[bkmgBKMG]?", "amount of memory", 'Bytes, or such as "512m" or "2g".')
]
HostName: TypeAlias = Annotated[
    str,
    matching(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", "host name", 'Use lower-case letters, digits or "-".'),
]
Seconds: TypeAlias = Annotated[float, Field(gt=0, allow_inf_nan=False)]


@definition
class Credential(Definition):
    """A secret that a container gets. Which there are, and what they are, is up to the operator.

    Without further arguments the container finds it in an environment variable of the credential's own
    name.

    Example: ``Credential("SONAR_API_KEY")``
    """

    id: NonEmpty = Field(kw_only=False)
    """What the operator calls it."""

    variable: VariableName | None = None
    """Environment variable that holds it, where that is not called like the credential."""

    username_variable: VariableName | None = None
    """Of a credential that is a user name and a password: the variable that holds the user name."""

    password_variable: VariableName | None = None
    """Of a credential that is a user name and a password: the variable that holds the password."""

    key_file_variable: VariableName | None = None
    """Of a credential that is an SSH key: the variable that holds the path of its file in the container."""

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        pair = (self.username_variable, self.password_variable)
        kinds = (self.variable is not None, pair != (None, None), self.key_file_variable is not None)
        if sum(kinds) > 1:
            hint = 'Give "variable", or the two for user name and password, or "key_file_variable".'
            raise InvalidError("is of one kind only", hint)
        if kinds[1] and None in pair:
            raise InvalidError('needs both "username_variable" and "password_variable"')
        return self


@definition
class Service(Definition):
    """A container that runs beside a stage's own, such as a database for tests; both share a private network.

    The stage's container starts when all its services are ready: when ``health`` succeeds, or the image's
    own health check; where there is neither, when they have started.

    Example: ``Service("db", image=database, health=["pg_isready"])``
    """

    name: HostName = Field(kw_only=False)
    """What it is called; also its host name for the stage's container."""

    image: Variant | NonEmpty
    """The variant to build and run, or an image that exists already."""

    command: ListOf[str] | None = None
    """Program and arguments to run instead of the image's entrypoint."""

    arguments: ListOf[str] = ()
    """Arguments to add to the image's entrypoint, or to ``command``."""

    environment: MappingOf[str, str] = Field(default_factory=dict, kw_only=True)
    """Environment variables beside those of the image."""

    health: ListOf[str] | None = None
    """Command that succeeds inside the container as soon as it is ready."""

    timeout: Seconds | None = None
    """How long it may take to be ready, in seconds; the operator's setting, usually 60, if left out."""


def _name(service: Service) -> str:
    return service.name


@definition
class Run(Definition):
    """Run a container to its end; the stage fails if it exits with another code than 0.

    Example: ``Run(arguments=["--verbose"], environment={"TZ": "UTC"})``
    """

    command: ListOf[str] | None = None
    """Program and arguments to run instead of the image's entrypoint."""

    arguments: Texts = ()
    """Arguments to add to the image's entrypoint, or to ``command``."""

    environment: TextByName = Field(default_factory=dict, kw_only=True)
    """Environment variables beside those of the image. ``${NAME}``, without a dot, in a value stands for a
    variable of the CI system that runs the pipeline, such as ``${ZUUL_BRANCH}``."""

    image: NonEmpty | None = None
    """The image to run: another stage's ``image_id``. The image that this stage built if left out."""

    credentials: Annotated[ListOf[Credential], unique(lambda credential: credential)] = ()
    """Secrets that the container gets."""

    tail: int = Field(default=0, ge=-1, kw_only=True)
    """How many of the last lines of standard output become the stage's ``output``; -1 for all."""

    services: Annotated[ListOf[Service], unique(_name)] = ()
    """Containers that run beside this one."""

    timeout: Seconds | None = None
    """How long it may take, in seconds; the operator's setting, usually 1200, if left out."""

    memory: Memory | None = None
    """How much memory it may use, such as ``"512m"`` or ``"2g"``; as much as there is if left out."""

    cpus: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """How many processors it may use, such as 1.5; all if left out."""

    retries: int = Field(default=0, ge=0, kw_only=True)
    """How many times to try again when the program fails. What is not its fault, such as a lost connection
    to the engine, is tried again anyway."""


RunSpecification: TypeAlias = bool | ListOf[str] | Run
