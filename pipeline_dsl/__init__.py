"""Describe and run a container delivery pipeline in typed Python.

The names below are the authoring API, all that a ``.pipeline/pipeline.py`` needs. They are loaded at
first use: the command line starts without them.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline_dsl.errors import DefinitionError, EngineError, PipelineError, StepError, UsageError
    from pipeline_dsl.model import (
        Apt,
        AptProxy,
        AptSource,
        Artifact,
        Build,
        Builder,
        Cache,
        Chart,
        Copy,
        Credential,
        Deploy,
        Each,
        Email,
        Fetch,
        Image,
        Lives,
        Merge,
        Mount,
        Node,
        Notify,
        Php,
        Pipeline,
        Poetry,
        Project,
        Promote,
        Publish,
        Python,
        Ref,
        Run,
        Runs,
        Service,
        Stage,
        Trigger,
        Variant,
        Webhook,
        setup,
    )

__version__ = "0.1.0"

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
    "DefinitionError",
    "Deploy",
    "Each",
    "Email",
    "EngineError",
    "Fetch",
    "Image",
    "Lives",
    "Merge",
    "Mount",
    "Node",
    "Notify",
    "Php",
    "Pipeline",
    "PipelineError",
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
    "StepError",
    "Trigger",
    "UsageError",
    "Variant",
    "Webhook",
    "setup",
]


if not TYPE_CHECKING:  # which would take every misspelt import for a lazy name

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from pipeline_dsl import errors, model  # noqa: PLC0415 -- this is the first use

        value: object = getattr(errors if name.endswith("Error") else model, name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
