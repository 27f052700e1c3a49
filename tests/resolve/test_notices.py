"""Whom to tell when a stage fails, where both its pipeline and the stage itself say something of it."""

from __future__ import annotations

import pytest

from pipeline_dsl.model.steps import Email, Notify, Webhook
from pipeline_dsl.resolve.notices import merged

TEAM = Email(["team@example.org"])
HOOK = Webhook("https://chat.example.org/hook")


@pytest.mark.parametrize("notify", [None, Notify(email=TEAM), Notify(webhook=HOOK)])
def test_what_only_one_of_them_says_stays_as_it_is(notify: Notify | None) -> None:
    assert merged(notify, None) == notify
    assert merged(None, notify) == notify


def test_a_stage_adds_a_way_to_tell() -> None:
    assert merged(Notify(email=TEAM), Notify(webhook=HOOK)) == Notify(email=TEAM, webhook=HOOK)


def test_what_a_stage_leaves_out_of_a_mail_comes_from_its_pipeline() -> None:
    pipeline = Notify(email=Email(["team@example.org"], subject="Broken", body="Look."))
    stage = Notify(email=Email(["tester@example.org"], body="Look at ${.output}."))
    expected = Email(["tester@example.org"], subject="Broken", body="Look at ${.output}.")
    assert merged(pipeline, stage) == Notify(email=expected)


def test_a_stage_that_names_nobody_tells_whom_its_pipeline_tells() -> None:
    stage = Notify(email=Email([], subject="Tests are red"))
    expected = Notify(email=Email(["team@example.org"], subject="Tests are red"))
    assert merged(Notify(email=TEAM), stage) == expected


def test_a_stages_webhook_stands_instead_of_its_pipelines() -> None:
    other = Webhook("https://chat.example.org/other")
    assert merged(Notify(webhook=HOOK), Notify(webhook=other)) == Notify(webhook=other)


def test_the_stages_line_is_blamed() -> None:
    stage = Notify(email=Email([], subject="Tests are red"))
    both = merged(Notify(email=TEAM), stage)
    assert both is not None
    assert both.at == stage.at
