"""Takes the pictures of a run that README.md and the pages show. Needs tmux and a running engine.

    $ python docs/screenshots.py

It runs the pipeline of examples/node-service in a terminal, from a copy whose package.json is new to the
build cache, and draws two moments: one with two stages under way, and the end.
"""
# ruff: noqa: INP001, S603, S607 -- a script, which starts tmux by its name

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.text import Text

COLUMNS, ROWS = 100, 30
COMMAND = "python -m pipeline_dsl -C examples/node-service run"
IMAGES = Path(__file__).parent / "images"
EXAMPLE = Path(__file__).parent.parent / "examples" / "node-service"
PATIENCE = 600  # seconds

# rich's own form without its fonts from the network: pages show the picture where nothing is fetched.
SVG = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
  <style>
    .{unique_id}-matrix {{
      font: {char_height}px "DejaVu Sans Mono", Menlo, Consolas, monospace; line-height: {line_height}px;
    }}
    .{unique_id}-title {{ display: none; }}
    {styles}
  </style>
  <defs>
    <clipPath id="{unique_id}-clip-terminal">
      <rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
    </clipPath>
    {lines}
  </defs>
  {chrome}
  <g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
    {backgrounds}
    <g class="{unique_id}-matrix">
    {matrix}
    </g>
  </g>
</svg>
"""


def tmux(*words: str) -> str:
    """Give a command to a tmux server of our own."""
    done = subprocess.run(["tmux", "-L", "screenshots", *words], check=True, capture_output=True, text=True)
    return done.stdout


def record(directory: str) -> list[str]:
    """Run the example in a terminal, and give what the terminal showed, moment by moment."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    size = ["-x", str(COLUMNS), "-y", str(ROWS)]
    shell = ["env", "PS1=$ ", f"PATH={path}", "bash", "--norc", "--noprofile"]
    tmux("new-session", "-d", *size, "-c", directory, *shell)
    try:
        time.sleep(1)
        tmux("send-keys", f"clear; {COMMAND}; exec sleep {PATIENCE}", "Enter")
        moments: list[str] = []
        while not moments or "passed in " not in moments[-1]:
            time.sleep(0.2)
            moments.append(tmux("capture-pane", "-e", "-p"))
    finally:
        tmux("kill-server")
    return moments


def draw(moment: str, name: str) -> None:
    """Draw what a terminal showed, below the command that led to it."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(f"$ {COMMAND}\n{moment.strip()}"), soft_wrap=True)
    picture = console.export_svg(code_format=SVG, unique_id=name)
    lines = (line.rstrip() for line in picture.splitlines())
    (IMAGES / f"{name}.svg").write_text("\n".join(filter(None, lines)) + "\n")


def main() -> None:
    """Take the pictures."""
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory, "examples", EXAMPLE.name)
        shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns("node_modules"))
        with (copy / "package.json").open("a") as file:
            file.write(" " * (int(time.time()) % 997))
        moments = record(directory)
    under_way = [moment for moment in moments if "2 running" in moment and "·" in moment]
    draw(next((moment for moment in under_way if "eslint ." in moment), under_way[-1]), "run")
    draw(moments[-1], "summary")


if __name__ == "__main__":
    main()
