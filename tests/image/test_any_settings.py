"""Whatever an author writes, the engine's parser accepts what we make of it."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline_dsl.engine.docker import BuildRequest
from pipeline_dsl.engine.tarball import pack
from pipeline_dsl.errors import DefinitionError
from pipeline_dsl.image import dockerfile
from pipeline_dsl.model import (
    Apt,
    AptSource,
    Builder,
    Cache,
    Copy,
    Image,
    Lives,
    Mount,
    Project,
    Runs,
    Variant,
)
from pipeline_dsl.resolve import resolve

if TYPE_CHECKING:
    from pipeline_dsl.engine.sdk.client import SdkDocker

pytestmark = pytest.mark.engine

OTHER = Variant("other", base="foo")
TEXTS = st.text(alphabet="ab/.*$-=,:;<[]{}()#%'\"\\`|&! \t\nEOFé🐙", min_size=1, max_size=12)
LINES = st.text(alphabet="ab/.*$-=,:;<[]()#%'\"\\`|&! \té🐙", min_size=1, max_size=12)
DIRECTORIES = LINES.map("/a{}".format)
MOUNTS = st.text(alphabet="ab/.$-=,:;<[]{}()#%`|&! é", max_size=12).map("/a{}".format)
ORIGINS = st.sampled_from(["local", OTHER, Image("bar")])


@st.composite
def variants(draw: st.DrawFn) -> Variant:
    """A variant with all kinds of settings, each of which may be odd."""
    copies = st.builds(Copy, ORIGINS, source=LINES, destination=TEXTS)
    builders = st.builds(
        Builder,
        command=st.one_of(st.none(), TEXTS, st.lists(TEXTS, max_size=3)),
        requirements=st.lists(copies, max_size=2, unique_by=id),
        mounts=st.lists(st.builds(Mount, ORIGINS, source=MOUNTS, destination=MOUNTS), max_size=1),
        caches=st.lists(st.builds(Cache, MOUNTS, id=st.none() | MOUNTS), max_size=1),
    )
    return Variant(
        "own",
        base="foo",
        arguments=draw(st.dictionaries(st.sampled_from(["AA", "BB"]), LINES)),
        apt=Apt(sources=[AptSource("http://a.example", distribution="one", signed_by=draw(TEXTS))]),
        lives=Lives(directory=draw(DIRECTORIES)),
        runs=Runs(
            environment=draw(st.dictionaries(st.sampled_from(["CC", "DD"]), LINES)),
            directory=draw(DIRECTORIES),
        ),
        builders=[draw(builders), Builder(script=draw(TEXTS))],
        copies=[draw(copies)],
        entrypoint=draw(st.lists(TEXTS, max_size=3)),
    )


def attempted(draw: st.DrawFn) -> Variant | None:
    """A variant, or None where the model refuses it."""
    try:
        return draw(variants())
    except DefinitionError:
        return None


@given(own=st.composite(attempted)(), label=LINES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_engine_can_read_what_is_written(docker: SdkDocker, own: Variant | None, label: str) -> None:
    """The first stage has the engine read all of the file and execute nothing of it."""
    if own is None:
        return
    resolved = resolve(Project("p", variants=[own]))
    written = dockerfile(resolved.closure("own"), {"label": label})
    text = f"FROM scratch AS nothing\nLABEL nothing=1\n\n{written.text}"
    request = BuildRequest(text, "nothing", functools.partial(pack, []))
    docker.build(request, lambda *_: None, threading.Event())
