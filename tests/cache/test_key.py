"""Keys: one for each input, and never the same for two."""

from __future__ import annotations

import enum
import hashlib
import json
import random
import types
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_dsl.cache.key import VERSIONS, canonical, make_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pipeline_dsl.cache.key import Json

    Digest = Callable[[str, Mapping[str, Json]], str]

PIECES = [
    "",
    "a",
    "b",
    "ab",
    '"',
    '","',
    "[",
    "]",
    "],[",
    "{}",
    ":",
    "\\",
    "\\u0061",
    "\0",
    "\n",
    "1",
    "null",
]
PIECES += ["\ud83d", "\ude00", "\ud83d\ude00", "\U0001f600", "\udcff", "ÿ", "true", "a\u0301", "\u00e1"]
SCALARS: list[Json] = [*PIECES, None, True, False, 0, 1, -1, 1.0, 0.0, -0.0, 0.1, 10**30, 1e30]

texts = st.text(st.sampled_from('ab"\\[]{},:\0\ud83d\ude00\U0001f600'), max_size=4)
scalars = (
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats(allow_nan=False, allow_infinity=False) | texts
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
components = st.dictionaries(texts, values, max_size=4)


def test_a_key_is_a_digest_with_what_it_was_made_of() -> None:
    key = make_key("image", {"base": "sha256:1", "recipe": ["a", 1, None]})
    framed = b'["pipeline-dsl","image",1,[["base","sha256:1"],["recipe",["a",1,null]]]]'
    assert (key.kind, key.digest) == ("image", hashlib.sha256(framed).hexdigest())
    assert key.components == {"base": "sha256:1", "recipe": ["a", 1, None]}


def test_the_order_of_names_and_the_kind_of_list_and_mapping_do_not_matter() -> None:
    one: dict[str, Json] = {"a": ["x", {"c": 1, "d": 2}], "b": 2}
    other: dict[str, Json] = {"b": 2, "a": ("x", types.MappingProxyType({"d": 2, "c": 1}))}
    assert make_key("run", one).digest == make_key("run", other).digest


def test_text_of_any_class_is_text() -> None:
    class Colour(enum.StrEnum):
        RED = "red"

    assert make_key("run", {"a": Colour.RED}).digest == make_key("run", {"a": "red"}).digest


def test_kinds_and_versions_have_keys_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    digests = {make_key(kind, {"a": 1}).digest for kind in VERSIONS}
    monkeypatch.setattr("pipeline_dsl.cache.key.VERSIONS", dict.fromkeys(VERSIONS, 2))
    digests |= {make_key(kind, {"a": 1}).digest for kind in VERSIONS}
    assert len(digests) == 2 * len(VERSIONS)


def test_there_is_no_key_of_an_unknown_kind() -> None:
    with pytest.raises(KeyError):
        make_key("imagine", {})


@pytest.mark.parametrize(
    "value",
    [b"a", {1: "a"}, {None: "a"}, {"a"}, object(), [{"a": b""}]],
    ids=["bytes", "number as a name", "nothing as a name", "set", "object", "inside"],
)
def test_what_is_not_json_has_no_key(value: Json) -> None:
    with pytest.raises(TypeError, match="JSON"):
        make_key("run", {"a": value})


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_has_no_key(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        make_key("run", {"a": number})


@given(values)
def test_canonical_json_says_what_it_was_made_of(value: Json) -> None:
    again = json.loads(canonical(value).decode("utf-8", "surrogatepass"))
    assert spelled(again) == spelled(value)


@given(components, components)
def test_two_inputs_have_one_key_only_if_they_are_the_same(
    one: Mapping[str, Json], other: Mapping[str, Json]
) -> None:
    same_key = make_key("run", one).digest == make_key("run", other).digest
    assert same_key == (spelled(one) == spelled(other))


def test_ten_thousand_inputs_that_look_alike_have_different_keys() -> None:
    assert collisions(10_000, digest) == []


@pytest.mark.nightly
def test_a_million_inputs_that_look_alike_have_different_keys() -> None:
    assert collisions(1_000_000, digest) == []


@pytest.mark.parametrize(
    "unframed",
    [
        lambda kind, parts: kind + "".join(f"{name}{value}" for name, value in sorted(parts.items())),
        lambda kind, parts: json.dumps([kind, sorted([name, str(value)] for name, value in parts.items())]),
        lambda kind, parts: json.dumps([kind, parts], sort_keys=True),
    ],
    ids=["joined", "values as text", "surrogates that an escape merges"],
)
def test_the_inputs_look_so_much_alike_that_lesser_keys_are_found_out(unframed: Digest) -> None:
    assert collisions(10_000, unframed) != []


def digest(kind: str, parts: Mapping[str, Json]) -> str:
    return make_key(kind, parts).digest


def collisions(count: int, keyed: Digest) -> list[str]:
    """Give the inputs whose key another input has, too."""
    known: dict[int, int] = {}
    found: list[str] = []
    for kind, parts in inputs(count):
        text = f"{kind} {spelled(parts)}"
        if known.setdefault(hash(keyed(kind, parts)), hash(text)) != hash(text):
            found.append(text)
    assert len(known) > count / 3  # most inputs are different ones
    return found


def inputs(count: int) -> Iterator[tuple[str, dict[str, Json]]]:
    """Generate inputs of few pieces, in which quotes, brackets and the ends of texts are everywhere."""
    choice = random.Random(7)  # noqa: S311 -- the same inputs each time
    kinds = list(VERSIONS)
    for _ in range(count):
        parts: dict[str, Json] = {}
        for _ in range(choice.randrange(4)):
            parts["".join(choice.choices(PIECES, k=choice.randrange(3)))] = nasty(choice, 0)
        yield kinds[choice.randrange(len(kinds))], parts


def nasty(choice: random.Random, depth: int) -> Json:
    form = choice.randrange(6)
    if form == 0 and depth < 3:
        return [nasty(choice, depth + 1) for _ in range(choice.randrange(3))]
    if form == 1 and depth < 3:
        return {choice.choice(PIECES): nasty(choice, depth + 1) for _ in range(choice.randrange(3))}
    if form == 2:
        return choice.choice(PIECES) + choice.choice(PIECES)
    return choice.choice(SCALARS)


def spelled(value: object) -> str:
    """Spell a value as Python does, which tells all values apart, but for the order of names."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name!r}: {spelled(value[name])}' for name in sorted(value))}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(spelled, value))}]"
    return repr(value)
