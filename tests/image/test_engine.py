"""Images that a real engine makes of our Dockerfiles."""

from __future__ import annotations

import base64
import functools
import os
import threading
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.context.reading import load_ignore, read_context
from pipeline_dsl.engine.docker import BuildRequest, RunRequest
from pipeline_dsl.engine.events import Stream
from pipeline_dsl.engine.tarball import pack
from pipeline_dsl.image import dockerfile
from pipeline_dsl.image.instructions import From, WriteFile
from pipeline_dsl.image.naming import named
from pipeline_dsl.image.recipe import Recipe
from pipeline_dsl.image.writer import Writer
from pipeline_dsl.model import Builder, Cache, Copy, Lives, Mount, Project, Runs, Variant
from pipeline_dsl.resolve import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pipeline_dsl.engine.docker import EngineImage
    from pipeline_dsl.engine.sdk.client import SdkDocker
    from pipeline_dsl.model.builders import AnyBuilder

pytestmark = pytest.mark.engine

NASTY = {
    "DOLLAR": "$",
    "DOLLARS": "$5 $$ $(x) `y` $-",
    "DOUBLE": 'a "b" c',
    "EMPTY": "",
    "HASH": "# no comment",
    "SINGLE": "it's",
    "SLASHES": "a\\b\\\\c\\n \\",
    "SPACES": "  a   b\t ",
    "UNICODE": "żółć 🐙",
}
"""Values that quoting can spoil; none of them refers to a variable."""


class Engine:
    """Builds variants from a directory, and asks their images."""

    def __init__(self, docker: SdkDocker, root: Path) -> None:
        self.docker = docker
        self.root = root
        self.printed: list[str] = []

    def output(self, stream: Stream, line: str) -> None:
        if stream is not Stream.PROGRESS:
            self.printed.append(line)

    def build_text(self, text: str, target: str) -> str:
        """Build a Dockerfile without a context."""
        request = BuildRequest(text, target, functools.partial(pack, []))
        return self.docker.build(request, self.output, threading.Event()).image

    def build(self, variant: Variant, **arguments: str) -> str:
        """Build a variant as the tool does, with the values of build arguments."""
        resolved = resolve(Project("p", variants=[variant]))
        written = dockerfile(resolved.closure(variant.name), NASTY)
        files = read_context(self.root, written.selections, load_ignore(self.root))
        request = BuildRequest(
            written.text, written.target, functools.partial(pack, files), arguments=arguments
        )
        return self.docker.build(request, self.output, threading.Event()).image

    def run(self, image: str, script: str) -> list[str]:
        """Run a shell script as the image's user; gives the lines that it prints."""
        self.printed.clear()
        name = f"pipeline-dsl-test-{os.urandom(6).hex()}"
        request = RunRequest(image, name, entrypoint=("/bin/sh", "-c", script))
        assert self.docker.run(request, self.output, threading.Event()) == 0, self.printed
        return list(self.printed)

    def inspect(self, image: str) -> EngineImage:
        found = self.docker.image(image)
        assert found is not None
        return found

    def environment(self, image: str) -> Mapping[str, str]:
        return self.inspect(image).environment

    def config(self, image: str) -> dict[str, object]:
        """The configuration of an image, as ``docker inspect`` has it."""
        return _inspected(self.docker, image)["Config"]

    def layers(self, image: str) -> object:
        return _inspected(self.docker, image)["RootFS"]["Layers"]


def _inspected(docker: SdkDocker, image: str) -> dict[str, dict[str, object]]:
    inspected: dict[str, dict[str, object]] = docker.api.inspect_image(image)  # type: ignore[no-untyped-call]  # types-docker has it so
    return inspected


@pytest.fixture
def engine(docker: SdkDocker, tmp_path: Path) -> Engine:
    return Engine(docker, tmp_path)


def test_nasty_values_arrive_as_they_are(engine: Engine, base: str) -> None:
    """In the image's environment, in that of a build step, in labels, and as defaults of arguments."""
    names = " ".join(f"{name} A_{name}" for name in sorted(NASTY))
    dump = f'for name in {names}; do eval "printf \'%s=%s\\0\' $name \\"\\$$name\\""; done > /opt/lib/dump'
    own = Variant(
        "own",
        base=base,
        arguments={f"A_{name}": value for name, value in NASTY.items()},
        runs=Runs(environment=NASTY),
        builder=Builder(command=dump),
    )
    image = engine.build(own)
    assert {name: engine.environment(image)[name] for name in NASTY} == NASTY
    labels = engine.inspect(image).labels
    assert {name: labels[name] for name in NASTY} == NASTY
    (dumped,) = engine.run(image, "cat /opt/lib/dump")
    seen = dict(pair.split("=", 1) for pair in dumped.rstrip("\0").split("\0"))
    assert seen == NASTY | {f"A_{name}": value for name, value in NASTY.items()}
    assert not [name for name in engine.environment(image) if name.startswith("A_")]


def test_variables_refer_to_those_before_them_in_the_build_as_in_the_image(engine: Engine, base: str) -> None:
    """Golden vector 11; and to arguments, to the base image's variables and to none."""
    environment = {
        "ZZ": "1",
        "AA": "$ZZ",
        "BB": "$AA",
        "CC": "${ZED:-d} ${ARG:+set}",
        "DD": "$ARG/${ARG}x",
        "EE": "$DD",
        "LD_LIBRARY_PATH": "$LD_LIBRARY_PATH:/x",
        "PATH": "/mine:$PATH",
        "LITERAL": "$$ARG",
    }
    own = Variant(
        "own",
        base=base,
        arguments={"ARG": "default"},
        runs=Runs(environment=environment),
        builder=Builder(command="env > /opt/lib/dump"),
    )
    image = engine.build(own, ARG="given")
    found = engine.environment(image)
    expected = {
        "AA": "",
        "BB": "",
        "CC": "d set",
        "DD": "given/givenx",
        "EE": "given/givenx",
        "LD_LIBRARY_PATH": ":/x",
        "LITERAL": "$given",
        "PATH": "/mine:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "ZZ": "1",
    }
    assert {name: found[name] for name in environment} == expected
    built = dict(line.split("=", 1) for line in engine.run(image, "cat /opt/lib/dump"))
    assert {name: built[name] for name in environment} == expected
    assert (built["ARG"], built["HOME"], found["HOME"]) == ("given", "/home/somebody", "/home/runuser")
    assert "ARG" not in found


def test_an_argument_overrides_a_variable_of_the_base_image_while_building(engine: Engine, base: str) -> None:
    """Spec §3.3; the image keeps the base image's."""
    below = engine.build_text(f"FROM {base} AS below\nENV FLAVOUR=base\n", "below")
    engine.docker.api.tag(below, "pipeline-dsl-test/below", "latest")
    own = Variant(
        "own",
        base="pipeline-dsl-test/below",
        arguments={"FLAVOUR": "argument"},
        builder=Builder(command="echo $FLAVOUR > /opt/lib/dump"),
    )
    try:
        image = engine.build(own)
    finally:
        engine.docker.api.remove_image("pipeline-dsl-test/below", noprune=True)
    assert engine.run(image, "cat /opt/lib/dump; echo $FLAVOUR") == ["argument", "base"]


def test_users_directories_and_the_entrypoint_are_those_of_the_variant(engine: Engine, base: str) -> None:
    """The base image's default arguments are dropped with its entrypoint; users are given by number."""
    own = Variant(
        "own",
        base=base,
        lives=Lives(directory="/a b/$c\\d", user="owner", uid=1234, gid=1235),
        runs=Runs(user="runner", uid=4321, gid=4320, directory="/else where"),
        entrypoint=["/bin/echo", "$HOME", 'q"\\'],
    )
    image = engine.build(own)
    config = engine.config(image)
    assert (config["User"], config["WorkingDir"]) == ("4321", "/else where")
    assert (config["Entrypoint"], config["Cmd"]) == (["/bin/echo", "$HOME", 'q"\\'], None)
    ask = (
        "id -u; id -g; id -un; pwd; echo $HOME; getent passwd owner; getent group owner; stat -c '%u:%g %n'"
        " /home/owner /home/runner; stat -c '%u:%g %a %n' '/a b/$c\\d' /opt/lib '/a b'"
    )
    assert engine.run(image, ask) == [
        *("4321", "4320", "runner", "/else where", "/home/runner"),
        "owner:x:1234:1235::/home/owner:/bin/sh",
        "owner:x:1235:",
        "1234:1235 /home/owner",
        "4321:4320 /home/runner",
        "1234:1235 755 /a b/$c\\d",
        "1234:1235 755 /opt/lib",
        "0:0 755 /a b",
    ]


def test_ids_that_the_base_image_has_already_are_used_whatever_their_names(engine: Engine, base: str) -> None:
    """And build arguments say who somebody is, homes included."""
    own = Variant("own", base=base, runs=Runs(uid=33, gid=33), builder=Builder(command="echo $HOME > x"))
    image = engine.build(own, LIVES_UID="7001", LIVES_GID="7002", LIVES_AS="developer")
    assert engine.run(image, "id -un; stat -c %u:%g x /srv/app; cat x") == [
        "www-data",
        "7001:7002",
        "7001:7002",
        "/home/developer",
    ]
    assert engine.config(image)["User"] == "33"


def test_what_runs_insecurely_runs_as_the_owner_of_the_files(engine: Engine, base: str) -> None:
    """Golden vector 16: and a HOME of one's own is kept then."""
    own = Variant("own", base=base, runs=Runs(insecurely=True, directory="/r", environment={"HOME": "/h"}))
    image = engine.build(own)
    config = engine.config(image)
    assert (config["User"], config["WorkingDir"]) == ("65533", "/r")
    assert engine.environment(image)["HOME"] == "/h"
    assert engine.config(engine.build(Variant("own", base=base)))["Cmd"] == engine.config(base)["Cmd"]


def test_files_go_where_requirements_and_copies_say(engine: Engine, base: str) -> None:
    """Owned by the owner; nothing comes along that is not the author's, and nothing that is excluded."""
    for name in ("a.txt", "src/one.js", "src/two.md", "lib/x/y", ".env", "odd $name", "[z]"):
        path = engine.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    required = Builder(
        command="find . -type f | sort > /opt/lib/seen",
        requirements=[
            "a.txt",
            "lib/x/y",
            Copy("local", source="src/", destination="code", exclude=["*.md"]),
            Copy("local", source="odd $name", destination="/opt/lib/odd $name"),
            Copy("local", source=".env", exclude=["nothing"]),
        ],
    )
    bbb = Variant("bbb", base=base, builder=required)
    nothing = Variant(
        "nothing", base="scratch", copies=[Copy(bbb, source="code"), Copy("local", source="a.txt")]
    )
    own = Variant(
        "own",
        base=base,
        copies=[
            "local",
            Copy(bbb, source="code", destination="from-bbb"),
            Copy(bbb, source="/opt/lib/", destination="/opt/lib/"),
            Copy(nothing, source="/", destination="/srv/nothing/"),
        ],
    )
    image = engine.build(own)
    assert engine.run(image, "cat /opt/lib/seen") == ["./.env", "./a.txt", "./code/one.js", "./lib/x/y"]
    assert engine.run(image, "cd /srv; find . -printf '%p %U:%G\\n' | LC_ALL=C sort | grep -v '^[.] '") == [
        f"{path} 65533:65533"
        for path in (
            *("./app", "./app/.env", "./app/[z]", "./app/a.txt", "./app/from-bbb", "./app/from-bbb/one.js"),
            *("./app/lib", "./app/lib/x", "./app/lib/x/y", "./app/odd $name"),
            *("./app/src", "./app/src/one.js", "./app/src/two.md"),
            *("./nothing", "./nothing/a.txt", "./nothing/code", "./nothing/code/one.js"),
        )
    ]
    assert engine.run(image, "cat '/opt/lib/odd $name'; echo") == ["odd $name"]


EXCLUDED = [
    ["*.md"],
    ["**/*.md"],
    ["src"],
    ["src/*"],
    ["**/deep/**"],
    ["src/?.js", "[a-c].txt"],
    ["**/x", "/a.txt"],
    ["./src/", "it's"],
    ["!a.txt"],
    ["a.tx", "b+txt", "src/(1).js"],
]


def test_what_is_excluded_from_a_variant_is_what_is_excluded_from_the_context(
    engine: Engine, base: str
) -> None:
    names = (
        "a.txt",
        "b.txt",
        "d.txt",
        "b+txt",
        "one.md",
        "it's",
        "x",
        "src/1.js",
        "src/(1).js",
        "src/two.md",
    )
    for name in (*names, "src/deep/x", "src/deep/er/three.md", "lib/deep/x", "lib/[1]"):
        path = engine.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    bbb = Variant("bbb", base=base, copies=[Copy("local", source=".", destination="all/")])
    number = range(len(EXCLUDED))
    own = Variant(
        "own",
        base=base,
        copies=[
            *(Copy("local", source=".", destination=f"/srv/a/{i}/", exclude=EXCLUDED[i]) for i in number),
            *(Copy(bbb, source="all", destination=f"/srv/b/{i}/", exclude=EXCLUDED[i]) for i in number),
            Copy(bbb, source="/srv/app/all/s*", destination="/srv/c/", exclude=["deep", "*.js"]),
            Copy(bbb, source="all/a.txt", destination="/srv/d/", exclude=["*"]),
        ],
    )
    image = engine.build(own)
    listed = {
        name: engine.run(image, f"cd /srv/{name}; find . -mindepth 1 | LC_ALL=C sort") for name in "abcd"
    }
    assert listed["b"] == listed["a"]
    assert (listed["c"], listed["d"]) == (["./two.md"], ["./a.txt"])


def test_a_change_to_the_dockerfile_alone_leaves_what_was_copied_in_the_cache(
    engine: Engine, base: str
) -> None:
    """The Dockerfile travels with the context, but is no part of it."""
    (engine.root / "a.txt").write_text("a")
    step = Builder(command=f"echo {os.urandom(8).hex()}", mounts=["local"])
    first = engine.build(Variant("own", base=base, copies=["local"], builder=step))
    other = Variant("own", base=base, copies=["local"], builder=step, entrypoint=["changed"])
    assert engine.layers(first) == engine.layers(engine.build(other))


@pytest.mark.parametrize(
    "text",
    [
        "one\n\n  two  \n# three\n",
        "no line end",
        "",
        "\n",
        "it's 'quoted' \"twice\" \\ \\\\ \\n $HOME `x` %s %% 100%\n<<EOF\nEOF\n-n\ttab\r\n🐙\\",
    ],
)
def test_a_written_file_holds_the_text_byte_for_byte(text: str, engine: Engine, base: str) -> None:
    instructions = (From(base), WriteFile("/etc/apt/keyrings/own", text), WriteFile("/new/dir/own", text))
    writer = Writer({"own": "own"}, {})
    (stage,) = writer.stage(Recipe("own", Variant("own").at, instructions), None)
    image = engine.build_text(named(stage, writer.naming.names), "own")
    script = (
        "base64 -w0 /new/dir/own; echo; cmp /new/dir/own /etc/apt/keyrings/own; stat -c '%U %a' /new/dir/own"
    )
    encoded, mode = engine.run(image, script)
    assert base64.b64decode(encoded) == text.encode()
    assert mode == "root 644"


def test_a_script_runs_with_its_own_interpreter_and_leaves_nothing(engine: Engine, base: str) -> None:
    """Read-only, as the owner, in the application directory, with the environment of the build."""
    script = """#!/bin/bash
set -eu
for word in it\\'s "$FLAVOUR"; do echo "$word ${BASH_VERSION:+bash} $(id -u) $PWD"; done > /opt/lib/dump
echo x 2>/dev/null > "$(dirname "$0")/x" || echo read-only >> /opt/lib/dump
stat -c %a "$0" >> /opt/lib/dump
cat <<'EOF' >> /opt/lib/dump
$HOME \\ done
EOF
"""
    own = Variant(
        "own",
        base=base,
        runs=Runs(environment={"FLAVOUR": "sweet sour"}),
        builders=[Builder(script=script), Builder(script="echo ${BASH_VERSION:-sh} >> /opt/lib/dump\n")],
    )
    image = engine.build(own)
    assert engine.run(image, "cat /opt/lib/dump") == [
        "it's bash 65533 /srv/app",
        "sweet sour bash 65533 /srv/app",
        "read-only",
        "555",
        "$HOME \\ done",
        "sh",
    ]
    listing = "find / -xdev -maxdepth 2 2> /dev/null | grep -v '^/proc' | LC_ALL=C sort"
    bare = Variant("own", base=base, builder=Builder(command="touch /opt/lib/dump"))
    assert engine.run(image, listing) == engine.run(engine.build(bare), listing)


def test_commands_reach_the_shell_as_they_are(engine: Engine, base: str) -> None:
    """Whatever a front end would read into them."""
    commands = [
        "for f in a b; do echo $f; done >> /opt/lib/dump",
        "cat >> /opt/lib/dump <<EOF\n$((1 + 2))\n# no comment\nEOF",
        "[ -d /srv ] && echo bracket >> /opt/lib/dump",
        "echo 'a  \\  b' | tr -s ' ' >> /opt/lib/dump # comment",
        "echo a\\\n  b >> /opt/lib/dump",
        "echo 100% >> /opt/lib/dump",
    ]
    loop = "sh -c 'for word; do echo \"$word.\"; done >> /opt/lib/dump' sh"
    builders: list[AnyBuilder] = [Builder(command=command) for command in commands]
    builders.append(Builder(command=[loop, "a b", 'd"q', "per%cent", "$((2 + 2))"]))
    image = engine.build(Variant("own", base=base, builders=builders))
    assert engine.run(image, "cat /opt/lib/dump") == [
        *("a", "b", "3", "# no comment", "bracket", "a \\ b", "a b", "100%"),
        *("a b.", 'd"q.', "per%cent.", "4."),
    ]


def test_mounts_and_caches_are_there_for_their_step_only(engine: Engine, base: str) -> None:
    """Writable, but only what is in a cache outlives the step; with odd names, and at places relative too."""
    (engine.root / "a b").mkdir()
    (engine.root / "a b" / "c").write_text("c")
    made = Variant("Made", base=base, builder=Builder(command="echo made > file"))
    cache = f"pipeline-dsl-test-{os.urandom(6).hex()}"
    steps: list[AnyBuilder] = [
        Builder(
            command="cat 'odd, place/c' m/file > /opt/lib/dump; touch m/own; echo cached > ~/'the cache/x'",
            mounts=[
                Mount("local", source="a b", destination="odd, place"),
                Mount(made, source="/srv/app", destination="m"),
            ],
            caches=[Cache("$HOME/the cache", id=cache)],
        ),
        Builder(
            command="stat -c %u:%g:%a /c >> /opt/lib/dump; cat /c/x >> /opt/lib/dump; ls /m >> /opt/lib/dump",
            mounts=[Mount(made, source="/srv/app", destination="/m")],
            caches=[Cache("/c", id=cache)],
        ),
    ]
    image = engine.build(Variant("own", base=base, builders=steps))
    left = "find /srv/app /c /m /home/somebody -type f -name '[cmox]*' 2> /dev/null || :"
    assert engine.run(image, f"cat /opt/lib/dump; {left}") == ["cmade", "65533:65533:755", "cached", "file"]
