"""How each layer is to become: the rules file, then the options over it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from pipeline.api.options import TileOptions, said
from pipeline.errors import InputError, UsageError
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.framework import LayerRules
    from pipeline.vector import LayerPlan
    from pipeline.vector.fields import FieldChoice

LABEL_SUFFIX: Final = "_label"  # as in pipeline.vector.labels, which would load numba
# Options that need no models to be understood; others load them, which costs 0.2 s of start-up.
_PLAIN: Final = frozenset(
    {"min_zoom", "max_zoom", "fields", "simplification", "tiny_area", "buffer", "coverage", "labels"}
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is said of one layer, and the fields that it therefore needs."""

    name: str
    key: str | None
    rules: LayerRules | Mapping[str, Any]  # by name where all are plain
    fields: tuple[FieldChoice, ...] | None  # kept; None: all
    beside: tuple[str, ...]  # further columns that rules look at

    @property
    def max_zoom(self) -> int | None:
        """The last zoom, where it is said."""
        zoom: int | None = self.rules.get("max_zoom") if isinstance(self.rules, Mapping) else self.rules.max_zoom
        return zoom

    @property
    def min_zoom(self) -> int:
        """The first zoom."""
        return int(self.rules.get("min_zoom", 0)) if isinstance(self.rules, Mapping) else self.rules.min_zoom

    @property
    def least_zoom(self) -> int:
        """The last zoom, where none is said, must not be below: its first one, and those at which features appear."""
        zoom_by = None if isinstance(self.rules, Mapping) else self.rules.zoom_by
        return max(self.min_zoom, *((zoom_by.default, *zoom_by.zooms.values()) if zoom_by else (0,)))

    @property
    def labels(self) -> bool:
        """Whether labels are written too."""
        return bool(self.rules.get("labels", False) if isinstance(self.rules, Mapping) else self.rules.labels)

    def plan(self, max_zoom: int) -> LayerPlan:
        """The layer's plan; `max_zoom` where none is said."""
        from pipeline.vector import LayerPlan
        from pipeline.vector.planned import layer_plan

        zoom = max(max_zoom, self.least_zoom) if self.max_zoom is None else self.max_zoom
        kept = None if self.fields is None else tuple(choice.name for choice in self.fields)
        if isinstance(self.rules, Mapping):
            plain = {"min_zoom": 0, **self.rules, "max_zoom": zoom, "fields": kept}
            return LayerPlan(name=self.name, key=self.key, **plain)
        where = self.rules.where
        text = where if where is None or isinstance(where, str) else where.text
        return layer_plan(self.rules, name=self.name, max_zoom=zoom, fields=kept, key=self.key, where=text)


def choose_layers(options: TileOptions, columns: Mapping[str, frozenset[str] | None]) -> dict[str, Chosen]:
    """What is said of each layer, by name; `columns` are the fields that the inputs of each have, where known.

    Raises UsageError for rules that cannot be, ConfigError for faults of the rules file, InputError for fields that
    are not there.
    """
    spoken = said(options)
    written = _written(options, columns)
    out: dict[str, Chosen] = {}
    for name, there in columns.items():
        rules = {key: _of_layer(key, value, name) for key, value in spoken.items()}
        if not written and rules.keys() <= _PLAIN:
            out[name] = _chosen(name, options.key, rules, rules.get("fields"), (), there)
        else:
            from pipeline.framework.rules_file import rules_from

            model = rules_from({**written.get(name, {}), **rules}, name)
            used = (field for _rule, field in model.used_fields)
            out[name] = _chosen(name, options.key, model, model.fields, used, there)
    _refuse_clash(out)
    return out


def _refuse_clash(chosen: Mapping[str, Chosen]) -> None:
    """Refuse labels whose layer would have the name of another. Raises UsageError."""
    for name, each in chosen.items():
        if each.labels and f"{name}{LABEL_SUFFIX}" in chosen:
            raise UsageError(
                _("The labels of layer {layer} would be in a layer that is there already: {name}.").format(
                    layer=name, name=f"{name}{LABEL_SUFFIX}"
                ),
                hint=_("Leave the labels out, or rename one of the layers."),
            )


def _of_layer(rule: str, value: Any, layer: str) -> Any:
    """The value of an option as a rule of one layer: coverages are named, each after its layer."""
    if rule == "coverage":
        return layer if value else None
    return value


def _written(options: TileOptions, layers: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What the rules file says, by layer."""
    if options.rules is None:
        return {}
    from pipeline.framework.rules_file import read_rules

    written = {each.name: each for each in read_rules(options.rules)}
    for name in written:
        if name not in layers:
            raise UsageError(
                _("There are rules for a layer {name}, which no input makes.").format(name=name),
                where=str(options.rules),
                expected=_("one of: {names}").format(names=", ".join(layers)),
                hint=_("Correct the name, or take the table out."),
            )
    return {
        name: each.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"name"})
        for name, each in written.items()
    }


def _chosen(
    name: str,
    key: str | None,
    rules: LayerRules | Mapping[str, Any],
    fields: tuple[str, ...] | None,
    used: Iterable[str],
    there: frozenset[str] | None,
) -> Chosen:
    from pipeline.vector.fields import read_fields

    choices = None if fields is None else read_fields(fields)
    made = {choice.name for choice in choices or ()}
    beside = tuple(field for field in dict.fromkeys(used) if field not in made)
    for field in (*(choice.source for choice in choices or ()), *beside):
        if there is not None and field not in there:
            raise _no_field(field, name, there)
    if key is not None and key not in made and key not in beside:
        beside = (*beside, key)  # the engine says where it is missing
    return Chosen(name, key, rules, choices, beside if choices is not None else ())


def _no_field(field: str, layer: str, there: frozenset[str]) -> InputError:
    near = get_close_matches(field, sorted(there), 3)
    return InputError(
        _("Layer {layer} has no field {field}.").format(layer=layer, field=field),
        expected=_("one of: {names}").format(names=", ".join(near or sorted(there))) if there else None,
        hint=_("Correct the option or rule that names it.") if there else _("The layer has no fields at all."),
    )
