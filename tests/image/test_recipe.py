"""Recipes: what happens to an image, in the order of spec/blubber.md §3.8."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.image import recipe
from pipeline_dsl.image.instructions import (
    Argument,
    BindMount,
    Built,
    CacheMount,
    Context,
    CopyFiles,
    Entrypoint,
    Environment,
    Execute,
    ExecuteScript,
    From,
    User,
    WorkingDirectory,
    WriteFile,
)
from pipeline_dsl.model import (
    Apt,
    AptSource,
    Builder,
    Cache,
    Copy,
    Lives,
    Mount,
    Node,
    Php,
    Poetry,
    Project,
    Python,
    Runs,
    Variant,
)
from pipeline_dsl.resolve import resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_dsl.image import Recipe
    from pipeline_dsl.image.instructions import Instruction

    RecipeOf = Callable[[Variant], Recipe]

USERS = (
    Execute(
        (
            '(getent group "$LIVES_GID" || groupadd -o -g "$LIVES_GID" -r "$LIVES_AS")',
            (
                '(getent passwd "$LIVES_UID" || '
                'useradd -l -o -m -d "/home/$LIVES_AS" -r -g "$LIVES_GID" -u "$LIVES_UID" "$LIVES_AS")'
            ),
            'mkdir -p "/srv/app"',
            'chown "$LIVES_UID":"$LIVES_GID" "/srv/app"',
            'mkdir -p "/opt/lib"',
            'chown "$LIVES_UID":"$LIVES_GID" "/opt/lib"',
        )
    ),
    Execute(
        (
            '(getent group "$RUNS_GID" || groupadd -o -g "$RUNS_GID" -r "$RUNS_AS")',
            (
                '(getent passwd "$RUNS_UID" || '
                'useradd -l -o -m -d "/home/$RUNS_AS" -r -g "$RUNS_GID" -u "$RUNS_UID" "$RUNS_AS")'
            ),
        )
    ),
)


def title(instruction: Instruction) -> str:
    """An instruction's kind and what tells it apart from others."""
    match instruction:
        case Argument(name, _) | Environment(name, _):
            detail = name
        case User(uid, _):
            detail = uid
        case Execute(commands, _):
            detail = commands[0]
        case WriteFile(path, _) | WorkingDirectory(path):
            detail = path
        case CopyFiles():
            detail = instruction.destination
        case _:
            detail = ""
    return f"{type(instruction).__name__} {detail}".strip()


def test_the_least_image_has_two_users_and_a_place_to_work(recipe_of: RecipeOf) -> None:
    """Spec §3.8: these are unconditional."""
    assert recipe_of(Variant("own", base="foo")).instructions == (
        From("foo"),
        User("0", "/root"),
        Argument("LIVES_AS", "somebody"),
        Argument("LIVES_UID", "65533"),
        Argument("LIVES_GID", "65533"),
        USERS[0],
        Argument("RUNS_AS", "runuser"),
        Argument("RUNS_UID", "900"),
        Argument("RUNS_GID", "900"),
        USERS[1],
        User("$LIVES_UID", "/home/$LIVES_AS"),
        WorkingDirectory("/srv/app"),
        User("$RUNS_UID", "/home/$RUNS_AS"),
    )


def test_a_variant_with_everything_is_made_in_the_order_of_the_specification(recipe_of: RecipeOf) -> None:
    own = Variant(
        "own",
        base="foo",
        arguments={"ZZ": "1", "AA": "2"},
        apt=Apt(
            packages=["git"],
            sources=[AptSource("http://a.example", distribution="one", signed_by="KEY")],
            proxies=["http://p:1"],
        ),
        builders=[
            Builder(command="one"),
            Python(version="python3", requirements=["r.txt"], no_deps=True),
            Php(requirements=["composer.json"]),
            Node(requirements=["package.json"], env="production"),
            Builder(script="two"),
        ],
        runs=Runs(environment={"YY": "3", "BB": "4"}, directory="/run/here"),
        copies=["local", Copy("local", source="x")],
        entrypoint=["start"],
    )
    keyring = f"/etc/apt/keyrings/{hashlib.sha256(b'KEY').hexdigest()}.asc"
    assert [*map(title, recipe_of(own).instructions)] == [
        "From",
        "User 0",
        "Argument AA",
        "Argument ZZ",
        "Environment DEBIAN_FRONTEND",
        "WriteFile /etc/apt/apt.conf.d/99blubber-proxies",
        f"WriteFile {keyring}",
        "Execute apt-get update",
        "WriteFile /etc/apt/sources.list.d/99blubber.list",
        "Execute apt-get update",
        "Argument LIVES_AS",
        "Argument LIVES_UID",
        "Argument LIVES_GID",
        f"Execute {USERS[0].commands[0]}",
        "Argument RUNS_AS",
        "Argument RUNS_UID",
        "Argument RUNS_GID",
        f"Execute {USERS[1].commands[0]}",
        "User $LIVES_UID",
        "WorkingDirectory /srv/app",
        "Environment BB",
        "Environment YY",
        "Execute one",
        "CopyFiles ./",
        'Execute python3 "-m" "venv" "/opt/lib/venv"',
        "Environment VIRTUAL_ENV",
        "Environment PATH",
        'Execute python3 "-m" "pip" "install" "-U" "setuptools!=60.9.0"',
        'Execute python3 "-m" "pip" "install" "--no-deps" "-r" "r.txt"',
        "CopyFiles ./",
        'Execute composer install "--no-scripts"',
        "CopyFiles ./",
        'Execute npm install "--only=production"',
        "Execute npm dedupe",
        "ExecuteScript",
        "CopyFiles .",
        "CopyFiles x",
        "User $RUNS_UID",
        'Execute python3 "-m" "pip" "check"',
        "Environment NODE_ENV",
        "WorkingDirectory /run/here",
        "Entrypoint",
    ]


def test_an_image_from_nothing_takes_copies_and_an_entrypoint_only(recipe_of: RecipeOf) -> None:
    """Golden vector 8."""
    bbb = Variant("bbb", base="foo", lives=Lives(directory="/l"), runs=Runs(directory="/r"))
    own = Variant(
        "own",
        base="scratch",
        arguments={"AA": "1"},
        apt=Apt(packages=["git"]),
        builder=Builder(command="make"),
        lives=Lives(directory="/l"),
        runs=Runs(directory="/r", environment={"AA": "1"}),
        copies=["local", bbb, Copy(bbb, source="rel")],
        entrypoint=["/start"],
    )
    assert recipe_of(own).instructions == (
        From(None),
        WorkingDirectory("/"),
        CopyFiles(Context(), (".",), ".", owned=False),
        CopyFiles(Built("bbb"), ("/l",), "/l", owned=False),
        CopyFiles(Built("bbb"), ("/opt/lib",), "/opt/lib", owned=False),
        CopyFiles(Built("bbb"), ("/r/rel",), "rel", owned=False),
        Entrypoint(("/start",)),
    )


def test_users_can_be_root(recipe_of: RecipeOf) -> None:
    """Golden vector 12, and in a variant too."""
    project = Project("p", base="foo", lives=Lives(uid=0), runs=Runs(uid=0), variants=[Variant("own")])
    variants = resolve(project).variants
    expected = {Argument("LIVES_UID", "0"), Argument("RUNS_UID", "0")}
    assert expected <= {*recipe(variants["own"], variants).instructions}
    assert expected <= {
        *recipe_of(Variant("own", base="foo", lives=Lives(uid=0), runs=Runs(uid=0))).instructions
    }


def test_an_insecure_image_stays_with_the_owner_of_the_files(recipe_of: RecipeOf) -> None:
    """Golden vector 16."""
    instructions = recipe_of(
        Variant("own", base="foo", runs=Runs(insecurely=True, directory="/r"))
    ).instructions
    assert [one for one in instructions if isinstance(one, User)] == [
        User("0", "/root"),
        User("$LIVES_UID", "/home/$LIVES_AS"),
    ]
    assert instructions[-1] == WorkingDirectory("/r")


def test_variables_are_set_one_by_one_in_order_of_their_names(recipe_of: RecipeOf) -> None:
    """Golden vector 11: each sees those before it, in the image as in the build."""
    own = Variant("own", base="foo", runs=Runs(environment={"ZZ": "1", "AA": "$ZZ", "BB": "$AA"}))
    assert [one for one in recipe_of(own).instructions if isinstance(one, Environment)] == [
        Environment("AA", "$ZZ"),
        Environment("BB", "$AA"),
        Environment("ZZ", "1"),
    ]


def test_no_entrypoint_leaves_that_of_the_base(recipe_of: RecipeOf) -> None:
    for own in (Variant("own", base="foo"), Variant("own", base="foo", entrypoint=[])):
        assert Entrypoint not in map(type, recipe_of(own).instructions)


@pytest.mark.parametrize(
    "own",
    [
        Variant("own", base="foo", builder=Builder(command="make ARCH=$TARGETARCH")),
        Variant("own", base="foo", builder=Builder(script="echo $TARGETARCH")),
        Variant("own", base="foo", runs=Runs(environment={"AA": "${TARGETARCH}"})),
    ],
)
def test_platform_arguments_are_declared_where_they_are_mentioned(own: Variant, recipe_of: RecipeOf) -> None:
    """Those that are not mentioned would be in the way of the build cache."""
    arguments = [one for one in recipe_of(own).instructions if isinstance(one, Argument)]
    assert [one for one in arguments if one.default is None] == [Argument("TARGETARCH")]


def mounts(variant: Variant, base_environment: dict[str, str]) -> tuple[BindMount | CacheMount, ...]:
    variants = resolve(Project("p", variants=[variant])).variants
    instructions = recipe(variants["own"], variants, base_environment).instructions
    return next(one.mounts for one in instructions if isinstance(one, Execute | ExecuteScript) and one.mounts)


def test_variables_in_paths_of_mounts_have_their_values_of_then(recipe_of: RecipeOf) -> None:
    """Of the base image, arguments, the environment, and the home of the user that builds."""
    bbb = Variant("bbb", base="foo")
    own = Variant(
        "own",
        base="foo",
        arguments={"ARG": "arg"},
        lives=Lives(user="owner", uid=1, gid=2),
        runs=Runs(environment={"DIR": "$GOPATH/${ARG}", "HOME": "/somewhere"}),
        builder=Builder(
            command="make",
            mounts=[Mount(bbb, source="/$ARG", destination="$DIR")],
            caches=["$DIR/pkg", Cache("${HOME}/c", id="$ARG", access="locked"), "$UNKNOWN/${UNKNOWN}"],
        ),
    )
    assert mounts(own, {"GOPATH": "/go"}) == (
        BindMount(Built("bbb"), "/arg", "/go/arg"),
        CacheMount("/go/arg/pkg", "/go/arg/pkg", "shared", "1", "2"),
        CacheMount("$ARG", "/somewhere/c", "locked", "1", "2"),
        CacheMount("$UNKNOWN/${UNKNOWN}", "$UNKNOWN/${UNKNOWN}", "shared", "1", "2"),
    )
    bare = Variant("own", base="foo", builder=Builder(script="x", caches=["$HOME/.npm"]))
    assert mounts(bare, {}) == (
        CacheMount("/home/somebody/.npm", "/home/somebody/.npm", "shared", "65533", "65533"),
    )
    assert recipe_of(bare).instructions


def test_an_argument_overrides_a_variable_of_the_base_image_until_the_image_is_finished() -> None:
    own = Variant("own", base="foo", arguments={"GOPATH": "$default", "OTHER": "x"})
    variants = resolve(Project("p", variants=[own])).variants
    instructions = recipe(variants["own"], variants, {"GOPATH": "/go"}, {"GOPATH": "/given"}).instructions
    assert [
        one for one in instructions if isinstance(one, Argument | Environment) and one.name == "GOPATH"
    ] == [
        Argument("GOPATH", "$default"),
        Environment("GOPATH", "/given", expands=False),
        Environment("GOPATH", "/go", expands=False),
    ]


def test_the_virtual_environment_is_known_to_the_steps_after_it() -> None:
    python = Python(version="python3", requirements=[], poetry=Poetry(version="==1.8"))
    after = Builder(command="make", caches=["$POETRY_VIRTUALENVS_PATH/c", "$VIRTUAL_ENV/d"])
    own = Variant("own", base="foo", builders=[python, after])
    assert [mount.target for mount in mounts(own, {})] == ["/opt/lib/poetry/c", "/opt/lib/venv/d"]


def test_a_directory_with_a_dollar_is_made_by_its_name(recipe_of: RecipeOf) -> None:
    commands = list(recipe_of(Variant("own", base="foo", lives=Lives(directory="/a $b`c"))).instructions)
    made = next(one for one in commands if isinstance(one, Execute))
    assert made.commands[2:4] == (
        'mkdir -p "/a \\$b\\`c"',
        'chown "$LIVES_UID":"$LIVES_GID" "/a \\$b\\`c"',
    )
    assert WriteFile not in map(type, commands)
