"""Which days are worked: weekends, public holidays and the days worked instead, by a table that people keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, model_validator

from pipeline.framework.base import Model, NonEmpty, refuse
from pipeline.framework.faults import WorkspaceError
from pipeline.framework.read import read_model
from pipeline.i18n import _

TABLE: Final = Path(__file__).parent / "standards" / "workdays-cn.toml"
OWN: Final = "workdays.toml"  # of a workspace
_SATURDAY: Final = 5
_DAY: Final = timedelta(days=1)


class YearTable(Model):
    """The holidays of one year as they were announced."""

    year: Annotated[int, Field(ge=1949, le=2200)]
    off: tuple[date, ...]
    worked: tuple[date, ...] = ()  # days of weekends
    source: NonEmpty
    confirmed: str = ""  # who compared it with the announcement, and when; empty: nobody yet

    @model_validator(mode="after")
    def _of_its_year(self) -> YearTable:
        if odd := [day for day in (*self.off, *self.worked) if day.year != self.year]:
            raise refuse(_("{day} is not in {year}").format(day=odd[0], year=self.year), _("days of that year"))
        if both := sorted(set(self.off) & set(self.worked)):
            raise refuse(_("{day} is off and worked").format(day=both[0]), _("one of the two"))
        return self


class WorkdayTable(Model):
    """standards/workdays-cn.toml and a workspace's workdays.toml."""

    years: tuple[YearTable, ...] = Field(alias="year", default=())


@dataclass(frozen=True, slots=True)
class Workdays:
    """The days that are worked, by year; of years without a table weekends alone are off."""

    years: Mapping[int, YearTable]

    def works(self, day: date) -> bool:
        """Whether a day is worked."""
        table = self.years.get(day.year)
        if table is not None and day in table.off:
            return False
        return day.weekday() < _SATURDAY or (table is not None and day in table.worked)

    def after(self, day: date, count: int) -> date:
        """The last of `count` working days; the first of them is the first one after `day`."""
        while count > 0:
            day += _DAY
            count -= self.works(day)
        return day

    def between(self, day: date, until: date) -> int:
        """How many working days lie after `day`, up to and with `until`; below zero where `until` is before it."""
        if until < day:
            return -self.between(until, day)
        return sum(self.works(day + n * _DAY) for n in range(1, (until - day).days + 1))

    def doubts(self, day: date, until: date) -> tuple[int, ...]:
        """The years from `day` to `until` whose holidays nobody has confirmed, or that have no table."""
        years = range(day.year, until.year + 1)
        return tuple(year for year in years if year not in self.years or not self.years[year].confirmed)


def load_workdays(workspace: Path | None) -> Workdays:
    """The table that comes with the program, its years overridden by the workspace's own file where there is one.

    Raises ConfigError for a file that breaks the rules.
    """
    years: dict[int, YearTable] = {}
    own = workspace / OWN if workspace is not None else None
    for path in (TABLE, *([own] if own is not None and own.exists() else [])):
        source = read_model(path, path.name, WorkdayTable)
        if source.faults:
            raise WorkspaceError(source.faults)
        years |= {table.year: table for table in source.read.years}
    return Workdays(years)
