"""Reading a stage: its steps, each from its long form or a short one."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from pipeline_dsl.errors import did_you_mean
from pipeline_dsl.formats import kinds
from pipeline_dsl.formats.config import shapes
from pipeline_dsl.formats.config.expand import is_falsy
from pipeline_dsl.formats.config.notices import read_notices
from pipeline_dsl.formats.config.overwriting import moves_tags
from pipeline_dsl.formats.config.shapes import Form
from pipeline_dsl.formats.config.strictness import doubtful_destination, doubtful_tag, overlong
from pipeline_dsl.formats.kinds import WrongKindError
from pipeline_dsl.formats.yaml import Entry, Mapping, Node, Scalar, Sequence
from pipeline_dsl.model import Build, Publish, Run, Stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as AbstractMapping

    from pipeline_dsl.formats.complaint import Arguments
    from pipeline_dsl.formats.config.outline import Outline
    from pipeline_dsl.formats.config.scope import Scope
    from pipeline_dsl.formats.config.values import Values
    from pipeline_dsl.formats.diagnosis import Diagnosis
    from pipeline_dsl.model import Variant
    from pipeline_dsl.model.definition import Definition


@dataclasses.dataclass(frozen=True)
class Variants:
    """What a stage can build.

    Arguments:
        file: the Blubber file, as it is called in messages.
        by_name: its variants, by the names that they have there.
    """

    file: str
    by_name: AbstractMapping[str, Variant]


class StageReader:
    """Reads a stage.

    Arguments:
        outline: what is known of it.
        scope: what can be seen from it, before its first step.
        variants: what it can build; None where something is wrong with that.
        values: reads values.
        diagnosis: takes what is wrong.
    """

    def __init__(
        self,
        outline: Outline,
        scope: Scope,
        variants: Variants | None,
        values: Values,
        diagnosis: Diagnosis,
    ) -> None:
        self._outline = outline
        self._start = scope
        self._variants = variants
        self._values = values
        self._diagnosis = diagnosis
        self._readers: dict[str, Callable[[Entry, Scope], object]] = {
            "build": self._build,
            "run": self._run,
            "copy": self._copy,
            "publish": self._publish,
            "promote": self._promote,
            "deploy": lambda entry, scope: self._values.definition(entry.value, shapes.DEPLOY, scope),
            "exports": self._exports,
            "trigger": lambda entry, scope: self._values.definition(entry.value, shapes.TRIGGER, scope),
        }

    def read(self) -> Stage | None:
        """Read it; None if something is wrong with it."""
        arguments: Arguments = {}
        for step, entry in self._outline.steps.items():
            value = self._read(step, entry)
            if value is not None:
                arguments[step] = (value, entry)
        notify = self._outline.node.entry("notify")
        notice = read_notices(notify, self._values, self._scope(""))
        if notify is not None and notice is not None:
            arguments["notify"] = (notice, notify)
        name = self._outline.node.entry("name")
        arguments["name"] = (self._outline.label, name or Entry("name", self._outline.at, self._outline.node))
        if not set(self._outline.steps) & set(arguments):
            return None
        keys = {key: (key, Form.VALUE) for key in arguments}
        made = self._values.make(Stage, arguments, self._outline.at, keys)
        return made if isinstance(made, Stage) else None

    def _read(self, step: str, entry: Entry) -> object:
        try:
            return self._readers[step](entry, self._scope(step))
        except WrongKindError as wrong:
            self._values.wrong(wrong)
            return None

    def _scope(self, step: str) -> Scope:
        return dataclasses.replace(self._start, bound=self._outline.bound(before=step))

    def _build(self, entry: Entry, scope: Scope) -> object:
        if isinstance(entry.value, Scalar):
            return self._variant(entry.value, scope)
        arguments = self._values.arguments(kinds.mapping(entry.value), shapes.BUILD, scope)
        given = arguments.pop("variant", None)
        node = given[1].value if given else Scalar("${.stage}", "${.stage}", entry.at)
        variant = self._variant(node, scope)
        if variant is None or not arguments:
            return variant
        arguments["variant"] = (variant, given[1] if given else entry)
        if "excludes" in arguments and "://" in str(arguments.get("context", ("",))[0]):
            message = "files cannot be excluded from a context that is a repository."
            self._diagnosis.error("excludes-from-url", message, arguments["excludes"][1].at)
        return self._values.make(Build, arguments, entry.value.at, shapes.BUILD.keys)

    def _variant(self, node: Node, scope: Scope) -> Variant | None:
        fixed = dataclasses.replace(scope, is_fixed=True)
        if isinstance(node, Scalar) and node.value is True:
            raise WrongKindError(node, "the name of a variant")
        name = self._values.read(node, Form.TEXT, fixed)
        if not isinstance(name, str):
            return None
        if self._variants is None:
            return None
        known = self._variants.by_name
        if name not in known:
            if "${" in name:
                message = f'which variant "{name}" is will only be known at run time.'
                self._diagnosis.error("not-importable", message, node.at)
            else:
                message = f'there is no variant "{name}" in {self._variants.file}.'
                hint = did_you_mean(name, known)
                self._diagnosis.error("unknown-variant", message, node.at, hint)
            return None
        return known[name]

    def _run(self, entry: Entry, scope: Scope) -> object:
        if isinstance(entry.value, Scalar):
            if entry.value.value is not True:
                raise WrongKindError(entry.value, "true or a mapping")
            self._check_image("run", entry, scope)
            return True
        mapping = kinds.mapping(entry.value)
        arguments = self._values.arguments(mapping, shapes.RUN, scope)
        if is_falsy(mapping.get("image")):
            self._check_image("run", entry, scope)
        if "tail" in arguments and isinstance(arguments["tail"][0], int):
            tail, where = arguments["tail"]
            arguments["tail"] = (max(int(str(tail)), -1), where)
        return self._values.make(Run, arguments, entry.value.at, shapes.RUN.keys) if arguments else True

    def _check_image(self, step: str, entry: Entry, scope: Scope) -> None:
        """Complain of a step that has no image, for its stage has not built one."""
        if "imageID" not in scope.bound:
            hint = "Give the stage a build step, or the step another stage's image."
            self._diagnosis.error("no-image", f"there is no image to {step}.", entry.at, hint)

    def _copy(self, entry: Entry, scope: Scope) -> object:
        if not isinstance(entry.value, Sequence):
            raise WrongKindError(entry.value, "a list, which PipelineLib crashes without")
        read = [self._artifact(item, scope) for item in entry.value.items]
        return [one for one in read if one is not None] or None

    def _artifact(self, node: Node, scope: Scope) -> object:
        if isinstance(node, Scalar):
            node = Mapping((Entry("source", node.at, node),), node.at)
        if is_falsy(kinds.mapping(node).get("from")):
            self._check_container(node, scope)
        shape = shapes.ARTIFACT
        arguments = self._values.arguments(kinds.mapping(node), shape, scope)
        if "source" not in arguments:
            if is_falsy(kinds.mapping(node).get("source")):
                self._diagnosis.error("missing-key", "source: is required.", node.at)
            return None
        source, destination = arguments["source"][0], arguments.get("destination")
        if destination and destination[0] == source:
            del arguments["destination"]
        if doubt := doubtful_destination(str(destination[0] if destination else source)):
            at = (destination or arguments["source"])[1].value.at
            self._diagnosis.warn("shortened-path", doubt, at, "Here the whole path counts.")
        if arguments.keys() == {"source"}:
            return source
        return self._values.make(shape.kind, arguments, node.at, shape.keys)

    def _check_container(self, node: Node, scope: Scope) -> None:
        if "container" not in scope.bound:
            hint = "Give the stage a run step, or another stage's container."
            self._diagnosis.error("no-container", "there is no container to copy from.", node.at, hint)

    def _publish(self, entry: Entry, scope: Scope) -> object:
        mapping = kinds.mapping(entry.value)
        for other in mapping:
            if other.key != "image":
                self._values.unknown(other, {"image": ("", Form.VALUE)})
        image = mapping.get("image")
        if image is None:
            return None
        if isinstance(image, Scalar) and image.value is not True:
            raise WrongKindError(image, "true or a mapping")
        given = kinds.mapping(image) if not isinstance(image, Scalar) else Mapping((), image.at)
        if is_falsy(given.get("id")):
            self._check_image("publish", entry, scope)
        arguments = self._values.arguments(given, shapes.PUBLISH, scope)
        self._settle_tag(arguments, entry)
        tags, where = arguments.get("tags", (None, entry))
        if isinstance(tags, list):
            arguments["tags"] = ([tag for tag in tags if tag], where)
        if moves_tags(arguments.get("tag", (None,))[0], arguments.get("tags", (None,))[0]):
            arguments["overwrite"] = (True, Entry("overwrite", entry.at, image))
        if not arguments:
            return True
        return self._values.make(Publish, arguments, image.at, shapes.PUBLISH.keys)

    def _settle_tag(self, arguments: Arguments, entry: Entry) -> None:
        """Leave out the tag that holds anyway; say it where the stage has another name here."""
        usual = f"${{setup.timestamp}}-{self._outline.name}"
        is_renamed = self._outline.name != self._outline.label
        if "tag" in arguments and arguments["tag"][0] == usual and not is_renamed:
            del arguments["tag"]
        elif "tag" in arguments:
            if doubt := doubtful_tag(str(arguments["tag"][0])):
                self._diagnosis.warn("doubtful-tag", doubt, arguments["tag"][1].value.at, overlong())
        elif is_renamed:
            arguments["tag"] = (usual, entry)

    def _promote(self, entry: Entry, scope: Scope) -> object:
        if isinstance(entry.value, Scalar):
            if entry.value.value is not True:
                raise WrongKindError(entry.value, "true or a list")
            self._check_version(entry, scope)
            return True
        if not isinstance(entry.value, Sequence):
            raise WrongKindError(entry.value, "true or a list, which PipelineLib crashes without")
        read: list[Definition] = []
        for item in entry.value.items:
            if isinstance(item, Mapping) and is_falsy(item.get("version")):
                self._check_version(Entry("promote", item.at, item), scope)
            made = self._values.definition(item, shapes.PROMOTE, scope)
            read += [made] if made else []
        return read

    def _check_version(self, entry: Entry, scope: Scope) -> None:
        if "imageTag" not in scope.bound:
            hint = "Give the stage a publish step, or say the version."
            self._diagnosis.error("no-image", "there is no published image to promote.", entry.at, hint)

    def _exports(self, entry: Entry, scope: Scope) -> object:
        """Read values by name; each sees those before it."""
        exports: dict[str, object] = {}
        for one in kinds.mapping(entry.value):
            seen = dataclasses.replace(scope, bound=scope.bound | exports.keys())
            if one.key in scope.bound or one.key == "stage":
                message = f'"{one.key}" is the name of a value that the stage has already.'
                self._diagnosis.error("rebound-name", message, one.at, "Export it by another name.")
            exports[one.key] = self._values.read(one.value, Form.VALUE, seen)
        return exports
