"""The metadata of a dataset in the eight groups of GB/T 39608, for people to read.

Only the groups' names were read, their clauses were not: the standard is not public.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.catalog.iso19115 import ACCESS, degrees_code, identifier_of
from pipeline.catalog.words import theme_of

Value = str | Mapping[str, str]

_TILES = "EPSG:3857"
_NOT_SAID = {"zh": "未声明", "en": "not declared"}
_CYCLES = {
    "daily": {"zh": "每日", "en": "daily"},
    "weekly": {"zh": "每周", "en": "weekly"},
    "monthly": {"zh": "每月", "en": "monthly"},
    "quarterly": {"zh": "每季度", "en": "quarterly"},
    "half-yearly": {"zh": "每半年", "en": "half-yearly"},
    "yearly": {"zh": "每年", "en": "yearly"},
    "irregular": {"zh": "不定期", "en": "irregular"},
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One statement: what it is about, in both languages, and a value, a text of both languages or of neither."""

    zh: str
    en: str
    value: Value


@dataclass(frozen=True, slots=True)
class Group:
    """One of the eight groups."""

    zh: str
    en: str
    entries: tuple[Entry, ...]


def metadata_groups(catalog: Mapping[str, Any], dataset: Mapping[str, Any]) -> tuple[Group, ...]:
    """The eight groups in the standard's order, of a dataset of catalog.json; none is empty."""
    return (
        Group("标识", "Identification", _identification(catalog, dataset)),
        Group("空间参考", "Spatial reference", _reference(catalog, dataset)),
        Group("生产", "Production", _production(dataset)),
        Group("时序", "Time", _time(dataset)),
        Group("精度", "Accuracy", (Entry("平面位置精度", "Plane accuracy", _metres(dataset["accuracy_m"])),)),
        Group("粒度", "Granularity", _granularity(dataset)),
        Group("质量", "Quality", _quality(dataset)),
        Group("分发", "Distribution", _distribution(catalog, dataset)),
    )


def _identification(catalog: Mapping[str, Any], dataset: Mapping[str, Any]) -> tuple[Entry, ...]:
    layers = ", ".join(dict.fromkeys(layer["layer"] for layer in dataset["layers"] if layer["layer"]))
    return (
        Entry("标识符", "Identifier", identifier_of(catalog, dataset)),
        Entry("名称", "Title", dataset["title"]),
        Entry("专题", "Theme", theme_of(catalog, dataset)),
        *((Entry("图层", "Layers", layers),) if layers else ()),
    )


def _reference(catalog: Mapping[str, Any], dataset: Mapping[str, Any]) -> tuple[Entry, ...]:
    code = degrees_code(catalog["crs"])
    name = "CGCS2000" if code == 4490 else "WGS 84"
    web = {"zh": f"网络墨卡托（{_TILES}）", "en": f"Web Mercator ({_TILES})"}
    return (
        Entry("地理坐标系", "Coordinates", f"{name}（EPSG:{code}）"),
        Entry("瓦片投影", "Tiles", web),
        Entry("表示方式", "Representation", {"zh": "栅格", "en": "grid"} if dataset["kind"] == "raster" else _VECTOR),
    )


_VECTOR = {"zh": "矢量", "en": "vector"}


def _production(dataset: Mapping[str, Any]) -> tuple[Entry, ...]:
    return (
        Entry("生产单位", "Producer", dataset["department"]["name"]),
        Entry("数据说明", "Lineage", dataset["lineage"] or _NOT_SAID),
    )


def _time(dataset: Mapping[str, Any]) -> tuple[Entry, ...]:
    versions = dataset["versions"]
    return (
        Entry("现势性日期", "Currency", dataset["currency"]),
        *((Entry("入库日期", "Accepted", versions[0]["accepted"]),) if versions else ()),
        Entry("更新周期", "Update cycle", _CYCLES[dataset["cycle"]]),
    )


def _metres(accuracy: float | None) -> Value:
    return _NOT_SAID if accuracy is None else f"{accuracy:g} m"


def _granularity(dataset: Mapping[str, Any]) -> tuple[Entry, ...]:
    entries = [Entry("比例尺", "Scale", f"1 : {dataset['scale']:,}" if dataset["scale"] else _NOT_SAID)]
    if dataset["features"] is not None:
        entries.append(Entry("要素数量", "Features", f"{dataset['features']:,}"))
    if dataset["layers"]:
        low = min(layer["min_zoom"] for layer in dataset["layers"])
        high = max(layer["max_zoom"] for layer in dataset["layers"])
        entries.append(Entry("缩放级别", "Zooms", f"{low}–{high}"))
    return tuple(entries)


def _quality(dataset: Mapping[str, Any]) -> tuple[Entry, ...]:
    if dataset["quality"] is None:
        return (Entry("质量得分", "Score", {"zh": "未评分", "en": "not scored"}),)
    return (
        Entry("质量得分", "Score", f"{dataset['quality']:g} / 100"),
        Entry("检查依据", "Checked by", "GB/T 18316, GB/T 24356"),
    )


def _distribution(catalog: Mapping[str, Any], dataset: Mapping[str, Any]) -> tuple[Entry, ...]:
    return (
        Entry("许可", "Licence", dataset["licence"]),
        Entry("共享类别", "Sharing", ACCESS[dataset["share"]]),
        Entry("格式", "Format", "PMTiles v3" if dataset["layers"] else _NOT_SAID),
        Entry("发布版本", "Edition", catalog["edition"]["title"]),
    )
