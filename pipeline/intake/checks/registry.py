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
    reference,
    romanisation,
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
    control.control_rmse,
    network.edge_mismatch,
    attributes.code_unknown,
    attributes.code_not_in_domain,
    attributes.value_type,
    romanisation.pinyin_mismatch,
    divisions.pac_invalid,
    attributes.road_number,
    validity.no_features,
    copies.duplicate_feature,
    fields.duplicate_key,
    fields.key_empty,
    fields.mandatory_empty,
    amounts.count_change,
    amounts.town_empty,
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
