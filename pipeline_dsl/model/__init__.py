"""What an author writes, and the document that it adds up to."""

from pipeline_dsl.model.apt import Apt, AptProxy, AptSource
from pipeline_dsl.model.artifacts import Cache, Copy, Image, Mount
from pipeline_dsl.model.builders import Builder, Node, Php, Poetry, Python
from pipeline_dsl.model.context import setup
from pipeline_dsl.model.kubernetes import Chart, Deploy, Promote
from pipeline_dsl.model.pipeline import Fetch, Pipeline
from pipeline_dsl.model.project import Project
from pipeline_dsl.model.reference import Ref
from pipeline_dsl.model.run import Credential, Run, Service
from pipeline_dsl.model.stage import Stage
from pipeline_dsl.model.steps import Artifact, Build, Email, Notify, Publish, Trigger, Webhook
from pipeline_dsl.model.template import Each, Merge
from pipeline_dsl.model.users import Lives, Runs
from pipeline_dsl.model.variant import Variant

__all__ = [
    "Apt",
    "AptProxy",
    "AptSource",
    "Artifact",
    "Build",
    "Builder",
    "Cache",
    "Chart",
    "Copy",
    "Credential",
    "Deploy",
    "Each",
    "Email",
    "Fetch",
    "Image",
    "Lives",
    "Merge",
    "Mount",
    "Node",
    "Notify",
    "Php",
    "Pipeline",
    "Poetry",
    "Project",
    "Promote",
    "Publish",
    "Python",
    "Ref",
    "Run",
    "Runs",
    "Service",
    "Stage",
    "Trigger",
    "Variant",
    "Webhook",
    "setup",
]
