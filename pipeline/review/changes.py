"""What has changed since a map review: a list for a person, who decides whether it is filed (备案) or reviewed anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal

from pipeline.i18n import _

ChangeKind = Literal["added", "removed", "changed"]

_OF_DATASETS: Final = ("title", "department", "share", "scale", "accuracy_m", "currency", "features", "extent")
_OF_LAYERS: Final = ("geometry", "min_zoom", "max_zoom")
_OF_FIELDS: Final = ("title", "type", "unit", "codes")
_OF_ARCHIVES: Final = ("product", "min_zoom", "max_zoom", "bounds", "sha256")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between what was reviewed and what is there."""

    kind: ChangeKind
    subject: str  # dataset, dataset.field, archive/layer, style
    what: str = ""  # of a change: which of its properties
    before: str = ""
    after: str = ""

    @property
    def words(self) -> str:
        """One line for people."""
        if self.kind == "added":
            return _("new: {subject}").format(subject=self.subject)
        if self.kind == "removed":
            return _("gone: {subject}").format(subject=self.subject)
        return _("{subject}: {what} {before} → {after}").format(
            subject=self.subject, what=self.what, before=self.before, after=self.after
        )


def content_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Every difference of two content lists: datasets, fields, layers, archives, styles."""
    return tuple(_changes(before, after))


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    old, new = _by(before["datasets"], "id"), _by(after["datasets"], "id")
    yield from _within(old, new, lambda id: _("dataset {id}").format(id=id), _OF_DATASETS)
    for id in (each for each in new if each in old):
        fields = _by(old[id]["fields"], "name"), _by(new[id]["fields"], "name")
        yield from _within(*fields, partial(_field, id), _OF_FIELDS)
        layers = _layers(old[id]), _layers(new[id])
        yield from _within(*layers, lambda id: _("layer {id}").format(id=id), _OF_LAYERS)
    archives = _by(before["archives"], "id"), _by(after["archives"], "id")
    yield from _within(*archives, lambda id: _("archive {id}").format(id=id), _OF_ARCHIVES)
    styles = _by(before["styles"], "id"), _by(after["styles"], "id")
    yield from _within(*styles, lambda id: _("style {id}").format(id=id), ("sha256",))


def _field(dataset: str, name: str) -> str:
    return _("field {dataset}.{name}").format(dataset=dataset, name=name)


def _within(
    old: Mapping[str, Mapping[str, Any]],
    new: Mapping[str, Mapping[str, Any]],
    called: Callable[[str], str],
    keys: Sequence[str],
) -> Iterator[Change]:
    yield from (Change("added", called(id)) for id in new if id not in old)
    yield from (Change("removed", called(id)) for id in old if id not in new)
    for id in (each for each in new if each in old):
        yield from _properties(called(id), old[id], new[id], keys)


def _properties(subject: str, old: Mapping[str, Any], new: Mapping[str, Any], keys: Sequence[str]) -> Iterator[Change]:
    for key in keys:
        if old.get(key) != new.get(key):
            yield Change("changed", subject, _name(key), _text(old.get(key)), _text(new.get(key)))


def _by(entries: Sequence[Mapping[str, Any]], key: str) -> dict[str, Mapping[str, Any]]:
    return {entry[key]: entry for entry in entries}


def _layers(dataset: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {f"{each['archive']}/{each['layer'] or each.get('product') or ''}": each for each in dataset["layers"]}


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, Mapping):
        return str(value.get("zh", value))
    if isinstance(value, list | tuple):
        return ", ".join(f"{each:g}" if isinstance(each, float) else str(each) for each in value) or "–"
    text = str(value)
    return text[:12] if len(text) == 64 else text


def _name(key: str) -> str:
    """What a property is called for people."""
    return {
        "title": _("title"),
        "department": _("department"),
        "share": _("share class"),
        "scale": _("scale"),
        "accuracy_m": _("accuracy"),
        "currency": _("currency"),
        "features": _("features"),
        "extent": _("extent"),
        "geometry": _("geometry"),
        "min_zoom": _("first zoom"),
        "max_zoom": _("last zoom"),
        "type": _("type"),
        "unit": _("unit"),
        "codes": _("codes"),
        "product": _("product"),
        "bounds": _("extent"),
        "sha256": _("content"),
    }[key]
