"""Deny by default: each rule alone keeps a thing out; the table is worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.editions import EditionView, view_edition
from pipeline.errors import UsageError
from pipeline.framework import load_workspace
from tests.framework.workspaces import FILES, spoiled, write_workspace


def view(tmp_path: Path, edition: str, files: dict[str, str | None] | None = None) -> EditionView:
    return view_edition(load_workspace(write_workspace(tmp_path, files)), edition)


def test_the_public_sees_what_both_rules_let_in(tmp_path: Path) -> None:
    public = view(tmp_path, "public")
    assert [d.dataset.id for d in public.datasets] == ["roads"]
    assert [f.name for f in public.datasets[0].fields] == ["ID", "CLASS"]
    assert [a.id for a in public.archives] == ["framework"]
    assert [t.id for t in public.themes] == ["transport"]
    assert [d.subject for d in public.denied] == ["roads.WIDTH", "water-supply"]


def test_government_sees_all(tmp_path: Path) -> None:
    government = view(tmp_path, "government")
    assert [d.dataset.id for d in government.datasets] == ["roads", "water-supply"]
    assert [f.name for f in government.datasets[0].fields] == ["ID", "CLASS", "WIDTH"]
    assert [a.id for a in government.archives] == ["framework", "water-supply"]
    assert government.denied == ()


@pytest.mark.parametrize(
    ("audiences", "share", "public", "government"),
    [
        ('["public", "government"]', "unconditional", True, True),
        ('["public", "government"]', "conditional", False, True),
        ('["public", "government"]', "none", False, False),
        ('["government"]', "unconditional", False, True),
        ('["public"]', "conditional", False, False),
        ("[]", "unconditional", False, False),
    ],
)
def test_audience_and_share_class_must_both_allow(
    tmp_path: Path, audiences: str, share: str, public: bool, government: bool
) -> None:
    planning = (
        FILES["departments/planning.toml"]
        .replace('audiences = ["public", "government"]', f"audiences = {audiences}")
        .replace('share = "unconditional"', f'share = "{share}"')
    )
    framework = load_workspace(write_workspace(tmp_path, {"departments/planning.toml": planning}))
    for edition, expected in (("public", public), ("government", government)):
        seen = "roads" in [d.dataset.id for d in view_edition(framework, edition).datasets]
        assert seen == expected, edition


def test_no_audiences_at_all_means_nobody(tmp_path: Path) -> None:
    files = spoiled("departments/planning.toml", 'audiences = ["public", "government"]\n', "")
    assert view(tmp_path, "public", files).datasets == ()
    assert view(tmp_path, "public", files).archives == ()


def test_an_empty_list_of_field_audiences_means_nobody(tmp_path: Path) -> None:
    files = spoiled("schemas/roads.toml", 'audiences = ["government"]', "audiences = []")
    assert [f.name for f in view(tmp_path, "government", files).datasets[0].fields] == ["ID", "CLASS"]


def test_a_denied_key_does_not_make_the_ids(tmp_path: Path) -> None:
    files = spoiled("schemas/roads.toml", "required = true", 'audiences = ["government"]')
    assert view(tmp_path, "public", files).dataset("roads").key is None
    assert view(tmp_path, "government", files).dataset("roads").key == "ID"


GOVERNMENT_CLASS = FILES["schemas/roads.toml"].replace('type = "string"', 'type = "string"\naudiences = ["government"]')
UNFILTERED = FILES["framework.toml"].replace('where = { field = "CLASS", in = ["expressway", "national"] }\n', "")


def test_a_denied_field_does_not_decide_the_zoom(tmp_path: Path) -> None:
    files = {"schemas/roads.toml": GOVERNMENT_CLASS, "framework.toml": UNFILTERED}
    public = view(tmp_path, "public", files)
    layer = public.archives[0].layers[0]
    assert layer.zoom_by is None
    assert layer.min_zoom == 13
    assert "framework/LRDL: zoom_by CLASS" in [d.subject for d in public.denied]
    assert view(tmp_path, "government", files).archives[0].layers[0].zoom_by is not None


def test_a_layer_chosen_by_a_denied_field_stays_out(tmp_path: Path) -> None:
    where = '\n[[archive.layer]]\nname = "MAIN"\ndataset = "roads"\nwhere = { field = "CLASS", in = ["expressway"] }\n'
    files = {"schemas/roads.toml": GOVERNMENT_CLASS, "framework.toml": UNFILTERED + where}
    public = view(tmp_path, "public", files)
    assert [layer.name for layer in public.archives[0].layers] == ["LRDL"]
    assert "framework/MAIN: where CLASS" in [d.subject for d in public.denied]
    assert [x.name for x in view(tmp_path, "government", files).archives[0].layers] == ["LRDL", "MAIN"]


def test_a_mixed_archive_loses_only_the_denied_layers(tmp_path: Path) -> None:
    both = FILES["framework.toml"] + '\n[[archive.layer]]\nname = "PIPL"\ndataset = "water-supply"\n'
    assert [x.name for x in view(tmp_path, "public", {"framework.toml": both}).archives[0].layers] == ["LRDL"]
    assert [x.name for x in view(tmp_path, "government", {"framework.toml": both}).archives[0].layers] == [
        "LRDL",
        "PIPL",
    ]


SHOPS = """
[[dataset]]
id = "shops"
title = { zh = "商店", en = "Shops" }
theme = "transport"
source = "inbox/planning/shops.xlsx"
join = { dataset = "TARGET", on = { source_field = "地址", target_field = "FIELD" } }
schema = "none"
currency = 2026-09-30
cycle = "yearly"
licence = "x"
share = "unconditional"
audiences = ["public", "government"]
"""


@pytest.mark.parametrize(
    ("target", "field", "public"), [("roads", "CLASS", True), ("roads", "WIDTH", False), ("water-supply", "P", False)]
)
def test_a_table_may_not_give_away_the_places_that_locate_it(
    tmp_path: Path, target: str, field: str, public: bool
) -> None:
    files: dict[str, str | None] = {
        "departments/planning.toml": FILES["departments/planning.toml"]
        + SHOPS.replace("TARGET", target).replace("FIELD", field),
        "schemas/none.toml": "",
        "schemas/water-supply.toml": '[[field]]\nname = "P"\ntype = "string"\ntitle = { zh = "点", en = "P" }\n',
    }
    assert ("shops" in [d.dataset.id for d in view(tmp_path, "public", files).datasets]) == public
    assert "shops" in [d.dataset.id for d in view(tmp_path, "government", files).datasets]


def test_an_unknown_edition_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match='did you mean "public"') as error:
        view(tmp_path, "publik")
    assert error.value.expected == "public, government"
