"""What nobody declares is told: columns that no field is read from, versions without an owner."""

from __future__ import annotations

from pathlib import Path

from pipeline.framework import load_workspace
from pipeline.intake.unknown import unknown_columns, unknown_datasets
from tests.towns import FILES, PLANNING, TRADE, write_town


def test_columns_without_a_field(tmp_path: Path) -> None:
    schema = str(FILES["schemas/roads.toml"])
    root = write_town(tmp_path, {"schemas/roads.toml": schema[: schema.index('[[field]]\nname = "SECRETWIDTH"')]})
    framework = load_workspace(root)
    found = {
        dataset.id: unknown_columns(root / str(dataset.source), dataset, framework.schema_of(dataset))
        for _owner, dataset in framework.datasets
    }
    assert found == {
        "roads": ("MMWIDTH",),
        "districts": (),
        "addresses": (),
        "shops": (),  # the column of addresses locates it
        "schools": ("名称",),  # coordinates are known, names are not
        "water-supply": (),
        "pumps": (),
    }


def test_what_cannot_be_read_is_told_elsewhere(tmp_path: Path) -> None:
    root = write_town(tmp_path)
    (root / "inbox/trade/shops.csv").unlink()
    (root / "inbox/planning/base.gpkg").write_bytes(b"no database")
    framework = load_workspace(root)
    for id in ("shops", "districts"):
        _owner, dataset = framework.dataset(id)
        assert unknown_columns(root / str(dataset.source), dataset, framework.schema_of(dataset)) == ()


def test_versions_of_datasets_that_nobody_declares(tmp_path: Path) -> None:
    root = write_town(tmp_path)
    assert list(unknown_datasets(load_workspace(root))) == []
    for name in ("roads", "tanks", "bunkers", ".new"):
        (root / "store" / name / "2026-Q3.1").mkdir(parents=True)
    (root / "store/ledger.jsonl").touch()
    assert list(unknown_datasets(load_workspace(root))) == ["bunkers", "tanks"]
    assert "tanks" not in PLANNING + TRADE
