"""What a variant inherits: the rules of spec/blubber.md §2, row by row."""

from __future__ import annotations

from typing import Literal

import pytest

from pipeline_dsl.model import (
    Apt,
    AptSource,
    Builder,
    Cache,
    Copy,
    Image,
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
from pipeline_dsl.resolve import ResolvedVariant, resolve


def resolved(project: Project, *variants: Variant) -> ResolvedVariant:
    """The last of some variants, as a part of a project that has only these."""
    alone = Project(
        project.name,
        base=project.base,
        arguments=project.arguments,
        apt=project.apt,
        node=project.node,
        php=project.php,
        python=project.python,
        builder=project.builder,
        builders=project.builders,
        lives=project.lives,
        runs=project.runs,
        entrypoint=project.entrypoint,
        variants=variants,
    )
    return resolve(alone).variants[variants[-1].name]


def labelled(label: str, *includes: Variant) -> Variant:
    """A variant that tells the order in which it is merged: in the packages of ``order``."""
    return Variant(label, apt=Apt(packages={"order": [label]}), includes=list(includes))


def order(variant: Variant) -> tuple[str, ...]:
    return resolved(Project("p", base="foo"), variant).apt.packages["order"]


def test_includes_are_merged_depth_first_and_from_left_to_right() -> None:
    """A includes B and C, B includes D and E, D includes F: F, D, E, B, C, then A itself."""
    fff = labelled("fff")
    ddd = labelled("ddd", fff)
    eee = labelled("eee")
    bbb = labelled("bbb", ddd, eee)
    ccc = labelled("ccc")
    assert order(labelled("aaa", bbb, ccc)) == ("fff", "ddd", "eee", "bbb", "ccc", "aaa")


def test_a_variant_that_is_included_twice_keeps_its_earlier_position() -> None:
    base1 = labelled("base1")
    base2 = labelled("base2", base1)
    assert order(labelled("aaa", base2, base1)) == ("base1", "base2", "aaa")


def test_the_common_ancestor_of_two_includes_is_merged_once() -> None:
    root = labelled("root")
    left, right = labelled("left", root), labelled("right", root)
    assert order(labelled("tip", left, right)) == ("root", "left", "right", "tip")


def test_what_a_long_chain_of_includes_adds_up_to_has_every_link() -> None:
    """No recursion limit is met, and the links are in order."""
    variant = labelled("v-0000")
    for number in range(1, 1500):
        variant = labelled(f"v-{number:04}", variant)
    assert order(variant) == tuple(f"v-{number:04}" for number in range(1500))


def test_a_chain_and_a_second_include_are_merged_in_the_order_of_includes() -> None:
    """What is remembered of the first include does not change what the others add."""
    root = labelled("root")
    middle = labelled("middle", root)
    side = labelled("side", root)
    assert order(labelled("tip", middle, side)) == ("root", "middle", "side", "tip")
    assert order(labelled("pit", side, middle)) == ("root", "side", "middle", "pit")


def test_the_settings_of_the_project_lie_below_all_others() -> None:
    project = Project("p", base="foo", entrypoint=["project"], runs=Runs(environment={"AA": "1", "BB": "1"}))
    included = Variant("included", runs=Runs(environment={"BB": "2", "CC": "2"}))
    variant = resolved(project, Variant("own", includes=[included], runs=Runs(environment={"CC": "3"})))
    assert variant.environment == {"AA": "1", "BB": "2", "CC": "3"}
    assert variant.entrypoint == ("project",)


def test_the_last_base_wins() -> None:
    included = Variant("included", base="bar")
    assert resolved(Project("p", base="foo"), Variant("own", includes=[included])).base == "bar"
    own = Variant("own", base=Image("baz:1"), includes=[included])
    assert resolved(Project("p", base="foo"), own).base == "baz:1"


@pytest.mark.parametrize("scratch", ["scratch", Image("scratch")])
def test_scratch_resets_an_inherited_base(scratch: Literal["scratch"] | Image) -> None:
    """Unlike in Blubber, where no base could be taken back."""
    assert resolved(Project("p", base="foo"), Variant("own", base=scratch)).base is None


def test_arguments_are_merged_by_name() -> None:
    included = Variant("included", arguments={"AA": "1", "BB": "1"})
    own = Variant("own", base="foo", includes=[included], arguments={"BB": "2"})
    assert resolved(Project("p", arguments={"ZZ": "0"}), own).arguments == {"ZZ": "0", "AA": "1", "BB": "2"}


def test_packages_are_strung_together_by_release_without_deduplication() -> None:
    included = Variant("included", apt=Apt(packages=["bbb"]))
    own = Variant(
        "own",
        includes=[included],
        apt=Apt(packages={"zzz-backports": ["qqq"], "default": ["aaa"], "Alpha": ["uuu"]}),
    )
    packages = resolved(Project("p", base="foo", apt=Apt(packages=["aaa", "bbb"])), own).apt.packages
    assert packages == {
        "default": ("aaa", "bbb", "bbb", "aaa"),
        "zzz-backports": ("qqq",),
        "Alpha": ("uuu",),
    }


def test_sources_and_proxies_are_strung_together() -> None:
    first = AptSource("http://a.example", distribution="one")
    second = AptSource("http://b.example", distribution="two")
    included = Variant("included", apt=Apt(sources=[first], proxies=["http://p:1"]))
    own = Variant("own", base="foo", includes=[included], apt=Apt(sources=[second], proxies=["http://p:2"]))
    apt = resolved(Project("p"), own).apt
    assert apt.sources == (first, second)
    assert [proxy.url for proxy in apt.proxies] == ["http://p:1", "http://p:2"]


def test_users_are_merged_field_by_field() -> None:
    included = Variant("included", lives=Lives(directory="/src", uid=1), runs=Runs(gid=2, directory="/run"))
    own = Variant("own", base="foo", includes=[included], lives=Lives(uid=3), runs=Runs(user="web"))
    variant = resolved(Project("p", lives=Lives(gid=4)), own)
    assert (variant.directory, variant.owner.uid, variant.owner.gid) == ("/src", 3, 4)
    assert (variant.runner.name, variant.runner.uid, variant.runner.gid) == ("web", 900, 2)
    assert variant.run_directory == "/run"


def test_an_id_of_zero_overrides_an_inherited_one() -> None:
    """Unlike in Blubber, where 0 in a variant was taken for nothing (T166353)."""
    included = Variant("included", lives=Lives(uid=5, gid=5), runs=Runs(uid=5))
    own = Variant("own", base="foo", includes=[included], lives=Lives(uid=0, gid=0), runs=Runs(uid=0))
    variant = resolved(Project("p"), own)
    assert (variant.owner.uid, variant.owner.gid, variant.runner.uid) == (0, 0, 0)


@pytest.mark.parametrize(
    ("inherited", "own", "expected"),
    [
        (True, False, False),
        (False, True, True),
        (True, None, True),
        (None, True, True),
        (False, None, False),
        (None, None, None),
    ],
)
def test_a_flag_has_the_value_that_was_given_last(
    *, inherited: bool | None, own: bool | None, expected: bool | None
) -> None:
    """False overrides True; only what is not given gives way. So for every flag there is."""

    def flags(name: str, *, value: bool | None, includes: tuple[Variant, ...] = ()) -> Variant:
        return Variant(
            name,
            base="foo",
            includes=includes,
            node=Node(use_npm_ci=value, allow_dedupe_failure=value),
            php=Php(production=value),
            python=Python(use_system_site_packages=value, no_deps=value, poetry=Poetry(devel=value)),
            runs=Runs(insecurely=value),
        )

    below = flags("below", value=inherited)
    variant = resolved(Project("p"), flags("own", value=own, includes=(below,)))
    node, php, python = variant.builders
    assert isinstance(node, Node)
    assert isinstance(php, Php)
    assert isinstance(python, Python)
    assert python.poetry is not None
    found = {
        node.use_npm_ci,
        node.allow_dedupe_failure,
        php.production,
        python.use_system_site_packages,
        python.no_deps,
        python.poetry.devel,
    }
    assert found == {expected}
    assert variant.insecurely is bool(expected)


@pytest.mark.parametrize(
    ("own", "expected"), [(None, ("inherited",)), (["own", "-x"], ("own", "-x")), ([], None)]
)
def test_an_entrypoint_replaces_the_inherited_one_and_an_empty_one_cancels_it(
    own: list[str] | None, expected: tuple[str, ...] | None
) -> None:
    included = Variant("included", entrypoint=["inherited"])
    variant = resolved(Project("p", base="foo"), Variant("own", includes=[included], entrypoint=own))
    assert variant.entrypoint == expected


def test_lists_of_a_builder_are_replaced_as_a_whole() -> None:
    inherited = Builder(
        command=["make", "all"], requirements=["Makefile"], mounts=[Image("bar")], caches=["/c1"]
    )
    included = Variant("included", builder=inherited)
    own = Variant("own", base="foo", includes=[included], builder=Builder(command="make", caches=[]))
    (builder,) = resolved(Project("p"), own).builders
    assert builder == Builder(command="make", requirements=["Makefile"], mounts=[Image("bar")], caches=[])
    over = Builder(requirements=[], mounts=[Mount("local")], caches=[Cache("/c2")])
    (builder,) = resolved(
        Project("p"), Variant("own", base="foo", includes=[included], builder=over)
    ).builders
    expected = Builder(
        command=["make", "all"], requirements=[], mounts=[Mount("local")], caches=[Cache("/c2")]
    )
    assert builder == expected


def test_requirements_of_package_managers_are_replaced_and_the_rest_kept() -> None:
    included = Variant(
        "included",
        node=Node(requirements=["package.json"], env="test"),
        python=Python(version="python3", requirements=["a.txt"], poetry=Poetry(version="==1.8", only="main")),
    )
    own = Variant(
        "own",
        base="foo",
        includes=[included],
        node=Node(env="production"),
        python=Python(requirements=[], poetry=Poetry(only="web")),
    )
    assert resolved(Project("p"), own).builders == (
        Node(requirements=["package.json"], env="production"),
        Python(version="python3", requirements=[], poetry=Poetry(version="==1.8", only="web")),
    )


def test_a_script_stays_until_another_one_comes() -> None:
    included = Variant("included", builder=Builder(script="one"))
    kept = Variant("own", base="foo", includes=[included], builder=Builder(requirements=["x"]))
    assert resolved(Project("p"), kept).builders == (Builder(script="one", requirements=["x"]),)
    replaced = Variant("own", base="foo", includes=[included], builder=Builder(script="two"))
    assert resolved(Project("p"), replaced).builders == (Builder(script="two"),)


def test_an_inherited_command_can_be_cancelled_for_a_script() -> None:
    included = Variant("included", builder=Builder(command="make"))
    own = Variant("own", base="foo", includes=[included], builder=Builder(command=[], script="make"))
    assert resolved(Project("p"), own).builders == (Builder(command=[], script="make"),)


def test_copies_are_strung_together_and_a_repeated_one_moves_to_the_end() -> None:
    """Golden vector 5: of a and b, then a and c, come b, a and c."""
    included = Variant("included", copies=[Copy("local", source="a"), Copy("local", source="b")])
    own = Variant(
        "own",
        base="foo",
        includes=[included],
        copies=[Copy("local", source="a"), Copy("local", source="c")],
    )
    assert [files.source for files in resolved(Project("p"), own).copies] == ["b", "a", "c"]


def test_the_short_form_of_a_copy_repeats_its_long_form() -> None:
    included = Variant("included", copies=[Copy("local"), Image("bar")])
    own = Variant("own", base="foo", includes=[included], copies=["local"])
    assert resolved(Project("p"), own).copies == (Copy(Image("bar")), Copy("local"))


def test_builders_are_merged_kind_by_kind_at_the_place_of_the_stronger_list() -> None:
    """Golden vector 15: c1 node c2, then c3 python, then c4 node c5."""
    custom = {name: Builder(command=name) for name in ("c1", "c2", "c3", "c4", "c5")}
    project = Project(
        "p", base="foo", builders=[custom["c1"], Node(env="test", use_npm_ci=True), custom["c2"]]
    )
    python = Python(version="python3")
    included = Variant("included", builders=[custom["c3"], python])
    own = Variant("own", includes=[included], builders=[custom["c4"], Node(env="production"), custom["c5"]])
    assert resolved(project, own).builders == (
        custom["c1"],
        custom["c2"],
        custom["c3"],
        python,
        custom["c4"],
        Node(env="production", use_npm_ci=True),
        custom["c5"],
    )


def test_custom_builders_are_never_merged_nor_deduplicated() -> None:
    make = Builder(command="make")
    included = Variant("included", builders=[make])
    own = Variant("own", base="foo", includes=[included], builders=[make])
    assert resolved(Project("p"), own).builders == (make, make)


def test_builders_that_stand_alone_run_in_a_fixed_order() -> None:
    """Golden vector 15: node, php, python, builder, in whatever order they are written."""
    own = Variant("own", base="foo", builder=Builder(), python=Python(), php=Php(), node=Node())
    assert resolved(Project("p"), own).builders == (Node(), Php(), Python(), Builder())


def test_merging_leaves_what_is_included_as_it_was() -> None:
    """Unlike in Blubber, where an included variant came out with its includer's settings (§2.3)."""
    first = Variant("first", base="foo", builders=[Python(version="python3", poetry=Poetry(version="==1.8"))])
    second = Variant("second", base="foo", builders=[Python(version="python2")])
    both = Variant("both", includes=[first, second], copies=[second])
    variants = resolve(Project("p", variants=[first, second, both])).variants
    assert variants["second"].builders == (Python(version="python2"),)
    assert variants["both"].builders == (Python(version="python2", poetry=Poetry(version="==1.8")),)
