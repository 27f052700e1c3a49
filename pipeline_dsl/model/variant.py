"""Variants: the images that a service is built into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field, field_validator, model_validator

from pipeline_dsl.model.apt import Apt
from pipeline_dsl.model.artifacts import Copies, Image, Source
from pipeline_dsl.model.builders import Builder, Builders, Node, Php, Python
from pipeline_dsl.model.definition import Definition, definition
from pipeline_dsl.model.explanation import InvalidError
from pipeline_dsl.model.types import VARIANT_NAME, Environment, ImageReference, ListOf, NonEmpty
from pipeline_dsl.model.users import Lives, Runs
from pipeline_dsl.model.wording import describe

if TYPE_CHECKING:
    from typing import Self


def _no_variant(base: object) -> object:
    if isinstance(base, Source) and not isinstance(base, Image):
        hint = "To start from its settings write includes=[…], to take its files copies=[…]."
        raise InvalidError(f"must be a string or an Image, not {describe(base)}", hint)
    return base


if TYPE_CHECKING:
    Base: TypeAlias = Literal["scratch"] | ImageReference | Image
else:
    Base = Annotated[Literal["scratch"] | ImageReference | Image | None, BeforeValidator(_no_variant)]
    """The image that a variant starts from."""


@definition
class Settings(Definition):
    """What a variant can be told, and what a project can tell all its variants."""

    named = True

    name: NonEmpty = Field(kw_only=False)
    """What it is called. A variant's name is unique in the project and has at least three letters, digits,
    ``-`` or ``.``, a letter first."""

    base: Base | None = None
    """The image to start from. ``"scratch"`` starts from nothing, whatever is inherited; then only
    ``copies`` and ``entrypoint`` have an effect."""

    arguments: Environment | None = None
    """Build arguments and their defaults: variables that build steps see and the finished image lacks."""

    apt: Apt | None = None
    """Debian packages to install."""

    node: Node | None = None
    """Node.js dependencies to install."""

    php: Php | None = None
    """PHP dependencies to install."""

    python: Python | None = None
    """Python dependencies to install."""

    builder: Builder | None = None
    """One custom build step, run after those of node, php and python."""

    builders: Builders | None = None
    """Build steps in an order of your own, instead of ``node``, ``php``, ``python`` and ``builder``."""

    lives: Lives | None = None
    """Where the application lives and whose its files are."""

    runs: Runs | None = None
    """As whom and with which environment the image runs."""

    entrypoint: ListOf[str] | None = None
    """The program that the image runs and its arguments. An empty list cancels an inherited one."""

    @model_validator(mode="after")
    def _check_exclusive(self) -> Self:
        standalone = {"node": self.node, "php": self.php, "python": self.python, "builder": self.builder}
        alone = [name for name, builder in standalone.items() if says_something(builder)]
        if self.builders and alone:
            names = " and ".join(f'"{name}"' for name in alone)
            hint = "Move everything into builders=[…], in order."
            raise InvalidError(f"is not allowed beside {names}", hint, argument="builders")
        return self


def says_something(builder: Definition | None) -> bool:
    """Tell whether a builder is there and has any of its arguments set."""
    return builder is not None and builder != type(builder)()


@definition
class Variant(Source, Settings):
    """An image that a service is built into: for its tests, for production, and so on.

    Settings of the project and of included variants are merged under the variant's own.

    Example: ``test = Variant("test", includes=[build], entrypoint=["npm", "test"])``
    """

    includes: ListOf[Variant] = ()
    """Variants whose settings this one starts from; of two that disagree the later one wins."""

    copies: Copies = ()
    """Files to copy in at the end, owned by the `Lives` user: ``"local"`` is the whole build context, a
    variant is its application directory and ``/opt/lib``, and a `Copy` says it in detail."""

    _check_name = field_validator("name")(VARIANT_NAME.func)
