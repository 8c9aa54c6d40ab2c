"""The smallest workspace loads as meant; every way to spoil it is refused with file, line, key and remedy."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.framework import WorkspaceError, load_workspace
from tests.framework.workspaces import FILES, FRAMEWORK, spoiled, write_workspace

F, P, S, W = "framework.toml", "departments/planning.toml", "schemas/roads.toml", "departments/water.toml"
LICENCE = 'licence = "internal"'


def test_a_workspace_becomes_the_model_of_a_city(tmp_path: Path) -> None:
    framework = load_workspace(write_workspace(tmp_path))

    assert framework.city.name.zh == "龙泉市"
    assert framework.city.bounds == (118.70, 27.70, 119.42, 28.34)
    assert framework.build.max_faults_percent == 5.0
    assert [department.id for department in framework.departments] == ["planning", "water"]
    department, roads = framework.dataset("roads")
    assert (department.id, roads.currency, roads.accuracy_m, roads.scale) == (
        "planning",
        date(2026, 9, 30),
        50.0,
        10000,
    )
    assert framework.schema_of(roads).names == ("ID", "CLASS", "WIDTH")
    assert framework.schema_of(roads).entries[1].column == "等级"
    layer = framework.archives[0].layers[0]
    assert layer.names == ("LRDL", "LRDL_label")
    assert layer.where is not None and layer.where.values == ("expressway", "national")


def test_a_dataset_in_no_archive_gets_one_of_its_own(tmp_path: Path) -> None:
    framework = load_workspace(write_workspace(tmp_path))

    assert [archive.id for archive in framework.archives] == ["framework", "water-supply"]
    own = framework.archives[1].layers[0]
    assert (own.name, own.dataset, own.min_zoom, own.max_zoom, own.labels) == (
        "water-supply",
        "water-supply",
        10,
        15,
        False,
    )


def test_a_source_may_be_a_database_or_displaced(tmp_path: Path) -> None:
    address = 'postgresql://u@[::1]:5432/d?sslmode=require"\nlayer = "public.roads'
    files = spoiled(P, "inbox/planning/LRDL.shp", address)
    planning = files[P]
    assert planning is not None
    files[P] = planning.replace('crs = "EPSG:4528"', 'crs = "GCJ-02"\nrules = "inbox/osm.toml"')
    _owner, roads = load_workspace(write_workspace(tmp_path, files)).dataset("roads")
    assert (roads.source, roads.layer) == ("postgresql://u@[::1]:5432/d?sslmode=require", "public.roads")
    assert (roads.crs, roads.rules) == ("GCJ-02", "inbox/osm.toml")


def test_a_password_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError) as caught:
        load_workspace(write_workspace(tmp_path, spoiled(P, "inbox/planning/LRDL.shp", "postgresql://u:geheim@h/d")))
    assert "geheim" not in str(caught.value)


def test_the_model_cannot_be_changed(tmp_path: Path) -> None:
    framework = load_workspace(write_workspace(tmp_path))
    with pytest.raises(ValueError, match="frozen"):
        framework.city.code = "1"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("files", "where", "message", "expected"),
    [
        # one file by itself
        (spoiled(F, 'crs = "EPSG:4549"', 'crs = "4549"'), f"{F}:7  city.crs", '"4549"', "EPSG:4549"),
        (
            spoiled(F, "sample = true", 'sample = "yes"'),
            f"{F}:8  city.sample",
            '"yes": of the wrong type',
            "true or false",
        ),
        (
            spoiled(F, "sample = true", "smaple = true"),
            f"{F}:8  city.smaple",
            'did you mean "sample"?',
            "attribution, bounds",
        ),
        (
            spoiled(F, "[118.70, 27.70, 119.42, 28.34]", "[118.7, 27.7, 119.4]"),
            f"{F}:5  city.bounds",
            "not four",
            "west",
        ),
        (
            spoiled(F, "[118.70, 27.70, 119.42, 28.34]", "[27.7, 118.7, 28.3, 119.4]"),
            f"{F}:5  city.bounds",
            "swapped",
            "west",
        ),
        (
            spoiled(F, "[118.70, 27.70, 119.42, 28.34]", "[119.42, 27.7, 118.7, 28.3]"),
            f"{F}:5  city.bounds",
            "empty",
            "west",
        ),
        (spoiled(F, "28.07, 12.0]", "30.07, 12.0]"), f"{F}:1  city", "outside bounds", "inside"),
        (spoiled(F, "28.07, 12.0]", "28.07, 23]"), f"{F}:6  city.center", "zoom", "0…22"),
        (
            spoiled(F, "min_zoom = 6", "min_zoom = -1"),
            f"{F}:36  archive[0].layer[0].min_zoom",
            "-1: out of range",
            "≥ 0",
        ),
        (
            spoiled(F, "max_zoom = 14", "max_zoom = 23"),
            f"{F}:37  archive[0].layer[0].max_zoom",
            "23: out of range",
            "≤ 22",
        ),
        (spoiled(F, "min_zoom = 6", "min_zoom = 15"), f"{F}:33  archive[0].layer[0]", "15 is above max_zoom 14", "≤"),
        (
            spoiled(F, "default = 13", "default = 15"),
            f"{F}:33  archive[0].layer[0]",
            "default = 15",
            "up to max_zoom (14)",
        ),
        (
            spoiled(F, 'shares = ["unconditional"]', 'shares = ["uncond"]'),
            f"{F}:22  edition[0].shares[0]",
            '"uncond"',
            "conditional",
        ),
        (spoiled(P, "currency = 2026-09-30", "currency = 2026"), f"{P}:13  dataset[0].currency", "2026", "2026-09-30"),
        (spoiled(P, 'licence = "CC-BY-4.0"\n', ""), f"{P}:5  dataset[0].licence", "missing", None),
        (
            spoiled(P, 'calendar = "quarterly"', 'calendar = "quaterly"'),
            f"{P}:3  calendar",
            'did you mean "quarterly"?',
            "yearly",
        ),
        (
            spoiled(P, "inbox/planning/LRDL.shp", "../LRDL.shp"),
            f"{P}:9  dataset[0].source",
            "leaves the workspace",
            "inbox/",
        ),
        (
            spoiled(P, "inbox/planning/LRDL.shp", "/data/LRDL.shp"),
            f"{P}:9  dataset[0].source",
            "leaves the workspace",
            "inbox/",
        ),
        (
            spoiled(P, "inbox/planning/LRDL.shp", "D:/LRDL.shp"),
            f"{P}:9  dataset[0].source",
            "leaves the workspace",
            "inbox/",
        ),
        (
            spoiled(P, "inbox/planning/LRDL.shp", r"inbox\\..\\..\\x.shp"),
            f"{P}:9  dataset[0].source",
            "leaves",
            "inbox/",
        ),
        *(
            (
                spoiled(P, "inbox/planning/LRDL.shp", address),
                f"{P}:9  dataset[0].source",
                "the address of a database with its password",
                "PGPASSWORD",
            )
            for address in ("postgresql://u:geheim@h/d", "postgres://h/d?sslmode=require&password=geheim")
        ),
        (
            spoiled(P, "inbox/planning/LRDL.shp", "postgresql://u@h/d"),
            f"{P}:5  dataset[0]",
            "a database without a layer",
            "schema.table",
        ),
        (spoiled(P, 'crs = "EPSG:4528"', 'crs = "GCJ02"'), f"{P}:10  dataset[0].crs", '"GCJ02"', "EPSG:4549"),
        (spoiled(F, 'crs = "EPSG:4549"', 'crs = "GCJ-02"'), f"{F}:7  city.crs", '"GCJ-02"', "EPSG:4549"),
        (spoiled(P, 'id = "roads"', 'id = "Roads"'), f"{P}:6  dataset[0].id", '"Roads": not allowed', "lower-case"),
        (spoiled(P, "name = {", 'id = "planning"\nname = {'), f"{P}:1  id", "name of the file", None),
        (spoiled(P, "accuracy_m = 50", "accuracy_m = nan"), f"{P}:18  dataset[0].accuracy_m", "nan", "finite"),
        (
            spoiled(
                P,
                "accuracy_m = 50",
                'coordinates = { x = "a", y = "b" }\njoin = { dataset = "roads", '
                'on = { source_field = "a", target_field = "ID" } }',
            ),
            f"{P}:5  dataset[0]",
            "exclude",
            "one of the two",
        ),
        (
            spoiled(S, 'type = "number"', 'type = "float"'),
            f"{S}:16  field[2].type",
            '"float"',
            "string, integer, number",
        ),
        (spoiled(S, 'type = "string"', 'type = "integer"'), f"{S}:7  field[1]", "not integers: expressway", "integers"),
        ({P: FILES[P] + "a ="}, P, "not TOML", None),
        # references
        (
            spoiled(F, 'dataset = "roads"', 'dataset = "road"'),
            f"{F}:35  archive[0].layer[0].dataset",
            'did you mean "roads"?',
            "roads, water-supply",
        ),
        (
            spoiled(F, 'zoom_by = { field = "CLASS"', 'zoom_by = { field = "CLAS"'),
            f"{F}:38  archive[0].layer[0].zoom_by.field",
            'did you mean "CLASS"?',
            "CLASS, ID, WIDTH",
        ),
        (
            spoiled(F, "national = 8 }", "nation = 8 }"),
            f"{F}:38  archive[0].layer[0].zoom_by.zooms",
            'did you mean "national"?',
            "expressway, national",
        ),
        (
            spoiled(F, 'in = ["expressway", "national"]', 'in = ["motorway"]'),
            f"{F}:40  archive[0].layer[0].where.in",
            "not a code",
            "expressway",
        ),
        (
            spoiled(
                F,
                'where = { field = "CLASS", in = ["expressway", "national"] }',
                'where = { field = "ID", in = [true] }',
            ),
            f"{F}:40  archive[0].layer[0].where.in",
            "true: the field ID is of type integer",
            None,
        ),
        (
            {F: FRAMEWORK + '[[theme]]\nid = "water"\ntitle = { zh = "水", en = "W" }\n'},
            f"{F}:42  theme[2].id",
            "taken twice",
            None,
        ),
        (
            {F: FRAMEWORK + '[[edition]]\nid = "public"\ntitle = { zh = "公", en = "P" }\nshares = []\n'},
            f"{F}:42  edition[2].id",
            "taken twice",
            None,
        ),
        (
            {F: FRAMEWORK + '\n[[archive.layer]]\nname = "LRDL_label"\ndataset = "roads"\n'},
            f"{F}:43  archive[0].layer[1].name",
            "taken twice",
            None,
        ),
        (
            spoiled(F, 'id = "framework"', 'id = "water-supply"'),
            f"{F}:30  archive[0].id",
            "archive of its own",
            "another id",
        ),
        (
            spoiled(P, 'theme = "transport"', 'theme = "trnsport"'),
            f"{P}:8  dataset[0].theme",
            'did you mean "transport"?',
            "transport, water",
        ),
        (
            spoiled(P, '"public", "government"]', '"publik"]'),
            f"{P}:17  dataset[0].audiences",
            'did you mean "public"?',
            "government, public",
        ),
        (spoiled(P, 'key = "ID"', 'key = "id"'), f"{P}:12  dataset[0].key", 'did you mean "ID"?', "CLASS, ID, WIDTH"),
        (
            spoiled(P, 'key = "ID"', 'schema = "road"'),
            f"{P}:12  dataset[0].schema",
            'did you mean "roads"?',
            "empty file",
        ),
        (
            {"schemas/water-supply.toml": None},
            f"{W}:4  dataset[0].schema",
            "schemas/water-supply.toml is missing",
            "empty file",
        ),
        (spoiled(W, 'id = "water-supply"', 'id = "roads"'), f"{W}:5  dataset[0].id", "taken twice", P),
        (
            spoiled(S, 'audiences = ["government"]', 'audiences = ["gov"]'),
            f"{S}:19  field[2].audiences",
            '"gov": no [[edition]]',
            "government, public",
        ),
        (spoiled(S, 'name = "WIDTH"', 'name = "CLASS"'), f"{S}:15  field[2].name", "taken twice", None),
        (
            spoiled(
                W,
                LICENCE,
                LICENCE + '\njoin = { dataset = "roads", on = { source_field = "A", target_field = "NAME" } }',
            ),
            f"{W}:12  dataset[0].join.on.target_field",
            '"NAME": not a field of schema roads',
            "CLASS, ID, WIDTH",
        ),
        (
            spoiled(
                W,
                LICENCE,
                LICENCE + '\njoin = { dataset = "water-supply", on = { source_field = "A", target_field = "B" } }',
            ),
            f"{W}:12  dataset[0].join.dataset",
            "no points of its own",
            "point dataset",
        ),
    ],
)
def test_a_fault_is_told_with_its_place_and_remedy(
    tmp_path: Path, files: dict[str, str | None], where: str, message: str, expected: str | None
) -> None:
    with pytest.raises(WorkspaceError) as error:
        load_workspace(write_workspace(tmp_path, files))
    faults = {fault.where: fault for fault in error.value.faults}
    assert len(faults) == len(error.value.faults) == 1, str(error.value)
    assert where in faults, str(error.value)
    assert message in faults[where].message
    if expected is None:
        assert faults[where].expected == ""
    else:
        assert expected in faults[where].expected


def test_all_faults_of_all_files_come_in_one_error(tmp_path: Path) -> None:
    files = {
        **spoiled(F, 'crs = "EPSG:4549"', "crs = 4549\ncolour = 1"),
        **spoiled(P, 'cycle = "quarterly"', 'cycle = "often"'),
        **spoiled(S, "required = true", "required = 1"),
    }
    with pytest.raises(ConfigError) as error:
        load_workspace(write_workspace(tmp_path, files))
    text = str(error.value)
    assert text.startswith("4 faults in the workspace files\n")
    for place in (
        "framework.toml:7  city.crs",
        "framework.toml:8  city.colour",
        f"{P}:14  dataset[0].cycle",
        f"{S}:5  ",
    ):
        assert place in text
    assert error.value.exit_code == 1


def test_a_file_in_gbk_is_refused_with_its_line(tmp_path: Path) -> None:
    write_workspace(tmp_path)
    (tmp_path / P).write_bytes(FILES[P].encode("gbk"))
    with pytest.raises(WorkspaceError) as error:
        load_workspace(tmp_path)
    assert error.value.faults[0].where == f"{P}:1"
    assert "UTF-8" in error.value.faults[0].message


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    write_workspace(tmp_path)
    (tmp_path / P).write_bytes(b"\xef\xbb\xbf" + FILES[P].replace("\n", "\r\n").encode())
    assert load_workspace(tmp_path).dataset("roads")[0].name.zh == "自然资源和规划局"


def test_a_folder_that_is_no_workspace_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not a workspace") as error:
        load_workspace(tmp_path)
    assert error.value.where == str(tmp_path)
    assert "longquan init" in (error.value.hint or "")


def test_text_must_be_given_in_both_languages(tmp_path: Path) -> None:
    files = spoiled(P, 'title = { zh = "道路", en = "Roads" }', 'title = { zh = "道路" }')
    with pytest.raises(WorkspaceError) as error:
        load_workspace(write_workspace(tmp_path, files))
    (fault,) = error.value.faults
    assert (fault.key, fault.message) == ("dataset[0].title.en", "missing")
