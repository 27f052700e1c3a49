"""Reads YAML 1.1 into nodes that know their line and column, and writes it."""

from pipeline_dsl.formats.yaml.comments import Comment, comments
from pipeline_dsl.formats.yaml.dump import dump
from pipeline_dsl.formats.yaml.nodes import (
    Entry,
    Mapping,
    Node,
    Scalar,
    Sequence,
    describe,
    is_null,
    mappings,
)
from pipeline_dsl.formats.yaml.parse import parse

__all__ = [
    "Comment",
    "Entry",
    "Mapping",
    "Node",
    "Scalar",
    "Sequence",
    "comments",
    "describe",
    "dump",
    "is_null",
    "mappings",
    "parse",
]
