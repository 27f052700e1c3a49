"""What a CI does with a change to examples/service-pipeline; its git server and registry are on this machine.

`scripts/demo` shows it; the tests of the example check each part of it.
"""

# ruff: noqa: INP001 -- scripts are no package

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import requests
import requests.adapters
import urllib3

from pipeline_dsl.engine.sdk.connect import connect
from tests.checkout.servers import serve_http
from tests.checkout.upstream import git, new_upstream
from tests.registry import PASSWORD, USER, Registry, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline_dsl.engine.sdk.client import SdkDocker
    from tests.checkout.upstream import Upstream

EXAMPLE = Path(__file__).parents[1] / "examples" / "service-pipeline"
PROJECT = "examples/links"
IMAGE = "demo/examples-links"
"""What it is called in the registry: the operator's repository, and the project's name."""

WELCOME = "links/welcome.txt"
"""The file that a change adds a line to. The service shows it."""

DATABASE = "pipeline-dsl/links:redis"
"""The image of the database, which a run leaves on the engine as it does all that it builds."""

PORT = 8080
LINK = "https://example.org/"


@dataclasses.dataclass(frozen=True)
class Change:
    """A change that is not merged yet, as Zuul has prepared it: on top of the branch that it is for.

    Arguments:
        url: of the git server.
        ref: what Zuul calls it there.
        commit: its commit.
    """

    url: str
    ref: str
    commit: str

    @property
    def variables(self) -> dict[str, str]:
        """What Zuul tells a job about it."""
        return {
            "ZUUL_URL": self.url,
            "ZUUL_PROJECT": PROJECT,
            "ZUUL_BRANCH": "main",
            "ZUUL_REF": self.ref,
            "ZUUL_COMMIT": self.commit,
        }


@dataclasses.dataclass(frozen=True)
class Ci:
    """What a job has: a change, and a registry that its operator has told it of.

    Arguments:
        change: the change.
        registry: the registry.
    """

    change: Change
    registry: Registry

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables of the job: Zuul's, and those that the operator sets."""
        return {
            **self.change.variables,
            "PIPELINE_DSL_SETTINGS": os.devnull,
            "PIPELINE_DSL_REGISTRY_REPOSITORY": IMAGE.rpartition("/")[0],
            "PIPELINE_DSL_REGISTRY_CREDENTIAL": "REGISTRY",
            "PIPELINE_DSL_CREDENTIALS": f'{{REGISTRY = {{environment = "SECRET", username = "{USER}"}}}}',
            "SECRET": PASSWORD,
        }

    def words(self, artifacts: Path) -> list[str]:
        """Give the command line of the job."""
        push = f"registry.push={self.registry.address}"
        return ["run", "--from", "zuul", "--artifacts", str(artifacts), "--set", push]

    @property
    def published(self) -> str:
        """The published image, by its digest."""
        return f"{self.registry.address}/{IMAGE}@{self.registry.digest(IMAGE, 'candidate')}"

    def remove(self, docker: SdkDocker) -> None:
        """Let the engine have the published image no more, whatever it is called there."""
        image = self.registry.image_id(IMAGE, "candidate")
        if image is None:
            raise LookupError(f"{self.registry.address} has no {IMAGE}")
        docker.api.remove_image(image, force=True)

    def pull(self, docker: SdkDocker) -> str:
        """Fetch the published image from the registry; give its id."""
        told = docker.api.pull(self.published, auth_config={"username": USER, "password": PASSWORD})
        found = docker.image(self.published)
        if found is None:
            raise LookupError(told)
        return found.id


@contextlib.contextmanager
def ci(folder: Path, line: str, docker: SdkDocker) -> Iterator[Ci]:
    """Start a git server and a registry, and propose a change.

    Arguments:
        folder: where everything is kept; an empty one.
        line: what the change adds to the service's words of welcome.
        docker: the engine, which forgets what came from the registry when that ends.
    """
    registry = Registry(folder / "registry", asks_for_login=True)
    registry.folder.mkdir()
    upstream = _upstream(folder)
    with serve_http(folder / "served") as server, running(registry, docker):
        commit = upstream.commit(line, WELCOME)
        ref = f"refs/zuul/main/Z{uuid.uuid4().hex}"
        upstream.push(ref)
        yield Ci(Change(server.url, ref, commit), registry)


def _upstream(folder: Path) -> Upstream:
    """Make a repository of the example."""
    upstream = new_upstream(folder, PROJECT)
    author = {"user.name": "A. Contributor", "user.email": "contributor@example.org"}
    for name, value in {**author, "commit.gpgSign": "false"}.items():
        git(upstream.work, "config", name, value)
    unwanted = shutil.ignore_patterns(".venv", "__pycache__", ".ruff_cache", "reports")
    shutil.copytree(EXAMPLE, upstream.work, ignore=unwanted, dirs_exist_ok=True)
    git(upstream.work, "add", "--all")
    git(upstream.work, "commit", "--quiet", "--message", "The service as it is")
    upstream.push()
    return upstream


@contextlib.contextmanager
def served(docker: SdkDocker, image: str, database: str) -> Iterator[str]:
    """Run the service with its database; give the address that it can be asked at on this machine.

    Arguments:
        docker: the engine.
        image: the service.
        database: image of the database.
    """
    name = f"pipeline-dsl-demo-{uuid.uuid4().hex}"
    docker.api.create_network(name)
    try:
        with _started(docker, name, f"{name}-db", database), _started(docker, name, f"{name}-links", image):
            (published,) = docker.api.port(f"{name}-links", PORT)
            yield f"http://127.0.0.1:{published['HostPort']}"
    finally:
        docker.api.remove_network(name)


@contextlib.contextmanager
def _started(docker: SdkDocker, network: str, name: str, image: str) -> Iterator[None]:
    api = docker.api
    host = api.create_host_config(network_mode=network, port_bindings={PORT: ("127.0.0.1", None)})
    environment = {"REDIS_URL": f"redis://{network}-db"}
    api.create_container(image, name=name, environment=environment, ports=[PORT], host_config=host)
    try:
        api.start(name)
        yield
    finally:
        api.remove_container(name, force=True)


def ask(url: str, body: str = "") -> requests.Response:
    """Get what is at a URL, or post something there. A service that is just being started is waited for."""
    waiting = urllib3.Retry(total=8, redirect=False, status_forcelist=[503], backoff_factor=0.1)
    with requests.Session() as session:
        session.trust_env = False
        session.mount("http://", requests.adapters.HTTPAdapter(max_retries=waiting))
        method = "POST" if body else "GET"
        return session.request(method, url, data=body, allow_redirects=False, timeout=30)


def main() -> int:
    """Show it."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pipeline-dsl-demo-")))
        docker = connect()
        stack.callback(docker.api.close)
        _say("starting a git server with examples/service-pipeline, and a registry that asks for a password")
        line = f"Changed for the demonstration {uuid.uuid4().hex[:8]}."
        job = stack.enter_context(ci(folder, line, docker))
        return _show(job, docker, folder, line)


def _show(job: Ci, docker: SdkDocker, folder: Path, line: str) -> int:
    _say(f'a change is proposed: a line "{line}" in {WELCOME}; Zuul tells the job of it:')
    for name, value in job.change.variables.items():
        _say(f"  {name}={value}")
    words = [sys.executable, "-m", "pipeline_dsl", *job.words(folder / "artifacts")]
    _say(f"$ python {' '.join(words[1:])}")
    if code := _run(words, folder, job.environment):
        return code
    for path in sorted((folder / "artifacts").rglob("*.xml")):
        _say(f"the tests' report was kept: {path} has {path.stat().st_size} bytes")
    _say(f"the registry has {IMAGE} as {', '.join(sorted(job.registry.tags(IMAGE)))}")
    job.remove(docker)
    _say(f"removed it from the engine; pulling it back as {job.published}")
    image = job.pull(docker)
    _say(f"running it with a database: {image}")
    with served(docker, image, DATABASE) as url:
        return _ask_around(url, line)


def _run(words: list[str], cwd: Path, environment: Mapping[str, str]) -> int:
    """Run a command to its end. Ctrl-C is for the command alone, which then tidies up."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        return subprocess.run(words, cwd=cwd, env={**os.environ, **environment}, check=False).returncode  # noqa: S603
    finally:
        signal.signal(signal.SIGINT, before)


def _ask_around(url: str, line: str) -> int:
    ask(f"{url}/healthz").raise_for_status()
    welcome = ask(url).text
    _say(f"GET / → {welcome.splitlines()[-1]}")
    short = ask(url, LINK).text.strip()
    _say(f"POST / {LINK} → {short}")
    followed = ask(short)
    _say(f"GET {short} → {followed.status_code}, {followed.headers['Location']}")
    if line in welcome and followed.headers["Location"] == LINK:
        return 0
    _say("that is not what the change says")
    return 1


def _say(line: str) -> None:
    sys.stdout.write(f"demo: {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
