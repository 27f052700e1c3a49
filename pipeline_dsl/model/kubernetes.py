"""Steps that have to do with a Kubernetes cluster: test deployments, and what is promoted to production."""

from __future__ import annotations

from pydantic import Field

from pipeline_dsl.model.definition import Definition, definition
from pipeline_dsl.model.template import Texts, Value
from pipeline_dsl.model.types import MappingOf, NonEmpty


@definition
class Chart(Definition):
    """A Helm chart of the operator's chart repository."""

    name: NonEmpty | None = Field(default=None, kw_only=False)
    """Its name; the project's short one if left out."""

    version: NonEmpty | None = None
    """Its version; the latest if left out."""


@definition
class Deploy(Definition):
    """Install the published image with a Helm chart in a test cluster, and run the chart's tests.

    Example: ``Deploy(chart=Chart("mathoid"), overrides={"main_app": {"replicas": 1}})``
    """

    chart: Chart = Field(default_factory=Chart, kw_only=True)
    """The chart."""

    image: NonEmpty | None = None
    """Name of the image; that of the one that this stage published if left out."""

    tag: NonEmpty | None = None
    """Its tag; that of the image that this stage published if left out."""

    test: bool = True
    """Run the chart's tests."""

    timeout: int | None = Field(default=None, gt=0, kw_only=True)
    """How long the installation may take, in seconds; the operator's setting, usually 120, if left out."""

    overrides: MappingOf[str, Value] = Field(default_factory=dict, kw_only=True)
    """Values of the chart, laid over those that name the image."""


@definition
class Promote(Definition):
    """Propose to deploy the published version: a change in the operator's repository of deployments.

    Example: ``Promote(chart="mathoid", environments=["staging"])``
    """

    chart: NonEmpty | None = None
    """Whose version to raise; the project's short name if left out."""

    environments: Texts = ()
    """Where; in all environments if left out."""

    version: NonEmpty | None = None
    """The version; the tag that this stage published if left out."""
