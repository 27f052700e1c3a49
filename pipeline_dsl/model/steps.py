"""Steps of a stage beside running: building, copying files out, publishing, other jobs, notices."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from pipeline_dsl.model.definition import Definition, definition
from pipeline_dsl.model.run import Seconds
from pipeline_dsl.model.template import TextByName, Texts
from pipeline_dsl.model.types import HttpUrl, ListOf, NonEmpty, matching
from pipeline_dsl.model.variant import Variant

PullPolicy: TypeAlias = Literal["always", "missing", "never"]


@definition
class Build(Definition):
    """Build the image of a variant from other files than those of the pipeline's own directory.

    Example: ``Build(production, context="services/api", excludes=["**/*.md"])``
    """

    variant: Variant = Field(kw_only=False)
    """The variant."""

    context: NonEmpty = "."
    """The build context: a directory below the pipeline's own, or the URL of a git repository, as
    ``URL#REF:DIRECTORY``."""

    excludes: Texts = ()
    """Patterns, as in ``.dockerignore``, of files that are not there for the build; they stand instead of
    that file. Not for the URL of a repository."""

    pull: PullPolicy | None = None
    """When to pull base images; as the operator's settings say if left out, usually when they are missing."""


BuildSpecification: TypeAlias = Variant | Build


@definition
class Artifact(Definition):
    """Files to copy out of a container, also when what ran in it has failed.

    Stages that come after this one find them in their build context. ``--artifacts`` keeps them on disk.

    Example: ``Artifact("/srv/app/reports/*.xml", destination="reports/")``
    """

    source: NonEmpty = Field(kw_only=False)
    """Path in the container; from its root if relative. Of a directory that ends in a slash, what is in it.
    May hold the wildcards of a shell."""

    destination: NonEmpty | None = None
    """Path in the build context, from its root; the source's own path if left out."""

    container: NonEmpty | None = None
    """Another stage's ``container``; this stage's own if left out."""

    archive: bool = False
    """Pack a directory into one file, ``DESTINATION.tar.gz``, where ``--artifacts`` keeps it."""


Artifacts: TypeAlias = ListOf[NonEmpty | Artifact]


@definition
class Publish(Definition):
    """Push the image to the operator's registry.

    Its name is the project's, or begins with that and a dash. Slashes in names and tags become dashes, and
    capitals lower case.

    Example: ``Publish(tags=["candidate"])``
    """

    image: NonEmpty | None = None
    """The image: another stage's ``image_id``; the one that this stage built if left out."""

    name: NonEmpty | None = None
    """Name of the image, below the operator's part of the registry; the project's if left out."""

    tag: NonEmpty | None = None
    """Its first tag; the time of the run and the stage's name, as in ``2026-11-21-220000-candidate``, if
    left out."""

    tags: Texts | None = None
    """Further tags, of which empty ones are left out; the git tag that was checked out, if any, if this
    is left out."""

    overwrite: bool | ListOf[str] = False
    """Whether tags that exist may be moved to this image: all, or those that are listed."""


@definition
class Trigger(Definition):
    """Start another job: one of those that the operator has declared in the settings.

    Example: ``Trigger("docs", parameters={"IMAGE": candidate.published_image})``
    """

    name: NonEmpty = Field(kw_only=False)
    """What the operator calls it."""

    parameters: TextByName = Field(default_factory=dict, kw_only=True)
    """What it is given."""

    wait: bool = False
    """Wait for its end."""

    propagate: bool = True
    """Fail if a job that is waited for fails."""


Address: TypeAlias = Annotated[str, matching(r"[^\s@]+@[^\s@]+|\$\{[^}]+\}", "e-mail address")]


@definition
class Email(Definition):
    """A mail about a stage that failed.

    Example: ``Email(["team@example.org"])``
    """

    to: ListOf[Address] = Field(kw_only=False)
    """Whom to send it to."""

    subject: NonEmpty | None = None
    """Its subject; one that names pipeline and stage if left out."""

    body: NonEmpty | None = None
    """Its text; one that says what failed and where to look if left out."""


@definition
class Webhook(Definition):
    """A message about a stage that failed, sent as JSON to a URL that the operator's settings allow."""

    url: HttpUrl = Field(kw_only=False)
    """Where to send it."""

    timeout: Seconds | None = None
    """How long to wait for an answer, in seconds; the operator's setting, usually 30, if left out."""


@definition
class Notify(Definition):
    """Whom to tell when a stage fails. A stage's own lies over its pipeline's.

    Example: ``Notify(email=Email(["team@example.org"]))``
    """

    email: Email | None = None
    """A mail."""

    webhook: Webhook | None = None
    """A message to another program."""
