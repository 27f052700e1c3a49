"""``why``: everything that there is to say of a stage or a variant."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.cli.test_plan import own  # noqa: F401 -- a fixture

if TYPE_CHECKING:
    from tests.conftest import CommandLine, MakeProject

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("base")]

SERVICE = """
box = Variant("box", base=BASE, copies=[Copy("local", source="src/", destination="./src/")])
lone = Variant("lone", base=BASE, entrypoint=["true"])
ci = Pipeline("ci")
unit = ci.stage("unit", build=box, run=["cat", "src/a"])
night = Pipeline("night")
night.stage("unit", build=box, run=["cat", "src/b"])
"""
FILES = {"src/a": "a", "src/b": "b"}
MOMENT = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d, \d+ s ago"


def test_something_cached_has_a_time_a_key_and_an_image(
    own: CommandLine,  # noqa: F811
    make_project: MakeProject,
) -> None:
    root = make_project(SERVICE, FILES)
    assert own(root, "run", "ci").code == 0
    told = own(root, "why", "ci/unit")
    assert re.fullmatch(
        "ci/unit\n"
        rf"  build box: cached, built \d+ s ago\n"
        rf"    since  {MOMENT}\n"
        "    key    ([0-9a-f]{64})\n"
        r"    image  pipeline-dsl/cache:\1 \(sha256:[0-9a-f]{64}\)\n"
        rf"  run cat src/a: cached, passed \d+ s ago\n"
        rf"    since  {MOMENT}\n"
        "    key    [0-9a-f]{64}\n",
        told.stdout,
    ), told.stdout


def test_a_change_is_explained_in_full(own: CommandLine, make_project: MakeProject) -> None:  # noqa: F811
    root = make_project(SERVICE, FILES)
    assert own(root, "run", "ci").code == 0
    (root / "src" / "a").write_text("new")
    (root / "src" / "c").write_text("new")
    file = root / ".pipeline" / "pipeline.py"
    file.write_text(
        file.read_text().replace('"box", base=BASE', '"box", base=BASE, runs=Runs(environment={"MODE": "x"})')
    )
    told = own(root, "why", "ci/unit").stdout
    assert told.startswith(
        "ci/unit\n"
        "  build box: will build\n"
        "    - src/a and 1 more file changed\n"
        "        src/a: content\n"
        "        src/c: new\n"
    ), told
    assert '    - the recipe has a new ENV instruction: ENV MODE="x"\n' in told
    assert '        +ENV MODE="x"\n' in told
    assert "  run cat src/a: will run\n    - its image is another one\n" in told


def test_a_name_means_the_stages_that_have_it(
    own: CommandLine,  # noqa: F811
    make_project: MakeProject,
) -> None:
    root = make_project(SERVICE, FILES)
    assert re.findall(r"^\S+$", own(root, "why", "unit").stdout, re.MULTILINE) == ["ci/unit", "night/unit"]
    assert re.findall(r"^\S+$", own(root, "why", "night/unit").stdout, re.MULTILINE) == ["night/unit"]


def test_a_variant_means_the_builds_of_it_whoever_builds_it(
    own: CommandLine,  # noqa: F811
    make_project: MakeProject,
) -> None:
    root = make_project(SERVICE, FILES)
    assert own(root, "why", "box").stdout.count("  build box: will build\n    - never built here\n") == 2
    assert "run" not in own(root, "why", "box").stdout
    assert own(root, "why", "lone").stdout.startswith(
        "build/lone\n  build lone: will build\n    - never built here\n"
    )
    assert own(root, "build", "lone").code == 0
    assert "  build lone: cached, built " in own(root, "why", "lone").stdout


def test_json_is_that_of_the_plan(own: CommandLine, make_project: MakeProject) -> None:  # noqa: F811
    root = make_project(SERVICE, FILES)
    (stage,) = json.loads(own(root, "why", "ci/unit", "--json").stdout)["stages"]
    (planned, _) = json.loads(own(root, "plan", "--json").stdout)["stages"]
    assert stage == planned


def test_an_unknown_name_is_refused_with_a_suggestion(
    own: CommandLine,  # noqa: F811
    make_project: MakeProject,
) -> None:
    told = own(make_project(SERVICE, FILES), "why", "unti")
    assert (told.code, told.stdout) == (2, "")
    assert 'There is no stage or variant "unti". Did you mean "unit"?' in told.stderr
