"""A filter in CQL2 text (OGC 21-065r2) → what it asks of a feature and of the zoom, checked before any data is read.

The parser is the `cql2` package. Supported are the classes *Basic CQL2*, *Advanced Comparison Operators*,
*Case-insensitive Comparison*, *Accent-insensitive Comparison*, *Property-Property Comparisons* and *Arithmetic
Expressions*; the property `zoom` stands for the tile's zoom. Places and times are compared by no function: what a
tile holds of a feature is decided by its geometry, and instants compare with `<` and `=`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from pipeline.errors import UsageError
from pipeline.framework.faults import did_you_mean
from pipeline.i18n import _

ZOOM: Final = "zoom"
EXACT: Final = 2**53  # the parser hands numbers over as doubles; from here on they miss integers

Kind = Literal["number", "text", "boolean", "time", "nothing", "other"]

# The parser recurses, and a stack that overflows there ends the process: 3,000 brackets do (measured), 1,000 do not.
_MAX_OPERATORS = 1000
_MAX_DEPTH = 100
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*\"""")
_OPERATOR = re.compile(r"[-+*/%^=<>]|\b(?:NOT|DIV|LIKE|BETWEEN)\b", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

LOGIC: Final = frozenset({"and", "or", "not"})
ORDER: Final = frozenset({"<", "<=", ">", ">="})
COMPARISON: Final = ORDER | {"=", "<>"}
ARITHMETIC: Final = frozenset({"+", "-", "*", "/", "%", "div", "^"})
FOLDS: Final[Mapping[str, Callable[[str], str]]] = {"casei": str.casefold, "accenti": lambda text: _bare(text)}
_COUNTS = {"not": 1, "isNull": 1, "like": 2, "in": 2, "between": 3, **dict.fromkeys(FOLDS, 1)}
_COUNTS |= dict.fromkeys(COMPARISON | ARITHMETIC, 2)


class FilterError(UsageError):
    """A filter that cannot be read, or that asks of a field what it does not have."""


@dataclass(frozen=True, slots=True)
class Value:
    """A literal: a double, a text, a truth value, or a time as microseconds since 1970 in UTC."""

    kind: Kind
    value: Any


@dataclass(frozen=True, slots=True)
class Property:
    """A field of the feature, or `zoom`."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or function, named as in CQL2's JSON, and what it is applied to."""

    op: str
    args: tuple[Node, ...]


Node = Value | Property | Call


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that was read; `fields` are the properties it uses, `zoom` apart."""

    text: str
    tree: Node = field(repr=False)
    fields: frozenset[str]
    uses_zoom: bool


def compile_filter(text: str) -> Filter:
    """Read a filter. Raises FilterError (a UsageError) with the place of the fault."""
    from cql2 import ParseError, parse_text

    _refuse_endless(text)
    try:
        parsed = parse_text(text).to_json()
    except ParseError as error:
        raise _unreadable(text, str(error)) from error
    tree = _node(parsed, text, 0)
    names = frozenset(_names(tree))
    return Filter(text, tree, names - {ZOOM}, ZOOM in names)


def check_kinds(filter: Filter, kinds: Mapping[str, Kind]) -> None:
    """Refuse what the fields do not have or cannot be asked: FilterError. `kinds` tells what each field holds."""
    kind = _kind(filter.tree, kinds, filter.text)
    if kind not in ("boolean", "nothing"):
        raise _wrong(
            _("The filter gives {found}, not yes or no.").format(found=kind_words(kind)), filter.text, filter.tree
        )


def kind_words(kind: Kind) -> str:
    """What a kind is called in messages."""
    return {
        "number": _("a number"),
        "text": _("a text"),
        "boolean": _("true or false"),
        "time": _("a date or time"),
        "nothing": _("nothing but nulls"),
        "other": _("a value of another kind"),
    }[kind]


def moment(text: str) -> int | None:
    """Microseconds since 1970 in UTC of an ISO 8601 date (its midnight) or time; None when it is neither."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return ((found if found.tzinfo else found.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND


def _bare(text: str) -> str:
    """Without accents (Unicode NFD, nonspacing marks dropped)."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")


def _refuse_endless(text: str) -> None:
    plain = _QUOTED.sub("''", text)
    depth = deepest = 0
    for character in plain:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    if deepest > _MAX_DEPTH or len(_OPERATOR.findall(plain)) > _MAX_OPERATORS:
        raise _endless(text)


def _endless(text: str) -> FilterError:
    return FilterError(
        _("The filter is too long or too deep."),
        where=_excerpt(text, 0),
        expected=_("at most {operators} operators, in at most {depth} levels").format(
            operators=_MAX_OPERATORS, depth=_MAX_DEPTH
        ),
        hint=_("Many values of one field go into one list: FIELD IN ('a', 'b', …)."),
    )


def _unreadable(text: str, said: str) -> FilterError:
    place = re.search(r"--> (\d+):(\d+)", said)
    line, column = (int(place[1]), int(place[2])) if place else (1, 1)
    start = sum(len(each) for each in text.splitlines(keepends=True)[: line - 1])
    if not text.strip():
        return FilterError(_("The filter is empty."), expected=_("CQL2 text, such as CLASS = 'a' AND zoom >= 10"))
    return FilterError(
        _("The filter cannot be read from column {column} on.").format(column=column),
        where=_excerpt(text, start + column - 1),
        expected=_("CQL2 text, such as CLASS = 'a' AND zoom >= 10"),
        hint=_("Texts stand in 'single' quotes, names with blanks or signs in \"double\" ones."),
    )


def _excerpt(text: str, at: int) -> str:
    """The text around a place, with a mark before it."""
    start, end = max(0, at - 40), at + 40
    before, after = " ".join(text[start:at].split("\n")), " ".join(text[at:end].split("\n"))
    return ("…" if start else "") + before + "▸" + after + ("…" if end < len(text) else "")


def _wrong(message: str, text: str, node: Node, expected: str | None = None, hint: str | None = None) -> FilterError:
    """An error at the first property (else text) of a node."""
    return FilterError(message, where=_excerpt(text, _place(node, text)), expected=expected, hint=hint)


def _place(node: Node, text: str) -> int:
    for word in (*_names(node), *_texts(node)):
        if found := re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text):
            return found.start()
    return 0


def _names(node: Node) -> Iterator[str]:
    if isinstance(node, Property):
        yield node.name
    elif isinstance(node, Call):
        for each in node.args:
            yield from _names(each)


def _texts(node: Node) -> Iterator[str]:
    if isinstance(node, Value) and node.kind == "text":
        yield f"'{node.value}"
    elif isinstance(node, Call):
        for each in node.args:
            yield from _texts(each)


def _node(found: Any, text: str, depth: int) -> Node:
    """The parser's JSON (OGC 21-065r2 §10) as nodes."""
    if depth > _MAX_DEPTH:
        raise _endless(text)
    match found:
        case bool():
            return Value("boolean", found)
        case int() | float():
            return _number(float(found), text)
        case str():
            return Value("text", found)
        case None:
            raise FilterError(_("Nothing equals NULL."), where=text, expected="FIELD IS NULL, FIELD IS NOT NULL")
        case {"property": str(name)}:
            return Property(name)
        case {"date": str(day)} | {"timestamp": str(day)}:
            return _time(day, "date" in found, text)
        case {"op": str(op), "args": list(args)}:
            return _call(op, args, text, depth)
    raise FilterError(
        _("The filter holds something that a feature cannot be asked for."),
        where=text,
        expected=_("comparisons of fields, zoom, numbers, texts, dates and truth values"),
    )


def _number(value: float, text: str) -> Value:
    if not abs(value) < EXACT:
        raise FilterError(
            _("The number {value:.17g} cannot be told from its neighbours.").format(value=value),
            where=text,
            expected=_("numbers below 2⁵³ = {limit}").format(limit=EXACT),
        )
    return Value("number", value)


def _time(day: str, whole: bool, text: str) -> Value:
    value = moment(day) if not whole or _DATE.fullmatch(day) else None
    if value is None:
        raise FilterError(
            _("{value} is no date.").format(value=f"'{day}'"),
            where=_excerpt(text, max(0, text.find(day))),
            expected="DATE('2026-09-30'), TIMESTAMP('2026-09-30T12:00:00Z')",
        )
    return Value("time", value)


def _call(op: str, args: list[Any], text: str, depth: int) -> Node:
    name = "isNull" if op.casefold() == "isnull" else op.casefold()
    if name == "in" and len(args) == 2 and isinstance(args[1], list):
        args = [args[0], *args[1]]
    elif name not in LOGIC and len(args) != _COUNTS.get(name):
        known = sorted(each.upper() for each in FOLDS)
        raise FilterError(
            _("There is no function {name} with {n} arguments.").format(name=op.upper(), n=len(args))
            + did_you_mean(op, set(known) - {op.upper()}),
            where=_excerpt(text, max(0, text.casefold().find(op.casefold()))),
            expected=_("comparisons, AND, OR, NOT, BETWEEN, IN, LIKE, IS NULL, + - * / % ^ DIV and: {names}").format(
                names=", ".join(known)
            ),
            hint=_("Places and periods cannot be compared; instants can, with < and =."),
        )
    nodes = tuple(_node(each, text, depth + 1) for each in args)
    if name in FOLDS and isinstance(nodes[0], Value) and nodes[0].kind == "text":
        return Value("text", FOLDS[name](nodes[0].value))
    if name == "like" and not (isinstance(nodes[1], Value) and nodes[1].kind == "text"):
        raise _wrong(_("LIKE compares with a text in quotes."), text, nodes[0], expected="NAME LIKE '龙%'")
    return Call(name, nodes)


def _kind(node: Node, kinds: Mapping[str, Kind], text: str) -> Kind:
    """What a node gives; FilterError where it is asked what it cannot tell."""
    if isinstance(node, Value):
        return node.kind
    if isinstance(node, Property):
        if node.name == ZOOM:
            return "number"
        if node.name not in kinds:
            raise _wrong(
                _("There is no field {name}.").format(name=node.name) + did_you_mean(node.name, kinds),
                text,
                node,
                expected=_("one of: {names}").format(names=", ".join((*sorted(kinds), ZOOM))),
            )
        return kinds[node.name]
    found = [_kind(each, kinds, text) for each in node.args]
    if node.op == "isNull":
        return "boolean"
    if node.op in LOGIC:
        return _all(node, found, "boolean", "boolean", text)
    if node.op in ARITHMETIC:
        return _all(node, found, "number", "number", text)
    if node.op in FOLDS:
        return _all(node, found, "text", "text", text)
    if node.op == "like":
        return _all(node, found, "text", "boolean", text)
    for n, (argument, kind) in enumerate(zip(node.args[1:], found[1:], strict=True)):
        _comparable(Call(node.op, (node.args[0], argument)), found[0], kind, text)
        if n and node.op == "between":
            _comparable(Call(node.op, (node.args[1], argument)), found[1], kind, text)
    return "boolean"


def _all(node: Call, found: list[Kind], wanted: Kind, gives: Kind, text: str) -> Kind:
    for argument, kind in zip(node.args, found, strict=True):
        if kind not in (wanted, "nothing"):
            raise _wrong(
                _("{op} takes {wanted}, and finds {found}.").format(
                    op=node.op.upper(), wanted=kind_words(wanted), found=kind_words(kind)
                ),
                text,
                argument,
                hint=_typing_hint(),
            )
    return gives


def _comparable(pair: Call, left: Kind, right: Kind, text: str) -> None:
    kinds = {left, right} - {"nothing"}
    if "other" not in kinds and (len(kinds) < 2 or kinds == {"text", "time"}):
        if kinds == {"boolean"} and (pair.op in ORDER or pair.op == "between"):
            raise _wrong(_("True and false have no order."), text, pair, expected="=, <>")
        if kinds == {"text", "time"}:
            for node in pair.args:
                if isinstance(node, Value) and node.kind == "text" and moment(node.value) is None:
                    raise _wrong(_("{value} is no date.").format(value=f"'{node.value}'"), text, node)
        return
    raise _wrong(
        _("{op} compares {left} with {right}.").format(
            op=pair.op.upper(), left=kind_words(left), right=kind_words(right)
        ),
        text,
        pair,
        expected=_("two values of one kind"),
        hint=_typing_hint(),
    )


def _typing_hint() -> str:
    return _("A field can be given another type: --field NAME:number, or type = … in its schema.")
