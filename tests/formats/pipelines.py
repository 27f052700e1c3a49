"""Projects with pipelines, as any author might write them: every step in every form, and every reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from pipeline_dsl.model import (
    Artifact,
    Build,
    Chart,
    Credential,
    Deploy,
    Each,
    Email,
    Fetch,
    Merge,
    Notify,
    Pipeline,
    Project,
    Promote,
    Publish,
    Run,
    Service,
    Stage,
    Trigger,
    Variant,
    setup,
)
from tests.formats.strategies import STRINGS, made

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

_NAMES = ["test", "candidate", "a-b", "x1", "lint", "n"]
_PATHS = ["/srv/app/a", "reports/", "x y", "yes"]


@st.composite
def projects(draw: DrawFn) -> Project:
    """A project of three variants and up to two pipelines, some of what they say known to no config."""
    build = Variant("build", base="foo", entrypoint=["x"])
    variants = [build, Variant("test", includes=[build]), Variant("lint", base="bar", copies=[build])]
    names = draw(st.lists(st.sampled_from(["ci", "test", "on", "1"]), min_size=1, max_size=2, unique=True))
    pipelines = [draw(_pipelines(name, variants)) for name in names]
    return Project("service", variants=variants, pipelines=pipelines)


@st.composite
def _pipelines(draw: DrawFn, name: str, variants: list[Variant]) -> Pipeline:
    stages: list[Stage] = []
    for stage in draw(st.lists(st.sampled_from(_NAMES), min_size=1, max_size=4, unique=True)):
        stages.append(draw(_stages(stage, stages, variants)))
    return Pipeline(
        name,
        stages=stages,
        directory=draw(st.sampled_from([".", "src/a"])),
        fetch=draw(st.builds(Fetch, shallow=st.booleans(), depth=st.integers(1, 30), tags=st.booleans())),
        notify=draw(st.none() | _notices([])),
    )


@st.composite
def _stages(draw: DrawFn, name: str, earlier: list[Stage], variants: list[Variant]) -> Stage:
    references = [str(reference) for stage in earlier for reference in _references(stage)]
    texts = _texts(references)
    values = _values(references)
    several = st.lists(texts, max_size=3) | _late(references)
    by_name = st.dictionaries(st.sampled_from(["A_B", "yes", "PATH"]), texts, max_size=2)
    builds = st.sampled_from(variants)
    images = [str(stage.image_id) for stage in earlier if stage.build]
    containers = [str(stage.container) for stage in earlier if stage.run]
    steps = {
        "build": st.none() | builds | _builds(builds, texts, several),
        "run": st.none() | st.booleans() | _runs(texts, several, by_name, images),
        "copy": st.lists(st.sampled_from(_PATHS) | _artifacts(texts, containers), max_size=2),
        "publish": st.none()
        | st.booleans()
        | st.builds(
            Publish,
            image=st.sampled_from([None, *images]),
            name=st.none() | texts,
            tag=st.none() | texts,
            tags=st.none() | several,
            overwrite=st.booleans(),
        ),
        "promote": st.none()
        | st.booleans()
        | st.lists(st.builds(Promote, chart=st.none() | texts, environments=st.just(["a"])), max_size=2),
        "deploy": st.none() | _deployments(texts, values),
        "exports": st.dictionaries(st.sampled_from(["a", "b.c", "n"]), values, max_size=3),
        "trigger": st.none()
        | st.builds(Trigger, st.just("job"), parameters=by_name, wait=st.booleans(), propagate=st.booleans()),
        "notify": st.none() | _notices(references),
    }
    after = draw(st.lists(st.sampled_from(earlier), max_size=2, unique=True)) if earlier else []
    drawn: dict[str, object] = {step: draw(strategy) for step, strategy in steps.items()}
    if not drawn["build"]:  # what then has no image is left out
        drawn |= {step: None for step in ("run", "publish") if not getattr(drawn[step], "image", None)}
    if not drawn["run"]:
        drawn["copy"] = []
    if not drawn["publish"]:
        drawn |= {"promote": None, "deploy": None}
    if not any(value for step, value in drawn.items() if step != "notify"):
        drawn["build"] = variants[0]
    return made(Stage, {"name": name, "after": after, **drawn})


def _references(stage: Stage) -> list[str]:
    found = [stage.exported(name) for name in stage.exports]
    found += [stage.image_id, stage.image] if stage.build else []
    found += [stage.output] if stage.run else []
    return [*found, stage.published_image] if stage.publish else [*found]


def _texts(references: list[str]) -> SearchStrategy[str]:
    """Strings that are not empty, of which many hold expressions."""
    known = [*references, str(setup.commit), str(setup.parameter("A.B")), "${HOME}", "$${HOME}", "$HOME"]
    pieces = st.lists(st.sampled_from([*known, "${.stage}", "$${x:-y}", "a", ' "q"', "\\", "`"]) | STRINGS)
    return pieces.map("".join).filter(bool)


def _values(references: list[str]) -> SearchStrategy[object]:
    """What exports and overrides can hold."""
    single = _texts(references) | st.integers() | st.booleans() | st.none() | st.sampled_from([0.5, 1e20])
    nested = st.recursive(
        single,
        lambda inner: (
            st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "no"]), inner, max_size=2)
        ),
        max_leaves=4,
    )
    return nested | _late(references) | st.builds(Merge, st.just(["a"]), _late(references))


def _late(references: list[str]) -> SearchStrategy[object]:
    values = st.none() | _texts([*references, "${.item}"])
    sources = st.sampled_from([*references, str(setup.branch)])
    return st.builds(Each, st.just("item"), of=sources, value=values, delimiter=st.sampled_from(["\n", ", "]))


def _builds(
    builds: SearchStrategy[Variant], texts: SearchStrategy[str], several: SearchStrategy[object]
) -> SearchStrategy[Build]:
    pull = st.sampled_from([None, "always", "missing", "never"])
    return st.builds(Build, builds, context=st.just("src") | texts, excludes=several, pull=pull)


def _runs(
    texts: SearchStrategy[str],
    several: SearchStrategy[object],
    by_name: SearchStrategy[object],
    images: list[str],
) -> SearchStrategy[Run]:
    credentials = st.sampled_from(
        [Credential("KEY"), Credential("ID", variable="IT"), Credential("SSH", key_file_variable="FILE")]
    )
    return st.builds(
        Run,
        command=st.none() | st.none() | st.just(["make"]),
        arguments=several,
        environment=by_name,
        image=st.sampled_from([None, *images]),
        credentials=st.lists(credentials, max_size=2, unique_by=lambda one: one.id),
        tail=st.integers(-1, 3),
        services=st.just([]) | st.just([]) | st.builds(lambda image: [Service("db", image=image)], texts),
    )


def _artifacts(texts: SearchStrategy[str], containers: list[str]) -> SearchStrategy[Artifact]:
    return st.builds(
        Artifact,
        st.sampled_from([*_PATHS, "*.xml"]) | texts,
        destination=st.none() | st.just("b") | texts,
        container=st.sampled_from([None, *containers]),
        archive=st.booleans(),
    )


def _deployments(texts: SearchStrategy[str], values: SearchStrategy[object]) -> SearchStrategy[Deploy]:
    return st.builds(
        Deploy,
        chart=st.builds(Chart, st.none() | texts, version=st.none() | texts),
        image=st.none() | texts,
        tag=st.none() | texts,
        test=st.booleans(),
        timeout=st.none() | st.integers(1, 99),
        overrides=st.dictionaries(st.sampled_from(["a", "b"]), values, max_size=2),
    )


def _notices(references: list[str]) -> SearchStrategy[Notify]:
    texts = st.none() | st.sampled_from([*references, "it ${.stage} failed", str(setup.log_url)])
    to = st.lists(st.sampled_from(["a@b.org", "c@d.org"]), max_size=2, unique=True)
    return st.builds(Notify, email=st.none() | st.builds(Email, to, subject=texts, body=texts))
