"""What virtual rasters refer to: nothing on the network, nothing that is missing, never themselves."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.sources.raster import describe_raster, is_raster
from pipeline.sources.raster_windows import open_windows
from pipeline.types import PixelWindow
from tests.oracles import rasters
from tests.sources.virtual import FRAME, virtual


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine that writes down what it is asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_POST = do_CONNECT = do_GET

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("proxies", ["as they are", "overruled"])
def test_nothing_reaches_the_network(
    proxies: str, listener: tuple[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By name, by the text of a virtual raster, or by one inside another."""
    if proxies == "overruled":
        monkeypatch.setenv("NO_PROXY", "*")
    host, asked = listener
    (tmp_path / "service.xml").write_text(
        f"""<GDAL_WMS><Service name="TMS"><ServerUrl>{host}/${{z}}/${{x}}/${{y}}.png</ServerUrl></Service><DataWindow>
        <UpperLeftX>-20037508</UpperLeftX><UpperLeftY>20037508</UpperLeftY><LowerRightX>20037508</LowerRightX>
        <LowerRightY>-20037508</LowerRightY><TileLevel>3</TileLevel><TileCountX>1</TileCountX>
        <TileCountY>1</TileCountY><YOrigin>top</YOrigin></DataWindow><Projection>EPSG:3857</Projection>
        <BandsCount>3</BandsCount></GDAL_WMS>"""
    )
    virtual(tmp_path / "curl.vrt", f"/vsicurl/{host}/a.tif")
    virtual(tmp_path / "stream.vrt", f"/vsicurl_streaming/{host}/a.tif")
    virtual(tmp_path / "plain.vrt", f"{host}/a.tif")
    virtual(tmp_path / "wmts.vrt", f"WMTS:{host}/capabilities.xml")
    virtual(tmp_path / "service.vrt", "service.xml", relative=1)
    virtual(tmp_path / "deep.vrt", "curl.vrt", relative=1)
    names = ["service.xml", "curl.vrt", "stream.vrt", "plain.vrt", "wmts.vrt", "service.vrt", "deep.vrt"]
    for name in names:
        with pytest.raises(InputError, match="refers to the network"):
            describe_raster(tmp_path / name)
        assert is_raster(tmp_path / name)  # or it would be refused as a vector file
    for text in (f"/vsicurl/{host}/a.tif", f"{host}/a.tif", f"WMTS:{host}/c.xml", f"WMS:{host}/?"):
        with pytest.raises(InputError, match="does not exist"):
            describe_raster(Path(text))
        assert not is_raster(Path(text))
    assert asked == []


def test_an_address_is_found_however_it_is_written(tmp_path: Path) -> None:
    virtual(tmp_path / "a.vrt", "/vsi&#99;url/http&#58;//example.com/a.tif")
    with pytest.raises(InputError, match=r"refers to the network: /vsicurl/http://example\.com/a\.tif"):
        describe_raster(tmp_path / "a.vrt")


@pytest.mark.parametrize("relative", [0, 1])
def test_a_file_that_is_not_there_is_named(relative: int, tmp_path: Path) -> None:
    source = "gone.tif" if relative else str(tmp_path / "gone.tif")
    virtual(tmp_path / "a.vrt", source, relative=relative)
    virtual(tmp_path / "b.vrt", "a.vrt", relative=1)
    for name in ("a.vrt", "b.vrt"):
        with pytest.raises(InputError, match=f"a file that is not there: {source}") as caught:
            describe_raster(tmp_path / name)
        assert caught.value.where == str(tmp_path / "a.vrt")


def test_a_circle_is_told(tmp_path: Path) -> None:
    virtual(tmp_path / "self.vrt", "self.vrt", relative=1)
    virtual(tmp_path / "a.vrt", "b.vrt", relative=1)
    virtual(tmp_path / "b.vrt", str(tmp_path / "a.vrt"))
    for name in ("self.vrt", "a.vrt", "b.vrt"):
        with pytest.raises(InputError, match="refers to itself"):
            describe_raster(tmp_path / name)


def test_one_file_named_twice_is_no_circle(tmp_path: Path) -> None:
    rasters.write(tmp_path / "a.tif", FRAME)
    virtual(tmp_path / "a.vrt", "a.tif", relative=1)
    text = (tmp_path / "a.vrt").read_text()
    band = text[text.index("<VRTRasterBand") : text.index("</VRTDataset>")].replace("a.tif", "a.vrt")
    (tmp_path / "b.vrt").write_text(
        text.replace("</VRTDataset>", "") + band.replace('band="1"', 'band="2"') + "</VRTDataset>"
    )
    assert describe_raster(tmp_path / "b.vrt").width == 60


def test_what_gdal_says_is_not_heard(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """It writes errors to the standard error stream itself where no settings are in force."""
    (tmp_path / "no.tif").write_text("no raster")
    virtual(tmp_path / "a.vrt", "no.tif", relative=1)
    info = describe_raster(tmp_path / "a.vrt")
    with open_windows(info) as windows, pytest.raises(InputError, match="is damaged"):
        windows.read(PixelWindow(0, 256, 0, 0, 256, 256))
    assert capfd.readouterr().err == ""
