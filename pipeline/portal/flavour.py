"""Flavours (named colours and fonts) and the layers of the base map, as `styles/` holds them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError
from pipeline.i18n import _


@dataclass(frozen=True, slots=True)
class Flavour:
    """One look of the map: its tokens (`@name` in a layer) and the colours of thematic datasets in order."""

    id: str
    title: Mapping[str, str]
    tokens: Mapping[str, Any]
    themes: tuple[str, ...]


def read_flavour(styles: Path, name: str) -> Flavour:
    """The flavour `name` of the folder `styles`; raises ConfigError when there is none."""
    path = styles / "flavours" / f"{name}.json"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in (styles / "flavours").glob("*.json")))
        raise ConfigError(_("there is no map style {name!r}").format(name=name), expected=known, where=str(path))
    content = json.loads(path.read_text("utf-8"))
    return Flavour(content["id"], content["title"], content["tokens"], tuple(content["themes"]))


def read_layers(styles: Path, flavour: Flavour) -> list[dict[str, Any]]:
    """The base layers in drawing order (file name, then place in the file), tokens replaced by the flavour's values.

    Every layer but the background says in its metadata which part of the map it belongs to: the file's name.
    """
    layers: list[dict[str, Any]] = []
    for path in sorted((styles / "layers").glob("*.json")):
        part = path.stem.partition("-")[2]
        for layer in json.loads(path.read_text("utf-8")):
            filled = _fill_in(layer, flavour.tokens, path)
            if "source-layer" in filled or "source-product" in filled:
                filled["metadata"] = {"longquan:part": part, **filled.get("metadata", {})}
            layers.append(filled)
    return layers


def read_look(styles: Path, flavour: Flavour) -> dict[str, Any]:
    """What only the portal draws (`portal.json`), tokens replaced: too new for other clients, or of no use to them."""
    path = styles / "portal.json"
    look: dict[str, Any] = _fill_in(json.loads(path.read_text("utf-8")), flavour.tokens, path)
    return look


def _fill_in(value: Any, tokens: Mapping[str, Any], path: Path) -> Any:
    if isinstance(value, dict):
        return {key: _fill_in(item, tokens, path) for key, item in value.items()}
    if isinstance(value, list):
        return [_fill_in(item, tokens, path) for item in value]
    if isinstance(value, str) and value.startswith("@"):
        if value[1:] not in tokens:
            raise ConfigError(_("the flavour does not name {token!r}").format(token=value), where=path.name)
        return tokens[value[1:]]
    return value
