"""Build steps: what package managers and custom builders do, spec/blubber.md §3.4 and §3.6."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.image.instructions import (
    BindMount,
    Built,
    CacheMount,
    Context,
    CopyFiles,
    Environment,
    Execute,
    ExecuteScript,
    Existing,
    User,
    WorkingDirectory,
)
from pipeline_dsl.model import Builder, Cache, Copy, Image, Mount, Node, Php, Poetry, Python, Variant

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_dsl.image import Recipe
    from pipeline_dsl.image.instructions import Instruction
    from pipeline_dsl.model.artifacts import Caches, Mounts, Requirements

    RecipeOf = Callable[[Variant], Recipe]

OTHER = Variant("bbb", base="foo")


def steps(recipe_of: RecipeOf, *builders: Node | Php | Python | Builder) -> list[Instruction]:
    """What builders add to an image, before and after the switch to the user that runs it."""
    instructions = recipe_of(Variant("own", base="foo", builders=builders)).instructions
    start = instructions.index(WorkingDirectory("/srv/app")) + 1
    return [one for one in instructions[start:] if not isinstance(one, User)]


def commands(recipe_of: RecipeOf, *builders: Node | Php | Python | Builder) -> list[str]:
    return [one.text for one in steps(recipe_of, *builders) if isinstance(one, Execute)]


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (Node(requirements=["a"]), ["npm install"]),
        (Node(requirements=["a"], use_npm_ci=True), ["npm ci"]),
        (Node(requirements=["a"], env="test"), ["npm install"]),
        (Node(requirements=["a"], env="production"), ['npm install "--only=production"', "npm dedupe"]),
        (
            Node(requirements=["a"], env="production", use_npm_ci=True, allow_dedupe_failure=True),
            [
                'npm ci "--only=production"',
                'npm dedupe || echo "WARNING: npm dedupe failed, continuing anyways"',
            ],
        ),
        (Node(requirements=[], env="production", use_npm_ci=True), []),
        (Node(env="production"), []),
    ],
)
def test_npm_installs_what_is_required(node: Node, expected: list[str], recipe_of: RecipeOf) -> None:
    """Golden vector 13."""
    assert commands(recipe_of, node) == expected


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (Node(env="production"), [Environment("NODE_ENV", "production")]),
        (Node(requirements=["a"], env="test"), [Environment("NODE_ENV", "test")]),
        (Node(requirements=["a"]), []),
    ],
)
def test_the_node_environment_is_set_in_the_end_if_there_is_one(
    node: Node, expected: list[Instruction], recipe_of: RecipeOf
) -> None:
    """Unlike in Blubber, which set an empty NODE_ENV where there was none (golden vector 13)."""
    environment = [one for one in steps(recipe_of, node) if isinstance(one, Environment)]
    assert environment == expected
    assert steps(recipe_of, node)[-1:] == expected or not expected


@pytest.mark.parametrize(
    ("php", "expected"),
    [
        (Php(requirements=["composer.json"]), ['composer install "--no-scripts"']),
        (
            Php(requirements=["composer.json"], production=True),
            ['composer install "--no-scripts" "--no-dev"'],
        ),
        (Php(production=True), []),
    ],
)
def test_composer_installs_what_is_required(php: Php, expected: list[str], recipe_of: RecipeOf) -> None:
    assert commands(recipe_of, php) == expected


def test_pip_installs_into_a_virtual_environment(recipe_of: RecipeOf) -> None:
    """Golden vector 3 has the files."""
    requirements: Requirements = [
        "sub/",
        "a.txt",
        Copy(OTHER, source="/q/r.txt"),
        Copy("local", source="x.txt", destination="/abs/"),
    ]
    assert steps(recipe_of, Python(version="python3", requirements=requirements)) == [
        CopyFiles(Context(), ("sub/",), "sub/", owned=True),
        CopyFiles(Context(), ("a.txt",), "./", owned=True),
        CopyFiles(Context(), ("x.txt",), "/abs/", owned=True),
        CopyFiles(Built("bbb"), ("/q/r.txt",), "/q/", owned=True),
        Execute(('python3 "-m" "venv" "/opt/lib/venv"',)),
        Environment("VIRTUAL_ENV", "/opt/lib/venv"),
        Environment("PATH", "/opt/lib/venv/bin:$PATH"),
        Execute(
            (
                'python3 "-m" "pip" "install" "-U" "setuptools!=60.9.0"',
                'python3 "-m" "pip" "install" "-U" "wheel" "tox" "pip"',
            )
        ),
        Execute(('python3 "-m" "pip" "install" "-r" "sub/" "-r" "a.txt" "-r" "/q/r.txt" "-r" "/abs/x.txt"',)),
    ]


def test_python_installs_nothing_for_no_requirements_but_makes_its_environment(recipe_of: RecipeOf) -> None:
    assert commands(recipe_of, Python(version="python3", requirements=[])) == [
        'python3 "-m" "venv" "/opt/lib/venv"',
        (
            'python3 "-m" "pip" "install" "-U" "setuptools!=60.9.0" && '
            'python3 "-m" "pip" "install" "-U" "wheel" "tox" "pip"'
        ),
    ]


@pytest.mark.parametrize("python", [Python(version="python3"), Python(requirements=["a.txt"], no_deps=True)])
def test_python_is_inert_without_a_version_or_requirements(python: Python, recipe_of: RecipeOf) -> None:
    """Not even requirements are copied."""
    assert steps(recipe_of, python) == []


def test_what_python_is_made_of_can_be_chosen(recipe_of: RecipeOf) -> None:
    python = Python(
        version="python3",
        requirements=["a.txt"],
        use_system_site_packages=True,
        no_deps=True,
        venv="/venv",
        pip_version="23.1",
        setuptools_version=">=60,<61",
        tox_version="~=4.0",
        wheel_version="0.40",
    )
    assert commands(recipe_of, python) == [
        'python3 "-m" "venv" "/venv" "--system-site-packages"',
        (
            'python3 "-m" "pip" "install" "-U" "setuptools>=60,<61" && '
            'python3 "-m" "pip" "install" "-U" "wheel==0.40" "tox~=4.0" "pip==23.1"'
        ),
        'python3 "-m" "pip" "install" "--no-deps" "-r" "a.txt"',
        'python3 "-m" "pip" "check"',
    ]
    assert Environment("VIRTUAL_ENV", "/venv") in steps(recipe_of, python)
    assert Environment("PATH", "/venv/bin:$PATH") in steps(recipe_of, python)


@pytest.mark.parametrize(
    ("interpreter", "version", "expected"),
    [
        ("python", None, '"pip"'),
        ("pypy3", None, '"pip"'),
        ("python2.7", None, '"pip<21"'),
        ("python2", "20", '"pip==20"'),
        ("python3", None, '"pip"'),
    ],
)
def test_pip_suits_the_interpreter(
    interpreter: str, version: str | None, expected: str, recipe_of: RecipeOf
) -> None:
    """A short name is no reason to crash."""
    python = Python(version=interpreter, requirements=[], pip_version=version)
    assert commands(recipe_of, python)[1].endswith(expected)


@pytest.mark.parametrize(
    ("poetry", "expected"),
    [
        (Poetry(version="==1.5.1"), ' "--no-dev"'),
        (Poetry(version=">=1.5,<2"), ' "--no-dev"'),
        (Poetry(version="<2.0"), ' "--no-dev"'),
        (Poetry(version="~=1.8"), ' "--no-dev"'),
        (Poetry(version="<=1.8.3"), ' "--no-dev"'),
        (Poetry(version="==2.0.1"), ' "--only" "main"'),
        (Poetry(version=">=1.5"), ' "--only" "main"'),
        (Poetry(version="<2.0.1"), ' "--only" "main"'),
        (Poetry(version=">=1,<10"), ' "--only" "main"'),
        (Poetry(version="==1.5.1", devel=True), ""),
        (Poetry(version="==2.0.1", devel=True), ""),
        (Poetry(version="==2", only="main", without="dev", devel=True), ' "--only" "main" "--without" "dev"'),
        (Poetry(version="==1.5.1", without="dev"), ' "--without" "dev"'),
    ],
)
def test_poetry_installs_what_its_version_understands(
    poetry: Poetry, expected: str, recipe_of: RecipeOf
) -> None:
    """Golden vector 14. Unlike Blubber, no ``--no-dev`` for poetry 2, which does not know it."""
    python = Python(version="python3", requirements=["poetry.lock"], no_deps=True, poetry=poetry)
    assert commands(recipe_of, python)[2:] == [
        f'python3 "-m" "pip" "install" "-U" "poetry{poetry.version}"',
        'mkdir -p "/opt/lib/poetry"',
        f'poetry "install" "--no-root"{expected}',
    ]
    assert Environment("POETRY_VIRTUALENVS_PATH", "/opt/lib/poetry") in steps(recipe_of, python)


def test_poetry_without_a_version_is_not_used(recipe_of: RecipeOf) -> None:
    """What pip installed is then checked as it is without poetry."""
    python = Python(version="python3", requirements=["a.txt"], no_deps=True, poetry=Poetry(only="main"))
    assert commands(recipe_of, python)[2:] == [
        'python3 "-m" "pip" "install" "--no-deps" "-r" "a.txt"',
        'python3 "-m" "pip" "check"',
    ]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("make all | tee log && echo $X", "make all | tee log && echo $X"),
        (["make all | tee log"], "make all | tee log"),
        (["PYTHONPATH=x python3", "-m", "y z"], 'PYTHONPATH=x python3 "-m" "y z"'),
        (
            ["a b", "c\nd", "back`x`", "sl\\ash", 'dq"dq', "$(x)"],
            'a b "c\\nd" "back`x`" "sl\\\\ash" "dq\\"dq" "$(x)"',
        ),
        (["tab", "a\tb", "é"], 'tab "a\\tb" "é"'),
        (["date +%s", "x", "y z"], 'date +"x" "y z"'),
        ("date +%s", "date +%s"),
        ("echo 100%", "echo 100%"),
        (["echo %d", "x"], 'echo %d "x"'),
        (
            "echo $ALPHA; for f in a; do echo $f $? $$ $(date) ${ZED:-d}; done",
            "echo $ALPHA; for f in a; do echo $f $? $$ $(date) ${ZED:-d}; done",
        ),
    ],
)
def test_the_first_word_of_a_command_is_for_the_shell_and_the_others_are_quoted(
    command: str | list[str], expected: str, recipe_of: RecipeOf
) -> None:
    """Golden vectors 9 and 10; but variables are left to the shell, and a per cent sign crashes nothing."""
    assert commands(recipe_of, Builder(command=command)) == [expected]


@pytest.mark.parametrize("builder", [Builder(), Builder(command=[])])
def test_a_builder_without_a_command_copies_only(builder: Builder, recipe_of: RecipeOf) -> None:
    assert steps(recipe_of, builder) == []
    required = Builder(command=builder.command, requirements=["x"])
    assert steps(recipe_of, required) == [CopyFiles(Context(), ("x",), "./", owned=True)]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("echo $x", "#!/bin/sh\necho $x"),
        ("#!/usr/bin/env python3\nprint()\n", "#!/usr/bin/env python3\nprint()\n"),
    ],
)
def test_a_script_is_for_the_shell_unless_it_says_otherwise(
    script: str, expected: str, recipe_of: RecipeOf
) -> None:
    assert steps(recipe_of, Builder(script=script)) == [ExecuteScript(expected)]


@pytest.mark.parametrize("script", [True, False])
def test_mounts_come_before_caches(*, script: bool, recipe_of: RecipeOf) -> None:
    mounts: Mounts = [
        OTHER,
        Mount("local", destination="src"),
        Mount(Image("bar"), source="/s", destination="/d"),
    ]
    caches: Caches = ["/c", Cache("/d", id="mine", access="private")]
    command, text = (None, "x") if script else ("x", None)
    (step,) = steps(recipe_of, Builder(command=command, script=text, mounts=mounts, caches=caches))
    assert isinstance(step, ExecuteScript if script else Execute)
    assert step.mounts == (
        BindMount(Built("bbb"), "/", "."),
        BindMount(Context(), "/", "src"),
        BindMount(Existing("bar"), "/s", "/d"),
        CacheMount("/c", "/c", "shared", "65533", "65533"),
        CacheMount("mine", "/d", "private", "65533", "65533"),
    )


def test_each_builder_copies_what_it_requires_just_before_it_runs(recipe_of: RecipeOf) -> None:
    first = Builder(command="one", requirements=["x"])
    second = Node(requirements=["package.json"])
    assert steps(recipe_of, first, second) == [
        CopyFiles(Context(), ("x",), "./", owned=True),
        Execute(("one",)),
        CopyFiles(Context(), ("package.json",), "./", owned=True),
        Execute(("npm install",)),
    ]
