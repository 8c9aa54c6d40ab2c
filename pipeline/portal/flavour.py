"""Flavours (named colours and fonts) and the layers of the base map, as `styles/` holds them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError
from pipeline.i18n import _


@dataclass(frozen=True, slots=True)
class Flavour:
    """One look of the map: its tokens (`@name` in a layer), the colours of thematic datasets in order, and what it
    draws otherwise than the layers say."""

    id: str
    title: Mapping[str, str]
    tokens: Mapping[str, Any]
    themes: tuple[str, ...]
    base: str = "map"  # the base map it is made for: map, hybrid (imagery below), terrain
    without: frozenset[str] = frozenset()  # layers and whole parts it leaves out
    changes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # layer → what differs in it
    mapped: frozenset[str] = frozenset()  # layers of tiles that are base map in some flavour: in none they are a theme


def read_flavour(styles: Path, name: str) -> Flavour:
    """The flavour `name` of the folder `styles`; raises ConfigError when there is none."""
    path = styles / "flavours" / f"{name}.json"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in (styles / "flavours").glob("*.json")))
        raise ConfigError(_("there is no map style {name!r}").format(name=name), expected=known, where=str(path))
    content = json.loads(path.read_text("utf-8"))
    kin = read_flavour(styles, content["extends"]) if "extends" in content else None
    return Flavour(
        id=content["id"],
        title=content["title"],
        tokens={**(kin.tokens if kin else {}), **content["tokens"]},
        themes=tuple(content.get("themes", kin.themes if kin else ())),
        base=content.get("base", "map"),
        without=frozenset(content.get("without", ())),
        changes=content.get("changes", {}),
        mapped=frozenset(layer["source-layer"] for _path, layer in _written_layers(styles) if "source-layer" in layer),
    )


def read_layers(styles: Path, flavour: Flavour) -> list[dict[str, Any]]:
    """The base layers in drawing order (file name, then place in the file), tokens replaced by the flavour's values.

    Every layer but the background says in its metadata which part of the map it belongs to: the file's name. A layer
    that names `flavours` is drawn by those only.
    """
    layers: list[dict[str, Any]] = []
    for path, layer in _written_layers(styles):
        part = path.stem.partition("-")[2]
        only = layer.pop("flavours", None)
        if (only and flavour.id not in only) or not flavour.without.isdisjoint((part, layer["id"])):
            continue
        filled = _fill_in(_merged(layer, flavour.changes.get(layer["id"], {})), flavour.tokens, path)
        if "source-layer" in filled or "source-product" in filled:
            filled["metadata"] = {"longquan:part": part, **filled.get("metadata", {})}
        layers.append(filled)
    return layers


def _written_layers(styles: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in sorted((styles / "layers").glob("*.json")):
        for layer in json.loads(path.read_text("utf-8")):
            yield path, layer


def read_look(styles: Path, flavour: Flavour) -> dict[str, Any]:
    """What only the portal draws (`portal.json`), tokens replaced: too new for other clients, or of no use to them."""
    path = styles / "portal.json"
    look: dict[str, Any] = _fill_in(json.loads(path.read_text("utf-8")), flavour.tokens, path)
    return look


def _merged(layer: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The layer with `changes`: paint and layout property by property, null takes one away; all else as a whole."""
    made = {**layer, **changes}
    for group in ("paint", "layout"):
        if group in layer and group in changes:
            both = {**layer[group], **changes[group]}
            made[group] = {name: value for name, value in both.items() if value is not None}
    return made


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
