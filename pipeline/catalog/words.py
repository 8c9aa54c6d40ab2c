"""Texts of two languages as the standards' faces need them, from catalog.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Both = Mapping[str, str]


def both(text: Both, between: str = " · ") -> str:
    """Chinese, then English where it says something else: for members that hold one string."""
    zh, en = text["zh"], text["en"]
    return zh if zh == en else f"{zh}{between}{en}"


def abstract_of(dataset: Mapping[str, Any], theme: Both) -> dict[str, str]:
    """The description of a dataset, else a sentence of what is known of it."""
    if dataset["description"]:
        return dict(dataset["description"])
    title, owner = dataset["title"], dataset["department"]["name"]
    year, month, day = (int(part) for part in dataset["currency"].split("-"))
    return {
        "zh": f"{title['zh']}（{theme['zh']}），由{owner['zh']}提供，现势性 {year}年{month}月{day}日。",
        "en": f"{title['en']} ({theme['en']}), provided by {owner['en']}, current as of {dataset['currency']}.",
    }


def theme_of(catalog: Mapping[str, Any], dataset: Mapping[str, Any]) -> dict[str, str]:
    """The title of a dataset's theme."""
    for theme in catalog["themes"]:
        if theme["id"] == dataset["theme"]:
            return dict(theme["title"])
    return {"zh": dataset["theme"], "en": dataset["theme"]}


def archives_of(catalog: Mapping[str, Any], dataset: Mapping[str, Any]) -> list[tuple[dict[str, Any], list[str]]]:
    """The archives that show a dataset, each with the names of its layers in them (none in archives of pixels)."""
    layers: dict[str, list[str]] = {}
    for layer in dataset["layers"]:
        names = layers.setdefault(layer["archive"], [])
        if layer["layer"] is not None:
            names.append(layer["layer"])
    return [(archive, layers[archive["id"]]) for archive in catalog["archives"] if archive["id"] in layers]
