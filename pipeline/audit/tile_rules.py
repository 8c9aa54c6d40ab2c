"""The rules of vector tiles: what the kernel found, in words."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from pipeline.audit.rules import Finding, Rule, Severity
from pipeline.audit.vector_tiles import Record, Walked
from pipeline.i18n import _
from pipeline.kernels import audit_mvt as kernel

_MILLIMETRE: Final = 1e-3


def _finding(walked: Walked, record: Record, message: str) -> Finding:
    place = "/".join(map(str, record.tile))
    return Finding(message, walked.file, f"{place} {record.layer}".strip(), record.times)


def damaged_tiles(walked: Walked) -> Iterator[Finding]:
    """Tiles that cannot be read hide what is in them."""
    for record in walked.told(kernel.DAMAGED):
        yield _finding(walked, record, record.text or _("the tile is no protobuf message of a vector tile"))


def unknown_layers(walked: Walked) -> Iterator[Finding]:
    """Layers that the archive may not have."""
    for record in walked.told(kernel.LAYER):
        yield _finding(walked, record, _("layer {name} is not allowed in this archive").format(name=record.text))


def strange_zooms(walked: Walked) -> Iterator[Finding]:
    """Layers at zooms that they may not have."""
    for record in walked.told(kernel.ZOOM):
        layer = walked.archive.layers.get(record.layer)
        low, high = (layer.min_zoom, layer.max_zoom) if layer else (0, 0)
        text = _("layer {name} is at zoom {zoom}, allowed are {low} to {high}")
        yield _finding(walked, record, text.format(name=record.layer, zoom=record.tile[0], low=low, high=high))


def unknown_fields(walked: Walked) -> Iterator[Finding]:
    """Fields that their layer may not have."""
    for record in walked.told(kernel.FIELD):
        yield _finding(walked, record, _("field {name} is not allowed in this layer").format(name=record.text))


def wrong_types(walked: Walked) -> Iterator[Finding]:
    """Values of another type than their field's."""
    for record in walked.told(kernel.TYPE):
        text = _("a value of field {name} is of another type than the field")
        yield _finding(walked, record, text.format(name=record.text))


def strange_codes(walked: Walked) -> Iterator[Finding]:
    """Values that the code table of their field does not hold."""
    for record in walked.told(kernel.CODE):
        yield _finding(walked, record, _("“{text}” is not in the code table of its field").format(text=record.text))


def denied_texts(walked: Walked) -> Iterator[Finding]:
    """Texts that occur in nothing that may be shown."""
    for record in walked.told(kernel.TEXT):
        origin = walked.secrets.origin_of_text(record.text.encode())
        yield _finding(walked, record, _("“{text}”, a value of {origin}").format(text=record.text, origin=origin))


def denied_numbers(walked: Walked) -> Iterator[Finding]:
    """Numbers that occur in nothing that may be shown."""
    for record in walked.told(kernel.NUMBER):
        origin = walked.secrets.origin_of_number(float(record.text))
        yield _finding(walked, record, _("{number}, a value of {origin}").format(number=record.text, origin=origin))


def denied_ids(walked: Walked) -> Iterator[Finding]:
    """Ids of features that may not be shown."""
    for record in walked.told(kernel.ID):
        yield _finding(walked, record, _("feature {id} may not be shown").format(id=record.text))


def hidden_bytes(walked: Walked) -> Iterator[Finding]:
    """Fields of the protobuf messages that the specification does not know, where anything could be."""
    for record in walked.told(kernel.HIDDEN):
        yield _finding(walked, record, _("a part that no reader of vector tiles looks at"))


TILE_RULES: Final[tuple[Rule[Walked], ...]] = (
    Rule(
        "tile-readable",
        Severity.LEAK,
        "Every tile can be read to its last byte.",
        "Build the archive again; what cannot be read cannot be proved to hold nothing.",
        damaged_tiles,
    ),
    Rule(
        "tile-layer",
        Severity.LEAK,
        "A tile holds allowed layers only.",
        "Find out how the layer came in, correct the rules of the edition and build again.",
        unknown_layers,
    ),
    Rule(
        "tile-zoom",
        Severity.LEAK,
        "A layer is shown at its zooms only.",
        "Correct min_zoom and max_zoom of the layer, and build again.",
        strange_zooms,
    ),
    Rule(
        "tile-field",
        Severity.LEAK,
        "A layer has allowed fields only.",
        "Correct the audiences of the field in its schema, and build again.",
        unknown_fields,
    ),
    Rule(
        "tile-type",
        Severity.LEAK,
        "Values are of their field's type.",
        "A value of another type may come from another field: build again.",
        wrong_types,
    ),
    Rule(
        "tile-code",
        Severity.NOTICE,
        "Values of a field with a code table are codes of it.",
        "Add the code to the schema, or ask the department to correct it.",
        strange_codes,
    ),
    Rule(
        "tile-text",
        Severity.LEAK,
        "No text occurs that only denied data hold.",
        "Find out how the value came in, and build again.",
        denied_texts,
    ),
    Rule(
        "tile-number",
        Severity.LEAK,
        "No number occurs that only denied data hold.",
        "Find out how the value came in, and build again.",
        denied_numbers,
    ),
    Rule(
        "tile-feature",
        Severity.LEAK,
        "No feature has the id of one that may not be shown.",
        "Correct the filter or the audiences of the dataset, and build again.",
        denied_ids,
    ),
    Rule(
        "tile-hidden",
        Severity.LEAK,
        "A tile holds nothing but what the specification knows.",
        "Build the archive again with this tool, which writes nothing else.",
        hidden_bytes,
    ),
)


def close_contours(found: tuple[str, float | None, frozenset[float]]) -> Iterator[Finding]:
    """Contours nearer to one another than the edition's least interval: file, interval, levels in metres."""
    file, interval, levels = found
    ordered = sorted(levels)
    if interval is None or len(ordered) < 2:
        return
    step, low = min((b - a, a) for a, b in pairwise(ordered))
    if step < interval - _MILLIMETRE:
        text = _("contours at {low:g} m and {high:g} m, allowed is every {interval:g} m")
        yield Finding(text.format(low=low, high=low + step, interval=interval), file)


CONTOUR_RULE: Final = Rule(
    "contour-interval",
    Severity.LEAK,
    "Contours are no nearer to one another than the edition allows.",
    "Set the interval of the archive or min_contour_interval_m of the edition, and build again.",
    close_contours,
)
