"""The images of examples/python-service: what is in them, and what is not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.examples.conftest import BuiltImage, Ran, RunExample

pytestmark = pytest.mark.engine

VENV = "/opt/lib/venv"


@pytest.fixture(scope="module")
def service(run_example: RunExample) -> Ran:
    return run_example("python-service")


@pytest.fixture(scope="module")
def production(service: Ran) -> BuiltImage:
    return service.image("production")


def requirements(service: Ran, file: str) -> list[tuple[str, str]]:
    """Give the names and versions that a requirements file pins."""
    found = re.findall(r"^([\w.-]+)==(\S+)$", (service.root / file).read_text(), re.MULTILINE)
    assert found
    return found


def version_of(image: BuiltImage, package: str) -> str:
    """Ask Python for the version of a package; nothing if it has none."""
    ask = f"from importlib.metadata import version; print(version({package!r}))"
    code, lines = image.run("python3", "-c", ask)
    return lines[0] if code == 0 else ""


def test_it_runs_as_the_user_900(production: BuiltImage) -> None:
    assert production.config.User == "900"
    assert production.run("id", "-u") == (0, ["900"])


def test_the_application_and_its_packages_belong_to_65533(production: BuiltImage) -> None:
    others = ["!", "(", "-uid", "65533", "-a", "-gid", "65533", ")"]
    assert production.run("find", "/srv/app", "/opt/lib", *others) == (0, [])
    assert production.run("test", "-f", "/srv/app/server.py") == (0, [])


def test_its_python_is_that_of_the_virtual_environment(production: BuiltImage) -> None:
    assert production.run("python3", "-c", "import sys; print(sys.prefix)") == (0, [VENV])


def test_it_has_the_requirements_and_no_test_tools(service: Ran, production: BuiltImage) -> None:
    for name, version in requirements(service, "requirements.txt"):
        assert version_of(production, name) == version
    for name, _ in requirements(service, "requirements-test.txt"):
        assert version_of(production, name) == ""
    assert production.run("test", "-e", f"{VENV}/bin/pytest") == (1, [])


def test_the_image_of_the_tests_has_their_tools(service: Ran) -> None:
    for name, version in requirements(service, "requirements-test.txt"):
        assert version_of(service.image("test"), name) == version


def test_no_layer_holds_a_cache(production: BuiltImage) -> None:
    paths = production.paths()
    assert "srv/app/server.py" in paths
    unwanted = re.compile(
        r"(^|/)\.cache/|^var/lib/apt/lists/(?!\.wh\.)|^var/cache/apt/.*\.(deb|bin)$|^(root|tmp)/."
    )
    assert {path for path in paths if unwanted.search(path)} == set()


def test_it_starts_the_service_in_its_directory(production: BuiltImage) -> None:
    config = production.config
    assert config.Entrypoint == ["python3", "server.py"]
    assert config.WorkingDir == "/srv/app"
    assert config.environment["PORT"] == "8080"
    assert config.environment["PATH"].startswith(f"{VENV}/bin:")
