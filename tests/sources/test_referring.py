"""Files of strangers that are only signs to other files, or to the network, are not followed."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.sources import ReadOptions, list_layers, read_batches
from pipeline.types import Tally

POINT = '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"NAME": "甲"}, "geometry": {"type": "Point", "coordinates": [119, 28]}}]}'  # fmt: skip # noqa: E501
SAFE = ReadOptions(self_contained=True)


def virtual(folder: Path) -> str:
    (folder / "secret.geojson").write_text(POINT, "utf-8")
    return (
        f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{folder}/secret.geojson</SrcDataSource>'
        "</OGRVRTLayer></OGRVRTDataSource>"
    )


def service(_folder: Path) -> str:
    return "<OGRWFSDataSource><URL>http://127.0.0.1:9/wfs</URL></OGRWFSDataSource>"


@pytest.mark.parametrize("name", ["stops.vrt", "stops.geojson", "stops.xml"])
@pytest.mark.parametrize("text", [virtual, service])
def test_a_file_that_names_another_is_refused(name: str, text: Callable[[Path], str], tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text(tmp_path), "utf-8")
    for ask in (lambda: list(read_batches(path, SAFE, Tally())), lambda: list(list_layers(path, SAFE))):
        with pytest.raises(InputError, match="refers to other files"):
            ask()


def test_one_in_a_zip_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "stops.zip", "w") as packed:
        packed.writestr("stops.geojson", virtual(tmp_path))
    with pytest.raises(InputError, match=r"stops\.geojson refers to other files"):
        list(read_batches(tmp_path / "stops.zip", SAFE, Tally()))


def test_a_geodatabase_of_links_is_refused(tmp_path: Path) -> None:
    inside, outside = tmp_path / "stops.gdb", tmp_path / "elsewhere.gdbtable"
    inside.mkdir()
    outside.write_bytes(b"\0" * 100)
    (inside / "a00000001.gdbtable").symlink_to(outside)
    with pytest.raises(InputError, match=r"a00000001\.gdbtable refers"):
        list(list_layers(inside, SAFE))


def test_whoever_asks_by_hand_may_read_a_virtual_layer(tmp_path: Path) -> None:
    (tmp_path / "stops.vrt").write_text(virtual(tmp_path), "utf-8")
    (batch,) = read_batches(tmp_path / "stops.vrt", ReadOptions(), Tally())
    assert batch.attributes.column("NAME").to_pylist() == ["甲"]


def test_plain_files_are_read(tmp_path: Path) -> None:
    for name in ("stops.geojson", "stops.txt"):  # the second by what it holds: GDAL takes it for GeoJSON
        (tmp_path / name).write_text(POINT, "utf-8")
        (batch,) = read_batches(tmp_path / name, SAFE, Tally())
        assert batch.geometries.features == 1
