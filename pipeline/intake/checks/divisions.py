"""属性精度: administrative codes (PAC, GB/T 2260) that were in force on the data's date."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from pipeline.framework.check_tables import Divisions, divisions, field_roles
from pipeline.intake.checks.attributes import no_column
from pipeline.intake.checks.layer import Layer
from pipeline.intake.checks.message import lazy as _
from pipeline.intake.checks.report import PLACES
from pipeline.intake.checks.rule import Found, Outcome, Skipped, rule
from pipeline.intake.checks.subject import Subject
from pipeline.intake.checks.values import quoted, remarks, rows_where


@rule("pac-invalid", "attributes", "B", lambda: _("Administrative codes are valid at the data's date"))
def pac_invalid(layer: Layer, subject: Subject) -> Outcome:
    """6 digits of GB/T 2260, 9 with a town's, 12 with a village's."""
    column = layer.role("PAC")
    if column is None:
        return Skipped(no_column("PAC"))
    day = subject.currency or subject.as_of
    texts, table = layer.texts(column), divisions()
    city = subject.city.code if subject.city is not None else None

    def bad(codes: Sequence[str]) -> Sequence[bool]:
        return [not is_valid(code, day, table, city) for code in codes]

    rows = rows_where(texts, bad)
    if not len(rows):
        return None
    return Found(
        _("{n} administrative codes were not valid on {day}: {values}.").format(
            n=len(rows), day=day.isoformat(), values=quoted(texts, rows)
        ),
        _("use the codes of GB/T 2260 as of that day, with three more digits for a town and three for a village"),
        rows=rows,
        remarks=remarks(texts, rows, column, PLACES),
    )


def is_valid(code: str, day: date, table: Divisions, city: str | None = None) -> bool:
    """Whether a code was in force; `city` is valid in any case, since a framework declares it.

    Of prefectures that the table does not know, only the province is looked at.
    """
    if not re.fullmatch(field_roles().role("PAC").pattern or "", code):
        return False
    county = code[:6]
    if county == city:
        return True
    known = [division for division in table.divisions if division.code == county]
    if known:
        return any(division.in_force(day) for division in known)
    if code[:2] not in table.provinces:
        return False
    return not any(division.code[:4] == county[:4] for division in table.divisions)
