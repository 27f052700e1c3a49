"""Secrets that a stage gets, prints and passes on: they are to be found nowhere."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import subprocess
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.acceptance.pipelines.told import printed, said, states, with_variables
from tests.acceptance.pipelines.traces import given_away, saved, unpacked, watched
from tests.engine.mail import mail_server

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_dsl.engine.sdk.client import SdkDocker
    from tests.acceptance.pipelines.leftovers import Leftovers
    from tests.conftest import CommandLine, MakeProject
    from tests.registry import Registry

pexpect = pytest.importorskip("pexpect")

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("base")]

TOKEN = "t0ken/with+every=thing & \"more\" 'quoted'"  # noqa: S105 -- nobody\'s
PASSWORD = "pass:w0rd?Ä-1"  # noqa: S105

LEAK = r"""
hash() { printf %s "$1" | sha256sum | sed 's/\([0-9a-f]*\).*/<\1>/'; }
hash "$TOKEN"; hash "$PASSWORD"; hash "$(cat "$KEY")"
for secret in "$TOKEN" "$PASSWORD" "$(cat "$KEY")"; do
    printf '%s\n' "$secret" "around:$secret:it"
    printf '%s\n' "$secret" >&2
    printf %s "$secret" | base64
    printf %s "$secret" | base64 -w0; echo
    printf %s "$USER_NAME:$secret" | base64 -w0; echo
    printf %s "$secret" | perl -0777 -pe 's/([^A-Za-z0-9_.~-])/sprintf("%%%02X", ord($1))/ge'; echo
done
cat "$KEY"
"""

LEAKY = """
box = Variant("box", base=BASE, entrypoint=["sh", "leak.sh"], copies=["local"])
ci = Pipeline("ci")
credentials = [
    Credential("TOKEN"),
    Credential("LOGIN", username_variable="USER_NAME", password_variable="PASSWORD"),
    Credential("KEY", key_file_variable="KEY"),
]
leak = ci.stage(
    "leak",
    build=box,
    run=Run(credentials=credentials, tail=-1),
    copy=[Artifact("/etc/hostname", destination="copied")],
    exports={"said": "${.output}"},
)
stained = Variant(
    "stained", base=leak.image, entrypoint=["echo", leak.exported("said")],
)
published = ci.stage("stained", build=stained, run=True, publish=Publish(tag="one"))
failing = ["sh", "-c", "sh leak.sh; sleep 1; exit 7"]
ci.stage(
    "fail",
    build=box,
    run=Run(command=failing, credentials=credentials),
    notify=Notify(email=Email(["team@example.org"], subject="It said: ${leak.output}")),
    after=[published],
)
"""
DRAWN = 40
"""Characters of a part of a key that no chance would draw twice."""


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A real key of somebody who may log in somewhere."""
    path = tmp_path / "operators" / "id_ed25519"
    path.parent.mkdir()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path], check=True)
    return path


@pytest.fixture
def leaky(cli: CommandLine, key: Path, registry: Registry) -> CommandLine:
    """The command line of an operator who gives secrets away."""
    settings = key.with_name("settings.toml")
    settings.write_text(
        f"""
        [registry]
        push = "{registry.address}"
        [credentials]
        TOKEN = {{environment = "OPERATORS_TOKEN"}}
        LOGIN = {{environment = "OPERATORS_PASSWORD", username = "ada"}}
        KEY = {{file = "{key}", kind = "ssh-key"}}
        """
    )
    return with_variables(
        cli, OPERATORS_TOKEN=TOKEN, OPERATORS_PASSWORD=PASSWORD, PIPELINE_DSL_SETTINGS=str(settings)
    )


@pytest.fixture
def traces(key: Path) -> tuple[bytes, ...]:
    """What gives a secret away: itself, its lines, and both as they are written elsewhere."""
    whole = [TOKEN, PASSWORD, key.read_text().rstrip("\n")]
    lines = [line for line in whole[-1].splitlines() if not line.startswith("-----")]
    plain = [*whole, *lines]
    encoded = [base64.b64encode(text.encode()).decode().rstrip("=")[:-1] for text in plain]
    found = {*plain, *encoded, *(quote(text, safe="") for text in plain), lines[1][:DRAWN]}
    return tuple(text.encode() for text in found)


def test_a_secret_is_found_nowhere_after_a_run_that_prints_it(  # noqa: PLR0913, PLR0917 -- fixtures
    leaky: CommandLine,
    make_project: MakeProject,
    docker: SdkDocker,
    registry: Registry,
    leftovers: Leftovers,
    traces: tuple[bytes, ...],
    tmp_path: Path,
) -> None:
    """Neither in what is printed, nor in images, nor in what is pushed, kept, recorded or sent; nor can other
    users of the machine see it in the list of processes."""
    root = make_project(LEAKY, {"leak.sh": LEAK})
    with mail_server() as mailbox, watched(leftovers, traces) as seen:
        words = ["--set", f"notify.smtp=127.0.0.1:{mailbox.port}", "--set", "notify.sender=ci@example.org"]
        told = leaky(root, "run", "--artifacts", tmp_path / "kept", *words)
    assert states(told) == {"leak": "passed", "stained": "passed", "fail": "failed"}, told.stdout
    expected = [hashlib.sha256(secret.encode()).hexdigest() for secret in (TOKEN, PASSWORD)]
    assert said(told, "leak")[:2] == expected, "the container has to get the secrets"
    assert said(told, "fail")[:2] == expected
    assert sum("***" in line for line in printed(told, "leak")) > 15
    assert sum("***" in line for line in printed(told, "stained")) > 15
    assert given_away((told.stdout + told.stderr).encode(), traces) == []
    assert seen == []

    for variant in ("box", "stained"):
        image = docker.image(f"pipeline-dsl/{root.name}:{variant}")
        assert image is not None
        assert given_away(saved(docker, image.id), traces) == []

    (mail,) = mailbox.mails
    assert "***" in mail.text
    assert given_away(mail.message.as_bytes() + mail.text.encode(), traces) == []
    places = (registry.folder, tmp_path / "kept", root, leftovers.state, leftovers.temporary)
    kept = [path for place in places for path in place.rglob("*") if path.is_file()]
    assert any(path.is_relative_to(registry.folder / "images") for path in kept)
    for path in kept:
        assert given_away(unpacked(path.read_bytes()), traces) == [], path
    assert leftovers.of(root.name) == []


def test_a_secret_is_not_shown_on_a_terminal(
    leaky: CommandLine, make_project: MakeProject, traces: tuple[bytes, ...]
) -> None:
    root = make_project(LEAKY, {"leak.sh": LEAK})
    program, *words = leaky.argv("run", "--dry-run")
    screen = io.BytesIO()
    child = pexpect.spawn(program, words, cwd=root, env=leaky.env, dimensions=(50, 250), timeout=120)
    child.logfile_read = screen
    child.expect(pexpect.EOF)
    child.close()
    shown = re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", screen.getvalue())
    assert child.exitstatus == 1, shown
    assert b"***" in shown
    assert given_away(shown, traces) == []


def test_a_credential_of_another_kind_than_is_asked_for_fails_the_stage(
    leaky: CommandLine, make_project: MakeProject
) -> None:
    root = make_project(
        """
        box = Variant("box", base=BASE)
        run = Run(command=["env"], credentials=[Credential("LOGIN")])
        Pipeline("ci").stage("a", build=box, run=run)
        """
    )
    told = leaky(root, "run")
    assert told.code == 1
    assert re.search(r"pipeline.py:3: .*username-password.*\[credential-kind\]", told.stdout), told.stdout
