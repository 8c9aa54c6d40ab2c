"""Every rule, in the order in which reports show them."""

from __future__ import annotations

from typing import Final

from pipeline.intake.checks import (
    amounts,
    attachments,
    attributes,
    border_lines,
    control,
    copies,
    coverage,
    dates,
    divisions,
    drawing,
    fields,
    network,
    pixel_values,
    reference,
    romanisation,
    sheets,
    texts,
    validity,
    web_map,
)
from pipeline.intake.checks.message import Message
from pipeline.intake.checks.message import lazy as _
from pipeline.intake.checks.rule import Rule


def unread() -> Message:
    """Why no other rule is applied to what cannot be read."""
    return _("the source could not be read")


def of_pixels() -> Message:
    """Why rules on features do not apply to rasters."""
    return _("the dataset has pixels, no features")


# What reading itself finds: damaged files, unknown formats, texts in no encoding.
UNREADABLE: Final = Rule(
    "unreadable", "logic", "A", lambda: _("The file can be read as a whole"), lambda _layer, _subject: None
)

RULES: Final[tuple[Rule, ...]] = (
    reference.crs_missing,
    reference.crs_unknown,
    reference.crs_contradicted,
    reference.axes_swapped,
    reference.displaced,
    web_map.gcj02_suspected,
    reference.elsewhere,
    reference.outside_city,
    sheets.raster_crs,
    control.control_rmse,
    network.edge_mismatch,
    sheets.raster_resolution,
    sheets.raster_alignment,
    attributes.code_unknown,
    attributes.code_not_in_domain,
    attributes.value_type,
    romanisation.pinyin_mismatch,
    divisions.pac_invalid,
    attributes.road_number,
    pixel_values.raster_heights,
    pixel_values.raster_spikes,
    validity.no_features,
    copies.duplicate_feature,
    fields.duplicate_key,
    fields.key_empty,
    fields.mandatory_empty,
    amounts.count_change,
    amounts.town_empty,
    pixel_values.raster_empty,
    pixel_values.raster_sheet_empty,
    pixel_values.raster_flat,
    fields.field_missing,
    fields.field_absent,
    fields.field_unknown,
    drawing.geometry_kind,
    drawing.geometry_mixed,
    validity.geometry_missing,
    validity.geometry_curved,
    validity.geometry_invalid,
    coverage.coverage_overlap,
    coverage.coverage_gap,
    border_lines.border_lines,
    network.dangle,
    texts.mojibake,
    texts.lost_characters,
    sheets.raster_size,
    sheets.raster_mixed,
    pixel_values.raster_nodata,
    dates.date_missing,
    dates.date_future,
    dates.date_not_newer,
    drawing.sliver,
    drawing.too_small,
    drawing.duplicate_label,
    attachments.contact_missing,
    attachments.licence_missing,
    attachments.lineage_missing,
    attachments.metadata_incomplete,
)

# Those on pixels, which reports on features do not even mention.
OF_PIXELS: Final = frozenset(
    rule.id for module in (sheets, pixel_values) for rule in vars(module).values() if isinstance(rule, Rule)
)


def rules_for(pixels: bool) -> tuple[Rule, ...]:
    """The rules that a report on rasters, or one on features, tells of."""
    return RULES if pixels else tuple(rule for rule in RULES if rule.id not in OF_PIXELS)
