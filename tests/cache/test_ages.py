from __future__ import annotations

import pytest

from pipeline_dsl.cache.ages import ago


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0 s ago"),
        (3.9, "3 s ago"),
        (59.9, "59 s ago"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (2 * 3600 + 1800, "2 h ago"),
        (24 * 3600 - 1, "23 h ago"),
        (24 * 3600, "1 day ago"),
        (3 * 24 * 3600, "3 days ago"),
    ],
)
def test_an_age_is_told_roughly(seconds: float, text: str) -> None:
    assert ago(seconds) == text
