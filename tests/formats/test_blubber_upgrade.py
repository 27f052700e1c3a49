"""Files of versions 1 to 3 keep the meaning that they had: spec/blubber.md §1.7."""

from __future__ import annotations

import textwrap

import pytest

from pipeline_dsl.errors import DefinitionError
from pipeline_dsl.formats.blubber import Reading, read, write

SYNTAX = 1
"""Lines of a written file before its version."""


def reading(text: str) -> Reading:
    return read(textwrap.dedent(text), "b.yaml", "service")


def upgraded(text: str) -> str:
    """The same file in version 4, without its version."""
    return "".join(write(reading(text).project).text.splitlines(keepends=True)[SYNTAX + 1 :])


def same(expected: str) -> str:
    return textwrap.dedent(expected).lstrip("\n")


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
def test_an_older_version_is_read_with_a_warning(version: str) -> None:
    """Blubber itself rejects it today."""
    warnings = [str(one) for one in reading(f"version: {version}\nbase: foo\n").warnings]
    message = f"Blubber rejects version {version} today. It is read with the meaning that it had."
    assert [f"b.yaml:1:10: {message} [upgraded]"] == warnings


def test_a_variant_that_said_nothing_got_the_whole_context() -> None:
    """In version 4 it has to say so."""
    old = "version: v3\nvariants: {test: {}}\n"
    assert same("""
        variants:
          test:
            copies: [local]
    """) == upgraded(old)


def test_the_variant_that_files_come_from_becomes_a_list() -> None:
    """`copies: NAME` is no longer allowed."""
    old = "version: v2\nvariants: {prep: {}, test: {copies: prep}}\n"
    assert same("""
        variants:
          prep:
            copies: [local]
          test:
            copies: [prep]
    """) == upgraded(old)


def test_artifacts_join_the_copies() -> None:
    """Behind what is copied as a whole."""
    old = """
        version: v3
        variants:
          prep: {}
          test:
            copies: prep
            artifacts: [{from: prep, source: /a, destination: b}]
    """
    assert same("""
        variants:
          prep:
            copies: [local]
          test:
            copies:
              - from: prep
              - from: prep
                source: /a
                destination: b
    """) == upgraded(old)


def test_what_came_with_a_volume_is_not_copied() -> None:
    """A development variant had its sources mounted."""
    assert upgraded("version: v1\nvariants: {test: {sharedvolume: true}}\n") == "variants:\n  test: {}\n"


def test_a_variant_that_its_files_come_from_goes_before_a_volume() -> None:
    """Both were rarely given."""
    old = "version: v1\nvariants: {prep: {}, test: {sharedvolume: true, copies: prep}}\n"
    assert upgraded(old).endswith("  test:\n    copies: [prep]\n")


def test_an_inherited_copy_is_not_repeated() -> None:
    """In version 4 lists of copies add up."""
    old = "version: v3\nvariants: {build: {}, test: {includes: [build]}}\n"
    assert same("""
        variants:
          build:
            copies: [local]
          test:
            includes: [build]
    """) == upgraded(old)


def test_a_variant_does_not_inherit_files_that_it_did_not_get_before() -> None:
    """Settings and files of what is included part ways."""
    old = """
        version: v3
        variants:
          build: {base: foo}
          prod: {includes: [build], copies: build}
    """
    assert same("""
        variants:
          build-settings:
            base: foo
          build:
            includes: [build-settings]
            copies: [local]
          prod:
            includes: [build-settings]
            copies: [build]
    """) == upgraded(old)


def test_a_name_that_is_taken_is_not_given_again() -> None:
    """Where settings and files part ways."""
    old = """
        version: v3
        variants:
          build: {base: foo}
          build-settings: {base: bar}
          prod: {includes: [build], copies: build}
    """
    names = [variant.name for variant in reading(old).project.variants]
    assert names == ["build-settings-only", "build", "build-settings", "prod"]


def test_a_list_of_copies_means_what_it_means_today() -> None:
    """The last files of version 3 were written like this already."""
    old = "version: v3\nvariants: {test: {copies: [local]}, none: {}}\n"
    assert same("""
        variants:
          test:
            copies: [local]
          none: {}
    """) == upgraded(old)


def test_a_builder_that_is_a_list_requires_all_files() -> None:
    """It ran when they had been copied already."""
    old = "version: v2\nvariants: {test: {base: foo, builder: [make, all]}}\n"
    assert same("""
        variants:
          test:
            base: foo
            builder:
              command: [make, all]
              requirements: [.]
            copies: [local]
    """) == upgraded(old)
    assert [warning.code for warning in reading(old).warnings] == ["upgraded", "builder-order"]


@pytest.mark.parametrize(("flag", "files"), [("true", "[package.json]"), ("false", "[]")])
def test_the_flag_for_dependencies_of_node_becomes_a_list(flag: str, files: str) -> None:
    """At the top level and in variants."""
    old = f"version: v1\nnode: {{dependencies: {flag}}}\n"
    assert f"node:\n  requirements: {files}\n" == upgraded(old)


@pytest.mark.parametrize("key", ["sharedvolume: true", "artifacts: []", "copies: build"])
def test_what_version_4_does_not_know_is_an_error_there(key: str) -> None:
    """As with Blubber."""
    with pytest.raises(DefinitionError, match=r"b.yaml:3:\d+: "):
        reading(f"version: v4\nvariants:\n  test: {{{key}}}\n  build: {{}}\n")


def test_variants_that_include_one_another_are_refused_in_old_files_too() -> None:
    """And nothing runs on and on."""
    with pytest.raises(DefinitionError, match="in a circle"):
        reading("version: v3\nvariants: {one: {includes: [two]}, two: {includes: [one]}}\n")
