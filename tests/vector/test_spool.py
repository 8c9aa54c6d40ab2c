"""Arrays in files: what was written comes back, and what is damaged is called damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.errors import OutputError
from pipeline.vector.spool import load, save

TYPES = [np.uint8, np.bool_, np.int32, np.uint32, np.int64, np.uint64, np.float64]
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUICK
@given(st.data())
def test_arrays_come_back_as_they_were(tmp_path: Path, data: st.DataObject) -> None:
    arrays = {
        name: data.draw(hnp.arrays(data.draw(st.sampled_from(TYPES)), hnp.array_shapes(max_dims=2, min_side=0)))
        for name in data.draw(st.lists(st.text(max_size=5), unique=True, max_size=5))
    }
    extra = data.draw(st.dictionaries(st.text(max_size=3), st.integers() | st.lists(st.text(max_size=3))))
    save(tmp_path / "a", arrays, extra)
    found, told = load(tmp_path / "a")
    assert told == extra and list(found) == list(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype and found[name].shape == array.shape
        np.testing.assert_array_equal(found[name], array)


def test_what_is_not_contiguous_is_written_in_its_order(tmp_path: Path) -> None:
    table = np.arange(12).reshape(3, 4)
    save(tmp_path / "a", {"t": table.T, "every second": table[0, ::2]})
    found, _ = load(tmp_path / "a")
    np.testing.assert_array_equal(found["t"], table.T)
    np.testing.assert_array_equal(found["every second"], [0, 2])


def test_arrays_are_aligned_and_what_is_written_into_them_stays_with_the_reader(tmp_path: Path) -> None:
    save(tmp_path / "a", {"odd": np.ones(3, np.uint8), "wide": np.arange(5.0)})
    mine, _ = load(tmp_path / "a")
    assert all(array.flags.writeable and array.ctypes.data % 64 == 0 for array in mine.values())
    mine["wide"][:] = -1
    assert load(tmp_path / "a")[0]["wide"].tolist() == [0, 1, 2, 3, 4]


def test_a_reader_keeps_what_it_read_when_the_file_is_replaced(tmp_path: Path) -> None:
    """A shard is stored anew, with the importance of its vertices, while its old arrays are still in use."""
    save(tmp_path / "a", {"x": np.arange(10_000)})
    mine, _ = load(tmp_path / "a")
    save(tmp_path / "a", {"x": np.zeros(3)})
    assert mine["x"].tolist() == list(range(10_000)) and len(load(tmp_path / "a")[0]["x"]) == 3


def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        save(tmp_path / "a", {"x": np.arange(3)}, {"no json": object()})
    with pytest.raises(OutputError):
        save(tmp_path / "none" / "a", {"x": np.arange(3)})
    assert list(tmp_path.iterdir()) == []


def test_every_cut_off_file_is_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a"
    save(path, {"x": np.arange(20), "y": np.ones((2, 3))}, {"n": 1})
    whole = path.read_bytes()
    for size in (0, 1, 8, 15, 16, 40, 64, 128, len(whole) - 65):
        path.write_bytes(whole[:size])
        with pytest.raises(OutputError, match="damaged") as caught:
            load(path)
        assert caught.value.where == str(path)


@pytest.mark.parametrize(
    "content",
    [b"PMTiles\x03" + bytes(200), b"LQARRAYS" + b"\xff" * 64, b"LQARRAYS" + (9).to_bytes(8, "little") + b"{" * 99],
)
def test_other_files_are_called_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(OutputError, match="damaged"):
        load(tmp_path / "a")
    with pytest.raises(OutputError, match="damaged"):
        load(tmp_path / "missing")
