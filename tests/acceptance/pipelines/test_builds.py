"""What the images of a pipeline are built from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.pipelines.told import printed, said, states, with_variables
from tests.checkout.servers import serve_http
from tests.checkout.upstream import new_upstream

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.pipelines.leftovers import Leftovers
    from tests.conftest import CommandLine, MakeProject

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("base")]

FIND = """["sh", "-c", "find . -type f | sort | sed 's/.*/<&>/'"]"""
FILES = {
    "top.md": "",
    "services/api/a.py": "",
    "services/api/a.md": "",
    "services/api/lib/b.py": "",
    "services/web/c.py": "",
}


def snapshot(root: Path) -> dict[Path, tuple[int, int]]:
    """Note what there is in a directory, and when it was changed."""
    return {path: (path.stat().st_mtime_ns, path.stat().st_mode) for path in root.rglob("*")}


def test_an_image_is_built_from_the_pipelines_directory_and_what_is_named_below_it(
    cli: CommandLine, make_project: MakeProject
) -> None:
    root = make_project(
        f"""
        box = Variant("box", base=BASE, copies=["local"], entrypoint={FIND})
        ci = Pipeline("ci", directory="services/api")
        ci.stage("whole", build=box, run=True)
        ci.stage("part", build=Build(box, context="lib"), run=True)
        ci.stage("less", build=Build(box, excludes=["**/*.md", "lib"]), run=True)
        late = ci.stage("late", build=box, exports={{"directory": "../web", "pattern": "*.py"}})
        build = Build(box, context=late.exported("directory"), excludes=[late.exported("pattern")])
        ci.stage("said", build=build, run=True)
        """,
        FILES,
    )
    told = cli(root, "run")
    assert told.code == 0, told.stdout + told.stderr
    assert said(told, "whole") == ["./a.md", "./a.py", "./lib/b.py"]
    assert said(told, "part") == ["./b.py"]
    assert said(told, "less") == ["./a.py"]
    assert said(told, "said") == []


def test_a_context_outside_the_project_is_refused(
    cli: CommandLine, make_project: MakeProject, tmp_path: Path
) -> None:
    root = make_project(
        """
        box = Variant("box", base=BASE, copies=["local"])
        Pipeline("ci").stage("out", build=Build(box, context="../.."))
        """
    )
    told = with_variables(cli, DOCKER_HOST=f"unix://{tmp_path}/nowhere.sock")(root, "run")
    assert (told.code, told.stdout) == (2, "")
    assert re.search(r'pipeline.py:2: .*"\.\./\.\.", which is not inside the project', told.stderr)


@pytest.mark.parametrize("ignored", [None, "*.py\n"], ids=["without", "with"])
@pytest.mark.parametrize("command", ["true", "false"], ids=["passes", "fails"])
def test_excludes_stand_instead_of_an_ignore_file_which_nobody_touches(
    cli: CommandLine, make_project: MakeProject, ignored: str | None, command: str
) -> None:
    files = {"a.py": "", "a.md": ""} | ({} if ignored is None else {".dockerignore": ignored})
    root = make_project(
        f"""
        builder = Builder(command="{command}")
        box = Variant("box", base=BASE, copies=["local"], builder=builder, entrypoint={FIND})
        ci = Pipeline("ci")
        ci.stage("a", build=Build(box, excludes=["*.md", ".*"]), run=True)
        """,
        files,
    )
    before = snapshot(root)
    told = cli(root, "run")
    assert told.code == (command == "false"), told.stdout
    assert said(told, "a") == ([] if told.code else ["./a.py"])
    assert snapshot(root) == before


def test_an_image_is_built_from_a_git_repository(
    cli: CommandLine, make_project: MakeProject, leftovers: Leftovers, tmp_path: Path
) -> None:
    """At the ref and in the directory that are named; nothing of the project's own files gets there."""
    upstream = new_upstream(tmp_path, "library.git")
    upstream.commit("x", "sub/from-main")
    upstream.push()
    upstream.commit("x", "sub/from-topic")
    upstream.push("refs/heads/topic")
    with serve_http(tmp_path / "served") as server:
        url = f"{server.url}/library.git"
        root = make_project(
            f"""
            box = Variant("box", base=BASE, copies=["local"], entrypoint={FIND})
            ci = Pipeline("ci")
            ci.stage("main", build=Build(box, context="{url}"), run=True)
            ref = ci.stage("ref", exports={{"name": "topic"}}).exported("name")
            ci.stage("topic", build=Build(box, context=f"{url}#{{ref}}:sub"), run=True)
            """,
            FILES,
        )
        told = cli(root, "run")
        assert told.code == 0, told.stdout + told.stderr
        assert said(told, "main") == ["./sub/from-main"]
        assert said(told, "topic") == ["./from-main", "./from-topic"]
        missing = cli(
            make_project(
                f'Pipeline("ci").stage("a", build=Build(Variant("box", base=BASE), context="{url}#none"))'
            ),
            "run",
        )
    assert missing.code == 1
    assert "[unknown-ref]" in missing.stdout
    assert leftovers.of(root.name) == []


def test_an_image_that_is_not_there_is_not_pulled_against_the_authors_will(
    cli: CommandLine, make_project: MakeProject
) -> None:
    root = make_project(
        """
        box = Variant("box", base="localhost:1/none")
        Pipeline("ci").stage("a", build=Build(box, pull="never"), run=["true"])
        """
    )
    told = cli(root, "run")
    assert told.code == 1
    assert re.search(
        r"pipeline.py:2: the engine has no image localhost:1/none, .*\[image-not-pulled\]", told.stdout
    )


def test_an_image_is_built_on_that_of_an_earlier_stage_with_what_it_has_said(
    cli: CommandLine, make_project: MakeProject, leftovers: Leftovers
) -> None:
    """It is never pulled, even where all others are to be; nothing but what is referred to is replaced."""
    root = make_project(
        """
        box = Variant("box", base=BASE, builder=Builder(command="echo below > /srv/app/below"))
        ci = Pipeline("ci")
        first = ci.stage(
            "first", build=box, run=Run(command=["echo", "1.2"], tail=1), exports={"versions": ["a", "b c"]}
        )
        command = "printf '<%s>\\\\n' \\"$(cat below)\\" \\"$(cat built)\\" \\"${X:-unset}\\""
        stacked = Variant(
            "stacked",
            base=first.image,
            builder=Builder(command="echo ${first.stage} ${HOME:+home} 'v${first.versions}' > built"),
            entrypoint=["sh", "-c", command],
        )
        ci.stage("second", build=Build(stacked, pull="missing"), run=True)
        """
    )
    told = cli(root, "run", "--jobs", "1")
    assert told.code == 0, told.stdout + told.stderr
    assert said(told, "second") == ["below", 'first home v["a", "b c"]', "unset"]
    assert leftovers.of(root.name) == []


def test_what_a_stage_copies_out_is_there_for_later_builds_and_not_in_the_checkout(
    cli: CommandLine, make_project: MakeProject, leftovers: Leftovers
) -> None:
    """Of all stages before, those that are nearer on top; stages beside see nothing of it."""
    root = make_project(
        """
        box = Variant("box", base=BASE)
        show = Variant("show", base=BASE, copies=["local"], entrypoint=["sh", "-c", "cat out/*"])
        part = Variant("part", base=BASE, copies=[Copy("local", source="out/new", destination="got")],
            entrypoint=["cat", "got"])
        ci = Pipeline("ci", directory="services")
        write = "mkdir /tmp/out; echo '<1>' > /tmp/out/kept; echo '<2>' > /tmp/out/new"
        first = ci.stage(
            "first", build=box, run=["sh", "-c", write], copy=[Artifact("/tmp/out/*", destination="out/")]
        )
        again = ci.stage(
            "again", build=box, run=["sh", "-c", "echo '<3>' > /tmp/new"],
            copy=[Artifact("/tmp/new", destination="../../out/")], after=[first],
        )
        ci.stage("other", build=box, run=["true"], copy=["/etc/hostname"])
        ci.stage("later", build=show, run=True, after=[again])
        ci.stage("one", build=part, run=True, after=[first])
        ci.stage("from", copy=[Artifact("/tmp/out/kept", container=first.container, destination="x")])
        """,
        {"services/out/kept": "<0>\n", "services/out/old": "<old>\n"},
    )
    before = snapshot(root)
    told = cli(root, "run")
    assert told.code == 0, told.stdout + told.stderr
    assert said(told, "later") == ["1", "3", "old"]
    assert said(told, "one") == ["2"]
    assert snapshot(root) == before
    assert leftovers.of(root.name) == []


def test_a_variant_that_several_stages_build_is_built_once(
    cli: CommandLine, make_project: MakeProject
) -> None:
    root = make_project(
        """
        builder = Builder(command="date +%N > /srv/app/now")
        box = Variant("box", base=BASE, builder=builder, entrypoint=["cat", "now"])
        ci = Pipeline("ci")
        for name in ("one", "two"):
            ci.stage(name, build=box, run=True)
        """
    )
    told = cli(root, "run")
    assert set(states(told).values()) == {"passed"}
    assert printed(told, "one")[-1] == printed(told, "two")[-1]


def test_the_environment_of_an_image_holds_what_an_earlier_stage_has_said(
    cli: CommandLine, make_project: MakeProject
) -> None:
    root = make_project(
        """
        ci = Pipeline("ci")
        first = ci.stage("first", exports={"version": "1.2"})
        runs = Runs(environment={"VERSION": "v${first.version}"})
        box = Variant("box", base=BASE, runs=runs, entrypoint=["sh", "-c", "echo \\"<$VERSION>\\""])
        ci.stage("second", build=box, run=True)
        """
    )
    told = cli(root, "run")
    assert told.code == 0, told.stdout + told.stderr
    assert said(told, "second") == ["v1.2"]
