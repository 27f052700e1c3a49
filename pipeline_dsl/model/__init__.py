"""What an author writes, and the document that it adds up to."""

from pipeline_dsl.model.apt import Apt, AptProxy, AptSource
from pipeline_dsl.model.artifacts import Cache, Copy, Image, Mount
from pipeline_dsl.model.builders import Builder, Node, Php, Poetry, Python
from pipeline_dsl.model.pipeline import Pipeline
from pipeline_dsl.model.project import Project
from pipeline_dsl.model.reference import Ref
from pipeline_dsl.model.stage import Run, Stage
from pipeline_dsl.model.users import Lives, Runs
from pipeline_dsl.model.variant import Variant

__all__ = [
    "Apt",
    "AptProxy",
    "AptSource",
    "Builder",
    "Cache",
    "Copy",
    "Image",
    "Lives",
    "Mount",
    "Node",
    "Php",
    "Pipeline",
    "Poetry",
    "Project",
    "Python",
    "Ref",
    "Run",
    "Runs",
    "Stage",
    "Variant",
]
