from __future__ import annotations

import pytest

from pipeline.cli._size import size_text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (87_474, "87.5 kB"),
        (999_960, "1.0 MB"),  # would be rounded to 1000.0 kB
        (12_792_168, "12.8 MB"),
        (3_200_000_000, "3.2 GB"),
        (5_100_000_000_000, "5.1 TB"),
    ],
)
def test_a_size_has_the_unit_that_keeps_it_short(size: int, text: str) -> None:
    assert size_text(size) == text
