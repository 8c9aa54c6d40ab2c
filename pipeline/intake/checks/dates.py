"""时间精度: there is a date, it is not in the future, and it is newer than the last."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.intake.checks.amounts import no_previous
from pipeline.intake.checks.layer import Layer, Rows
from pipeline.intake.checks.message import Message
from pipeline.intake.checks.message import lazy as _
from pipeline.intake.checks.report import PLACES
from pipeline.intake.checks.rule import Found, Outcome, Skipped, rule
from pipeline.intake.checks.subject import Subject
from pipeline.intake.checks.values import flags, quoted, remarks
from pipeline.sources.arrow import whole


@rule("date-missing", "time", "C", lambda: _("The data's date is known"))
def date_missing(layer: Layer, subject: Subject) -> Outcome:
    """现势性: of the package, of the dataset, or in a field of dates."""
    if subject.currency is not None:
        return None
    if any(field.type == "date" and layer.field(field) is not None for field in layer.schema or ()):
        return None
    return Found(
        _("Nothing says of which date the data is."),
        _("hand it in as a package with its currency date: longquan pack"),
    )


@rule("date-future", "time", "B", lambda: _("No date lies in the future"))
def date_future(layer: Layer, subject: Subject) -> Outcome:
    """The currency date, and every value of a field of dates, is not after the day of the check."""
    day = subject.as_of.isoformat()
    rows: list[Rows] = []
    told: list[str] = []
    why: list[str] = []
    early = 0
    if subject.currency is not None and subject.currency > subject.as_of:
        told.append(str(subject.currency))
        early = 1
    fields = [field for field in layer.schema or () if field.type == "date" and layer.field(field) is not None]
    if subject.currency is None and not fields:
        return Skipped(_("there are no dates"))
    for field in fields:
        from pipeline.editions.cast import cast

        column = layer.field(field)
        assert column is not None
        texts = whole(cast(column, "date")[0])
        found = np.flatnonzero(flags(pc.greater(texts, pa.scalar(day, pa.large_string()))))
        if len(found):
            rows.append(found)
            told.append(f"{field.column} {len(found)} ({quoted(texts, found)})")
            why += remarks(texts, found, field.column, PLACES)
    if not told:
        return None
    together = np.concatenate(rows) if rows else None
    return Found(
        _("Dates lie after {day}: {dates}.").format(day=day, dates="; ".join(told)),
        _("correct them; plans belong into a field of their own"),
        rows=together,
        remarks=tuple(why[:PLACES]),
        count=early + (len(together) if together is not None else 0),
    )


@rule("date-not-newer", "time", "B", lambda: _("The data is newer than the last version"))
def date_not_newer(layer: Layer, subject: Subject) -> Outcome:
    """The same date as last time is no update."""
    if subject.previous_currency is None:
        return Skipped(no_previous())
    if subject.currency is None:
        return Skipped(_no_date())
    if subject.currency > subject.previous_currency:
        return None
    return Found(
        _("The data is of {date}, the last version of {before}.").format(
            date=subject.currency.isoformat(), before=subject.previous_currency.isoformat()
        ),
        _("correct the currency date; if nothing has changed, hand in a nil return (零报告)"),
    )


def _no_date() -> Message:
    return _("the data's date is not known")
