"""The policies that come with the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.errors import DefinitionError, UsageError
from pipeline_dsl.model import (
    Apt,
    Builder,
    Copy,
    Image,
    Lives,
    Mount,
    Node,
    Pipeline,
    Poetry,
    Project,
    Publish,
    Python,
    Runs,
    Variant,
)
from pipeline_dsl.policy import enforce, load_policies
from pipeline_dsl.policy.images import is_from, is_pinned
from pipeline_dsl.resolve import resolve

if TYPE_CHECKING:
    from tests.policy.conftest import Hold

PINNED_TOOLS = {
    "pip_version": "23.1",
    "setuptools_version": "==68.0",
    "tox_version": "4",
    "wheel_version": "0.41",
}


def refusal(specification: str) -> str:
    with pytest.raises(UsageError) as refused:
        load_policies([specification])
    return str(refused.value)


def said(hold: Hold, specification: str, *variants: Variant) -> list[tuple[str, str]]:
    """Give the start and the place of what is wrong."""
    problems = hold(load_policies([specification]), *variants)
    return [(problem.message.partition(": ")[0], problem.message.partition(": ")[2]) for problem in problems]


@pytest.mark.parametrize(
    ("place", "mine", "others"),
    [
        (
            "registry.example",
            ["registry.example/a", "registry.example/a/b:1"],
            ["registry.example.org/a", "registry.example:80/a", "a", "docker.io/registry.example/a"],
        ),
        ("registry.example:80", ["registry.example:80/a"], ["registry.example/a", "registry.example:8080/a"]),
        ("localhost", ["localhost/a"], ["localhosts/a", "localhost:80/a"]),
        ("docker.io", ["debian", "debian:12", "a/b", "docker.io/a"], ["a.example/b", "localhost/a"]),
        ("docker.io/library", ["debian:12", "docker.io/debian"], ["a/debian", "docker.io/libraryx/a"]),
        ("debian", ["debian", "debian:12", f"debian@sha256:{'0' * 64}"], ["debian-x", "a/debian"]),
        (
            "a.example/b/",
            ["a.example/b", "a.example/b:1", "a.example/b/c"],
            ["a.example/bc", "a.example/a/b"],
        ),
    ],
)
def test_an_image_comes_from_a_registry_or_from_a_part_of_one(
    place: str, mine: list[str], others: list[str]
) -> None:
    assert [True] * len(mine) == [is_from(reference, place) for reference in mine]
    assert [False] * len(others) == [is_from(reference, place) for reference in others]


def test_every_image_that_a_variant_is_made_of_has_to_come_from_the_registries(hold: Hold) -> None:
    foreign = Image("foreign.example/a:1")
    own = Variant(
        "own",
        base="debian:12",
        copies=["local", foreign],
        builders=[
            Node(requirements=["package.json", Copy(foreign, source="x")]),
            Builder(
                command="make", mounts=[foreign, Mount(foreign, destination="m")], requirements=["Makefile"]
            ),
        ],
    )
    policies = load_policies(["registries=own.example,other.example/a"])
    problems = hold(policies, own, Variant("good", base="own.example/b", copies=[own]))
    where = ["base", "copies", "node.requirements", "builder.mounts"]
    assert [f'variant "own", {setting}' for setting in where] == [
        problem.message.partition(": ")[0] for problem in problems
    ]
    assert problems[0].message.endswith('"debian:12" does not come from own.example or other.example/a.')
    assert {own.at} == {problem.at for problem in problems}


def test_an_image_from_nothing_comes_from_no_registry_and_its_steps_never_run(hold: Hold) -> None:
    step = Builder(command="make", mounts=[Image("foreign.example/a")])
    assert said(hold, "registries=own.example", Variant("own", base="scratch", builder=step)) == []


@pytest.mark.parametrize(
    "specification", ["registries", "registries=", "registries=a.example,,b", "registries=/"]
)
def test_a_registry_that_would_let_everything_pass_is_refused(specification: str) -> None:
    assert refusal(specification) == (
        'policy "registries" names registries. Such as registries=registry.example,docker.io/library. '
        "[policy-values]"
    )


INSECURE = Runs(insecurely=True)


def test_what_is_called_production_is_not_run_insecurely(hold: Hold) -> None:
    production = Variant("production", base="foo")
    test = Variant("test", base="foo", runs=INSECURE)
    assert said(hold, "secure", production, test) == []
    common = Variant("common", base="foo", runs=INSECURE)
    assert said(hold, "secure", Variant("production", includes=[common])) == [
        (
            'variant "production", runs.insecurely',
            "the application would run as the user that owns its files.",
        )
    ]


def test_what_goes_into_production_can_be_named(hold: Hold) -> None:
    variants = [Variant(name, base="foo", runs=INSECURE) for name in ("one", "two", "production")]
    assert [who for who, _ in said(hold, "secure=one,two", *variants)] == [
        'variant "one", runs.insecurely',
        'variant "two", runs.insecurely',
    ]


def test_to_be_secure_a_variant_has_to_be_there(hold: Hold) -> None:
    """Else a misspelt name would let everything pass."""
    bad = Variant("service", base="foo", runs=INSECURE)
    violated, first, second = hold(load_policies(["secure=servcie,zzz,service"]), bad)
    assert violated.code == "policy-violated"
    assert str(first) == (
        'policy "secure": there is no variant "servcie". Did you mean "service"? [unknown-variant]'
    )
    assert second.hint == "Name those that go into production: secure=VARIANT,VARIANT."


def test_nothing_is_roots(hold: Hold) -> None:
    lives = Variant("lives", base="foo", lives=Lives(uid=0))
    runs = Variant("runs", base="foo", runs=Runs(uid=0))
    group = Variant("group", base="foo", runs=Runs(gid=0))
    assert [who for who, _ in said(hold, "no-root", lives, runs, group)] == [
        'variant "lives", lives.uid',
        'variant "runs", runs.uid',
    ]


def test_a_program_in_an_image_from_nothing_would_run_as_root(hold: Hold) -> None:
    """Spec §3.1: there is no user in it, and files alone are no harm."""
    runs = Variant("runs", base="scratch", entrypoint=["/x"])
    files = Variant("files", base="scratch", copies=["local"], runs=Runs(uid=0))
    assert said(hold, "no-root", runs, files) == [
        ('variant "runs", entrypoint', "an image from nothing has no user but root to run it.")
    ]


@pytest.mark.parametrize("reference", ["debian:12", f"debian@sha256:{'0' * 64}", "a.example:80/b:1"])
def test_a_tag_or_a_digest_pins_an_image(reference: str) -> None:
    assert is_pinned(reference)


@pytest.mark.parametrize("reference", ["debian", "debian:latest", "a.example:80/b"])
def test_no_tag_and_latest_pin_nothing(reference: str) -> None:
    assert not is_pinned(reference)


def test_images_can_be_asked_to_be_pinned(hold: Hold) -> None:
    own = Variant("own", base="debian", apt=Apt(packages=["git"]), copies=[Image("a:latest"), Image("b:1")])
    assert said(hold, "pinned=images", own) == [
        ('variant "own", base', '"debian" can be another image tomorrow.'),
        ('variant "own", copies', '"a:latest" can be another image tomorrow.'),
    ]


def test_debian_packages_can_be_asked_to_be_pinned(hold: Hold) -> None:
    apt = Apt(packages={"default": ["git", "make=1", "g++"], "sid": ["jq=2"], "old": ["jq/old"]})
    nothing = Variant("nothing", base="scratch", apt=apt)
    assert said(hold, "pinned=apt", Variant("own", base="debian", apt=apt), nothing) == [
        ('variant "own", apt.packages.default', "no version is given for git, g++."),
        ('variant "own", apt.packages.old', "no version is given for jq/old."),
    ]


@pytest.mark.parametrize(
    ("change", "setting"),
    [
        ({}, None),
        ({"pip_version": None}, "pip_version"),
        ({"setuptools_version": ">=68"}, "setuptools_version"),
        ({"tox_version": "==4.*"}, "tox_version"),
        ({"wheel_version": "==0.41,<1"}, "wheel_version"),
        ({"poetry": Poetry(version="==1.5.1")}, None),
        ({"poetry": Poetry(version="==1.*")}, "poetry.version"),
        ({"poetry": Poetry(devel=True)}, None),
        ({"version": None, "pip_version": None}, None),
        ({"requirements": None, "pip_version": None}, None),
    ],
)
def test_what_python_is_installed_with_can_be_asked_to_be_pinned(
    hold: Hold, change: dict[str, object], setting: str | None
) -> None:
    arguments: dict[str, object] = {"version": "python3", "requirements": ["r.txt"], **PINNED_TOOLS, **change}
    own = Variant("own", base="debian", python=Python(**arguments))  # type: ignore[arg-type]  # any of them
    expected = [f'variant "own", python.{setting}'] if setting else []
    assert expected == [who for who, _ in said(hold, "pinned=python", own)]


def test_without_a_choice_everything_has_to_be_pinned(hold: Hold) -> None:
    own = Variant(
        "own", base="debian", apt=Apt(packages=["git"]), python=Python(version="python3", requirements=[])
    )
    settings = [who.removeprefix('variant "own", ') for who, _ in said(hold, "pinned", own)]
    tools = [f"python.{tool}_version" for tool in ("pip", "setuptools", "tox", "wheel")]
    assert ["base", "apt.packages.default", *tools] == settings
    assert [who.removeprefix('variant "own", ') for who, _ in said(hold, "pinned=images, apt", own)] == [
        "base",
        "apt.packages.default",
    ]


@pytest.mark.parametrize(
    ("specification", "complaint"),
    [
        ("pinned=image", 'policy "pinned" knows no "image". Did you mean "images"? [policy-values]'),
        ("pinned=", 'policy "pinned" knows no "". There are: images, apt, python. [policy-values]'),
        ("no-root=1", 'policy "no-root" takes no values. Write no-root alone. [policy-values]'),
    ],
)
def test_values_that_a_policy_does_not_take_are_refused(specification: str, complaint: str) -> None:
    assert refusal(specification) == complaint


def test_two_policies_find_what_each_is_about(hold: Hold) -> None:
    project = Project("p", base="debian", runs=Runs(uid=0), variants=[Variant("own")])
    problems = hold(load_policies(["no-root", "pinned=images"]), project=project)
    assert [problem.message.split(": ")[0].split(", ")[1] for problem in problems] == ["runs.uid", "base"]


def test_what_stages_publish_is_not_run_insecurely() -> None:
    """Their own images, and those of other stages; not what is only built."""
    names = ("one", "two", "free")
    one, two, free = (Variant(name, base="foo", runs=INSECURE) for name in names)
    ci = Pipeline("ci")
    built = ci.stage("built", build=two)
    ci.stage("own", build=one, publish=True)
    ci.stage("other", publish=Publish(image=built.image_id))
    ci.stage("free", build=free)
    resolved = resolve(Project("p", variants=[one, two, free], pipelines=[ci]))
    with pytest.raises(DefinitionError) as refused:
        enforce(resolved, load_policies(["secure"]))
    assert [problem.at for problem in refused.value.problems] == [one.at, two.at]


def test_the_image_of_another_stage_is_from_everywhere(hold: Hold) -> None:
    assert said(hold, "registries=registry.example", Variant("own", base="${built.imageLocalName}")) == []
