"""A stage that fails: what still happens, what no longer does, and who is told."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.pipelines.told import printed, states
from tests.engine.mail import mail_server
from tests.engine.receiver import receiver

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.pipelines.leftovers import Leftovers
    from tests.conftest import CommandLine, MakeProject

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("base")]

REPORT = '<testsuite tests="1" failures="1"/>'
COMMAND = f"mkdir /tmp/out; echo '{REPORT}' > /tmp/out/unit.xml; seq 30; echo oops; exit 7"
SERVICE = f"""
box = Variant("box", base=BASE)
people = ["team@example.org", "${{setup.params.OWNER|nobody@example.org}}"]
ci = Pipeline("ci", notify=Notify(email=Email(people)))
unit = ci.stage(
    "unit",
    build=box,
    run=["sh", "-c", {COMMAND!r}],
    copy=[Artifact("/tmp/out/*.xml", destination="reports/")],
    exports={{"never": "bound"}},
)
ci.stage("image", build=box, run=["echo", unit.exported("never")])
night = Pipeline("night")
night.stage("soak", build=box, run=["true"])
"""


def smtp(port: int) -> list[str]:
    return ["--set", f"notify.smtp=127.0.0.1:{port}", "--set", "notify.sender=CI <ci@example.org>"]


def test_a_failing_test_leaves_its_report_and_a_mail_and_nothing_else(
    cli: CommandLine, make_project: MakeProject, leftovers: Leftovers, tmp_path: Path
) -> None:
    root = make_project(SERVICE)
    with mail_server() as mailbox:
        told = cli(
            root,
            "run",
            "--artifacts",
            tmp_path / "kept",
            "--param",
            "OWNER=ada@example.org",
            *smtp(mailbox.port),
        )
    assert told.code == 1
    assert states(told) == {"ci/unit": "failed", "ci/image": "not run", "night/soak": "not run"}
    assert re.search(r"^○ ci/image +not run +unit failed$", told.stdout, re.MULTILINE)
    kept = [path for path in (tmp_path / "kept").rglob("*") if path.is_file()]
    assert kept == [tmp_path / "kept/ci/unit/reports/unit.xml"]
    assert kept[0].read_text() == f"{REPORT}\n"
    (mail,) = mailbox.mails
    assert set(mail.recipients) == {"team@example.org", "ada@example.org"}
    assert mail.message["Subject"] == f"[Pipeline] {root.name} ci/unit failed"
    assert mail.message["From"] == "CI <ci@example.org>"
    assert "exit code 7" in mail.text
    assert re.search(r"^ *30$", mail.text, re.MULTILINE)
    assert re.search(r"^ *oops$", mail.text, re.MULTILINE)
    assert not re.search(r"^ *3$", mail.text, re.MULTILINE), "only the last lines"
    assert leftovers.of(root.name) == []


def test_the_mail_of_a_stage_lies_over_that_of_its_pipeline(
    cli: CommandLine, make_project: MakeProject
) -> None:
    root = make_project(
        """
        box = Variant("box", base=BASE)
        ci = Pipeline("ci", notify=Notify(email=Email(["team@example.org"], subject="Oh: ${.stage}")))
        own = Notify(email=Email(["own@example.org"], body="See ${first.output}!"))
        first = ci.stage("first", build=box, run=Run(command=["echo", "above"], tail=1))
        ci.stage("unit", build=box, run=["false"], notify=own, after=[first])
        """
    )
    with mail_server() as mailbox:
        assert cli(root, "run", *smtp(mailbox.port)).code == 1
    (mail,) = mailbox.mails
    assert mail.recipients == ("own@example.org",)
    assert mail.message["Subject"] == "Oh: unit"
    assert mail.text.strip() == "See above\n!"


def test_a_webhook_gets_what_happened(cli: CommandLine, make_project: MakeProject) -> None:
    with receiver() as server:
        root = make_project(
            f"""
            box = Variant("box", base=BASE)
            ci = Pipeline("ci", notify=Notify(webhook=Webhook("{server.url}/hook")))
            ci.stage("unit", build=box, run=["sh", "-c", "echo oops; exit 7"])
            """
        )
        told = cli(root, "run", "--set", f'notify.webhooks=["{server.url}"]')
    assert told.code == 1
    (call,) = server.calls
    assert call.path == "/hook"
    body = json.dumps(json.loads(call.body))
    for word in ("unit", "exit code 7", "oops"):
        assert word in body


@pytest.mark.parametrize(
    "settings", [[], ["--set", "notify.smtp=127.0.0.1:1", "--set", "notify.sender=a@b.c"]]
)
def test_a_mail_that_cannot_be_sent_hides_no_failure(
    cli: CommandLine, make_project: MakeProject, settings: list[str], tmp_path: Path
) -> None:
    told = cli(make_project(SERVICE), "run", "--artifacts", tmp_path / "kept", *settings)
    assert told.code == 1
    assert "exit code 7" in told.stdout
    assert "The mail about ci/unit was not sent" in told.stdout
    assert (tmp_path / "kept/ci/unit/reports/unit.xml").exists()


def test_nobody_is_told_of_what_has_passed(cli: CommandLine, make_project: MakeProject) -> None:
    with mail_server() as mailbox:
        assert cli(make_project(SERVICE.replace("exit 7", "exit 0")), "run", *smtp(mailbox.port)).code == 0
    assert mailbox.mails == []


def test_with_keep_going_what_does_not_need_the_failed_stage_still_runs(
    cli: CommandLine, make_project: MakeProject
) -> None:
    told = cli(make_project(SERVICE), "run", "--keep-going")
    assert told.code == 1
    assert states(told) == {"ci/unit": "failed", "ci/image": "not run", "night/soak": "passed"}


def test_a_failure_ends_what_runs_at_the_same_time_of_which_nobody_is_told(
    cli: CommandLine, make_project: MakeProject, leftovers: Leftovers
) -> None:
    root = make_project(
        """
        box = Variant("box", base=BASE)
        ci = Pipeline("ci", notify=Notify(email=Email(["team@example.org"])))
        ci.stage("quick", build=box, run=["false"])
        slow = ci.stage("slow", build=box, run=["sleep", "300"])
        ci.stage("next", build=box, run=["true"], after=[slow])
        """
    )
    with mail_server() as mailbox:
        told = cli(root, "run", "--jobs", "2", *smtp(mailbox.port))
    assert told.code == 1
    assert states(told) == {"quick": "failed", "slow": "cancelled", "next": "not run"}
    (mail,) = mailbox.mails
    assert mail.message["Subject"] == f"[Pipeline] {root.name} ci/quick failed"
    assert leftovers.of(root.name) == []


def test_what_a_failing_build_printed_is_shown_and_nothing_is_run(
    cli: CommandLine, make_project: MakeProject, leftovers: Leftovers
) -> None:
    root = make_project(
        """
        box = Variant("box", base=BASE, builder=Builder(command="echo some rea''son; exit 3"))
        ci = Pipeline("ci")
        ci.stage("unit", build=box, run=["echo", "r''un"], copy=["/etc/hostname"])
        """
    )
    told = cli(root, "run")
    assert told.code == 1
    assert any("some reason" in line for line in printed(told, "unit"))
    assert "copy /etc/hostname: started" not in told.stdout
    assert leftovers.of(root.name) == []


def test_a_file_that_is_not_there_fails_the_stage(cli: CommandLine, make_project: MakeProject) -> None:
    root = make_project(
        """
        box = Variant("box", base=BASE)
        Pipeline("ci").stage("unit", build=box, run=["true"], copy=["/nowhere"])
        """
    )
    told = cli(root, "run")
    assert told.code == 1
    assert re.search(r"pipeline.py:3: .*/nowhere.*\[nothing-to-copy\]", told.stdout, re.DOTALL), told.stdout
