"""examples/service-pipeline: from a proposed change on a git server to a published image that serves it."""

from __future__ import annotations

import dataclasses
import re
import uuid
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from scripts.delivery import DATABASE, EXAMPLE, IMAGE, LINK, ask, ci, served
from tests.conftest import CommandLine
from tests.examples.conftest import BuiltImage
from tests.registry import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pipeline_dsl.engine.sdk.client import SdkDocker
    from scripts.delivery import Ci
    from tests.conftest import Outcome

pytestmark = pytest.mark.engine


@dataclasses.dataclass(frozen=True)
class Delivered:
    """A change that went through the pipeline.

    Arguments:
        job: what the run had.
        line: what the change added to the service's welcome.
        told: how the run ended.
        artifacts: where the files are that it kept.
        image: the published image, pulled back after the engine had it no more.
    """

    job: Ci
    line: str
    told: Outcome
    artifacts: Path
    image: BuiltImage


@pytest.fixture(scope="module")
def delivered(
    docker: SdkDocker,
    base: str,
    forget_images: Callable[[str], None],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Delivered]:
    line = uuid.uuid4().hex
    elsewhere, artifacts = tmp_path_factory.mktemp("job"), tmp_path_factory.mktemp("artifacts")
    with ci(tmp_path_factory.mktemp("ci"), line, docker) as job:
        told = CommandLine(job.environment)(elsewhere, *job.words(artifacts))
        assert told.code == 0, told.stdout + told.stderr
        published = job.registry.image_id(IMAGE, "candidate")
        assert published
        assert docker.image(published)
        job.remove(docker)
        assert docker.image(published) is None
        pulled = job.pull(docker)
        assert pulled == published
        yield Delivered(job, line, told, artifacts, BuiltImage(docker, pulled, base))
    forget_images("links")


def test_the_stages_pass_and_two_start_side_by_side(delivered: Delivered) -> None:
    stages = re.findall(r"^✓ (\S+) +passed", delivered.told.stdout, re.MULTILINE)
    assert stages == ["test", "lint", "candidate", "report"]
    first = re.findall(r"^(\S+): .*: (?:started|passed)", delivered.told.stdout, re.MULTILINE)[:2]
    assert sorted(first) == ["lint", "test"]


def test_the_tests_had_their_database(delivered: Delivered) -> None:
    assert re.search(r"^test +│ db is ready after", delivered.told.stdout, re.MULTILINE)


def test_the_report_of_the_tests_is_kept(delivered: Delivered) -> None:
    report = delivered.artifacts / "ci" / "test" / "reports" / "junit.xml"
    (suite,) = ET.parse(report).getroot()  # noqa: S314 -- the example's own tests wrote it
    assert int(suite.attrib["tests"]) > 10
    assert [suite.attrib[name] for name in ("errors", "failures", "skipped")] == ["0", "0", "0"]
    assert f"report    │ {suite.attrib['tests']} tests passed: " in delivered.told.stdout


def test_the_registry_has_it_under_two_tags(delivered: Delivered) -> None:
    registry = delivered.job.registry
    first, further = sorted(registry.tags(IMAGE))
    assert re.fullmatch(r"\d{4}-\d\d-\d\d-\d{6}-candidate", first)
    assert further == "candidate"
    assert registry.digest(IMAGE, first) == registry.digest(IMAGE, further)


def test_the_run_says_what_it_has_published(delivered: Delivered) -> None:
    registry = delivered.job.registry
    first = min(registry.tags(IMAGE))
    assert f" tests passed: {registry.address}/{IMAGE}:{first}\n" in delivered.told.stdout
    assert f"report    │ {delivered.job.published}\n" in delivered.told.stdout


def test_the_password_of_the_registry_is_told_nowhere(delivered: Delivered) -> None:
    assert PASSWORD not in delivered.told.stdout + delivered.told.stderr


def test_what_comes_back_serves_what_the_change_says(delivered: Delivered, docker: SdkDocker) -> None:
    with served(docker, delivered.image.name, DATABASE) as url:
        assert ask(f"{url}/healthz").json() == {"status": "ok"}
        assert ask(url).text.splitlines()[-1] == delivered.line
        short = ask(url, LINK).text.strip()
        followed = ask(short)
        assert (followed.status_code, followed.headers["Location"]) == (302, LINK)
        assert ask(f"{short}/visits").text == "1\n"


def test_what_comes_back_has_the_service_and_nothing_of_its_tests(delivered: Delivered) -> None:
    found = {path for path in delivered.image.paths() if path.startswith("srv/app/")}
    links = {f"srv/app/links/{path.name}" for path in (EXAMPLE / "links").iterdir() if path.is_file()}
    assert found == {*links, "srv/app/requirements.txt"}
    for tool in ("pytest", "ruff"):
        assert delivered.image.run("python3", "-c", f"import {tool}")[0] == 1
    assert delivered.image.run("python3", "-c", "import redis, waitress, werkzeug") == (0, [])


def test_nothing_is_wrong_in_the_pipeline(cli: CommandLine) -> None:
    told = cli(EXAMPLE, "check")
    assert (told.code, told.stderr) == (0, "")
