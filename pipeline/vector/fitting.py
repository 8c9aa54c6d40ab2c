"""Rules that are for one kind of geometry, beside layers that hold none of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from pipeline.errors import UsageError
from pipeline.i18n import _
from pipeline.progress import Progress
from pipeline.types import LINE, POINT, POLYGON
from pipeline.vector.plan import LayerPlan

# What a plan has of a rule when nobody asked for it; rules of how vertices are kept have a default that does something.
_ONLY: Final[Mapping[str, tuple[object, Collection[int]]]] = {
    "rate": (1.0, (POINT,)),
    "density": (None, (POINT,)),
    "clusters": (None, (POINT,)),
    "min_length": (0.0, (LINE,)),
    "merge_lines": (None, (LINE,)),
    "min_area": (0.0, (POLYGON,)),
    "dissolve": (None, (POLYGON,)),
    "merge_near": (0.0, (POLYGON,)),
    "coverage": (None, (LINE, POLYGON)),
}


def check_fit(layers: Sequence[tuple[LayerPlan, Mapping[int, int]]], progress: Progress) -> None:
    """Tell which rules find too little to do; `layers` are plans with the number of features of each kind.

    A rule may be said for all layers at once: where one of them has use for it, the others are only noted. Raises
    UsageError for a rule that no layer that has it can use.
    """
    full = [(plan, {kind for kind, n in kinds.items() if n}) for plan, kinds in layers if any(kinds.values())]
    for rule, wanted in _said(full):
        having = [(plan, kinds) for plan, kinds in full if _has(plan, rule)]
        if not any(kinds & wanted for _plan, kinds in having):
            raise UsageError(
                _("{rule} is for {kinds} only, and layer {layers} holds none.").format(
                    rule=rule, kinds=_words(wanted), layers=", ".join(plan.name for plan, _kinds in having)
                ),
                expected=_words(wanted),
                hint=_("Leave {rule} out, or say it of another layer.").format(rule=rule),
            )
    for plan, kinds in full:
        idle = [
            _("{rule} ({kinds} only)").format(rule=rule, kinds=_words(wanted))
            for rule, wanted in _said([(plan, kinds)])
            if kinds - wanted
        ]
        if idle:
            progress.note(
                _("layer {layer}: other features than these rules are for stay as they are: {rules}").format(
                    layer=plan.name, rules=", ".join(idle)
                )
            )


def _said(layers: Sequence[tuple[LayerPlan, Collection[int]]]) -> Iterator[tuple[str, set[int]]]:
    """The rules that any of the layers has, and the kinds each is for."""
    for rule, (_default, wanted) in _ONLY.items():
        if any(_has(plan, rule) for plan, _kinds in layers):
            yield rule, set(wanted)
    if any(plan.simplify == "right-angle" for plan, _kinds in layers):
        yield "simplify", {POLYGON}


def _has(plan: LayerPlan, rule: str) -> bool:
    if rule == "simplify":
        return plan.simplify == "right-angle"
    return bool(getattr(plan, rule) != _ONLY[rule][0])


def _words(kinds: Collection[int]) -> str:
    if len(kinds) > 1:
        return _("lines or areas")
    return {POINT: _("points"), LINE: _("lines"), POLYGON: _("areas")}[min(kinds)]
