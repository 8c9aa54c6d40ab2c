"""Bars on a terminal, lines elsewhere."""

from __future__ import annotations

import io
import re

import pytest

from pipeline.cli import _progress
from pipeline.cli._progress import Bars
from pipeline.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _work(progress: Progress) -> None:
    progress.start("Reading", 3000, "features")
    progress.advance(1000)
    progress.note("2 empty geometries")
    progress.advance(2000)
    progress.start("Writing")
    progress.done()


@pytest.mark.parametrize("stream_type", [io.StringIO, Terminal])
def test_what_stays_to_be_read(stream_type: type[io.StringIO]) -> None:
    stream = stream_type()
    with Bars(stream) as progress:
        _work(progress)
    # What a terminal shows in the end: each line after its last carriage return.
    shown = [re.sub(r"\x1b\[\w", "", line.split("\r")[-1]) for line in stream.getvalue().split("\n")]
    assert [re.sub(r"\d+\.\d s", "T", line) for line in shown] == [
        "2 empty geometries",
        "Reading · 3,000 features · T",
        "Writing · T",
        "",
    ]


def test_a_terminal_sees_the_bar_move() -> None:
    stream = Terminal()
    with Bars(stream) as progress:
        progress.start("Reading", 10, "features")
        assert "Reading:   0%" in stream.getvalue()


@pytest.mark.parametrize(
    ("total", "unit", "shown"), [(2_000_000, "要素", "500k/2.00M"), (None, "要素", "500k 要素"), (9, "layers", "3/9")]
)
def test_large_numbers_are_abbreviated(total: int | None, unit: str, shown: str) -> None:
    stream = Terminal()
    with Bars(stream) as progress:
        progress.start("Reading", total, unit)
        progress.advance(500_000 if total != 9 else 3)
        assert progress._bar is not None and shown in str(progress._bar)


def test_a_log_sees_no_bar() -> None:
    stream = io.StringIO()
    with Bars(stream) as progress:
        progress.start("Reading", 10, "features")
        progress.advance(5)
        assert stream.getvalue() == ""


def test_work_that_failed_is_not_said_to_be_done() -> None:
    stream = Terminal()
    with pytest.raises(ZeroDivisionError), Bars(stream) as progress:
        progress.start("Reading", 10, "features")
        raise ZeroDivisionError
    assert " s\n" not in stream.getvalue()


def test_a_message_takes_the_bar_away_first() -> None:
    stream = Terminal()
    progress = Bars(stream)
    progress.start("Reading", 10, "features")
    _progress.clear()
    assert stream.getvalue().split("\r")[-1] == ""
    progress.done()  # nothing is left to end
    assert "\n" not in stream.getvalue()
