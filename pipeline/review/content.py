"""The content list of an edition, from its finished files: what a map review looks at and changes are told from."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.making.finished import read_manifest
from pipeline.review.scope import folder_scope, read_json

VERSION: Final = 1
BOM: Final = "\ufeff"  # spreadsheets take a file without it for GBK


def content_list(folder: Path) -> dict[str, Any]:
    """Datasets with fields and layers, archives with zooms, extents and hashes, styles; of `dist/<edition>`.

    Raises InputError where the folder holds no finished edition.
    """
    catalog, manifest = read_json(folder / "catalog.json"), read_manifest(folder)
    if manifest is None:
        raise InputError(
            _("this edition has not been built: {name} is missing").format(name="release.json"),
            where=str(folder),
            hint=_("run: longquan build"),
        )
    scope = folder_scope(folder)
    return {
        "version": VERSION,
        "edition": catalog["edition"],
        "city": catalog["city"],
        "platform": catalog["platform"],
        "sample": catalog["sample"],
        "release": manifest["release"],
        "as_of": catalog["as_of"],
        "scope": scope.sha256,
        "overrides": manifest.get("overrides", []),
        "archives": [_archive(entry) for entry in catalog["archives"]],
        "datasets": [_dataset(entry) for entry in catalog["datasets"]],
        "styles": [{"id": id, "sha256": digest} for id, digest in sorted(scope.styles.items())],
    }


def _archive(entry: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("id", "title", "type", "product", "min_zoom", "max_zoom", "bounds", "bytes", "sha256")
    return {key: entry.get(key) for key in keys}


def _dataset(entry: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("id", "title", "theme", "kind", "currency", "share", "accuracy_m", "scale", "features", "extent")
    layer_keys = ("archive", "layer", "geometry", "product", "min_zoom", "max_zoom")
    field_keys = ("name", "title", "type", "unit")
    return {
        **{key: entry.get(key) for key in keys},
        "department": entry["department"]["name"],
        "layers": [{key: layer.get(key) for key in layer_keys} for layer in entry["layers"]],
        "fields": [
            {**{key: field.get(key) for key in field_keys}, "codes": sorted(field.get("domain") or ())}
            for field in entry["fields"]
        ],
    }


def content_csv(content: Mapping[str, Any]) -> str:
    """The list as a table for spreadsheets: one line per layer of a dataset, titles in Chinese and English."""
    out = io.StringIO(BOM, newline="")
    out.seek(0, io.SEEK_END)
    writer = csv.writer(out)
    writer.writerow(
        [
            "数据集 dataset",
            "名称 title",
            "权属单位 department",
            "现势性 currency",
            "比例尺 scale",
            "精度（米）accuracy",
            "数据包 archive",
            "图层 layer",
            "几何 geometry",
            "最小级 min zoom",
            "最大级 max zoom",
            "要素数 features",
            "范围（西、南、东、北）extent",
            "字段 fields",
            "SHA-256",
        ]
    )
    hashes = {archive["id"]: archive["sha256"] for archive in content["archives"]}
    for dataset, layer in content_rows(content):
        writer.writerow(
            [
                dataset["id"],
                dataset["title"]["zh"],
                dataset["department"]["zh"],
                dataset["currency"],
                f"1:{dataset['scale']}" if dataset["scale"] else "",
                dataset["accuracy_m"] if dataset["accuracy_m"] is not None else "",
                layer.get("archive", ""),
                layer.get("layer") or layer.get("product") or "",
                layer.get("geometry", ""),
                layer.get("min_zoom", ""),
                layer.get("max_zoom", ""),
                dataset["features"] if dataset["features"] is not None else "",
                " ".join(f"{value:.5f}" for value in dataset["extent"]) if dataset["extent"] else "",
                "；".join(f"{field['name']}（{field['title']['zh']}）" for field in dataset["fields"]),
                hashes.get(layer.get("archive"), ""),
            ]
        )
    return out.getvalue()


def content_rows(content: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Each dataset with each of its layers; with an empty one where nothing of it is drawn."""
    for dataset in content["datasets"]:
        layers: list[Mapping[str, Any]] = dataset["layers"] or [{}]
        yield from ((dataset, layer) for layer in layers)
