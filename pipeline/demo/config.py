"""The workspace's TOML files from plain values, in a fixed layout."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any


def toml(document: Mapping[str, Any], comment: str = "") -> str:
    """A TOML document: scalars first, then tables, then arrays of tables; short mappings stay on one line."""
    lines = [f"# {line}" for line in comment.splitlines()]
    _table(document, "", lines)
    return "\n".join(lines).strip("\n") + "\n"


def _table(table: Mapping[str, Any], path: str, lines: list[str]) -> None:
    later: list[tuple[str, Any]] = []
    for key, value in table.items():
        if _is_tables(value) or (isinstance(value, Mapping) and path == "" and key in ("city", "publish")):
            later.append((key, value))
        else:
            lines.append(f"{_key(key)} = {_value(value)}")
    for key, value in later:
        name = f"{path}.{key}" if path else key
        if isinstance(value, Mapping):
            lines.append(f"\n[{name}]")
            _table(value, name, lines)
        else:
            for item in value:
                lines.append(f"\n[[{name}]]")
                _table(item, name, lines)


def _is_tables(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and bool(value) and isinstance(value[0], Mapping)


def _key(key: str) -> str:
    plain = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if plain else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, Sequence):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    raise TypeError(f"{type(value).__name__} has no TOML form here")
