from __future__ import annotations

import click
import pytest

from pipeline.cli._size import Size, size_text


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


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("512MB", 512_000_000),
        (" 2 gb ", 2_000_000_000),
        ("1.5g", 1_500_000_000),
        ("1GiB", 1 << 30),
        ("64mi", 64 << 20),
        ("1000000", 1_000_000),
    ],
)
def test_sizes_as_people_write_them(text: str, size: int) -> None:
    assert Size().convert(text, None, None) == size


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lots", "is no size"),
        ("-2GB", "is no size"),
        ("2iB", "is no size"),
        ("1e9", "is no size"),
        ("9" * 400, "is no size"),
        ("2", "is too little"),
        ("0.9MB", "is too little"),
    ],
)
def test_what_is_no_size_or_lacks_its_unit_is_refused(text: str, told: str) -> None:
    with pytest.raises(click.BadParameter, match=told):
        Size(memory=True).convert(text, None, None)


def test_what_is_no_memory_may_be_small() -> None:
    assert Size().convert("200", None, None) == 200
    with pytest.raises(click.BadParameter, match="is too little"):
        Size().convert("0", None, None)
