"""Feeds the readers what nobody would write: `python -m tests.formats.fuzz 200000`.

Real files and hostile ones are mutated, then read, and what can be read is written again, both ways. Any
exception but the package's own, an input that takes longer than a bound, or a process that grows over one is
a failure.
"""

from __future__ import annotations

import contextlib
import random
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_dsl.errors import PipelineError
from pipeline_dsl.formats import blubber, config, python
from pipeline_dsl.resolve import resolve
from tests.formats import corpus
from tests.formats.configs import Files

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 5.0
"""Seconds of the processor that one input may take."""

LARGEST = 200
"""Megabytes that the process may grow to."""

_PIECES = [
    *(
        "&a ",
        "*a",
        "<<: *a",
        "<<: [*a, *a]",
        "- ",
        ": ",
        "~",
        "y",
        "0",
        "-1",
        "1e999",
        "0o7",
        "[",
        "]",
        "{",
        "}",
    ),
    *(
        "|\n",
        ">-\n",
        "#",
        "'",
        '"',
        "\\",
        "\t",
        "\r\n",
        "\x00",
        "\ufeff",
        "\x85",
        "---\n",
        "...\n",
        "%YAML 1.1\n",
    ),
    *(
        "!!binary x",
        "!!set {a}",
        "? ",
        "!<x>",
        "local",
        "scratch",
        "includes: [build]",
        "copies: [local]",
        "v3",
    ),
    *(
        "from: ",
        "base: ~",
        "uid: 0",
        "builders: [{}]",
        "variants:\n",
        "version: v1\n",
        "apt: {packages: {a: ~}}",
    ),
]


FILES = ("blubber.yaml", "blubber.yml", "a/blubber.yaml")
BLUBBER = "version: v4\nvariants: {test: {base: x}, production: {includes: [test]}, build: {}, dev: {}}\n"
EXPRESSIONS = """\
pipelines:
  p:
    blubberfile: {version: v4, variants: {test: {base: "${setup.tag}"}, dev: {includes: [test]}}}
    stages:
      - {name: a, build: test, run: {tail: 1}, exports: {x: [1, "${.stage}"]}, notify: {email: {to: a@b}}}
      - name: b
        build: {variant: dev, excludes: {$each: [v, w], $in: "1 2,3 4", $delimiter: ",", $yield: "${.v}"}}
        run:
          arguments: {$merge: [x], $with: {$each: v, $in: "${a.output}", $yield: "${.v} ${b.imageID|y}"}}
          env: {A: "$B \\\\${C} ${a.x|no}"}
        copy: [/a, {source: b, destination: cc/d, from: "${a.container}"}]
        publish: {image: {tags: [latest, "${setup.branch}"]}}
        deploy: {overrides: {$merge: {a: 1}, $with: {b: "${.imageTag}"}}}
    execution: [[a, b]]
"""


def hostile() -> list[str]:
    """Texts that are made to exhaust their reader."""
    names = [f"a{number}" for number in range(30)]
    links = zip(names[1:], names, strict=False)
    bomb = f"{names[0]}: &{names[0]} [x]\n" + "".join(
        f"{name}: &{name} [{','.join([f'*{other}'] * 10)}]\n" for name, other in links
    )
    merges = "x: &m0 {a: 1}\n" + "".join(
        f"y{number}: &m{number + 1} {{<<: [*m{number}, *m{number}], k{number}: 1}}\n" for number in range(400)
    )
    keys = ", ".join(f"k{number}: 1" for number in range(2000))
    wide = f"x: &m {{{keys}}}\ny: {{<<: [{', '.join(['*m'] * 2000)}]}}\n"
    chain = "".join(f"  v{number}: {{includes: [v{number - 1}]}}\n" for number in range(101, 1000))
    origins = "".join(f"  w{number}: {{copies: [image{number}]}}\n" for number in range(100, 1000))
    return [
        f"version: v4\n{bomb}variants: {{test: {{entrypoint: *{names[-1]}}}}}\n",
        f"version: v4\n{merges}",
        f"version: v4\n{wide}",
        f"version: v4\nvariants:\n  v100: {{}}\n{chain}",
        f"version: v3\nvariants:\n  v100: {{}}\n{chain}",
        f"version: v4\nvariants:\n{origins}",
        f"version: v4\nvariants:\n{origins}{chain.replace('  v', '  x')}",
        "version: v4\nvariants: &v {test: {includes: *v}}\n",
        "[" * 50_000,
        "{a: " * 50_000,
        "- " * 50_000,
        "x: &a [*a]\n",
        "version: v4\nbase: 'foo" + "\\n" * 50_000,
        f"version: v4\nruns: {{uid: {'9' * 10_000}}}\n",
        "#\n" * 50_000 + "version: v4\n",
        "pipelines: {p: {stages: [{name: a, exports: {x: "
        + "{$each: y, $in: [1, 2, 3, 4], $yield: " * 40
        + "1"
        + "}" * 40
        + "}}]}}\n",
        f"{bomb}pipelines: {{p: {{stages: [{{name: a, exports: {{x: *{names[-1]}}}}}]}}}}\n",
        "pipelines: {p: {stages: [{name: a, exports: {x: '" + "${a.b" * 20_000 + "'}}]}}\n",
        "pipelines: {p: {stages: ["
        + ", ".join(f"{{name: s{n}, exports: {{x: 1}}}}" for n in range(900))
        + "]}}",
    ]


def mutated(texts: list[str], chance: random.Random) -> str:
    """One of some texts with a few changes."""
    text = chance.choice(texts)
    for _ in range(chance.randint(1, 3)):
        start, end = sorted(chance.randint(0, len(text)) for _ in range(2))
        match chance.randint(0, 5):
            case 0:
                text = text[:start] + chance.choice(_PIECES) + text[start:]
            case 1:
                text = text[:start] + text[min(end, start + 40) :]
            case 2:
                text = text[:start] + text[start : start + 60] * chance.randint(2, 4) + text[start + 60 :]
            case 3:
                other = chance.choice(texts)
                position = chance.randint(0, len(other))
                text = text[:start] + other[position : position + 80] + text[start:]
            case 4:
                text = (
                    text[:start]
                    + chr(chance.choice([chance.randint(0, 255), 0x2028, 0xD7FF]))
                    + text[start + 1 :]
                )
            case _:
                lines = text.splitlines(keepends=True)
                chance.shuffle(lines)
                text = "".join(lines)
    return text


def digest(text: str) -> bool:
    """Read a text, and write again what it says; tells whether it says anything."""
    if "pipelines" in text:
        return digest_config(text)
    try:
        reading = blubber.read(text, "blubber.yaml", "service")
    except PipelineError:
        return False
    python.write(reading.project, reading.entries, reading.comments)
    with contextlib.suppress(PipelineError):
        resolve(reading.project)
    blubber.write(reading.project, lossy=True)
    return True


def digest_config(text: str) -> bool:
    """The same for a config; its Blubber files have a few usual variants."""
    try:
        reading = config.read(text, "config.yaml", "service", Files(dict.fromkeys(FILES, BLUBBER)))
    except PipelineError:
        return False
    python.write(reading.project, reading.entries, reading.comments)
    config.write(reading.project, lossy=True)
    return True


def inputs(count: int, seed: int) -> Iterator[str]:
    """The hostile texts, then mutated ones."""
    hostile_texts = hostile()
    yield from hostile_texts
    chance = random.Random(seed)  # noqa: S311 -- that a failure can be repeated matters here
    small = [text for text in hostile_texts if len(text) < 500]
    seeds = [corpus.text(file) for file in (*corpus.blubber_files(), *corpus.config_files())] + small
    seeds += [EXPRESSIONS] * 5
    seeds.append("version: v4\nvariants:\n  build: &a {copies: [local]}\n  test: {<<: *a, base: x}\n")
    for _ in range(count - len(hostile_texts)):
        yield mutated(seeds, chance)


def main(count: int, seed: int = 0) -> str:
    """Feed the reader; gives the figures."""
    slowest, understood = 0.0, 0
    start = time.perf_counter()
    for text in inputs(count, seed):
        before = time.process_time()
        try:
            understood += digest(text)
        except Exception as error:
            raise AssertionError(f"{error!r} with {text!r}") from error
        took = time.process_time() - before
        slowest = max(slowest, took)
        assert took < LONGEST, f"{took:.1f} s for {text[:200]!r}"
        assert peak() < LARGEST, f"{peak():.0f} MB after {text[:200]!r}"
    total = time.perf_counter() - start
    return (
        f"{count} inputs in {total:.0f} s, {understood} of them understood; "
        f"slowest {slowest:.2f} s, peak memory {peak():.0f} MB"
    )


def peak() -> float:
    """Megabytes that the process took at most, not counting the one that it was started by."""
    _, _, size = Path("/proc/self/status").read_text("utf-8").partition("VmHWM:")
    return int(size.split()[0]) / 1024


if __name__ == "__main__":
    sys.stdout.write(f"{main(*map(int, sys.argv[1:]))}\n")
