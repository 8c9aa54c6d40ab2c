"""Which datasets belong with which: by join, by schema, by theme and place."""

from __future__ import annotations

from pathlib import Path

from pipeline.catalog.related import related_datasets
from pipeline.editions import view_edition
from pipeline.framework import load_workspace
from pipeline.types import Bounds
from tests.framework.workspaces import FILES, write_workspace

HERE: Bounds = (119.0, 28.0, 119.1, 28.1)
FAR: Bounds = (119.3, 28.2, 119.4, 28.3)


def dataset(id: str, theme: str, more: str = "") -> str:
    return f"""
[[dataset]]
id = "{id}"
title = {{ zh = "{id}", en = "{id}" }}
theme = "{theme}"
source = "inbox/{id}.csv"
{more or 'schema = "' + id + '"'}
currency = 2026-09-30
cycle = "yearly"
licence = "CC0-1.0"
share = "unconditional"
audiences = ["public"]
"""


def related(tmp_path: Path, extents: dict[str, Bounds | None], *datasets: str) -> dict[str, tuple[str, ...]]:
    schemas: dict[str, str | None] = {f"schemas/d{n}.toml": FILES["schemas/roads.toml"] for n in range(20)}
    planning = FILES["departments/planning.toml"].partition("[[dataset]]")[0] + "".join(datasets)
    framework = FILES["framework.toml"].partition("[[archive]]")[0]
    root = write_workspace(tmp_path, {**schemas, "departments/planning.toml": planning, "framework.toml": framework})
    return related_datasets(view_edition(load_workspace(root), "public").datasets, extents)


JOINED = 'schema = "d2"\njoin = { dataset = "d0", on = { source_field = "a", target_field = "CLASS" } }'


def test_a_table_comes_before_a_namesake_and_a_namesake_before_a_neighbour(tmp_path: Path) -> None:
    found = related(
        tmp_path,
        dict.fromkeys(("d0", "d1", "d2", "d3"), HERE),
        dataset("d0", "transport"),
        dataset("d1", "transport"),
        dataset("d2", "water", JOINED),
        dataset("d3", "water", 'schema = "d0"'),
    )
    assert found == {"d0": ("d2", "d3", "d1"), "d1": ("d0",), "d2": ("d0", "d3"), "d3": ("d0", "d2")}


def test_neighbours_of_a_theme_must_meet(tmp_path: Path) -> None:
    found = related(
        tmp_path,
        {"d0": HERE, "d1": FAR, "d2": None, "d3": (119.1, 28.1, 119.2, 28.2)},
        *(dataset(f"d{n}", "transport") for n in range(4)),
    )
    assert found == {"d0": ("d3",), "d1": (), "d2": (), "d3": ("d0",)}


def test_no_more_than_six_in_the_order_of_the_catalogue(tmp_path: Path) -> None:
    found = related(tmp_path, {f"d{n}": HERE for n in range(9)}, *(dataset(f"d{n}", "water") for n in range(9)))
    assert found["d4"] == ("d0", "d1", "d2", "d3", "d5", "d6")
