"""The kinds of values in a Blubber file, each with its check."""

from __future__ import annotations

from pipeline_dsl.formats.yaml import Mapping, Node, Scalar, Sequence, is_null


class WrongKindError(Exception):
    """A value is of another kind than it has to be.

    Arguments:
        node: the value.
        wanted: what it has to be.
    """

    def __init__(self, node: Node, wanted: str) -> None:
        super().__init__(node, wanted)
        self.node = node
        self.wanted = wanted

    @property
    def hint(self) -> str:
        """What to do about it."""
        match self.node:
            case Scalar(None):
                return "Leave the key out."
            case Scalar(text=text) if self.wanted == "a string":
                return f'Write "{text}", in quotes.'
            case _:
                return ""


def string(node: Node) -> str:
    """Read a string that may be empty.

    Raises:
        WrongKindError: it is none.
    """
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return node.value
    raise WrongKindError(node, "a string")


def text(node: Node) -> str | None:
    """Read a string; an empty one is none.

    Raises:
        WrongKindError: it is no string.
    """
    return string(node) or None


def text_or_null(node: Node) -> str | None:
    """Read a string, which may be missing explicitly.

    Raises:
        WrongKindError: it is no string.
    """
    return None if is_null(node) else text(node)


def command(node: Node) -> str:
    """Read a line for the shell.

    Raises:
        WrongKindError: it is no string, or an empty one.
    """
    if isinstance(node, Scalar) and node.value == "":
        raise WrongKindError(node, "a command")
    return string(node)


def variable(node: Node) -> str:
    """Read the value of an environment variable: a string, or null for an empty one.

    Raises:
        WrongKindError: it is neither.
    """
    return "" if is_null(node) else string(node)


def flag(node: Node) -> bool:
    """Read a boolean.

    Raises:
        WrongKindError: it is none.
    """
    if isinstance(node, Scalar) and isinstance(node.value, bool):
        return node.value
    raise WrongKindError(node, "true or false")


def integer(node: Node) -> int:
    """Read an integer.

    Raises:
        WrongKindError: it is none.
    """
    if isinstance(node, Scalar) and isinstance(node.value, int) and not isinstance(node.value, bool):
        return node.value
    raise WrongKindError(node, "an integer")


def mapping(node: Node) -> Mapping:
    """Read a mapping.

    Raises:
        WrongKindError: it is none.
    """
    if isinstance(node, Mapping):
        return node
    raise WrongKindError(node, "a mapping")


def items(node: Node) -> tuple[Node, ...]:
    """Read the items of a list.

    Raises:
        WrongKindError: it is none.
    """
    if isinstance(node, Sequence):
        return node.items
    raise WrongKindError(node, "a list")
