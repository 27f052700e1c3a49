"""Credentials are fetched from where the operator keeps them; those asked for, and never shown."""

from __future__ import annotations

import copy
import json
import os
import pickle
import sys
import traceback
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.errors import Position, UsageError
from pipeline_dsl.settings import Provided, Secret, Settings, provide, refusal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.settings.conftest import Machine

VALUE = "hunter2 ü\n  three"


def settings(machine: Machine, **credentials: Mapping[str, object]) -> Settings:
    return machine.read({}, {"credentials": credentials}).settings


def value(machine: Machine, environ: Mapping[str, str] | None = None, /, **credential: object) -> str:
    return provide(settings(machine, A=credential), ["A"], environ or {})["A"].secret.reveal()


def complaint(machine: Machine, environ: Mapping[str, str] | None = None, /, **credential: object) -> str:
    with pytest.raises(UsageError) as refused:
        value(machine, environ, **credential)
    shown = "".join(traceback.format_exception(refused.value))
    assert "hunter2" not in shown
    assert [problem.code for problem in refused.value.problems] == ["credential-unavailable"]
    return str(refused.value)


def test_it_comes_from_the_environment(machine: Machine) -> None:
    assert value(machine, {"V": f"{VALUE}\r\n"}, environment="V") == VALUE
    told = complaint(machine, {}, environment="V")
    assert told.startswith('the credential "A" cannot be had: the environment variable V is not set.')


def test_it_comes_from_a_file(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{VALUE}\n", "utf-8")
    assert value(machine, file=str(file)) == VALUE
    monkeypatch.setenv("HOME", str(tmp_path))
    assert value(machine, file="~/secret") == VALUE
    file.write_bytes(b"hunter2\xff")
    assert f"the file {file} is not UTF-8" in complaint(machine, file=str(file))
    file.unlink()
    assert f"the file {file} cannot be read: No such file" in complaint(machine, file=str(file))


def test_it_comes_from_a_command_that_has_our_environment_and_no_input(machine: Machine) -> None:
    program = "import os, sys; print(os.environ['V'] + sys.stdin.read())"
    assert value(machine, {"V": VALUE, "PYTHONUTF8": "1"}, command=[sys.executable, "-c", program]) == VALUE


def test_a_command_that_fails_is_told_without_what_it_printed(machine: Machine) -> None:
    noisy = "import sys; print('hunter2'); print('hunter2', file=sys.stderr); sys.exit(3)"
    told = complaint(machine, command=[sys.executable, "-c", noisy])
    assert f"{sys.executable} ended with the code 3. Its output is not shown" in told
    assert "/nowhere cannot be started: No such file" in complaint(machine, command=["/nowhere"])


def test_a_command_may_not_take_for_ever(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline_dsl.settings.fetch._PATIENCE", 0.2)
    program = "import time; print('hunter2', flush=True); time.sleep(60)"
    told = complaint(machine, command=[sys.executable, "-c", program])
    assert "took longer than 0.2 seconds" in told


def test_it_comes_from_the_keyring(machine: Machine) -> None:
    """The keyring is real, its backend is not: a desktop's needs a session, and somebody to unlock it."""
    keyring = pytest.importorskip("keyring")
    backend = pytest.importorskip("keyring.backend")
    errors = pytest.importorskip("keyring.errors")

    class Memory(backend.KeyringBackend):  # type: ignore[misc, name-defined]  # imported where it is there
        priority = 1

        def get_password(self, service: str, username: str) -> str | None:
            if service == "locked":
                raise errors.KeyringLocked("hunter2")
            return {("https://registry.example", "me"): VALUE}.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None: ...

        def delete_password(self, service: str, username: str) -> None: ...

    before = keyring.get_keyring()
    keyring.set_keyring(Memory())
    try:
        assert value(machine, keyring="https://registry.example/me") == VALUE
        told = complaint(machine, keyring="https://registry.example/you")
        assert 'the keyring has no entry of "you" for "https://registry.example"' in told
        assert "the keyring fails with KeyringLocked" in complaint(machine, keyring="locked/me")
    finally:
        keyring.set_keyring(before)


def test_without_the_package_keyring_the_way_to_it_is_told(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)  # as Python does for what cannot be imported
    told = complaint(machine, keyring="service/me")
    assert (
        "the package keyring is not installed. Install it with: pip install 'pipeline-dsl[keyring]'." in told
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("\n", "its value is empty"),
        ("hunter2\0", "its value holds a NUL"),
        (os.fsdecode(b"hunter2\xff"), "the environment variable V is not UTF-8"),
    ],
)
def test_what_cannot_be_used_is_told(machine: Machine, text: str, reason: str) -> None:
    assert reason in complaint(machine, {"V": text}, environment="V")


def test_a_password_has_a_user(machine: Machine) -> None:
    made = settings(
        machine,
        A={"environment": "V", "username": "me"},
        B={"environment": "V", "username_environment": "U", "kind": "username-password"},
    )
    assert provide(made, ["A", "B"], {"V": "v", "U": "you"}) == {
        "A": Provided("username-password", Secret("v"), "me"),
        "B": Provided("username-password", Secret("v"), "you"),
    }
    with pytest.raises(UsageError, match="the environment variable U is not set"):
        provide(made, ["B"], {"V": "v"})


def test_a_key_ends_in_a_line_break_as_ssh_wants_it(machine: Machine) -> None:
    made = settings(machine, A={"environment": "V", "kind": "ssh-key"})
    for text in ("BEGIN\nEND", "BEGIN\nEND\n"):
        assert provide(made, ["A"], {"V": text})["A"] == Provided("ssh-key", Secret("BEGIN\nEND\n"))


def test_only_what_is_asked_for_is_fetched(machine: Machine, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    made = settings(machine, A={"environment": "V"}, B={"command": ["touch", str(mark)]})
    assert list(provide(made, ["A", "A"], {"V": "v"})) == ["A"]
    assert provide(made, [], {}) == {}
    with pytest.raises(UsageError):
        provide(made, ["B", "C"], {"V": "v"})
    assert not mark.exists()


def test_what_is_not_allowed_is_refused_and_what_is_allowed_is_named(machine: Machine) -> None:
    made = settings(machine, SONAR_API_KEY={"environment": "V"}, OTHER={"environment": "V"})
    with pytest.raises(UsageError) as refused:
        provide(made, ["SONAR_APIKEY", "x"], {})
    assert [str(problem) for problem in refused.value.problems] == [
        (
            'the credential "SONAR_APIKEY" is not allowed here. Did you mean "SONAR_API_KEY"?'
            " Allowed are SONAR_API_KEY, OTHER. [credential-not-allowed]"
        ),
        'the credential "x" is not allowed here. Allowed are SONAR_API_KEY, OTHER. [credential-not-allowed]',
    ]
    told = str(refusal(Settings(), "x", Position("pipeline.py", 3)))
    assert (
        told
        == 'pipeline.py:3: the credential "x" is not allowed here. None is allowed. [credential-not-allowed]'
    )
    assert refusal(made, "OTHER") is None


def test_everything_that_cannot_be_had_is_told_at_once(machine: Machine) -> None:
    made = settings(machine, A={"environment": "V"}, B={"environment": "W"})
    with pytest.raises(UsageError) as refused:
        provide(made, ["A", "B"], {})
    assert len(refused.value.problems) == 2


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret("hunter2")
    provided = Provided("string", secret)
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!r}", repr(provided)):
        assert "hunter2" not in shown
        assert "***" in shown
    assert not hasattr(secret, "__dict__")
    with pytest.raises(TypeError):
        json.dumps(secret)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_secret_is_not_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="a secret is not pickled"):
        pickle.dumps(Provided("string", Secret("hunter2")), protocol)


def test_secrets_are_equal_if_their_values_are_and_copies_are_the_same() -> None:
    secret = Secret("a")
    assert {secret, Secret("a"), Secret("b")} == {Secret("a"), Secret("b")}
    assert secret != object()
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret
