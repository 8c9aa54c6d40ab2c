"""Which OpenStreetMap objects become features of which layer: a rules file (docs/osm-rules.md) as frozen values."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, NoReturn, cast

from pipeline.errors import ConfigError
from pipeline.i18n import _

Geometry = Literal["point", "line", "polygon"]
Origin = Literal["node", "way", "area", "member"]
Type = Literal["string", "integer", "number", "boolean"]
Get = Callable[[str], "str | None"]  # the value of an object's tag

ID: Final = "osm_id"  # the column every layer begins with
ARROW: Final[Mapping[Type, str]] = {"string": "string", "integer": "int64", "number": "double", "boolean": "bool"}
UNITS: Final = ("m", "km/h")
# What each kind of geometry can be made of; the first is what it is made of when the layer does not say.
_ORIGINS: Final[Mapping[Geometry, tuple[Origin, ...]]] = {
    "point": ("node", "area"),
    "line": ("way", "member"),
    "polygon": ("area",),
}
_DEFAULT: Final = Path(__file__).with_name("osm_rules.toml")


@dataclass(frozen=True, slots=True)
class Condition:
    """Tags that must all be as said: True any value but "no", False absent or "no", else one of the values."""

    tags: tuple[tuple[str, bool | frozenset[str]], ...]

    def holds(self, get: Get) -> bool:
        """Whether an object's tags are so."""
        for key, wanted in self.tags:
            value = get(key)
            if wanted is True or wanted is False:
                if (value is not None and value != "no") is not wanted:
                    return False
            elif value not in wanted:
                return False
        return True

    @property
    def key(self) -> str:
        """The first tag that has to be there."""
        return next(key for key, wanted in self.tags if wanted is not False)


@dataclass(frozen=True, slots=True)
class Field:
    """One attribute: the first of some tags that is there, or what the condition that holds has matched."""

    name: str
    type: Type
    tags: tuple[str, ...]  # () where `matched`
    matched: Literal["key", "value"] | None
    unit: str | None
    values: Mapping[str, str] = field(hash=False)  # tag value → what is written instead; "*" stands for all others

    def texts(self, tags: Mapping[str, Sequence[str | None]], held: Sequence[Condition]) -> Sequence[str | None]:
        """The attribute of some features as text, not typed yet, from columns of tags and the conditions that held."""
        if self.matched == "key":
            found: Sequence[str | None] = [condition.key for condition in held]
        elif self.matched == "value":
            found = [tags[condition.key][row] for row, condition in enumerate(held)]
        else:
            found = tags[self.tags[0]]
            for tag in self.tags[1:]:
                found = [other if text is None else text for text, other in zip(found, tags[tag], strict=True)]
        if not self.values:
            return found
        rest = self.values.get("*")
        return [None if text is None else self.values.get(text, rest or text) for text in found]


@dataclass(frozen=True, slots=True)
class LayerRule:
    """One layer."""

    name: str
    geometry: Geometry
    origins: tuple[Origin, ...]
    match: tuple[Condition, ...]
    but: tuple[Condition, ...]
    fields: tuple[Field, ...]

    def matching(self, get: Get) -> Condition | None:
        """The first condition that an object's tags meet; None where it is none of this layer."""
        for condition in self.match:
            if condition.holds(get):
                return None if any(each.holds(get) for each in self.but) else condition
        return None

    @property
    def tags(self) -> tuple[str, ...]:
        """Tags that the fields are made of."""
        matched = self.triggers if any(field.matched == "value" for field in self.fields) else ()
        return tuple(dict.fromkeys([*(tag for field in self.fields for tag in field.tags), *matched]))

    @property
    def triggers(self) -> tuple[str, ...]:
        """Tags of which every object of this layer has at least one."""
        return tuple(dict.fromkeys(condition.key for condition in self.match))


@dataclass(frozen=True, slots=True)
class Rules:
    """A rules file."""

    name: str
    layers: tuple[LayerRule, ...]


def osm_rules(path: Path | None = None) -> Rules:
    """The rules in a TOML file, or those that come with the program. Raises ConfigError."""
    file = path or _DEFAULT
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError(
            _("The OSM rules cannot be read: {reason}.").format(reason=reason),
            where=str(file),
            expected=_("a TOML file in UTF-8"),
            hint=_("correct the file; docs/osm-rules.md says what may stand in it"),
        ) from error
    return _rules(document, file.name)


def _rules(document: dict[str, Any], name: str) -> Rules:
    _known(document, ("layer",), name)
    tables = document.get("layer")
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        _wrong(name, _("The rules name no layer."), _("at least one [[layer]]"))
    layers = tuple(_layer(table, f"{name}, [[layer]] {number}") for number, table in enumerate(tables, 1))
    for number, layer in enumerate(layers):
        if layer.name in {other.name for other in layers[:number]}:
            _wrong(name, _('Two layers are called "{name}".').format(name=layer.name), _("a name for each layer"))
    return Rules(name, layers)


def _layer(table: dict[str, Any], where: str) -> LayerRule:
    name = table.get("name")
    if not isinstance(name, str) or not name.strip():
        _wrong(where, _("The layer has no name."), 'name = "roads"')
    where = f'{where.split(", ")[0]}, [[layer]] "{name}"'
    _known(table, ("name", "geometry", "from", "match", "except", "fields"), where)
    geometry = cast("Geometry", _one_of(table, "geometry", tuple(_ORIGINS), None, where))
    origins = table.get("from", [_ORIGINS[geometry][0]])
    may = _ORIGINS[geometry]
    if not _texts(origins) or not set(origins) <= set(may):
        _wrong(where, _("from = {value} does not fit.").format(value=_shown(origins)), _listed(may))
    match = _conditions(table.get("match"), "match", where)
    if not match:
        _wrong(where, _("The layer matches nothing."), 'match = [{ highway = ["primary", "secondary"] }]')
    for condition in match:
        if all(wanted is False for _key, wanted in condition.tags):
            _wrong(where, _("A condition of match demands no tag."), _("at least one tag that has to be there"))
    fields = table.get("fields", {})
    if not isinstance(fields, dict):
        _wrong(where, _("fields is no table."), '[layer.fields] name = "string"')
    return LayerRule(
        name=name,
        geometry=geometry,
        origins=tuple(origin for origin in may if origin in origins),
        match=match,
        but=_conditions(table.get("except", []), "except", where),
        fields=tuple(_field(key, about, f"{where}, {key}") for key, about in fields.items()),
    )


def _conditions(value: object, key: str, where: str) -> tuple[Condition, ...]:
    tables = [value] if isinstance(value, dict) else [] if value is None else value
    if not isinstance(tables, list) or not all(isinstance(table, dict) and table for table in tables):
        _wrong(where, _("{key} is no list of tables.").format(key=key), f'{key} = [{{ highway = "primary" }}]')
    found = []
    for table in tables:
        tags: list[tuple[str, bool | frozenset[str]]] = []
        for tag, wanted in table.items():
            if isinstance(wanted, bool):
                tags.append((tag, wanted))
            elif isinstance(wanted, str) or (_texts(wanted) and wanted):
                tags.append((tag, frozenset([wanted] if isinstance(wanted, str) else wanted)))
            else:
                found_here = _("{key}: {tag} = {value} does not fit.")
                _wrong(
                    where,
                    found_here.format(key=key, tag=tag, value=_shown(wanted)),
                    _("a value, a list of values, true (any but no) or false (none)"),
                )
        found.append(Condition(tuple(tags)))
    return tuple(found)


def _field(name: str, about: object, where: str) -> Field:
    if name == ID or not name.strip():
        _wrong(where, _("A field cannot have this name."), _("another name than {name}").format(name=ID))
    table = {"type": about} if isinstance(about, str) else about
    if not isinstance(table, dict):
        _wrong(where, _("The field is neither a type nor a table."), f'{name} = "string"')
    _known(table, ("tag", "matched", "type", "values", "unit"), where)
    kind = cast("Type", _one_of(table, "type", tuple(ARROW), "string", where))
    matched = _one_of(table, "matched", ("key", "value"), "", where) if "matched" in table else None
    if matched and "tag" in table:
        _wrong(where, _("The field has both tag and matched."), _("one of them"))
    tags = table.get("tag", name)
    tags = [tags] if isinstance(tags, str) else tags
    if not _texts(tags) or not tags:
        _wrong(where, _("tag = {value} does not fit.").format(value=_shown(tags)), _("a tag or a list of tags"))
    values = table.get("values", {})
    if not isinstance(values, dict) or not _texts(list(values.values())):
        _wrong(where, _("values is no table of texts."), 'values = { motorway_link = "motorway" }')
    unit = _one_of(table, "unit", UNITS, "", where) if "unit" in table else None
    if unit and kind != "number":
        _wrong(where, _("Only a number has a unit."), 'type = "number"')
    return Field(name, kind, () if matched else tuple(tags), cast("Any", matched), unit, values)


def _one_of(table: dict[str, Any], key: str, may: tuple[str, ...], default: str | None, where: str) -> str:
    value = table.get(key, default)
    if value is None:
        _wrong(where, _("{key} is missing.").format(key=key), _listed(may))
    if value not in may:
        _wrong(where, _("{key} = {value} does not fit.").format(key=key, value=_shown(value)), _listed(may))
    return cast("str", value)


def _known(table: dict[str, Any], may: Collection[str], where: str) -> None:
    for key in table:
        if key not in may:
            near = difflib.get_close_matches(key, may, 1)
            hint = _('did you mean "{name}"?').format(name=near[0]) if near else None
            _wrong(where, _('There is no key "{key}" here.').format(key=key), ", ".join(may), hint)


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _listed(may: Collection[str]) -> str:
    return _("one of: {names}").format(names=", ".join(may))


def _wrong(where: str, message: str, expected: str, hint: str | None = None) -> NoReturn:
    raise ConfigError(
        message,
        where=where,
        expected=expected,
        hint=hint or _("correct the file; docs/osm-rules.md says what may stand in it"),
    )
