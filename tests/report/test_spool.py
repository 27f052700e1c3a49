from __future__ import annotations

from pipeline_dsl.report.spool import Spool


def test_lines_come_back_as_they_were_added_from_memory_and_from_disk() -> None:
    lines = ["first", "", "10 %\r20 %", "\x1b[31mred\x0b\x85", "漢字", *map(str, range(1000))]
    for in_memory in (1_000_000, 100):
        with Spool(in_memory) as spool:
            for line in lines:
                spool.add(line)

            assert list(spool.lines()) == lines


def test_half_a_character_is_kept_as_its_number() -> None:
    with Spool() as spool:
        spool.add("\udcff")

        assert list(spool.lines()) == ["\\udcff"]
