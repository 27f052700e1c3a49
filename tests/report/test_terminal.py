"""The live view as a real terminal shows it."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pexpect = pytest.importorskip("pexpect")

if TYPE_CHECKING:
    from collections.abc import Iterator

_SESSION = Path(__file__).with_name("session.py")
_COLOUR = re.compile(r"\x1b\[(?:[0-9]+;)*(?:[34][0-8]|9[0-7]|10[0-7])(?:;[0-9]+)*m")
_PATIENCE = 20


def _environment(**variables: str) -> dict[str, str]:
    """Give this process's environment without what would tell rich about another terminal."""
    unset = {"CI", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"}
    return {key: value for key, value in os.environ.items() if key not in unset} | variables


class Terminal:
    """A window of tmux, 60 columns wide and 24 rows high."""

    def __init__(self) -> None:
        self._name = uuid.uuid4().hex

    def play(self, scene: str) -> None:
        """Play a scene of session.py, then tell its exit code."""
        scene_command = shlex.join([sys.executable, str(_SESSION), scene])
        # The shell outlives a Ctrl-C, as the one at which people type does.
        command = f"trap : INT; {scene_command}; echo exit code $?; exec sleep 60"
        size = ("-x", "60", "-y", "24")
        self._tmux("-f", os.devnull, "new-session", "-d", *size, command)

    def press(self, key: str) -> None:
        """Press a key."""
        self._tmux("send-keys", key)

    def wait_for(self, text: str) -> list[str]:
        """Give the lines of the window once a text is among them."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            screen = self._tmux("capture-pane", "-p")
            if text in screen:
                return screen.splitlines()
            time.sleep(0.1)
        pytest.fail(f"{text!r} is not on the screen:\n{screen}")

    def history(self) -> list[str]:
        """Give every line that is or was in the window, long ones whole."""
        return self._tmux("capture-pane", "-p", "-J", "-S", "-").rstrip().splitlines()

    def cursor_is_shown(self) -> bool:
        """Tell whether the cursor can be seen."""
        return self._tmux("display-message", "-p", "#{cursor_flag}").strip() == "1"

    def close(self) -> None:
        """End whatever runs in the window."""
        self._tmux("kill-server")

    def _tmux(self, *arguments: str) -> str:
        command = ["tmux", "-L", self._name, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, env=_environment()).stdout


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    if not shutil.which("tmux"):
        pytest.skip("needs tmux")
    terminal = Terminal()
    yield terminal
    terminal.close()


def _played(*arguments: str, **variables: str) -> str:
    """Give every byte that a scene sends to a terminal of 60 columns."""
    child = pexpect.spawn(
        sys.executable,
        [str(_SESSION), *arguments],
        env=_environment(TERM="xterm-256color") | variables,
        dimensions=(24, 60),
        encoding="utf-8",
        timeout=_PATIENCE,
    )
    child.expect(pexpect.EOF)
    child.close()
    return str(child.before)


def test_while_a_run_goes_on_each_stage_is_one_line(terminal: Terminal) -> None:
    terminal.play("failure")

    lines = terminal.wait_for("[bold]漢字")

    assert re.fullmatch(r"[⠀-⣿] lint  0 s  run npm run lint", lines[0])
    assert re.fullmatch(r"[⠀-⣿] docs  0 s  run make docs · \[bold\]漢字 x+…", lines[1])
    assert lines[2] == "  0 s · 2 running"
    assert not any(lines[3:])


def test_a_failed_step_is_printed_whole_above_the_view(terminal: Terminal) -> None:
    terminal.play("failure")
    terminal.wait_for("1 running, 1 failed")

    history = terminal.history()

    heading = next(index for index, line in enumerate(history) if line.startswith("──"))
    assert history[heading].startswith("── ✗ ci/lint: run npm run lint: failed after 1.0 s,")
    block = history[heading + 1 + (not history[heading + 1].startswith("error")) :]
    assert block[:50] == [f"error {number} [/bold]" for number in range(50)]
    assert block[50:53] == ["", "  pipeline.py:3: it failed.", ""]
    assert block[53].startswith("✗ lint")
    assert "running, 1 failed" in block[55]


def test_in_the_end_only_failures_and_the_summary_are_left(terminal: Terminal) -> None:
    terminal.play("failure")
    terminal.wait_for("exit code 0")

    history = terminal.history()

    assert history[history.index("  pipeline.py:3: it failed.") :] == [
        "  pipeline.py:3: it failed.",
        "",
        "✗ lint  failed  1.0 s  run npm run lint: exit code 1",
        "✓ docs  passed  1.0 s  run make docs",
        "",
        "✗ lint: run npm run lint: failed after 1.0 s, exit code 1",
        "  pipeline.py:3: it failed.",
        "",
        "failed after 2.0 s: 1 failed, 1 passed",
        "exit code 0",
    ]
    assert not [line for line in history if "x" * 40 in line]
    assert terminal.cursor_is_shown()


def test_a_hundred_stages_fit_a_window_of_24_rows(terminal: Terminal) -> None:
    terminal.play("hundred")

    lines = terminal.wait_for("stage-099")
    later = terminal.wait_for("2 s · ")

    assert [line[2:11] for line in lines[:4]] == ["stage-097", "stage-098", "stage-099", "stage-010"]
    assert lines[21] == "… 79 more: 69 waiting, 10 passed"
    assert lines[22].endswith(" · 3 running, 87 waiting, 10 passed")
    assert [line[2:11] for line in later[:22]] == [line[2:11] for line in lines[:22]]
    assert terminal.history()[0][2:11] == "stage-097"


def test_ctrl_c_takes_the_view_down_and_shows_what_was_running(terminal: Terminal) -> None:
    terminal.play("hundred")
    terminal.wait_for("stage-099")
    terminal.press("C-c")
    terminal.wait_for("exit code")

    history = terminal.history()

    assert terminal.cursor_is_shown()
    assert [line for line in history if re.search("[⠀-⣿]", line)] == []
    running = [line for line in history if line.startswith("▸ stage-099")]
    assert len(running) == 1
    assert "running" in running[0]
    assert any(re.match(r"interrupted after .*: 3 running, 87 waiting, 10 passed", line) for line in history)


def test_the_view_has_colours() -> None:
    assert _COLOUR.search(_played("failure"))


def test_no_color_leaves_no_colour() -> None:
    assert not _COLOUR.search(_played("failure", NO_COLOR="1"))


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [(("--plain",), {}), ((), {"TERM": "dumb"}), ((), {"CI": "true"})],
)
def test_the_cursor_stays_put_where_plain_lines_are_called_for(
    arguments: tuple[str, ...], variables: dict[str, str]
) -> None:
    output = _played("failure", *arguments, **variables)

    assert not re.search(r"\x1b\[[0-9?]*[A-HJKhl]", output)
    assert "docs │ [bold]" in re.sub(r"\x1b\[[0-9;]*m", "", output)


def test_a_log_file_gets_plain_lines_even_where_colours_are_forced() -> None:
    command = [sys.executable, str(_SESSION), "failure"]
    environment = _environment(FORCE_COLOR="1", TERM="xterm")

    output = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout

    assert not re.search(r"\x1b\[[0-9?]*[A-HJKhl]", output)
    assert _COLOUR.search(output)


def test_a_character_that_the_encoding_lacks_is_printed_as_its_number() -> None:
    command = [sys.executable, str(_SESSION), "failure"]
    environment = _environment(PYTHONIOENCODING="ascii")

    output = subprocess.run(command, check=True, capture_output=True, env=environment).stdout

    assert b"[bold]\\u6f22\\u5b57" in output
