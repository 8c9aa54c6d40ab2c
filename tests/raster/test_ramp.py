"""Colour ramps as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.raster.ramp import RAMPS, parse_ramp, read_ramp


def test_a_file_as_gdaldem_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "hills.txt"
    path.write_text("# mine\n1000, 255:0:10\n\n0 1 2 3 4  # the sea\nnv 9 9 9 0\n0 7 7 7\n", "utf-8")
    ramp = read_ramp(path)
    assert (ramp.name, ramp.stops, ramp.unknown) == ("hills", (0, 0, 1000), (9, 9, 9, 0))
    assert ramp.colours == ((1, 2, 3, 4), (7, 7, 7, 255), (255, 0, 10, 255))  # the order of equal ones stays


@pytest.mark.parametrize("line", ["0 1 2", "0 1 2 256", "0 1 2 -3", "x 1 2 3", "50% 1 2 3", "0 red", "inf 1 2 3"])
def test_a_bad_line_is_named(line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_ramp("r", f"5 1 2 3\n{line}\n", "r.txt")
    assert caught.value.where == "r.txt, line 2" and line in caught.value.message


def test_no_ramp(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no value"):
        parse_ramp("r", "nv 0 0 0\n", "r.txt")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_ramp(str(tmp_path / "none.txt"))


def test_those_that_come_along() -> None:
    for name in RAMPS:
        ramp = read_ramp(name)
        assert ramp.name == name and len(ramp.stops) > 5 and ramp.unknown[3] == 0
    celadon, slope, aspect = map(read_ramp, RAMPS)
    assert celadon.stops[0] == -500 and celadon.stops[-1] == 9000
    assert slope.stops[-1] == 90 and slope.colours[0][3] == 0  # flat ground is clear
    assert aspect.stops[0] == -1 and aspect.stops[-1] == 360
    assert aspect.colours[1] == aspect.colours[-1]  # the circle closes
