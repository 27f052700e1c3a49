"""What the tests of caching share: a small base image, and an engine that has nothing so far."""

from __future__ import annotations

import functools
import os
import threading
import uuid
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.engine.docker import BuildRequest
from pipeline_dsl.engine.tarball import pack
from tests.caching.runs import Runs
from tests.caching.second import second_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pipeline_dsl.engine.sdk.client import SdkDocker
    from tests.caching.runs import MakeRuns
    from tests.caching.second import SecondEngine

_TOOLS = (
    *("sh", "cat", "chmod", "chown", "echo", "env", "find", "getent", "groupadd", "ln", "ls", "mkdir"),
    *("readlink", "rm", "sleep", "sort", "stat", "useradd"),
)

# The users are there already, which spares each build to add them.
_SMALL = r"""
FROM {base} AS whole
RUN mkdir -p /small/etc /small/root /small/tmp && chmod 1777 /small/tmp \
 && for name in bin sbin lib lib64; do mkdir -p /small/usr/$name && ln -s usr/$name /small/$name; done \
 && echo root:x:0:0::/root:/bin/sh > /small/etc/passwd && echo root:x:0: > /small/etc/group \
 && for tool in {tools}; do \
      tool=$(which $tool) && for file in $tool $(ldd $tool | grep -o '/[^ ]*'); do \
        from=$(readlink -f $file) && mkdir -p /small$(dirname $file) && cp $from /small$file || exit 1; \
      done; \
    done \
 && for id in 65533 900; do home=/home/user$id \
       && echo user$id:x:$id:$id::$home:/bin/sh >> /small/etc/passwd \
       && echo user$id:x:$id: >> /small/etc/group && mkdir -p /small$home && chown $id:$id /small$home; \
    done

FROM scratch AS small
COPY --from=whole /small /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
"""


@pytest.fixture(scope="session")
def small_base(docker: SdkDocker, base: str) -> str:
    """Name an image that has a shell and the commands that a recipe needs, a few MB in all."""
    name = "pipeline-dsl-test/small:latest"
    text = _SMALL.format(base=base, tools=" ".join(_TOOLS))
    request = BuildRequest(text, "small", functools.partial(pack, []), tags=(name,))
    docker.build(request, lambda *_: None, threading.Event())
    return name


@pytest.fixture(scope="session")
def two_bases(docker: SdkDocker, small_base: str) -> tuple[str, str]:
    """Name two images that a base image's name can stand for, by their ids."""
    ids: list[str] = []
    for number in ("first", "second"):
        text = f"FROM {small_base}\nCOPY content /content\nENV BASE_IS={number}\n"
        context = functools.partial(_with_content, f"{number}\n".encode())
        request = BuildRequest(text, "", context, tags=(f"pipeline-dsl-test/{number}:latest",))
        ids.append(docker.build(request, lambda *_: None, threading.Event()).image)
    return ids[0], ids[1]


def _with_content(content: bytes, extra: Mapping[str, bytes]) -> Iterable[bytes]:
    return pack([], {**extra, "content": content})


@pytest.fixture(scope="module")
def empty_engine() -> Iterator[SecondEngine]:
    """An engine that has nothing; who uses it, empties it first."""
    with second_engine() as started:
        yield started


@pytest.fixture(scope="module")
def made_runs(
    docker: SdkDocker,
    two_bases: tuple[str, str],
    forget_images: Callable[[str], None],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[MakeRuns]:
    """Make projects that can be run again and again, whose images are gone in the end."""
    made: list[Runs] = []

    def make() -> Runs:
        name = f"again-{uuid.uuid4().hex}"
        base = f"pipeline-dsl-test/{name}:base"
        made.append(Runs(docker, tmp_path_factory.mktemp("runs"), name, base, two_bases))
        made[-1].root.mkdir()
        return made[-1]

    yield make
    for runs in made:
        for project in (runs.name, runs.double):
            forget_images(project)
        docker.untag(runs.base)


@pytest.fixture
def settle(monkeypatch: pytest.MonkeyPatch) -> Callable[[Runs], Runs]:
    """Let a test stand in a project, with a store of its own."""

    def settle_(runs: Runs) -> Runs:
        monkeypatch.chdir(runs.root)
        monkeypatch.setenv("PIPELINE_DSL_CACHE_DIRECTORY", runs.store.root)
        monkeypatch.setenv("PIPELINE_DSL_SETTINGS", os.devnull)
        monkeypatch.setenv("XDG_STATE_HOME", str(runs.folder / "state"))
        return runs

    return settle_


@pytest.fixture
def runs(made_runs: MakeRuns, settle: Callable[[Runs], Runs]) -> Runs:
    """A project of the test's own."""
    return settle(made_runs())
