from __future__ import annotations

import pytest

from pipeline_dsl.report.duration import duration, elapsed


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (0.44, "0.4 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (12.3, "12 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (184, "3 min 04 s"),
        (3599.6, "1 h 00 min"),
        (3725, "1 h 02 min"),
    ],
)
def test_a_time_that_is_over_has_tenths_below_ten_seconds_only(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.9, "0 s"), (9.9, "9 s"), (59.9, "59 s"), (60, "1 min 00 s")]
)
def test_a_time_still_running_counts_whole_seconds(seconds: float, text: str) -> None:
    assert elapsed(seconds) == text
