"""What images are known by: in the engine, by the key of what they were made of; and what they start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.cache.key import make_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pipeline_dsl.cache.key import Json, Key

REPOSITORY = "pipeline-dsl/cache"
"""Repository of the references that images have in the engine; their keys are the tags."""


def reference(key: str) -> str:
    """Give the reference that the image of a key has in the engine."""
    return f"{REPOSITORY}:{key}"


def pinned_digest(base: str) -> str:
    """Give the digest that a base image is named by, ``name@sha256:…``; empty where it has a tag only."""
    return base.partition("@")[2]


def base_digest(base: str, digests: Iterable[str], image: str) -> str:
    """Give what tells the content of a base image that the engine has.

    That is the digest that its registry knows it by, which is the same on all machines. An image that comes
    from no registry has its id only.

    Arguments:
        base: the reference by which it is asked for.
        digests: the repository digests that the engine knows it by, ``name@sha256:…``.
        image: its id.
    """
    repository = _repository(base)
    known = sorted(
        digest for name, _, digest in (one.partition("@") for one in digests) if name == repository
    )
    return pinned_digest(base) or (known[0] if known else image)


def image_key(ingredients: Mapping[str, Json], files: str, bases: Sequence[str], platform: str) -> Key:
    """Give the key of an image.

    Arguments:
        ingredients: those components that are known from its recipe alone; see ``plan/keys.py``.
        files: digest of the files that it is made of.
        bases: digests of the images that it starts from and takes files from, as the recipe first names them.
        platform: what it runs on, such as ``linux/amd64``.
    """
    return make_key("image", {**ingredients, "files": files, "bases": list(bases), "platform": platform})


def _repository(base: str) -> str:
    """Give the repository of a reference as the engine shortens it."""
    name, colon, tag = base.partition("@")[0].rpartition(":")
    repository = name if colon and "/" not in tag else base.partition("@")[0]
    return repository.removeprefix("docker.io/").removeprefix("library/")
