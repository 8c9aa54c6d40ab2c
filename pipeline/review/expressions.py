"""Expressions of a map style, as far as this project's styles use them, for one feature at one zoom.

Source: MapLibre style specification, expressions. What a style asks that is not here is an error and no guess.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipeline.errors import UsageError
from pipeline.i18n import _

_HEX: Final = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class Asked:
    """The feature and the zoom that an expression is asked about."""

    zoom: float
    properties: Mapping[str, Any]
    geometry: str = ""  # Point, LineString or Polygon


def is_expression(value: Any) -> bool:
    """Whether a value of a style is to be evaluated: a list that begins with the name of an operator."""
    return isinstance(value, list) and bool(value) and isinstance(value[0], str) and value[0] in _OPERATORS


def evaluate(expression: Any, asked: Asked) -> Any:
    """The value of an expression; what is none stands for itself. Raises UsageError for an unknown operator."""
    if isinstance(expression, list) and expression and isinstance(expression[0], str):
        operator = _OPERATORS.get(expression[0])
        if operator is None:
            raise UsageError(_("the style uses an expression that cannot be drawn: {name}").format(name=expression[0]))
        return operator(expression[1:], asked)
    if isinstance(expression, Mapping) and "stops" in expression:  # a function of the old kind
        flat = [part for stop in expression["stops"] for part in stop]
        return _interpolate([["exponential", expression.get("base", 1)], ["zoom"], *flat], asked)
    return expression


def _get(args: Sequence[Any], asked: Asked) -> Any:
    return asked.properties.get(evaluate(args[0], asked))


def _coalesce(args: Sequence[Any], asked: Asked) -> Any:
    return next((value for each in args if (value := evaluate(each, asked)) is not None), None)


def _match(args: Sequence[Any], asked: Asked) -> Any:
    value = evaluate(args[0], asked)
    for labels, output in zip(args[1:-1:2], args[2:-1:2], strict=True):
        if value in (labels if isinstance(labels, list) else [labels]):
            return evaluate(output, asked)
    return evaluate(args[-1], asked)


def _case(args: Sequence[Any], asked: Asked) -> Any:
    for condition, output in zip(args[:-1:2], args[1:-1:2], strict=True):
        if evaluate(condition, asked):
            return evaluate(output, asked)
    return evaluate(args[-1], asked)


def _in(args: Sequence[Any], asked: Asked) -> bool:
    needle, stack = evaluate(args[0], asked), evaluate(args[1], asked)
    return stack is not None and needle in stack


def _step(args: Sequence[Any], asked: Asked) -> Any:
    at = _number(evaluate(args[0], asked))
    chosen = args[1]
    for stop, output in zip(args[2::2], args[3::2], strict=True):
        if at >= stop:
            chosen = output
    return evaluate(chosen, asked)


def _interpolate(args: Sequence[Any], asked: Asked) -> Any:
    kind, at = args[0], _number(evaluate(args[1], asked))
    stops, outputs = args[2::2], args[3::2]
    if at <= stops[0]:
        return evaluate(outputs[0], asked)
    if at >= stops[-1]:
        return evaluate(outputs[-1], asked)
    above = next(i for i, stop in enumerate(stops) if stop > at)
    low, high = stops[above - 1], stops[above]
    base = kind[1] if kind[0] == "exponential" else 1
    share = (at - low) / (high - low) if base == 1 else (base ** (at - low) - 1) / (base ** (high - low) - 1)
    return _between(evaluate(outputs[above - 1], asked), evaluate(outputs[above], asked), share)


def _between(a: Any, b: Any, share: float) -> Any:
    if isinstance(a, str) and isinstance(b, str) and _HEX.fullmatch(a) and _HEX.fullmatch(b):
        mixed = (round(_between(int(a[i : i + 2], 16), int(b[i : i + 2], 16), share)) for i in (1, 3, 5))
        return "#" + "".join(f"{each:02x}" for each in mixed)
    if isinstance(a, list):
        return [_between(one, other, share) for one, other in zip(a, b, strict=True)]
    return a + (b - a) * share if isinstance(a, int | float) else a


def _to_number(args: Sequence[Any], asked: Asked) -> float:
    for each in args:
        value = evaluate(each, asked)
        try:
            return float(value or 0) if not isinstance(value, str) else float(value)
        except ValueError:
            continue
    return 0.0


def _to_string(args: Sequence[Any], asked: Asked) -> str:
    return _text(evaluate(args[0], asked))


def _concat(args: Sequence[Any], asked: Asked) -> str:
    return "".join(_text(evaluate(each, asked)) for each in args)


def _format(args: Sequence[Any], asked: Asked) -> str:
    """Only the text: sizes and fonts of sections are left aside."""
    return "".join(_text(evaluate(each, asked)) for each in args if not isinstance(each, Mapping))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value)


def _number(value: Any) -> float:
    return value if isinstance(value, int | float) else 0.0


def _numbers(compute: Callable[[float, float], float]) -> Callable[[Sequence[Any], Asked], float]:
    def operator(args: Sequence[Any], asked: Asked) -> float:
        values = [_number(evaluate(each, asked)) for each in args]
        if len(values) == 1:
            return compute(0, values[0])  # ["-", x]
        total = values[0]
        for value in values[1:]:
            total = compute(total, value)
        return total

    return operator


def _compare(holds: Callable[[Any, Any], bool]) -> Callable[[Sequence[Any], Asked], bool]:
    def operator(args: Sequence[Any], asked: Asked) -> bool:
        a, b = evaluate(args[0], asked), evaluate(args[1], asked)
        alike = isinstance(a, str) == isinstance(b, str) and a is not None and b is not None
        return alike and holds(a, b)

    return operator


def _has(args: Sequence[Any], asked: Asked) -> bool:
    return evaluate(args[0], asked) in asked.properties


_OPERATORS: Final[Mapping[str, Callable[[Sequence[Any], Asked], Any]]] = {
    "get": _get,
    "has": _has,
    "zoom": lambda args, asked: asked.zoom,
    "geometry-type": lambda args, asked: asked.geometry,
    "literal": lambda args, asked: args[0],
    "coalesce": _coalesce,
    "match": _match,
    "case": _case,
    "step": _step,
    "interpolate": _interpolate,
    "in": _in,
    "!": lambda args, asked: not evaluate(args[0], asked),
    "all": lambda args, asked: all(evaluate(each, asked) for each in args),
    "any": lambda args, asked: any(evaluate(each, asked) for each in args),
    "==": lambda args, asked: evaluate(args[0], asked) == evaluate(args[1], asked),
    "!=": lambda args, asked: evaluate(args[0], asked) != evaluate(args[1], asked),
    "<": _compare(lambda a, b: bool(a < b)),
    "<=": _compare(lambda a, b: bool(a <= b)),
    ">": _compare(lambda a, b: bool(a > b)),
    ">=": _compare(lambda a, b: bool(a >= b)),
    "+": _numbers(lambda a, b: a + b),
    "-": _numbers(lambda a, b: a - b),
    "*": _numbers(lambda a, b: a * b),
    "/": _numbers(lambda a, b: a / b if b else 0.0),
    "%": _numbers(lambda a, b: math.fmod(a, b) if b else 0.0),
    "round": lambda args, asked: math.floor(_number(evaluate(args[0], asked)) + 0.5),
    "floor": lambda args, asked: math.floor(_number(evaluate(args[0], asked))),
    "ceil": lambda args, asked: math.ceil(_number(evaluate(args[0], asked))),
    "abs": lambda args, asked: abs(_number(evaluate(args[0], asked))),
    "min": lambda args, asked: min(_number(evaluate(each, asked)) for each in args),
    "max": lambda args, asked: max(_number(evaluate(each, asked)) for each in args),
    "length": lambda args, asked: len(evaluate(args[0], asked) or ""),
    "upcase": lambda args, asked: _text(evaluate(args[0], asked)).upper(),
    "downcase": lambda args, asked: _text(evaluate(args[0], asked)).lower(),
    "to-number": _to_number,
    "to-string": _to_string,
    "to-boolean": lambda args, asked: bool(evaluate(args[0], asked)),
    "to-color": _coalesce,
    "string": _coalesce,
    "number": _coalesce,
    "boolean": _coalesce,
    "image": lambda args, asked: evaluate(args[0], asked),
    "concat": _concat,
    "format": _format,
}
