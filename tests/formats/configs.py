"""Reading configs in tests, with Blubber files that need not be real ones."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError
from pipeline_dsl.formats import config
from pipeline_dsl.formats.yaml import Mapping, Scalar, Sequence, parse

if TYPE_CHECKING:
    from pipeline_dsl.errors import Problem
    from pipeline_dsl.formats import yaml
    from pipeline_dsl.formats.reading import Reading
    from pipeline_dsl.model import Pipeline, Stage

BLUBBER = """\
version: v4
variants:
  build: {base: foo, copies: [local]}
  test: {includes: [build], entrypoint: [make, test]}
  production: {base: bar, copies: [build]}
"""


class Files:
    """Files that are texts, by their paths."""

    def __init__(self, files: dict[str, str]) -> None:
        self._files = files

    def display(self, path: str) -> str:
        return path

    def read(self, path: str) -> str | None:
        return self._files.get(path)


class Stubs:
    """Blubber files that have, wherever they are, the variants that a config names."""

    def __init__(self, text: str) -> None:
        self._names = sorted(_named(parse(text, "config.yaml")))

    def display(self, path: str) -> str:
        return path

    def read(self, path: str) -> str:
        variants = "".join(f"  {name}: {{entrypoint: [{name}]}}\n" for name in self._names)
        base = path.replace("/", "-").replace(".", "-")
        return f"version: v4\nbase: example.org/{base}\nvariants:\n{variants}"


def _named(document: yaml.Node | None) -> set[str]:
    """All that a stage builds, or could: its variant, or its own name."""
    pipelines = document.get("pipelines") if isinstance(document, Mapping) else None
    found = set()
    for pipeline in pipelines if isinstance(pipelines, Mapping) else ():
        stages = pipeline.value.get("stages") if isinstance(pipeline.value, Mapping) else None
        for stage in stages.items if isinstance(stages, Sequence) else ():
            assert isinstance(stage, Mapping)
            build = stage.get("build")
            name = build.get("variant") if isinstance(build, Mapping) else build or stage.get("name")
            found |= {name.text} if isinstance(name, Scalar) else set()
    return found


def read(text: str, files: dict[str, str] | None = None) -> Reading:
    """Read a config; `blubber.yaml` has the variants build, test and production."""
    known = {"blubber.yaml": BLUBBER} if files is None else files
    return config.read(textwrap.dedent(text).lstrip("\n"), "config.yaml", "service", Files(known))


def read_pipeline(text: str) -> Pipeline:
    """Read a config of one pipeline that is called ``p`` and uses ``blubber.yaml``, given what it holds."""
    return read(whole(text)).project.pipelines[0]


def read_stage(text: str) -> Stage:
    """Read the last stage of a pipeline, given the items of its ``stages``."""
    return read_pipeline(f"stages:\n{textwrap.indent(textwrap.dedent(text).strip(), '  ')}").stages[-1]


def refused(text: str) -> list[Problem]:
    """What is wrong with a pipeline."""
    try:
        read(whole(text))
    except DefinitionError as error:
        return list(error.problems)
    raise AssertionError("nothing is wrong with it")


def warnings(text: str) -> list[Problem]:
    """What a pipeline is warned of."""
    return list(read(whole(text)).warnings)


def whole(text: str) -> str:
    """The config of one pipeline."""
    return "pipelines:\n  p:\n    blubberfile: blubber.yaml\n" + textwrap.indent(
        textwrap.dedent(text).strip() + "\n", "    "
    )
