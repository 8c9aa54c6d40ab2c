"""Virtual rasters that refer to whatever a test wants."""

from __future__ import annotations

from pathlib import Path

from tests.oracles.rasters import frame_at

FRAME = frame_at("EPSG:4549", 119.13, 28.07, 2.0, 60, 40)


def virtual(path: Path, source: str, relative: int = 0) -> None:
    """One band of 60 × 40 pixels that lies in `source`."""
    path.write_text(
        f"""<VRTDataset rasterXSize="60" rasterYSize="40"><SRS>EPSG:4549</SRS>
        <GeoTransform>{FRAME.west},2,0,{FRAME.north},0,-2</GeoTransform><VRTRasterBand dataType="Byte" band="1">
        <SimpleSource><SourceFilename relativeToVRT="{relative}">{source}</SourceFilename><SourceBand>1</SourceBand>
        <SrcRect xOff="0" yOff="0" xSize="60" ySize="40"/><DstRect xOff="0" yOff="0" xSize="60" ySize="40"/>
        </SimpleSource></VRTRasterBand></VRTDataset>"""
    )
