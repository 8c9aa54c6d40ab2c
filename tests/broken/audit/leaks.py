"""A leak for every rule of the audit: what is put into a finished town or terrain, and what the rule says of it."""

from __future__ import annotations

import base64
import io
import json
import shutil
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import rasterio
from PIL import Image
from pmtiles.tile import zxy_to_tileid
from rasterio.transform import from_origin
from shapely.geometry import LineString

from pipeline.archive.reader import open_archive
from pipeline.archive.tileids import zxy_of
from pipeline.portal.offline_page import write_offline_page
from pipeline.portal.search.build import Numbered, Thing, build_index
from pipeline.portal.search.container import compose
from pipeline.portal.search.entries import Kind
from pipeline.portal.search.grams import hash_gram
from pipeline.portal.search.reader import open_index
from pipeline.portal.search.shards import encode_shards
from tests.audit.planting import (
    ALLEY,
    ALLEY_NAME,
    DEPTH,
    PIPE,
    archive,
    in_one_tile,
    layer,
    message,
    number,
    put,
    reseal,
    rewrite,
)
from tests.terrains import EAST, NORTH

Do = Callable[[Path, Path], None]  # the edition's folder, the workspace


class Leak(NamedTuple):
    """What is done, and words that the finding has."""

    do: Do
    says: str
    city: str = "town"  # or terrain
    alone: bool = True  # release.json alone gives it away
    sealed: bool = True  # the manifest is made to agree with it


def edit_json(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a JSON file."""
    value = json.loads(path.read_bytes())
    change(value)
    path.write_text(json.dumps(value, ensure_ascii=False), "utf-8")


def tile(
    name: str, rows: list[dict[str, Any]], ids: tuple[int, ...] = (), more: bytes = b"", id: str = "framework"
) -> Do:
    """A layer in one tile of one archive."""
    return lambda dist, _root: in_one_tile(archive(dist, id), layer(name, rows, ids, more))


def file(name: str, data: bytes | str) -> Do:
    """A file more."""
    return lambda dist, _root: put(dist, name, data)


def download(rows: dict[str, list[Any]], name: str, x: float = 119.3) -> Do:
    """Roads offered for download, with these columns."""

    def do(dist: Path, _root: Path) -> None:
        places = [LineString([(x + n, 28.2), (x + n, 28.21)]) for n in range(len(next(iter(rows.values()))))]
        (dist / "downloads").mkdir(exist_ok=True)
        path = dist / "downloads" / name
        gpd.GeoDataFrame(rows, geometry=places, crs="EPSG:4490").to_file(path, layer="roads", engine="pyogrio")
        if path.suffix == ".gpkg":
            with sqlite3.connect(path) as connection:
                connection.execute("VACUUM")

    return do


def deleted_row(dist: Path, root: Path) -> None:
    """Rows that were deleted, so many that whole pages of them are free."""
    names = [f"{ALLEY_NAME}{n:05d}" * 20 for n in range(400)]
    download({"ID": list(range(400)), "NAME": names}, "roads.gpkg")(dist, root)
    with sqlite3.connect(dist / "downloads/roads.gpkg") as connection:
        connection.execute("PRAGMA secure_delete = OFF")  # some systems' SQLite overwrites what it deletes
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{trigger}"')
        connection.execute("DELETE FROM roads WHERE fid > 1")
        connection.execute("UPDATE roads SET NAME = '剑池路'")


def program(dist: Path, root: Path) -> None:
    """A view in a database."""
    download({"ID": [11], "NAME": ["剑池路"]}, "roads.gpkg")(dist, root)
    with sqlite3.connect(dist / "downloads/roads.gpkg") as connection:
        connection.execute("CREATE VIEW everything AS SELECT * FROM roads")


def strange_table(dist: Path, root: Path) -> None:
    """A table of a denied dataset."""
    download({"ID": [11], "NAME": ["剑池路"]}, "roads.gpkg")(dist, root)
    with sqlite3.connect(dist / "downloads/roads.gpkg") as connection:
        connection.execute('CREATE TABLE "water-supply" (ID INTEGER)')


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of one pixel with chunks before its end."""
    plain = io.BytesIO()
    Image.new("RGBA", (1, 1)).save(plain, "PNG")
    data = plain.getvalue()
    more = b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
    return data[:-12] + more + data[-12:]


def webp_with_xmp() -> bytes:
    """A WebP with XMP in it."""
    out = io.BytesIO()
    Image.new("RGBA", (4, 4), (1, 2, 3, 4)).save(out, "WEBP", xmp=b"<x:xmpmeta>planner</x:xmpmeta>")
    return out.getvalue()


def jpeg_with_exif() -> bytes:
    """A JPEG with the name of a photographer."""
    exif = Image.Exif()
    exif[0x013B] = "photographer"
    out = io.BytesIO()
    Image.new("RGB", (16, 16), (1, 2, 3)).save(out, "JPEG", exif=exif)
    return out.getvalue()


def extra_bytes(dist: Path, _root: Path) -> None:
    """Bytes behind the last tile."""
    with archive(dist, "framework").open("ab") as out:
        out.write("西山隧洞".encode())


def broken_archive(dist: Path, _root: Path) -> None:
    path = archive(dist, "framework")
    path.write_bytes(path.read_bytes()[:200])


def other_kind(dist: Path, _root: Path) -> None:
    """Pixels where layers are allowed."""
    from pipeline.archive.header import Compression, TileType
    from pipeline.archive.writer import Writer

    path = archive(dist, "schools")
    with Writer(path, tile_type=TileType.PNG, tile_compression=Compression.NONE) as writer:
        writer.add(0, png())
        writer.finish(metadata={}, bounds=(118, 27, 119, 28), center=None, min_zoom=0, max_zoom=0)


def unlisted_archive(dist: Path, _root: Path) -> None:
    shutil.copyfile(archive(dist, "schools"), dist / "tiles/pumps-0123456789ab.pmtiles")


def other_archive(dist: Path, _root: Path) -> None:
    """An archive that release.json lists under a name that is not allowed."""
    shutil.copyfile(archive(dist, "schools"), dist / "tiles/pumps-0123456789ab.pmtiles")
    more = {"id": "pumps", "file": "tiles/pumps-0123456789ab.pmtiles", "sha256": "", "recipe": "", "explanation": None}
    reseal(dist, lambda manifest: manifest["archives"].append(more))


def search_entry(name: str, dataset: str = "roads", id: int = 0) -> Do:
    """An entry more in the search index, as a build that leaks would have written it."""

    def do(dist: Path, _root: Path) -> None:
        thing = Thing(name, "", "", (), 0, -1, 15, 100, 119.1, 28.1, id, None)
        none = np.zeros(0, np.int64)
        doors = Numbered(none, none, np.zeros(0, object), np.zeros(0), np.zeros(0), none, none, 0)
        kind = Kind(dataset, None, "road", None, {"zh": "道路", "en": "Roads"})
        built = build_index([thing], doors, kinds=[kind], towns=[], prefixes=[], centre=(119.1, 28.1))
        put(dist, "search/index-000000000000.bin", built.data)

    return do


def search_gram(dist: Path, root: Path) -> None:
    """A gram that no entry has: whoever guesses the word can tell that it is there."""
    search_entry("剑池路")(dist, root)
    path = dist / "search/index-000000000000.bin"
    entries, hashes, kinds = grams_of_nothing()
    bits, shards, tails = encode_shards(entries, hashes, kinds)
    with open_index(path) as index:
        read = [entry for block in index.blocks() for entry in block]
        data = compose(
            entries=len(read), numbers=0, bits=bits, description=index.told, shards=shards, tails=tails, doors=b"",
            blocks=[path.read_bytes()[s.offset : s.offset + s.length] for s in [index.header.sections["blocks"]]],
        )  # fmt: skip
    path.write_bytes(data)


def grams_of_nothing() -> tuple[Any, Any, Any]:
    """One gram of one entry."""
    return np.zeros(1, np.int64), np.array([hash_gram(1, ord("华"), ord("严"))], np.uint32), np.ones(1, np.uint8)


def explained(dist: Path, _root: Path) -> None:
    """What explains an archive names a road that is left out."""
    path = next((dist / "tiles").glob("framework-*.explain.parquet"))
    schema = pq.read_schema(path)
    row = {"layer": ["LRDL"], "id": [ALLEY], "zoom": [9], "rule": ["not-yet"], "into": [None], "tile": [None]}
    pq.write_table(pa.table(row).cast(schema), path)


def finer(dist: Path, _root: Path) -> None:
    """A tile of a photograph some zooms further down, at the ground resolution of 0.13 m."""
    path = archive(dist, "photo-2024")
    with open_archive(path) as opened:
        z, x, y = zxy_of(max(entry.tile_id for entry in opened.entries()))
        body = opened.tile(z, x, y)
    assert body is not None
    rewrite(path, more=[(zxy_to_tileid(z + 2, 4 * x, 4 * y), body)])


def unmasked(dist: Path, _root: Path) -> None:
    """Pixels where the secret lies."""

    def paint(_id: int, body: bytes) -> bytes:
        with Image.open(io.BytesIO(body)) as image:
            size = image.size
        out = io.BytesIO()
        Image.new("RGBA", size, (250, 10, 20, 255)).save(out, "PNG")
        return out.getvalue()

    rewrite(archive(dist, "photo-2024"), paint)


def commented_tile(dist: Path, _root: Path) -> None:
    """A text inside the images of an archive."""
    rewrite(archive(dist, "photo-2024"), lambda _id, body: body[:-12] + png((b"tEXt", b"Author\0me"))[-33:])


def close_contours(dist: Path, _root: Path) -> None:
    """Contours at 410 m between those at 400 m and 450 m."""
    rows = [{"ele": value, "index": 0} for value in (400, 410, 450)]
    in_one_tile(archive(dist, "lines"), layer("contours", rows))


def fine_raster(dist: Path, _root: Path) -> None:
    """A photograph of 0.1 m offered for download."""
    (dist / "downloads").mkdir(exist_ok=True)
    path = dist / "downloads/photo.tif"
    profile: dict[str, Any] = {"driver": "GTiff", "width": 16, "height": 16, "count": 3, "dtype": "uint8"}
    profile |= {"crs": "EPSG:3857", "transform": from_origin(EAST, NORTH, 0.1, 0.1), "photometric": "rgb"}
    with rasterio.open(path, "w", **profile) as out:
        out.write(np.full((3, 16, 16), 90, np.uint8))


def wider(dist: Path, _root: Path) -> None:
    """release.json allows a field that the rules of the workspace do not."""

    def allow(manifest: dict[str, Any]) -> None:
        roads = next(each for each in manifest["allowed"]["datasets"] if each["id"] == "roads")
        roads["fields"].append({"name": "SECRETWIDTH", "type": "number", "domain": None})

    reseal(dist, allow)


def lost_source(_dist: Path, root: Path) -> None:
    (root / "inbox/hidden/mains.gpkg").unlink()


def strange_input(dist: Path, _root: Path) -> None:
    entry = {"dataset": "pumps", "path": "inbox/hidden/pumps.geojson", "bytes": 1, "sha256": "0"}
    reseal(dist, lambda manifest: manifest["inputs"].append(entry))


def link(dist: Path, _root: Path) -> None:
    (dist / "assets").mkdir(exist_ok=True)
    (dist / "assets/sprite.png").symlink_to("../../../inbox")


def packed(dist: Path, _root: Path) -> None:
    """A zip with a name and a text in it that are not to be told."""
    (dist / "downloads").mkdir(exist_ok=True)
    with zipfile.ZipFile(dist / "downloads/all.zip", "w") as out:
        out.writestr("roads.geojson", json.dumps({"type": "FeatureCollection", "features": []}))
        out.writestr("docProps/core.xml", "<x>/Users/planner/maps/roads.xlsx</x>")


def feature_twice(dist: Path, root: Path) -> None:
    """The road that is left out, without its name and number."""
    road = gpd.read_file(root / "inbox/planning/LRDL.shp", engine="pyogrio", encoding="GBK").to_crs("EPSG:4326")
    (dist / "downloads").mkdir(exist_ok=True)
    some = road.iloc[[2]][["CLASS", "geometry"]]
    some.to_file(dist / "downloads/roads.fgb", layer="roads", engine="pyogrio")


FONT = message(1, message(1, b"Noto") + message(2, b"0-255") + message(9, b"hidden"))
MAP = json.dumps({"version": 3, "mappings": "AAAA", "sources": ["src/secret.ts"]})
HIDDEN = message(9, "西山隧洞".encode())

# By rule; more than one where a rule has several ways to be broken.
LEAKS: dict[str, list[Leak]] = {
    "file-listed": [
        Leak(file("notes.txt", "hello"), "does not list it", sealed=False),
        Leak(file(".DS_Store", b"\0\0"), "does not list it", sealed=False),
        Leak(file("hotlink/backup/old.json", "{}"), "does not list it", sealed=False),
        Leak(file("metadata/dump.sql", "x"), "does not list it", sealed=False),
    ],
    "file-real": [Leak(link, "symbolic link", sealed=False)],
    "file-there": [Leak(lambda dist, _root: (dist / "catalog.json").unlink(), "not there", sealed=False)],
    "file-unaltered": [Leak(file("index.html", "<p>other"), "not as the manifest says", sealed=False)],
    "release-id": [Leak(file("SHA256SUMS", "0  x\n"), "its lines are not", sealed=False)],
    "release-inputs": [Leak(strange_input, "inbox/hidden/pumps.geojson", sealed=False)],
    "release-allows": [Leak(wider, "field SECRETWIDTH of dataset roads", alone=False, sealed=False)],
    "data-readable": [Leak(lost_source, "dataset water-supply cannot be read", alone=False)],
    "archive-listed": [Leak(unlisted_archive, "lists no such archive")],
    "archive-known": [Leak(other_archive, "no allowed archive", sealed=False)],
    "archive-kind": [Leak(other_kind, "its tiles are png")],
    "archive-bytes": [Leak(extra_bytes, "12 bytes belong to nothing")],
    "archive-readable": [Leak(broken_archive, "cannot be read")],
    "file-type": [
        Leak(file("data.dat", b"\x01\x02"), "cannot be looked into"),
        Leak(file("core", b"\x7fELF"), "cannot be looked into"),
        Leak(file("assets/a.png", b"SQLite format 3\0"), "does not begin like"),
    ],
    "text-readable": [
        Leak(file("search/a.json", '{"a": '), "cannot be read"),
        Leak(file("search/a.json", "名".encode("gbk") + b'"'), "cannot be read"),
    ],
    "text-trace": [
        Leak(file("services/a.json", '{"href": "/Users/planner/town/x.gpkg"}'), "a path: /Users/planner/town/x.gpkg"),
        Leak(file("services/a.json", '{"href": "C:\\\\Users\\\\planner\\\\x.gpkg"}'), "Users"),
        Leak(file("a.html", "<p>file:///srv/gis/x"), "file:///srv/gis/x"),
        Leak(file("a.html", "<p>\\\\fileserver\\maps"), "a network share"),
        Leak(file("a.xml", "<a href='http://192.168.3.7/wms'/>"), "an address inside a network"),
        Leak(file("a.txt", "from inbox/planning/LRDL.shp"), "a file of the workspace"),
        Leak(file("a.html", "<p>by zhang-surveyor on gisbox77"), "a name of the machine: zhang-surveyor"),
        Leak(
            lambda dist, _root: rewrite(
                archive(dist, "framework"), about=lambda metadata: metadata.update(generator_options="-o /tmp/build/a")
            ),
            "/tmp/build/a",
        ),
    ],
    "page-comment": [
        Leak(file("a.html", "<p>x<!-- the tunnel is under the hill -->"), "the tunnel is under the hill"),
        Leak(file("assets/a.svg", "<svg><!-- made by planner --></svg>"), "made by planner"),
    ],
    "source-map": [
        Leak(file("assets/a.js.map", MAP), "a source map"),
        Leak(file("assets/a.json", MAP), "a source map"),
        Leak(file("assets/a.js", "let a\n//# sourceMappingURL=data:application/json;base64,e30="), "points at"),
    ],
    "script-known": [
        Leak(file("assets/a.js", "fetch('https://example.org')"), "does not come with this version"),
        Leak(file("sdk/v1/a.d.ts", "export {}"), "does not come with this version"),
    ],
    "text-name": [
        Leak(
            lambda dist, _root: edit_json(
                dist / "catalog.json", lambda value: value["datasets"][0]["fields"].append({"name": "SECRETWIDTH"})
            ),
            "field SECRETWIDTH is not allowed",
        ),
        Leak(
            lambda dist, _root: edit_json(
                dist / "tilejson/framework.json",
                lambda value: value["vector_layers"].append({"id": "PIPL", "fields": {}}),
            ),
            "layer PIPL is not allowed",
        ),
        Leak(
            lambda dist, _root: rewrite(
                archive(dist, "framework"),
                about=lambda metadata: metadata["vector_layers"][0]["fields"].update(MAINS="String"),
            ),
            "field MAINS is not allowed",
        ),
        Leak(
            file(
                "downloads/x.geojson",
                '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"MAINS":1},"geometry":null}]}',
            ),
            "field MAINS is not allowed",
        ),
    ],
    "text-value": [
        Leak(
            file("search/7f.json", '[["路西山隧洞口",119.1]]'), "“西山隧洞”, a value of water-supply.MAINS", alone=False
        ),
        Leak(file("search/7f.json", '["\\u897f\\u5c71\\u96a7\\u6d1e"]'), "“西山隧洞”", alone=False),
        Leak(file("a.html", "<p>&#35199;&#23665;&#38567;&#27934;"), "“西山隧洞”", alone=False),
        Leak(file("search/7f.json", '["无名管段"]'), "water-supply.备注", alone=False),
        Leak(file("search/7f.json", f'["{ALLEY_NAME}"]'), "roads.", alone=False),
        Leak(file("a.html", "<p>供水暗管"), "the description of dataset water-supply", alone=False),
        Leak(file("search/暗管局.json", "[]"), "department water", alone=False),
    ],
    "text-number": [
        Leak(file("search/7f.json", f'[{{"a": {DEPTH}}}]'), f"{DEPTH}, a value of water-supply.DEPTH", alone=False),
        Leak(file("search/7f.json", f'[{{"a": {PIPE}}}]'), "water-supply.NUM", alone=False),
    ],
    "image-parts": [
        Leak(file("assets/a.png", png((b"tEXt", b"Author\0planner"))), "tEXt of 14 bytes: Author planner"),
        Leak(file("assets/a.png", png((b"eXIf", b"MM\0*"))), "eXIf"),
        Leak(file("assets/a.png", png() + b"more"), "4 bytes behind its end"),
        Leak(file("assets/a.webp", webp_with_xmp()), "XMP"),
        Leak(file("assets/a.jpg", jpeg_with_exif()), "FFE1"),
    ],
    "font-parts": [
        Leak(file("assets/glyphs/Noto/0-255.pbf", FONT), "1.9"),
        Leak(file("assets/fonts/a.woff2", b"wOF2 and no font"), "cannot be read"),
    ],
    "tile-readable": [Leak(lambda dist, _root: in_one_tile(archive(dist, "framework"), b"\x1a\x7f"), "no protobuf")],
    "tile-layer": [Leak(tile("PIPL", [{"a": 1}]), "layer PIPL is not allowed")],
    "tile-zoom": [
        Leak(
            lambda dist, _root: rewrite(
                archive(dist, "framework"), more=[(zxy_to_tileid(13, 6806, 3430), layer("LRDL", [{"NAME": "剑池路"}]))]
            ),
            "layer LRDL is at zoom 13, allowed are 8 to 11",
        )
    ],
    "tile-field": [Leak(tile("LRDL", [{"SECRETWIDTH": 5.5}]), "field SECRETWIDTH is not allowed")],
    "tile-type": [Leak(tile("LRDL", [{"NAME": 77}]), "a value of field NAME is of another type")],
    "tile-code": [Leak(tile("LRDL", [{"CLASS": "tunnel"}]), "“tunnel” is not in the code table")],
    "tile-text": [
        Leak(tile("LRDL", [{"NAME": "西山隧洞"}]), "“西山隧洞”, a value of water-supply.MAINS", alone=False),
        Leak(tile("LRDL_label", [{"NAME": f"近{ALLEY_NAME}处"}]), f"“{ALLEY_NAME}”", alone=False),
    ],
    "tile-number": [Leak(tile("LRDL", [{"ID": PIPE}]), f"{float(PIPE)}, a value of water-supply.NUM", alone=False)],
    "tile-feature": [
        Leak(tile("LRDL", [{"ID": 11}], (PIPE,)), f"feature {PIPE} may not be shown", alone=False),
        Leak(tile("LRDL", [{"ID": 11}], (ALLEY,)), f"feature {ALLEY} may not be shown", alone=False),
    ],
    "tile-hidden": [
        Leak(tile("LRDL", [{"ID": 11}], more=HIDDEN), "no reader of vector tiles looks at"),
        Leak(lambda dist, _root: in_one_tile(archive(dist, "framework"), HIDDEN), "no reader of vector tiles looks at"),
        Leak(tile("LRDL", [{"ID": 11}], more=message(4, number(6, 2) + message(1, b"x"))), "no reader"),
    ],
    "contour-interval": [Leak(close_contours, "contours at 400 m and 410 m, allowed is every 50 m", "terrain")],
    "tile-parts": [Leak(commented_tile, "tEXt", "terrain")],
    "pixel-size": [Leak(finer, "allowed are 0.5 m", "terrain")],
    "pixel-zoom": [Leak(finer, "the last allowed is", "terrain")],
    "pixel-mask": [Leak(unmasked, "inside a masked area", "terrain", alone=False)],
    "search-index": [
        Leak(search_entry("剑池路", "water-supply"), "dataset water-supply is not allowed"),
        Leak(search_gram, "bytes that none of its entries accounts for"),
        Leak(file("search/index-000000000000.bin", b"LQSEARCH" + bytes(200)), "it cannot be read"),
    ],
    "explained": [Leak(explained, f"feature {ALLEY} may not be shown", alone=False)],
    "table-known": [Leak(strange_table, "table water-supply is no allowed dataset")],
    "table-field": [Leak(download({"ID": [11], "SECRETWIDTH": [4.0]}, "roads.gpkg"), "column SECRETWIDTH")],
    "table-value": [
        Leak(download({"ID": [11], "NAME": [ALLEY_NAME]}, "roads.gpkg"), f"“{ALLEY_NAME}”", alone=False),
        Leak(download({"ID": [PIPE], "NAME": ["剑池路"]}, "roads.gpkg"), "water-supply.NUM", alone=False),
    ],
    "database-free": [Leak(deleted_row, "free pages, in which deleted rows remain")],
    "database-program": [Leak(program, "it has a view everything")],
    "download-field": [Leak(download({"ID": [11], "SECRETWIDTH": [4.0]}, "roads.fgb"), "field SECRETWIDTH")],
    "download-value": [
        Leak(download({"ID": [11], "NAME": ["西山隧洞"]}, "roads.fgb"), "“西山隧洞”, a value of", alone=False),
        Leak(file("downloads/shops.csv", "NAME\n店西山隧洞\n"), "“西山隧洞”, a value of", alone=False),
        Leak(search_entry("店西山隧洞"), "“西山隧洞”, a value of", alone=False),
    ],
    "download-feature": [
        Leak(feature_twice, "lies exactly where", alone=False),
        Leak(search_entry("剑池路", id=ALLEY), f"feature {ALLEY} may not be shown", alone=False),
    ],
    "download-readable": [
        Leak(file("downloads/roads.fgb", b"fgb\x03fgb\x01and no more"), "cannot be read"),
        Leak(file("downloads/roads.gpkg", b"SQLite format 3\0and no more"), "cannot be read"),
    ],
    "raster-size": [Leak(fine_raster, "allowed are 0.5 m", "terrain")],
    "bytes-trace": [Leak(packed, "nothing")],
    "bytes-value": [Leak(deleted_row, f"“{ALLEY_NAME}”", alone=False)],
}


def _fgb_with_path(dist: Path, root: Path) -> None:
    """A FlatGeobuf whose header tells where it was written."""
    download({"ID": [11], "NAME": ["/Users/planner/town/roads.shp"]}, "roads.fgb")(dist, root)


def _one_page(change: Callable[[bytes], bytes]) -> Do:
    """The edition as one page, with a change to it."""

    def do(dist: Path, _root: Path) -> None:
        write_offline_page(dist, json.loads((dist / "catalog.json").read_bytes()))
        page = dist / "offline.html"
        page.write_bytes(change(page.read_bytes()))

    return do


BETWEEN = b'</script>\n<script type="application/octet-stream"'
LEAKS["page-files"] = [
    Leak(
        _one_page(lambda page: page.replace(base64.b64encode(b'{"version":1'), base64.b64encode(b'{"version":2'))),
        "catalog.json is not the file of that name",
    ),
    Leak(_one_page(lambda page: page.replace(b'data-path="catalog.json"', b'data-path="secret.json"')), "secret.json"),
    Leak(_one_page(lambda page: page.replace(b"</body>", b"<p>more</p></body>")), "does not come with this version"),
    Leak(
        _one_page(lambda page: page.replace(BETWEEN, BETWEEN[:10] + b"hidden" + BETWEEN[10:], 1)),
        "something else between",
    ),
]


def _single_tile(place: str, content: bytes | None = None) -> Do:
    """A file where a copy of a tile would lie; without content, that of another tile."""

    def do(dist: Path, _root: Path) -> None:
        stem = next((dist / "tiles").glob("framework-*.pmtiles")).stem
        with open_archive(dist / "tiles" / f"{stem}.pmtiles") as opened:
            (z, x, y, _body), other = (tile for tile, _n in zip(opened.tiles(), range(2), strict=False))
            body = opened.tile(*other[:3]) if content is None else content
        put(dist, f"services/tiles/{place.format(stem=stem, z=z, x=x, y=y)}", body or b"")

    return do


LEAKS["tile-copy"] = [
    Leak(_single_tile("{stem}/{z}/{x}/{y}.mvt"), "not what its archive has at this place"),
    Leak(_single_tile("{stem}/{z}/0/0.mvt", b"\x1a\0"), "has no such tile"),
    Leak(_single_tile("hidden-0123456789ab/{z}/{x}/{y}.mvt", b"\x1a\0"), "the copy of no archive"),
    Leak(_single_tile("{stem}/more/{z}.mvt", b"\x1a\0"), "the copy of no archive"),
]
LEAKS["bytes-trace"] = [Leak(_fgb_with_path, "/Users/planner/town/roads.shp")]
LEAKS["text-trace"].append(Leak(packed, "/Users/planner/maps/roads.xlsx"))
