"""Servers that want a password, that fail for a while, that never answer."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl import EngineError
from pipeline_dsl.checkout import (
    CancelledError,
    Fetch,
    Network,
    Patch,
    Revision,
    checkout,
    deepen,
    remote_of,
)
from pipeline_dsl.checkout.failure import FailedError
from pipeline_dsl.checkout.git import Git
from tests.checkout.servers import serve_silence
from tests.checkout.upstream import files, git

if TYPE_CHECKING:
    from tests.checkout.servers import Server
    from tests.checkout.upstream import Upstream

PROJECT = "services/shop"
SECRET = "ses@me/%41"  # noqa: S105 -- what is to be found nowhere
QUOTED = "ses%40me%2F%2541"
PATIENCE = 30


def patch(url: str, commit: str = "0" * 40, ref: str = "refs/heads/main") -> Patch:
    return Patch("gitlab", remote_of(url), PROJECT, ref, commit)


def with_login(url: str, password: str = QUOTED) -> str:
    return url.replace("://", f"://ci:{password}@") + f"/{PROJECT}"


def holders(secret: bytes, root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file() and secret in path.read_bytes()]


def seen(secret: bytes) -> list[bytes]:
    """Find a secret in the list of processes."""
    lines = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            lines.append((process / "cmdline").read_bytes())
    assert any(b"remote-http" in line for line in lines)
    return [line for line in lines if secret in line]


@pytest.fixture
def nested(upstream: Upstream, library: Upstream) -> str:
    """A commit with a submodule."""
    library.history(1)
    git(upstream.work, "submodule", "--quiet", "add", "../../libraries/money", "money")
    upstream.commit()
    return upstream.push()


def test_credentials_are_used_and_kept_nowhere(
    nested: str, served: Server, into: Path, network: Network, tmp_path: Path
) -> None:
    in_processes: list[bytes] = []
    served.behaviour.login = f"ci:{SECRET}"
    served.behaviour.meanwhile = lambda: in_processes.extend(seen(SECRET.encode()) + seen(QUOTED.encode()))
    (tmp_path / "gitconfig").write_text("[credential]\nhelper = store\n")
    (tmp_path / "home").mkdir()
    revision = checkout(patch(with_login(served.url), nested), Fetch(), into, network)
    deepen(revision, Fetch(shallow=False), network)
    assert "money/file" in files(revision.root)
    assert revision.remote == f"{served.url}/{PROJECT}"
    assert in_processes == []
    assert not (tmp_path / "home" / ".git-credentials").exists()
    for secret in (SECRET, QUOTED):
        assert holders(secret.encode(), tmp_path) == []
        assert secret not in repr(revision)


def test_a_wrong_password_is_told_without_it(served: Server, into: Path, network: Network) -> None:
    served.behaviour.login = "ci:another"
    with pytest.raises(EngineError) as failed:
        checkout(patch(with_login(served.url)), Fetch(), into, network)
    assert "Authentication failed" in str(failed.value)
    assert SECRET not in str(failed.value)
    assert QUOTED not in str(failed.value)


@pytest.mark.parametrize(
    ("word", "shown"), [("sesame", "***"), ("http://ada:open@example.org/x", "http://***@example.org/x")]
)
def test_secrets_that_git_repeats_are_masked(word: str, shown: str, upstream: Upstream) -> None:
    with pytest.raises(FailedError) as failed:
        Git(upstream.work, secrets=("sesame",)).run(word)
    assert f"'{shown}' is not a git command" in failed.value.text
    assert word not in failed.value.text


def test_nobody_is_asked_for_a_password(
    upstream: Upstream, served: Server, into: Path, network: Network
) -> None:
    served.behaviour.login = f"ci:{SECRET}"
    with pytest.raises(EngineError, match="terminal prompts disabled"):
        checkout(patch(f"{served.url}/{PROJECT}", upstream.history(1)), Fetch(), into, network)


def test_a_server_that_fails_for_a_moment_is_tried_again(
    upstream: Upstream, served: Server, into: Path, network: Network
) -> None:
    served.behaviour.refusals = [503, 429]
    commit = upstream.history(1)
    revision = checkout(patch(f"{served.url}/{PROJECT}", commit), Fetch(), into, network)
    assert revision.commit == commit


def test_a_server_that_keeps_failing_is_told(
    upstream: Upstream, served: Server, into: Path, network: Network
) -> None:
    served.behaviour.refusals = [502] * 10
    with pytest.raises(EngineError, match="The requested URL returned error: 502"):
        checkout(patch(f"{served.url}/{PROJECT}", upstream.history(1)), Fetch(), into, network)
    assert served.behaviour.requests == 3


@pytest.mark.parametrize("status", [403, 404])
def test_a_refusal_is_taken_at_its_word(status: int, served: Server, into: Path, network: Network) -> None:
    served.behaviour.refusals = [status] * 10
    with pytest.raises(EngineError):
        checkout(patch(f"{served.url}/{PROJECT}"), Fetch(), into, network)
    assert served.behaviour.requests == 1


def test_a_proxy_is_used(upstream: Upstream, served: Server, into: Path) -> None:
    commit = upstream.history(1)
    through = Network(timeout=PATIENCE, pauses=(), proxy=served.url)
    with pytest.raises(EngineError, match=r"http://shop\.invalid/services/shop"):
        checkout(patch(f"http://shop.invalid/{PROJECT}", commit), Fetch(), into, through)
    assert served.behaviour.requests == 1


def test_a_server_that_never_answers_is_left(into: Path) -> None:
    closed = threading.Event()
    with serve_silence(lambda: None, closed.set) as url:
        with pytest.raises(EngineError, match=r"it did not end within 0\.2 seconds\. \[checkout-failed\]"):
            checkout(patch(f"{url}/{PROJECT}"), Fetch(), into, Network(timeout=0.2, pauses=(0,)))
        assert closed.wait(PATIENCE)
    assert list(into.iterdir()) == []


def test_a_cancelled_checkout_ends_and_leaves_nothing(into: Path) -> None:
    network, closed = Network(timeout=PATIENCE), threading.Event()
    with serve_silence(network.cancel.set, closed.set) as url:
        with pytest.raises(CancelledError):
            checkout(patch(f"{url}/{PROJECT}"), Fetch(), into, network)
        assert closed.wait(PATIENCE)
    assert list(into.iterdir()) == []


def test_a_pause_between_attempts_can_be_cancelled(served: Server, into: Path) -> None:
    network = Network(pauses=(PATIENCE * 100,))
    served.behaviour.refusals = [503]
    threading.Timer(0.5, network.cancel.set).start()
    with pytest.raises(CancelledError):
        checkout(patch(f"{served.url}/{PROJECT}"), Fetch(), into, network)


INTERRUPTED = """
    import sys
    from pathlib import Path
    from pipeline_dsl.checkout import Fetch, Patch, checkout, remote_of

    patch = Patch("zuul", remote_of(sys.argv[1]), "services/shop", "refs/heads/main", "0" * 40)
    checkout(patch, Fetch(), Path(sys.argv[2]))
"""


def test_an_interrupted_checkout_ends_git_and_leaves_nothing(
    into: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    connected, closed = threading.Event(), threading.Event()
    with serve_silence(connected.set, closed.set) as url:
        command = [sys.executable, "-c", textwrap.dedent(INTERRUPTED), f"{url}/{PROJECT}", str(into)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            assert connected.wait(PATIENCE)
            assert len(list(into.iterdir())) == 1
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=PATIENCE)
        assert told.rstrip().endswith("KeyboardInterrupt")
        assert closed.wait(PATIENCE)
    assert list(into.iterdir()) == []
    assert list(temporary.iterdir()) == []


def test_the_checkout_of_a_killed_run_is_below_the_directory_that_it_was_given(
    into: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    connected = threading.Event()
    with serve_silence(connected.set, lambda: None) as url:
        command = [sys.executable, "-c", textwrap.dedent(INTERRUPTED), f"{url}/{PROJECT}", str(into)]
        with subprocess.Popen(command) as process:
            assert connected.wait(PATIENCE)
            process.kill()
    assert [path.name for path in into.glob("checkout-*/*")] == ["shop"]
    assert list(temporary.iterdir()) == []


def test_a_described_revision_says_where_it_is_from(
    upstream: Upstream, served: Server, into: Path, network: Network
) -> None:
    source = patch(f"{served.url}/{PROJECT}", upstream.history(1))
    assert isinstance(revision := checkout(source, Fetch(), into, network), Revision)
    assert revision.source == source
