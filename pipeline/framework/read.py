"""One workspace file: TOML text → model, or every fault in it."""

from __future__ import annotations

import json
import re
import tomllib
import types
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pipeline.framework import lines
from pipeline.framework.base import ID_PATTERN, Model
from pipeline.framework.faults import Fault, choices, did_you_mean, dotted, shown
from pipeline.framework.raster import INTERVAL, INTERVALS
from pipeline.framework.rules import WHERE_TABLE, WHERE_TEXT
from pipeline.framework.toml_words import parse_toml, toml_fault
from pipeline.i18n import _

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Source(Generic[M]):
    """A file that was read: its name in messages, its model (None when faulty), its faults and line numbers."""

    name: str
    model: M | None
    faults: tuple[Fault, ...]
    index: lines.LineIndex

    @property
    def read(self) -> M:
        """The model of a file that is known to have no fault."""
        assert self.model is not None
        return self.model

    def fault(self, path: lines.Path, message: str, expected: str = "") -> Fault:
        """A fault at a key of this file."""
        return Fault(self.name, self.index.line(path), dotted(path), message, expected)


def read_model(path: Path, name: str, model: type[M], *, stem_is_id: bool = False) -> Source[M]:
    """Read `path`, called `name` in messages, as a `model`; where `stem_is_id`, its id is the file's stem."""

    def failed(*faults: Fault, index: lines.LineIndex | None = None) -> Source[M]:
        return Source(name, None, faults, index or lines.LineIndex(""))

    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return failed(Fault(name, None, "", _("the file is missing")))
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return failed(Fault(name, line, "", _("the file is not UTF-8 text"), _("save it again as UTF-8")))
    except OSError as error:
        return failed(Fault(name, None, "", _("cannot be read: {reason}").format(reason=error.strerror or error)))
    index = lines.LineIndex(text)
    try:
        data = parse_toml(text)
    except tomllib.TOMLDecodeError as error:
        at, message = toml_fault(error)
        return failed(Fault(name, at, "", message))
    except ValueError as error:  # a number of thousands of digits, thousands of brackets
        return failed(Fault(name, None, "", _("cannot be read: {reason}").format(reason=error)))
    if stem_is_id:
        if "id" in data:
            return failed(
                Fault(name, index.line(("id",)), "id", _("the id is the name of the file and is not repeated in it"))
            )
        if not re.match(ID_PATTERN, path.stem):
            return failed(
                Fault(name, None, "", _("the file's name is not an id"), _("lower-case letters, digits and hyphens"))
            )
        data["id"] = path.stem
    try:
        # By way of JSON, because strict JSON mode takes arrays for tuples and ISO text for dates.
        parsed = model.model_validate_json(json.dumps(data, default=str), strict=True)
    except ValidationError as errors:
        return failed(*explain(errors, model, name, index), index=index)
    return Source(name, parsed, (), index)


def explain(errors: ValidationError, model: type[Model], name: str, index: lines.LineIndex) -> list[Fault]:
    """What pydantic found in a file called `name`, in this project's words, by line and key."""
    faults: dict[str, Fault] = {}
    details = errors.errors(include_url=False)
    for detail in details:
        # An array whose only entry is faulty counts as empty, too; the entry's own fault says more.
        depth = len(detail["loc"])
        if any(len(d["loc"]) > depth and d["loc"][:depth] == detail["loc"] for d in details):
            continue
        fault = _explain(detail, model, name, index)
        faults.setdefault(fault.key + fault.message, fault)
    return sorted(faults.values(), key=lambda f: (f.line or 0, f.key))


def _explain(detail: ErrorDetails, model: type[Model], name: str, index: lines.LineIndex) -> Fault:
    """A pydantic error in this project's words."""
    kind, path, found = detail["type"], detail["loc"], detail["input"]
    context: Mapping[str, Any] = detail.get("ctx", {})
    path = tuple(part for part in path if part not in ("[key]", WHERE_TABLE, WHERE_TEXT, INTERVAL, INTERVALS))
    expected = ""
    value = shown(found)
    if kind == "extra_forbidden":
        allowed = _keys_at(model, path[:-1])
        message = _("unknown key") + did_you_mean(str(path[-1]), allowed)
        expected = choices(allowed, limit=40)
    elif kind == "missing":
        message = _("missing")
    elif kind == "longquan":
        message = str(context["text"]) if isinstance(found, dict) else f"{value}: {context['text']}"
        expected = str(context["expected"])
    elif kind == "longquan_secret":
        message, expected = str(context["text"]), str(context["expected"])
    elif kind == "literal_error":
        literals = re.finditer(r"'([^']*)'|\d+", str(context["expected"]))
        allowed = [literal[1] if literal[1] is not None else literal[0] for literal in literals]
        message = value + ": " + _("not allowed") + did_you_mean(str(found), allowed)
        expected = ", ".join(allowed)
    elif kind == "string_pattern_mismatch":
        message = value + ": " + _("not allowed")
        expected = _PATTERNS[str(context["pattern"])]() if context["pattern"] in _PATTERNS else str(context["pattern"])
    elif kind in ("greater_than_equal", "greater_than", "less_than_equal", "less_than"):
        sign, bound = next(
            (s, context[k]) for k, s in (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<")) if k in context
        )
        message = value + ": " + _("out of range")
        expected = f"{sign} {int(bound) if bound == int(bound) else bound}"
    elif kind in ("too_short", "string_too_short"):
        message = _("empty")
        expected = _("at least one entry") if kind == "too_short" else _("some text")
    elif kind in _WANTED:
        message = value + ": " + _("of the wrong type")
        expected = _WANTED[kind]()
    else:
        message = f"{value}: {detail['msg']}"
    return Fault(name, index.line(path), dotted(path), message, expected)


_WANTED = {
    "string_type": lambda: _("a string in quotes"),
    "int_type": lambda: _("a whole number"),
    "int_from_float": lambda: _("a whole number"),
    "int_parsing": lambda: _("a whole number"),
    "float_type": lambda: _("a number"),
    "finite_number": lambda: _("a finite number"),
    "bool_type": lambda: _("true or false"),
    "tuple_type": lambda: _("an array [ … ]"),
    "model_type": lambda: _("a table { … }"),
    "model_attributes_type": lambda: _("a table { … }"),
    "mapping_type": lambda: _("a table { … }"),
    "dict_type": lambda: _("a table { … }"),
    "date_type": lambda: _("a date as in 2026-09-30"),
    "date_parsing": lambda: _("a date as in 2026-09-30"),
    "date_from_datetime_parsing": lambda: _("a date as in 2026-09-30"),
    "date_from_datetime_inexact": lambda: _("a date as in 2026-09-30"),
}

_PATTERNS = {
    ID_PATTERN: lambda: _("lower-case letters, digits and hyphens"),
    r"^[0-9A-Za-z-]+$": lambda: _("letters, digits and hyphens"),
    r"^[A-Za-z0-9][A-Za-z0-9_-]*$": lambda: _("letters, digits, hyphens and underscores"),
    r"^[a-z0-9_-]+$": lambda: _("lower-case letters, digits, hyphens and underscores"),
    r"^[\w:.-]+$": lambda: _("a word without blanks"),
    r"^tiles/[a-z0-9-]+-[0-9a-f]{12}\.pmtiles$": lambda: _(
        "a published archive, as in tiles/roads-0123456789ab.pmtiles"
    ),
    r"^#[0-9a-fA-F]{6}$": lambda: _("a colour as in #6b8e7f"),
}


def _keys_at(model: type[Model], path: lines.Path) -> list[str]:
    """The keys that a table at `path` may have."""
    at: Any = model
    for part in path:
        at = _inner(at, part)
        if at is None:
            return []
    at = _unwrapped(at)
    if not (isinstance(at, type) and issubclass(at, Model)):
        return []
    return [field.alias or key for key, field in at.model_fields.items()]


def _inner(annotation: Any, part: str | int) -> Any:
    """The annotation one key or index further in."""
    annotation = _unwrapped(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Model):
        fields = {field.alias or key: field.annotation for key, field in annotation.model_fields.items()}
        return fields.get(str(part))
    arguments = get_args(annotation)
    if get_origin(annotation) is tuple:
        return arguments[0]
    return arguments[-1] if arguments else None


def _unwrapped(annotation: Any) -> Any:
    """Without Annotated and without ``| None``."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in (Union, types.UnionType):
            annotation = next(a for a in get_args(annotation) if a is not type(None))
        else:
            return annotation
