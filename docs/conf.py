"""How Sphinx builds the documentation: ``sphinx-build -W -b html docs docs/_build``."""
# ruff: noqa: INP001 -- Sphinx reads this file, nobody imports it

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx import addnodes

import pipeline_dsl

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "pipeline_dsl"
release = pipeline_dsl.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
nitpicky = True
default_role = "code"

myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_default_options = {"exclude-members": "at, named, written"}

html_theme = "alabaster"
html_theme_options = {
    "description": "A delivery pipeline in typed Python",
    "fixed_sidebar": True,
    "page_width": "1240px",
    "body_max_width": "none",
    "font_size": "16px",
    "code_font_size": "0.85em",
    "font_family": "system-ui, sans-serif",
    "head_font_family": "system-ui, sans-serif",
}
html_show_copyright = False
html_show_sourcelink = False


def drop_signature(
    _app: Sphinx,
    what: str,
    _name: str,
    _object: object,
    _options: object,
    signature: str | None,
    _result: str,
) -> tuple[str, None] | None:
    """Leave out a class's signature: its arguments are listed below it, each with what it means."""
    return ("", None) if what == "class" and signature else None


def drop_defaults(_app: Sphinx, _domain: str, kind: str, content: addnodes.desc_content) -> None:
    """Leave out the defaults of arguments, which the text tells where they matter."""
    if kind == "attribute" and content.parent is not None:
        for annotation in list(content.parent.findall(addnodes.desc_annotation)):
            annotation.parent.remove(annotation)


def setup(app: Sphinx) -> None:
    """Extend Sphinx.

    Napoleon would read the docstring ``Which pip: a version …`` as a type and what it means. So those of
    arguments pass by it.
    """
    passing: list[str] = []

    def hide(
        _app: Sphinx, what: str, _name: str, _object: object, _options: object, lines: list[str]
    ) -> None:
        passing[:] = lines if what in {"attribute", "property"} else []
        if passing:
            lines[:] = []

    def show(
        _app: Sphinx, _what: str, _name: str, _object: object, _options: object, lines: list[str]
    ) -> None:
        if passing:
            lines[:] = passing

    app.connect("autodoc-process-docstring", hide, priority=400)
    app.connect("autodoc-process-docstring", show, priority=600)
    app.connect("autodoc-process-signature", drop_signature)
    app.connect("object-description-transform", drop_defaults)
