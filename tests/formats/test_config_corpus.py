"""Every real config is read and proved, or refused for a reason that the specification gives."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.errors import DefinitionError
from pipeline_dsl.formats import config, yaml
from pipeline_dsl.formats.conversion import config_to_pipeline, to_config_and_blubber
from pipeline_dsl.formats.proof import prove
from pipeline_dsl.load import load, locate
from pipeline_dsl.resolve import resolve
from tests.formats import corpus
from tests.formats.configs import Files, Stubs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

REFUSED = {
    "wikimedia__mediawiki-services-kartotherian/pipeline__config.yaml": (
        "§1.4: a publish step has the key image only; this is of another tool, or of a draft",
        'config.yaml:8:11: there is no key "type" here.',
    ),
    "wikimedia__mediawiki-services-wikifeeds/pipeline__config.yaml": (
        "§1.2: pipelines is required; this has pipeline",
        'config.yaml:1:1: there is no key "pipeline" here. Did you mean "pipelines"?',
    ),
    "wikimedia__mediawiki-services-wikispeech-wikispeech-server/pipeline__config.yaml": (
        "§2.5: two stages of the same name, here none, wait for themselves",
        "config.yaml:7:9: name: is required; there is a stage without one at config.yaml:6:9 already.",
    ),
}
"""The configs that are refused, each with the specification's reason and what is said of it."""

FROM_OTHER_COMMITS = {
    "wikimedia__analytics-datahub/pipeline__config.yaml": "missing-blubber-file",
    "wikimedia__blubber/pipeline__config.yaml": "unknown-variant",
    "wikimedia__labs-striker/pipeline__config.yaml": "unknown-variant",
    "wikimedia__mediawiki-libs-Shellbox/pipeline__config.yaml": "unknown-variant",
    "wikimedia__mediawiki/pipeline__config.yaml": "unknown-variant",
    "wikimedia__research-mwaddlink/pipeline__config.yaml": "unknown-key",
    "wikimedia__research-mwaddlink/pipeline__config.yaml@9aa50ba": "unknown-key",
    "wikimedia__wikimedia-toolhub/pipeline__config.yaml": "unknown-variant",
}
"""Configs whose Blubber files beside them are of another commit, each with what there is wrong with them."""

FILES = corpus.config_files()
ACCEPTED = [file for file in FILES if file not in REFUSED]

pytestmark = pytest.mark.skipif(not FILES, reason=f"there is no corpus at {corpus.FOLDER}")


@pytest.fixture(scope="module")
def converted() -> Mapping[str, str]:
    """The pipeline file of each config that can be read."""
    texts = {file: corpus.text(file) for file in ACCEPTED}
    return {
        file: config_to_pipeline(text, "config.yaml", "service", Stubs(text)).text
        for file, text in texts.items()
    }


def test_all_are_there() -> None:
    assert len(FILES) == 30
    assert REFUSED.keys() <= set(FILES)


@pytest.mark.parametrize("file", ACCEPTED)
def test_import_and_export_change_nothing(file: str, converted: Mapping[str, str], tmp_path: Path) -> None:
    """Read, written as Python, evaluated, exported and read again: equal to what was first read."""
    text = corpus.text(file)
    first = resolve(config.read(text, "config.yaml", "service", Stubs(text)).project)
    pipeline = tmp_path / "pipeline.py"
    pipeline.write_text(converted[file], "utf-8")
    exported, variants = to_config_and_blubber(load(locate(pipeline)), lossy=False)
    files = Files({"blubber.yaml": variants.text})
    prove(first, resolve(config.read(exported.text, "config.yaml", "service", files).project))


@pytest.mark.parametrize("file", ACCEPTED)
def test_every_comment_is_kept(file: str, converted: Mapping[str, str]) -> None:
    """Each in a line of its own; only blanks may differ."""
    comments = [corpus.squeezed(one.text) for one in yaml.comments(corpus.text(file))]
    kept = [corpus.squeezed(line) for line in converted[file].splitlines() if line.strip().startswith("#")]
    assert sorted(comments) == sorted(kept)


@pytest.mark.parametrize("file", [file for file in FILES if file in REFUSED])
def test_a_config_is_refused_only_for_a_reason_that_the_specification_gives(file: str) -> None:
    """The table has them all."""
    text = corpus.text(file)
    with pytest.raises(DefinitionError) as refused:
        config.read(text, "config.yaml", "service", Stubs(text))
    assert REFUSED[file][1] in str(refused.value)


@pytest.mark.parametrize("file", ACCEPTED)
def test_a_config_is_imported_with_the_blubber_files_of_its_repository(file: str) -> None:
    """Unless these are of another commit, so that they lack something."""
    text, files = corpus.text(file), Files(corpus.beside(file))
    if file in FROM_OTHER_COMMITS:
        with pytest.raises(DefinitionError) as refused:
            config_to_pipeline(text, "config.yaml", "service", files)
        assert {problem.code for problem in refused.value.problems} == {FROM_OTHER_COMMITS[file]}
    else:
        assert config_to_pipeline(text, "config.yaml", "service", files).text


@pytest.mark.parametrize("command", corpus.TOOLS.values(), ids=corpus.TOOLS)
def test_the_tools_have_nothing_to_say_about_what_is_written(
    command: list[str], converted: Mapping[str, str], tmp_path: Path
) -> None:
    """At their default settings; mypy strictly."""
    for number, text in enumerate(converted.values()):
        (tmp_path / f"pipeline_{number}.py").write_text(text, "utf-8")
    ended = subprocess.run([*command, tmp_path], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
