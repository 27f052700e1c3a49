"""Images go from the engine with the records of them."""

from __future__ import annotations

import io
import tarfile
import time
import uuid
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.cache.prune import PruneResult, prune
from pipeline_dsl.cache.release import Releases
from pipeline_dsl.cache.store import Store
from tests.cache.kept import record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline_dsl.engine.sdk.client import SdkDocker

pytestmark = pytest.mark.engine

ORPHAN = "f" * 64


@pytest.fixture
def repository(docker: SdkDocker) -> Iterator[str]:
    """A repository of the test's own: that of the package has what other runs on this machine need."""
    name = f"pipeline-dsl-test/{uuid.uuid4().hex}"
    yield name
    docker.remove_images(name)


@pytest.fixture
def image(docker: SdkDocker, base: str) -> str:
    found = docker.image(base)
    assert found is not None
    return found.id


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def built(store: Store, number: int) -> str:
    """Keep a record of an image."""
    kept = record(kind="image", number=number)
    store.write(kept)
    return kept.key


def pruned(store: Store, releases: Releases, *, dry_run: bool = False) -> PruneResult:
    result = prune(store, max_size=0, max_age=None, dry_run=dry_run, now=time.time(), before=releases.lets_go)
    if dry_run:
        releases.count(result.removed)
    releases.sweep(store, dry_run=dry_run)
    return result


def test_an_image_goes_with_its_record_and_so_do_images_without_one(
    docker: SdkDocker, store: Store, repository: str, image: str
) -> None:
    known = built(store, 1)
    for tag in (known, ORPHAN, "somebodys"):
        docker.tag(image, f"{repository}:{tag}")
    releases = Releases(docker, repository)
    assert releases.keys == sorted([known, ORPHAN])
    pruned(store, releases)
    assert sorted(releases.released) == sorted([known, ORPHAN])
    assert list(docker.references(repository)) == ["somebodys"]
    assert docker.image(image) is not None  # another name still has it


def test_an_image_whose_record_stays_stays(
    docker: SdkDocker, store: Store, repository: str, image: str
) -> None:
    known = built(store, 1)
    docker.tag(image, f"{repository}:{known}")
    releases = Releases(docker, repository)
    releases.sweep(store, dry_run=False)
    assert (list(docker.references(repository)), releases.released) == ([known], [])


@pytest.mark.parametrize("dry_run", [False, True])
def test_an_image_without_a_record_stays_while_a_run_is_under_way(
    docker: SdkDocker, store: Store, repository: str, image: str, *, dry_run: bool
) -> None:
    docker.tag(image, f"{repository}:{ORPHAN}")
    releases = Releases(docker, repository)
    with store.lease():
        releases.sweep(store, dry_run=dry_run)
    assert (releases.held, releases.released) == (1, [])
    assert list(docker.references(repository)) == [ORPHAN]


@pytest.mark.parametrize("is_there", [False, True])
def test_a_dry_run_tells_which_images_would_go(
    docker: SdkDocker, store: Store, repository: str, image: str, *, is_there: bool
) -> None:
    keys = [built(store, 1), ORPHAN] if is_there else [ORPHAN]
    for tag in keys:
        docker.tag(image, f"{repository}:{tag}")
    releases = Releases(docker, repository)
    pruned(store, releases, dry_run=True)
    assert sorted(releases.released) == sorted(keys)
    assert sorted(docker.references(repository)) == sorted(keys)
    assert len(list(store.entries())) == is_there


def test_an_image_that_a_container_uses_stays_and_so_does_its_record(
    docker: SdkDocker, store: Store, repository: str
) -> None:
    known = built(store, 1)
    empty = io.BytesIO()
    with tarfile.open(fileobj=empty, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("file"))
    docker.api.import_image_from_data(empty.getvalue(), repository=repository, tag=known)
    container = docker.api.create_container(f"{repository}:{known}", ["true"])["Id"]
    try:
        releases = Releases(docker, repository)
        pruned(store, releases)
        assert list(docker.references(repository)) == [known]
        assert store.find("image", known) is not None
        assert releases.released == []
        (reason,) = releases.refused
        assert "conflict" in reason
    finally:
        docker.remove_container(container)
    releases = Releases(docker, repository)
    pruned(store, releases)
    assert (releases.released, releases.refused) == ([known], [])
    assert store.find("image", known) is None


def test_without_a_store_no_image_has_a_record(
    docker: SdkDocker, store: Store, repository: str, image: str
) -> None:
    docker.tag(image, f"{repository}:{ORPHAN}")
    releases = Releases(docker, repository)
    pruned(store, releases)
    assert releases.released == [ORPHAN]
