"""A real PostgreSQL with PostGIS: what is listed, what is read, of which moment, and what is said when it fails."""

from __future__ import annotations

import datetime
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pytest

from pipeline.errors import InputError
from pipeline.sources import Database, ReadOptions, is_database, list_layers, open_source, read_batches
from pipeline.types import LINE, NONE, POINT, POLYGON, FeatureBatch, Geometries, Tally
from tests.sources.cluster import OWNER, PASSWORD, Cluster, running

NASTY = "路'网 \"\\; DROP TABLE x; --"  # as the name of a schema, table and column
NASTY_SQL = '"' + NASTY.replace('"', '""') + '"'


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running() as found:
        found.run("postgres", "CREATE DATABASE city", "CREATE DATABASE plain", "CREATE ROLE guest LOGIN")
        found.run(
            "city",
            "CREATE SCHEMA gis",
            "CREATE EXTENSION postgis SCHEMA gis",
            "SET search_path = public, gis",
            "CREATE TABLE roads (id int PRIMARY KEY, name text, geom geometry(LineString, 4490))",
            "INSERT INTO roads VALUES (1, '剑池路', 'SRID=4490;LINESTRING(119.1 28.1, 119.2 28.2)'), (2, NULL, NULL)",
            "CREATE VIEW roads_plane AS SELECT id, ST_Transform(geom, 4549) AS geom FROM roads",
            "CREATE MATERIALIZED VIEW road_ends AS SELECT id, ST_StartPoint(geom)::geography AS place FROM roads",
            "CREATE TABLE parts (id int, geom geometry(Point, 4490)) PARTITION BY RANGE (id)",
            "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10)",
            "CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20)",
            "INSERT INTO parts SELECT i, ST_SetSRID(ST_Point(119 + i / 100.0, 28), 4490) FROM generate_series(0, 19) i",
            "CREATE TABLE twice (id int, geom geometry(Polygon, 4490), centre geometry(Point, 4490))",
            "INSERT INTO twice SELECT 1, g, ST_Centroid(g) FROM (SELECT ST_MakeEnvelope(119, 28, 120, 29, 4490) g) q",
            "CREATE TABLE mixed (geom geometry)",
            "INSERT INTO mixed VALUES ('SRID=4490;POINT(119 28)'), ('SRID=4549;POINT(500000 3100000)')",
            "CREATE TABLE addresses (address text, lng float8, lat float8)",
            "INSERT INTO addresses VALUES ('剑池街道1号', 119.13, 28.07)",
            "CREATE TABLE secret (geom geometry(Point, 4490))",
            "GRANT USAGE ON SCHEMA gis TO guest",
            "GRANT SELECT ON gis.spatial_ref_sys TO guest",
            "GRANT SELECT ON roads TO guest",
            "CREATE TABLE half (id int, hidden text, geom geometry(Point, 4490))",
            "GRANT SELECT (id, geom) ON half TO guest",
            f"CREATE SCHEMA {NASTY_SQL}",
            f'CREATE TABLE {NASTY_SQL}.{NASTY_SQL} ({NASTY_SQL} text, {NASTY_SQL[:-1]}2" geometry(Point, 4490))',
            f"INSERT INTO {NASTY_SQL}.{NASTY_SQL} VALUES ('龙泉', 'SRID=4490;POINT(119 28)')",
        )
        yield found


def address(cluster: Cluster, database: str = "city", user: str = OWNER) -> str:
    return cluster.address(database, user)


def read(source: Database, **options: Any) -> tuple[Geometries, pa.Table, Tally]:
    """All of a layer as one batch."""
    tally = Tally()
    (batch,) = read_batches(source, ReadOptions(**options), tally)
    return batch.geometries, batch.attributes, tally


def test_layers(cluster: Cluster) -> None:
    with Database(address(cluster)) as city:
        found = {layer.name: layer for layer in list_layers(city)}
    names = ["half", "mixed", "parts", "road_ends", "roads", "roads_plane", "secret", "twice.geom", "twice.centre"]
    assert list(found) == [*(f"public.{name}" for name in names), f"{NASTY}.{NASTY}"]
    roads = found["public.roads"]
    assert (roads.geometry, roads.features, roads.crs, roads.driver) == ("line", None, "EPSG:4490", "PostgreSQL")
    assert dict(roads.fields) == {"id": "int32", "name": "string"}
    assert [found[f"public.{n}"].geometry for n in ("parts", "road_ends", "mixed", "twice.geom")] == [
        "point", "mixed", "mixed", "polygon",
    ]  # fmt: skip
    assert (found["public.roads_plane"].crs, found["public.road_ends"].crs) == ("EPSG:4549", "EPSG:4326")


def test_features_in_degrees(cluster: Cluster) -> None:
    with Database(address(cluster)) as city:
        for name in ("public.roads", "roads", "roads_plane"):  # a view in metres too
            found, attributes, tally = read(city, layer=name)
            assert found.kinds.tolist() == [LINE, NONE]
            assert found.x == pytest.approx([119.1, 119.2], abs=1e-9)
            assert found.y == pytest.approx([28.1, 28.2], abs=1e-9)
            assert attributes["id"].to_pylist() == [1, 2]
            assert tally.counts == {"null-geometry": 1}
        assert read(city, layer="roads")[1]["name"].to_pylist() == ["剑池路", None]
        assert read(city, layer="roads", columns=())[1].num_columns == 0
        assert read(city, layer="roads", columns=("name",))[1].column_names == ["name"]
        found, attributes, _tally = read(city, layer="road_ends")  # a geography
        assert (found.kinds.tolist(), found.x.tolist()) == ([POINT, NONE], [119.1])
        assert read(city, layer="parts")[0].features == 20
        assert read(city, layer="public.twice.geom")[0].kinds.tolist() == [POLYGON]
        assert read(city, layer="twice.centre")[0].x.tolist() == [119.5]


def test_tables_without_geometries(cluster: Cluster) -> None:
    with Database(address(cluster)) as city:
        found, attributes, _tally = read(city, layer="addresses")  # by the names of its columns
        assert (found.x.tolist(), found.y.tolist()) == ([119.13], [28.07])
        assert attributes["address"].to_pylist() == ["剑池街道1号"]
        with pytest.raises(InputError, match="wrong order"):
            read(city, layer="addresses", x="lat", y="lng", crs="EPSG:4490")


VALUES = [
    ("bool", "true", True, "bool"),
    ("int2", "-32768", -32768, "int16"),
    ("int4", "2147483647", 2147483647, "int32"),
    ("int8", "-9223372036854775808", -(2**63), "int64"),
    ("float4", "1.5", 1.5, "float"),
    ("float8", "0.1", 0.1, "double"),
    ("numeric", "12.5", 12.5, "double"),
    ("numeric(18,0)", "999999999999999999", 999999999999999999, "int64"),
    ("numeric(6,2)", "-1.25", -1.25, "double"),
    ("money", "12.34", 12.34, "double"),
    ("text", "'青瓷 🏺'", "青瓷 🏺", "string"),
    ("varchar(5)", "'ab'", "ab", "string"),
    ("char(5)", "'ab'", "ab", "string"),
    ("uuid", "'00112233-4455-6677-8899-aabbccddeeff'", "00112233-4455-6677-8899-aabbccddeeff", "string"),
    ("json", "'{\"a\": [1, null]}'", '{"a": [1, null]}', "string"),
    ("jsonb", "'{\"b\":1,\"a\":2}'", '{"a": 2, "b": 1}', "string"),
    ("bytea", "'\\x00ff'", b"\x00\xff", "binary"),
    ("date", "'2026-11-22'", datetime.date(2026, 11, 22), "date32[day]"),
    ("date", "'infinity'", None, "date32[day]"),
    ("timestamp", "'2026-11-22 01:02:03.000004'", datetime.datetime(2026, 11, 22, 1, 2, 3, 4), "timestamp[us]"),
    (
        "timestamptz", "'2026-11-22 08:00+08'", datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC),
        "timestamp[us, tz=UTC]",
    ),
    ("time", "'23:59'", "23:59:00", "string"),
    ("interval", "'1 day'", "1 day", "string"),
    ("inet", "'10.0.0.1/8'", "10.0.0.1/8", "string"),
    ("int4range", "'[1,5)'", "[1,5)", "string"),
    ("mood", "'好'", "好", "string"),
    ("level", "7", 7, "int32"),
    ("level[]", "'{1,2}'", [1, 2], "list<item: int32>"),
    ("pair", "'(1,x)'", "(1,x)", "string"),
    ("text[]", "'{a,NULL,\"b c\"}'", ["a", None, "b c"], "list<item: string>"),
    ("int8[]", "'{}'", [], "list<item: int64>"),
    ("numeric[]", "'{1.5,2}'", [1.5, 2.0], "list<item: double>"),
    ("mood[]", "'{好,坏}'", ["好", "坏"], "list<item: string>"),
    ("int4[]", "'{{1,2},{3,4}}'", [1, 2, 3, 4], "list<item: int32>"),
]  # fmt: skip


def test_types(cluster: Cluster) -> None:
    columns = [f"c{i} {type}" for i, (type, *_rest) in enumerate(VALUES)]
    values = [f"({text})::{type}" for type, text, *_rest in VALUES]  # -32768::int2 is -(32768::int2)
    cluster.run(
        "city",
        "CREATE TYPE mood AS ENUM ('好', '坏')",
        "CREATE DOMAIN small AS int4 CHECK (value < 100)",
        "CREATE DOMAIN level AS small",
        "CREATE TYPE pair AS (a int, b text)",
        f"CREATE TABLE typed (geom gis.geometry(Point, 4490), {', '.join(columns)})",
        f"INSERT INTO typed VALUES ('SRID=4490;POINT(119 28)', {', '.join(values)})",
        "INSERT INTO typed VALUES ('SRID=4490;POINT(119 28)')",
    )
    try:
        with Database(address(cluster)) as city:
            (layer,) = (layer for layer in list_layers(city) if layer.name == "public.typed")
            _found, attributes, _tally = read(city, layer="typed")
    finally:
        cluster.run("city", "DROP TABLE typed", "DROP TYPE pair", "DROP DOMAIN level, small", "DROP TYPE mood")
    first, second = attributes.to_pylist()
    assert list(first.values()) == [value for _type, _text, value, _arrow in VALUES]
    assert set(second.values()) == {None}
    assert {field.name: str(field.type) for field in attributes.schema} == dict(layer.fields)
    assert list(layer.fields.values()) == [arrow for *_rest, arrow in VALUES]


def test_all_layers_are_of_one_moment(cluster: Cluster) -> None:
    cluster.run("city", "CREATE TABLE moving (n int, geom gis.geometry(Point, 4490))")
    insert = "INSERT INTO moving VALUES (1, 'SRID=4490;POINT(119 28)')"
    try:
        cluster.run("city", insert)
        with Database(address(cluster)) as city:
            list_layers(city)
            cluster.run("city", insert)
            assert read(city, layer="moving")[0].features == 1
            cluster.run("city", insert)
            assert read(city, layer="moving")[0].features == 1
            city.close()  # ends the moment
            assert read(city, layer="moving")[0].features == 3
    finally:
        cluster.run("city", "DROP TABLE moving")


def test_nothing_can_be_written(cluster: Cluster) -> None:
    cluster.run(
        "city",
        "CREATE TABLE trap (n int)",
        "CREATE FUNCTION spring() RETURNS int LANGUAGE sql AS 'INSERT INTO trap VALUES (1) RETURNING n'",
        "CREATE VIEW lure AS SELECT spring() AS n, 'SRID=4490;POINT(119 28)'::gis.geometry(Point, 4490) AS geom",
    )
    try:
        with Database(address(cluster)) as city, pytest.raises(InputError, match="read-only transaction") as caught:
            read(city, layer="lure")
        assert "RETURNING" not in str(caught.value) and "city, public.lure" in str(caught.value)
        assert cluster.run("city", "SELECT count(*) FROM trap") == "0\n"
    finally:
        cluster.run("city", "DROP VIEW lure", "DROP FUNCTION spring()", "DROP TABLE trap")


def test_areas_are_asked_of_the_server(cluster: Cluster) -> None:
    areas = ((119.025, 27, 119.045, 29), (119.035, 27, 119.055, 29), (119.15, 28, 119.15, 28))
    with Database(address(cluster)) as city:
        assert read(city, layer="parts", areas=areas)[1]["id"].to_pylist() == [3, 4, 5, 15]
        assert read(city, layer="parts", areas=areas[:1])[1]["id"].to_pylist() == [3, 4]
        assert read(city, layer="roads_plane", areas=((119, 28, 119.15, 28.15),))[1]["id"].to_pylist() == [1]
        assert read(city, layer="road_ends", areas=((119, 28, 119.15, 28.15),))[1]["id"].to_pylist() == [1]
        assert list(read_batches(city, ReadOptions(layer="parts", areas=()), Tally())) == []
        assert list(read_batches(city, ReadOptions(layer="roads_plane", areas=((0, 0, 1, 1),)), Tally())) == []


def test_an_index_answers_many_areas(cluster: Cluster) -> None:
    from pipeline.sources.postgis import _near
    from pipeline.sources.postgis_catalog import Shape

    cluster.run(
        "city",
        "CREATE TABLE many AS SELECT i AS id, gis.ST_SetSRID(gis.ST_MakePoint(118 + i / 1e5, 28), 4490)"
        "::gis.geometry(Point, 4490) AS geom FROM generate_series(1, 50000) i",
        "CREATE INDEX ON many USING gist (geom)",
        "ANALYZE many",
    )
    try:
        windows = tuple((118 + i / 100, 27.0, 118.0001 + i / 100, 29.0) for i in range(30))
        where = _near("gis", '"geom"', Shape("geom", False, "Point", 4490), windows)
        plan = cluster.run("city", f"EXPLAIN SELECT * FROM many WHERE {where}")
        assert "Seq Scan" not in plan and "many_geom_idx" in plan
        with Database(address(cluster)) as city:
            ids = read(city, layer="many", areas=windows)[1]["id"].to_pylist()
        assert ids == sorted(ids) and len(ids) == 30 * 11 - 1  # the first point is 118.00001
    finally:
        cluster.run("city", "DROP TABLE many")


def test_large_tables_come_in_batches(cluster: Cluster) -> None:
    cluster.run(
        "city",
        "CREATE TABLE large AS SELECT i AS id, repeat('x', 100) AS text, gis.ST_SetSRID(gis.ST_MakePoint("
        "119 + i / 1e6, 28), 4490)::gis.geometry(Point, 4490) AS geom FROM generate_series(0, 199999) i",
    )
    try:
        with Database(address(cluster)) as city:
            batches = list(read_batches(city, ReadOptions(layer="large"), Tally()))
            assert max(batch.geometries.features for batch in batches) <= 65_536
            ids = np.concatenate([batch.attributes["id"].to_numpy() for batch in batches])
            assert np.array_equal(ids, np.arange(200_000))
            assert np.allclose(np.concatenate([batch.geometries.x for batch in batches]), 119 + ids / 1e6)
            some: Iterator[FeatureBatch] = iter(read_batches(city, ReadOptions(layer="large"), Tally()))
            next(some)
            some.close()  # type: ignore[attr-defined]
            assert read(city, layer="roads")[0].features == 2
            some = iter(read_batches(city, ReadOptions(layer="large"), Tally()))
            begun = next(some).geometries.features
        assert begun + sum(batch.geometries.features for batch in some) == 200_000  # what was begun is read to its end
        busy = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'longquan'"
        assert cluster.run("postgres", "SELECT pg_sleep(0.1)", busy).split() == ["0"]
    finally:
        cluster.run("city", "DROP TABLE large")


def test_names_are_only_names(cluster: Cluster) -> None:
    with Database(address(cluster)) as city:
        found, attributes, _tally = read(city, layer=f"{NASTY}.{NASTY}", columns=(NASTY,), areas=((118, 27, 120, 29),))
        assert (found.x.tolist(), attributes.to_pylist()) == ([119.0], [{NASTY: "龙泉"}])
        with pytest.raises(InputError, match="no layer"):
            read(city, layer='public.roads"; DROP TABLE public.roads; --')
        with pytest.raises(InputError, match="no column"):
            read(city, layer="roads", columns=('name" FROM public.roads; DROP TABLE public.roads; --',))
        assert read(city, layer="roads")[0].features == 2


def test_other_encodings(cluster: Cluster) -> None:
    """Texts of a database in GB 2312 arrive as UTF-8."""
    cluster.run("postgres", "CREATE DATABASE old ENCODING 'EUC_CN' TEMPLATE template0")
    cluster.run(
        "old", "CREATE EXTENSION postgis", "SET client_encoding = 'UTF8'",
        "CREATE TABLE 学校 (名称 text, geom geometry(Point, 4490))",
        "INSERT INTO 学校 VALUES ('龙泉一中', 'SRID=4490;POINT(119 28)')",
    )  # fmt: skip
    with Database(address(cluster, "old")) as old:
        assert [layer.name for layer in list_layers(old)] == ["public.学校"]
        assert read(old)[1].to_pylist() == [{"名称": "龙泉一中"}]


def refused(source: Database, **options: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        if options:
            list(read_batches(source, ReadOptions(**options), Tally()))
        else:
            list_layers(source)
    source.close()
    return caught.value


def test_what_is_said_of_layers(cluster: Cluster) -> None:
    city = Database(address(cluster))
    error = refused(city, layer="public.road")
    assert 'no layer "public.road"' in error.message and '"public.roads"' in str(error.hint)
    error = refused(city, crs="EPSG:4490")
    assert "10 layers, and none was named" in error.message
    error = refused(city, layer="mixed")
    assert "several SRIDs: 4490, 4549" in error.message and "ST_Transform" in str(error.hint)
    assert 'no column "nam"' in refused(city, layer="roads", columns=("nam",)).message


def test_what_is_said_of_permissions(cluster: Cluster) -> None:
    guest = Database(address(cluster, user="guest"))
    assert {layer.name: list(layer.fields) for layer in list_layers(guest)} == {
        "public.half": ["id"], "public.roads": ["id", "name"],
    }  # fmt: skip
    error = refused(guest, layer="public.secret")
    assert "no permission" in error.message and "GRANT" in str(error.hint)
    assert 'no column "hidden"' in refused(guest, layer="half", columns=("hidden",)).message
    assert read(guest, layer="roads")[0].features == 2


def test_what_is_said_of_databases(cluster: Cluster) -> None:
    error = refused(Database(address(cluster, "plain")))
    assert "no PostGIS" in error.message and "CREATE EXTENSION" in str(error.hint)
    assert 'database "nowhere" does not exist' in refused(Database(address(cluster, "nowhere"))).message
    assert 'role "stranger" does not exist' in refused(Database(address(cluster, user="stranger"))).message
    error = refused(Database("postgresql://someone:geheim@127.0.0.1:1/city"))
    assert "Connection refused" in error.message and "geheim" not in str(error)
    assert error.where == "postgresql://someone@127.0.0.1:1/city"
    cluster.run("postgres", "CREATE DATABASE empty")
    cluster.run("empty", "CREATE EXTENSION postgis")
    assert "no tables with geometries" in refused(Database(address(cluster, "empty"))).message


def test_passwords(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = f"127.0.0.1:{cluster.port}/city"
    with Database(f"postgresql://{OWNER}:{quote(PASSWORD, safe='')}@{host}") as city:
        assert list_layers(city) and city.name == f"postgresql://{OWNER}@{host}"
        for text in (str(city), repr(city), city.stem):
            assert "p%40ss" not in text and PASSWORD not in text
    error = refused(Database(f"postgresql://{OWNER}:p%40ss-wrong@{host}"))
    assert "authentication failed" in error.message and "PGPASSWORD" in str(error.hint)
    assert "p%40ss" not in str(error) and "p@ss" not in str(error)
    error = refused(Database(f"postgresql://{OWNER}@{host}"))
    assert "no password supplied" in error.message and "PGPASSWORD" in str(error.hint)
    passes = tmp_path / "pgpass"
    passes.write_text(f"*:*:city:{OWNER}:{PASSWORD.replace(':', chr(92) + ':')}\n")
    passes.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(passes))
    with Database(f"postgresql://{OWNER}@{host}") as city:
        assert list_layers(city)
    monkeypatch.delenv("PGPASSFILE")
    services = tmp_path / "services"
    services.write_text(
        f"[bureau]\nhost=127.0.0.1\nport={cluster.port}\ndbname=city\nuser={OWNER}\npassword={PASSWORD}\n"
    )
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    with Database("postgresql:///?service=bureau") as city:
        assert list_layers(city) and city.name == "postgresql:///?service=bureau" and city.stem == "bureau"
    monkeypatch.delenv("PGSERVICEFILE")
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    with Database(f"postgresql://{OWNER}@{host}") as city:
        assert list_layers(city)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:ge@heim@host/db",
        "postgresql://me:ge/heim@host/db",
        "postgresql://me:ge?heim@host/db",
        "postgresql://me:geheim%@host/db",
        "postgresql://me:geheim@host:port/db",
        "postgresql://me:geheim@host/db?sslmode",
        "postgresql://me:geheim@host/db/more",
    ],
)
def test_addresses_that_cannot_be_understood(address: str) -> None:
    """libpq would say aloud what it takes for a host or port, and it may be half a password."""
    with pytest.raises(InputError) as caught:
        open_source(address)
    assert "heim" not in str(caught.value) and caught.value.where == "postgresql://…"


def test_sources_by_their_text() -> None:
    assert is_database("postgresql://host/db") and is_database("postgres://host/db")
    assert not is_database("postgresql/host.gpkg") and not is_database("roads.gpkg")
    assert open_source("roads.gpkg") == Path("roads.gpkg")
    assert open_source("roads.gpkg", Path("city")) == Path("city/roads.gpkg")
    source = open_source("postgres://u:p@[::1]:5433,other/db?sslmode=require", Path("city"))
    assert isinstance(source, Database) and str(source) == "postgresql://u@[::1]:5433,other/db"
    for path in (Path("postgresql://u:geheim@host/db"), Path("city") / "postgresql://u:geheim@host/db"):
        for use in (list_layers, open_source):
            with pytest.raises(InputError, match="taken for the name of a file") as caught:
                use(path)
            assert "geheim" not in str(caught.value)


def test_the_driver_is_loaded_when_a_database_is_read() -> None:
    program = (
        "import sys, pipeline.sources as s; s.open_source('postgresql://h/d');"
        "print([m for m in sys.modules if m.startswith(('adbc', 'pyarrow', 'numpy'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], text=True, capture_output=True, check=True)
    assert done.stdout == "[]\n"
