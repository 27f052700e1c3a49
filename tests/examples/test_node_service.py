"""The production image of examples/node-service: what is in it, and what is not."""

from __future__ import annotations

import json
import re
import shutil
import uuid
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl import __version__

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import CommandLine
    from tests.examples.conftest import BuiltImage, Ran, RunExample

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def service(run_example: RunExample) -> Ran:
    return run_example("node-service")


@pytest.fixture(scope="module")
def production(service: Ran) -> BuiltImage:
    return service.image("production")


@pytest.fixture(scope="module")
def paths(production: BuiltImage) -> set[str]:
    """Every file of every layer above the base's."""
    return production.paths()


def packages(service: Ran, *, dev: bool) -> set[str]:
    """Give the directories of the packages that the lock file has for development only, or the others."""
    lock = json.loads((service.root / "package-lock.json").read_text())
    return {path for path, entry in lock["packages"].items() if path and entry.get("dev", False) is dev}


def test_it_runs_as_the_user_900(production: BuiltImage) -> None:
    assert production.config.User == "900"
    assert production.run("id", "-u") == (0, ["900"])


def test_the_application_belongs_to_65533_and_cannot_be_changed_by_who_runs_it(
    production: BuiltImage,
) -> None:
    assert production.run("find", "/srv/app", "!", "(", "-uid", "65533", "-a", "-gid", "65533", ")") == (
        0,
        [],
    )
    assert production.run("find", "/srv/app", "-writable", "!", "-type", "l") == (0, [])
    assert production.run("test", "-f", "/srv/app/server.js") == (0, [])


def test_it_has_the_dependencies_of_production_and_no_others(service: Ran, paths: set[str]) -> None:
    wanted, unwanted = packages(service, dev=False), packages(service, dev=True)
    assert unwanted > {"node_modules/eslint", "node_modules/globals", "node_modules/@eslint/js"}
    assert {package for package in unwanted if f"srv/app/{package}/package.json" in paths} == set()
    assert {package for package in wanted if f"srv/app/{package}/package.json" in paths} == wanted
    installed = re.compile(r"srv/app/(node_modules/(?:@[^/]+/)?[^/.@][^/]*)/")
    assert {match[1] for match in map(installed.match, paths) if match} == wanted


def test_dependencies_of_the_package_can_be_loaded_and_those_for_development_cannot(
    service: Ran, production: BuiltImage
) -> None:
    package = json.loads((service.root / "package.json").read_text())
    wanted, unwanted = package["dependencies"], package["devDependencies"]
    assert wanted
    assert unwanted
    names = json.dumps([*wanted, *unwanted])
    load = f"for (const name of {names}) await import(name).then(() => console.log(name), () => 0)"
    assert production.run("node", "--input-type=module", "--eval", load) == (0, list(wanted))


def test_no_layer_holds_a_cache_or_a_secret(paths: set[str]) -> None:
    assert "srv/app/server.js" in paths
    unwanted = re.compile(
        r"""
          (^|/)(\.npm|_cacache|\.cache|\.npmrc|\.docker|\.git|\.ssh)(/|$)
        | ^var/lib/apt/lists/(?!\.wh\.)
        | ^var/cache/apt/.*\.(deb|bin)$
        | ^(root|tmp|run/secrets)/.
        | ^srv/app/\.pipeline/
        """,
        re.VERBOSE,
    )
    assert {path for path in paths if unwanted.search(path)} == set()


def test_its_history_shows_no_secret_and_only_what_the_variant_says(production: BuiltImage) -> None:
    history = production.history
    assert not [step for step in history if re.search(r"(?i)token|password|secret|auth|://", step)]
    commands = [step for step in history if "/bin/sh -c" in step and "RUN" in step]
    assert [step for step in commands if "npm " in step] == []
    assert [
        step for step in commands if "apt-get" in step and "rm -rf /var/lib/apt/lists/*" not in step
    ] == []


def test_it_starts_the_service_in_its_directory(production: BuiltImage) -> None:
    config = production.config
    assert config.Entrypoint == ["node", "server.js"]
    assert config.WorkingDir == "/srv/app"
    assert config.environment["NODE_ENV"] == "production"
    assert config.environment["PORT"] == "8080"
    assert config.environment["HOME"] == "/home/runuser"


def test_it_says_what_it_was_made_of(service: Ran, production: BuiltImage) -> None:
    labels = production.config.Labels
    assert labels["blubber.variant"] == "production"
    assert labels["blubber.version"] == f"1.8.0+pipeline-dsl.{__version__}"
    assert labels["pipeline-dsl.project"] == service.root.name
    assert labels["pipeline-dsl.version"] == __version__


def test_npm_and_compilers_are_left_behind(production: BuiltImage) -> None:
    for program in ("npm", "gcc", "git"):
        assert production.run("sh", "-c", f"command -v {program}") == (127, [])


def test_a_change_of_the_service_keeps_its_dependencies(
    service: Ran, cli: CommandLine, tmp_path: Path, forget_images: Callable[[str], None]
) -> None:
    root = tmp_path / f"node-service-{uuid.uuid4().hex}"
    shutil.copytree(service.root, root)
    with (root / "app.js").open("a") as app:
        app.write(f"// {uuid.uuid4().hex}\n")
    told = cli(root, "build", "production")
    forget_images(root.name)
    assert told.code == 0, told.stdout
    assert re.search(r"\d+ of \d+ steps executed, from", told.stdout)
    installing = re.findall(r"^.*RUN .*(?:npm ci|apt-get install).*$", told.stdout, re.MULTILINE)
    assert installing
    assert [line for line in installing if "CACHED" not in line] == []
