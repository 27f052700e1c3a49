"""Whatever is wrong with settings is told at once: where, what, and what to do; never with the value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.errors import UsageError

if TYPE_CHECKING:
    from tests.settings.conftest import Machine


def complaints(machine: Machine, text: str) -> list[str]:
    machine.says(user=text)
    with pytest.raises(UsageError) as refused:
        machine.read()
    return [str(problem).replace(f"{machine.user}", "FILE") for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("timeouts.run = '5'", "FILE: timeouts.run must be an integer. [invalid-setting]"),
        ("timeouts.run = -1", "FILE: timeouts.run must be 0 or more. [invalid-setting]"),
        ("timeouts.run = 1000000000", "FILE: timeouts.run must be 31536000 or less. [invalid-setting]"),
        ("timeouts.run = true", "FILE: timeouts.run must be an integer. [invalid-setting]"),
        ("timeouts = 5", "FILE: timeouts must be a table. [invalid-setting]"),
        ("registry.overwrite = 1", "FILE: registry.overwrite must be true or false. [invalid-setting]"),
        ("registry.credential = 1", "FILE: registry.credential must be a string. [invalid-setting]"),
        ("registry.push = 'a b'", "FILE: registry.push must be HOST or HOST:PORT. [invalid-setting]"),
        (
            "registry.push = 'registry'",
            (
                "FILE: registry.push must be a host with a dot or a port. Docker takes a name without a"
                " dot or a port"
                " for a part of Docker Hub: add one. [invalid-setting]"
            ),
        ),
        (
            "registry.repository = '/a'",
            "FILE: registry.repository must be names in lower case, separated by slashes. [invalid-setting]",
        ),
        ("policies = 'no-root'", "FILE: policies must be a list. [invalid-setting]"),
        ("policies = [1]", "FILE: policies[0] must be a string. [invalid-setting]"),
        (
            "policies = ['house.py']",
            "FILE: policies[0] must name the file of a policy by its absolute path. [invalid-setting]",
        ),
        (
            "pull = 'alwys'",
            'FILE: pull must be "missing", "always" or "never". Did you mean "always"? [invalid-setting]',
        ),
        (
            "steps.default = ['bild']",
            (
                'FILE: steps.default[0] must be "build", "run", "copy", "publish", "promote", "deploy",'
                ' "exports",'
                ' "trigger" or "notify". Did you mean "build"? [invalid-setting]'
            ),
        ),
        (
            "steps.zuul.post = []",
            (
                "FILE: steps.zuul adds to what is allowed, and everything is. Set steps.default to what"
                " is allowed"
                " otherwise. [invalid-setting]"
            ),
        ),
        ("credentials.A = 'hunter2'", "FILE: credentials.A must be a table. [invalid-setting]"),
        ("credentials = []", "FILE: credentials must be a table. [invalid-setting]"),
        (
            "credentials.A = {}",
            (
                "FILE: credentials.A must have one of environment, file, command, keyring, and only one."
                " [invalid-setting]"
            ),
        ),
        (
            "credentials.A = {environment = 'A', file = '/a'}",
            (
                "FILE: credentials.A must have one of environment, file, command, keyring, and only one."
                " [invalid-setting]"
            ),
        ),
        (
            "credentials.A = {file = 'a'}",
            'FILE: credentials.A must have a "file" that is an absolute path. [invalid-setting]',
        ),
        (
            "credentials.A = {keyring = 'service'}",
            'FILE: credentials.A must have a "keyring" of the form SERVICE/USER. [invalid-setting]',
        ),
        (
            "credentials.A = {environment = 'A', kind = 'username-password'}",
            (
                "FILE: credentials.A must have one of username, username_environment if it is of the kind"
                " username-password, and none if it is not. [invalid-setting]"
            ),
        ),
        (
            "credentials.A = {environment = 'A', kind = 'string', username = 'me'}",
            (
                "FILE: credentials.A must have one of username, username_environment if it is of the kind"
                " username-password, and none if it is not. [invalid-setting]"
            ),
        ),
        (
            "credentials.A = {enviroment = 'A'}",
            (
                'FILE: there is no setting "credentials.A.enviroment". Did you mean "environment"?'
                " [unknown-setting]"
            ),
        ),
        (
            "registry.pusch = 'A'",
            'FILE: there is no setting "registry.pusch". Did you mean "push"? [unknown-setting]',
        ),
        (
            "registy.push = 'A'",
            'FILE: there is no setting "registy". Did you mean "registry"? [unknown-setting]',
        ),
        (
            "proxies.ftp = 'A'",
            'FILE: there is no setting "proxies.ftp". There are: http, https, no. [unknown-setting]',
        ),
        (
            "proxies.http = 'me:hunter2@proxy'",
            "FILE: proxies.http must be a URL that begins with http:// or https://. [invalid-setting]",
        ),
        ("proxies.http = 'http://a:b'", "FILE: proxies.http must be a URL. [invalid-setting]"),
        (
            "triggers.a = {}",
            "FILE: triggers.a must have one of command, url, and only one. [invalid-setting]",
        ),
        (
            "triggers.a = {command = ['x'], headers = {A = 'b'}}",
            "FILE: triggers.a must have a url if it has a method or headers. [invalid-setting]",
        ),
        (
            "triggers.a.url = 'https://me:hunter2@host/'",
            "FILE: triggers.a.url must not hold a name or a password. Use a credential. [invalid-setting]",
        ),
        (
            "triggers.'a b' = {url = 'https://host/', credential = 'A'}",
            (
                'FILE: triggers."a b" names a credential "A", which there is not. Define it as'
                ' "credentials.A".'
                " [invalid-setting]"
            ),
        ),
        (
            "credentials.A.environment = 'A'\nregistry.credential = 'A'",
            (
                'FILE: registry.credential names the credential "A", which is of another kind. It has to be'
                " of the kind username-password. [invalid-setting]"
            ),
        ),
        (
            (
                "credentials.A = {environment = 'A', kind = 'ssh-key'}\n"
                "triggers.a = {url = 'https://host/', credential = 'A'}"
            ),
            (
                'FILE: triggers.a names the credential "A", which is of another kind. It has to be of'
                " the kind string or username-password. [invalid-setting]"
            ),
        ),
        (
            "notify.webhooks = ['https://host/?token=x']",
            (
                "FILE: notify.webhooks[0] must end with the path, and hold no name or password."
                " [invalid-setting]"
            ),
        ),
        (
            (
                "credentials.A = {environment = 'A', username = 'me'}\n"
                "notify = {smtp = 'mail.example:25', credential = 'A'}"
            ),
            (
                "FILE: notify.credential would be sent to the mail server in the clear. Set"
                " notify.starttls to true."
                " [invalid-setting]"
            ),
        ),
        ("pull = 'x'\nx = hunter2", "FILE:2:5: this is not TOML: Invalid value. [malformed-settings]"),
        (
            "pull = 'x'\npull = 'x'",
            "FILE:2: this is not TOML: Cannot overwrite a value. [malformed-settings]",
        ),
    ],
)
def test_a_mistake_in_a_file_is_told(machine: Machine, text: str, complaint: str) -> None:
    (told,) = complaints(machine, text)
    assert told.startswith(complaint)
    assert "hunter2" not in told


def test_a_lock_has_to_name_settings(machine: Machine) -> None:
    machine.says('locked = ["regisry", "registry.push", "credentials.A", "time*"]')
    with pytest.raises(UsageError) as refused:
        machine.read()
    assert [str(problem) for problem in refused.value.problems] == [
        (
            f'{machine.system}: locked names "regisry", which is no setting.'
            ' Did you mean "registry"? [unknown-setting]'
        )
    ]


def test_a_mail_server_on_the_machine_itself_needs_no_encryption(machine: Machine) -> None:
    for server in ("localhost:25", "127.0.0.1", "[::1]:25"):
        notify = f"notify = {{smtp = '{server}', credential = 'A'}}"
        machine.settings(f"credentials.A = {{environment = 'A', username = 'me'}}\n{notify}")


@pytest.mark.parametrize(
    ("environ", "complaint"),
    [
        (
            {"PIPELINE_DSL_REGISTY_PUSH": "a.example"},
            (
                "the environment variable PIPELINE_DSL_REGISTY_PUSH is no setting."
                ' Did you mean "PIPELINE_DSL_REGISTRY_PUSH"? [unknown-setting]'
            ),
        ),
        (
            {"PIPELINE_DSL_REGISTRY": "{push = 'a.example'}"},
            "the environment variable PIPELINE_DSL_REGISTRY is no setting.",
        ),
        (
            {"PIPELINE_DSL_TIMEOUTS_RUN": "fast"},
            "the environment variable PIPELINE_DSL_TIMEOUTS_RUN is neither JSON nor a TOML value.",
        ),
        (
            {"PIPELINE_DSL_TIMEOUTS_RUN": "1\nlocked = []"},
            "the environment variable PIPELINE_DSL_TIMEOUTS_RUN is neither JSON nor a TOML value.",
        ),
        (
            {"PIPELINE_DSL_TIMEOUTS_RUN": ""},
            "the environment variable PIPELINE_DSL_TIMEOUTS_RUN is neither JSON nor a TOML value.",
        ),
        (
            {"PIPELINE_DSL_CREDENTIALS": "[]"},
            (
                "the environment variable PIPELINE_DSL_CREDENTIALS: credentials must be a table."
                " [invalid-setting]"
            ),
        ),
    ],
)
def test_a_mistake_in_the_environment_is_told(
    machine: Machine, environ: dict[str, str], complaint: str
) -> None:
    with pytest.raises(UsageError) as refused:
        machine.read(environ)
    assert [str(problem)[: len(complaint)] for problem in refused.value.problems] == [complaint]


def test_variables_of_the_package_s_own_tests_are_no_settings(machine: Machine) -> None:
    machine.read({"PIPELINE_DSL_TEST_BASE": "debian"})


def test_a_flag_that_there_is_not_is_told(machine: Machine) -> None:
    with pytest.raises(
        UsageError, match=r'the flag registry\.puhs is no setting\. Did you mean "registry\.push"\?'
    ):
        machine.read({}, {"registry.puhs": "x"})


def test_mistakes_of_all_sources_are_told_at_once(machine: Machine) -> None:
    machine.says("timeouts = {run = '1', build = '1'}", "pull = 1\nregistry.x = 1")
    with pytest.raises(UsageError) as refused:
        machine.read({"PIPELINE_DSL_X": "", "PIPELINE_DSL_TIMEOUTS_RUN": "1"}, {"y": "1"})
    assert [problem.code for problem in refused.value.problems] == [
        "invalid-setting",
        "invalid-setting",
        "unknown-setting",
        "invalid-setting",
        "unknown-setting",
        "unknown-setting",
    ]
    assert refused.value.exit_code == 2


def test_a_file_that_cannot_be_read_is_told(machine: Machine) -> None:
    machine.user.mkdir(parents=True)
    with pytest.raises(UsageError, match=r"cannot be read: Is a directory\. \[settings-unreadable\]"):
        machine.read()
    machine.user.rmdir()
    machine.user.write_bytes(b"pull = '\xff'")
    with pytest.raises(UsageError, match=r"cannot be read: it is not UTF-8\. \[settings-unreadable\]"):
        machine.read()
