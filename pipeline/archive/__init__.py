"""PMTiles v3 in and out: bytes, not pictures; what looks inside tiles lives in `vector/` and `raster/`."""
