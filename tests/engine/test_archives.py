"""Files and directories of containers, packed by a real engine."""

from __future__ import annotations

import io
import tarfile
import threading
import uuid
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.engine.docker import Cancelled
from pipeline_dsl.engine.events import Stream
from pipeline_dsl.errors import EngineError, StepError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.engine.docker import Output
    from pipeline_dsl.engine.sdk.client import SdkDocker

pytestmark = pytest.mark.engine

LABEL = f"pipeline-dsl-test={uuid.uuid4().hex}"
SCRIPT = r"""
mkdir -p /out/sub && cd /out
echo one > one
ln -s one to-file
ln -s /out/sub to-directory
ln -s to-directory/../one through
ln -s loop loop
ln -s nowhere dangling
echo two > sub/two
echo any > "$(printf 'und\n&?*[a]\\')"
truncate -s 8T /big
"""


@pytest.fixture(scope="module")
def container(docker: SdkDocker, base: str) -> Iterator[str]:
    """A container that has ended."""
    key, _, value = LABEL.partition("=")
    made = docker.api.create_container(base, ["sh", "-ec", SCRIPT], labels={key: value})["Id"]
    docker.api.start(made)
    assert docker.api.wait(made)["StatusCode"] == 0
    yield made
    docker.remove_containers(LABEL)


def members(docker: SdkDocker, container: str, path: str) -> list[tarfile.TarInfo]:
    packed = b"".join(docker.copy_out(container, path, threading.Event()))
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        return archive.getmembers()


def test_a_file_comes_as_the_only_member(docker: SdkDocker, container: str) -> None:
    (member,) = members(docker, container, "/out/one")
    assert (member.name, member.isreg(), member.size) == ("one", True, 4)


@pytest.mark.parametrize("path", ["/out/sub", "/out/sub/", "/out/to-directory", "/out/to-directory/"])
def test_a_directory_comes_with_what_is_in_it(docker: SdkDocker, container: str, path: str) -> None:
    top, *inside = members(docker, container, path)
    assert top.isdir()
    assert [member.name for member in inside] == [f"{top.name}/two"]


@pytest.mark.parametrize("path", ["/out/to-file", "/out/through"])
def test_a_link_is_followed(docker: SdkDocker, container: str, path: str) -> None:
    (member,) = members(docker, container, path)
    assert (member.isreg(), member.size) == (True, 4)


def test_a_path_is_taken_as_it_is(docker: SdkDocker, container: str) -> None:
    (member,) = members(docker, container, "/out/und\n&?*[a]\\")
    assert (member.isreg(), member.size) == (True, 4)


@pytest.mark.parametrize(
    "path", ["/none", "/out/one/x", "/out/loop", "/out/dangling", "/out/loop/x", "/out/one/"]
)
def test_what_is_not_there_is_named(docker: SdkDocker, container: str, path: str) -> None:
    with pytest.raises(StepError, match=r"there is no .* to copy: .*\[nothing-to-copy\]") as failure:
        members(docker, container, path)
    assert path in str(failure.value)


@pytest.mark.parametrize("name", ["no-such-container", "../images", "a b"])
def test_a_container_that_is_not_there_is_named(docker: SdkDocker, name: str) -> None:
    with pytest.raises(StepError, match=r"there is no .*\[nothing-to-copy\]"):
        members(docker, name, "/out")


def test_it_can_be_broken_off(docker: SdkDocker, container: str, cancel: threading.Event) -> None:
    """A file of eight tebibytes would take days."""
    chunks = docker.copy_out(container, "/big", cancel)
    assert next(chunks)
    cancel.set()
    with pytest.raises(Cancelled):
        list(chunks)


def test_it_can_be_left_early(docker: SdkDocker, container: str, cancel: threading.Event) -> None:
    before = set(threading.enumerate())
    chunks = docker.copy_out(container, "/big", cancel)
    next(chunks)
    chunks.close()
    assert set(threading.enumerate()) <= before


def test_a_copy_that_loses_the_engine_says_so(
    wire: tuple[SdkDocker, Output], container: str, cancel: threading.Event
) -> None:
    distant, cut = wire
    chunks = distant.copy_out(container, "/big", cancel)
    next(chunks)
    cut(Stream.STDOUT, "started")
    with pytest.raises(EngineError, match=r"\[engine-lost\]"):
        list(chunks)
