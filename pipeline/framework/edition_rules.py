"""What an edition takes from vector datasets, what a person has confirmed, and what is let through with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from pipeline.framework.base import Id, Model, NonEmpty, WorkspacePath, Zoom, refuse
from pipeline.framework.filter import Filter, compile_filter
from pipeline.framework.rules import FilterText, Names
from pipeline.i18n import _

FIELD_RULE: Final = "forbidden-field"
BREAKABLE: Final = (  # what the gate judges by, and an override may name
    "mapped-area",
    "secret-contours",
    "plane-accuracy",
    "contour-interval",
    "dem-grid",
    "ground-resolution",
    FIELD_RULE,
    "forbidden-dataset",
)
_SINGLE: Final = ("fields", "where", "interval")  # they name fields, so they need to know whose


class IntervalRule(Model):
    """Contours: only features whose height is a multiple."""

    field: NonEmpty
    metres: Annotated[float, Field(ge=0.001, le=10_000)]


class EditionRule(Model):
    """One ``[[edition.rule]]``: all rules that name a dataset apply to it, and those that name none."""

    datasets: tuple[Id, ...] = ()  # none: every vector dataset
    show: bool = True  # false: it stays out
    fields: Names | None = None  # only these
    where: FilterText | None = None  # only features that pass; it may look at fields that are not shown
    max_zoom: Zoom | None = None
    grid_m: Annotated[float, Field(gt=0, le=100_000)] | None = None  # coordinates are rounded to a grid of this
    interval: IntervalRule | None = None
    masks: WorkspacePath | None = None  # a vector file: what lies inside its areas is not shown
    mask_mode: Literal["remove", "cut"] = "remove"  # whole features, or the part of them inside

    @model_validator(mode="after")
    def _says_what_it_means(self) -> EditionRule:
        if not self.datasets and (odd := [key for key in _SINGLE if getattr(self, key) is not None]):
            raise refuse(_("{keys}: of which dataset?").format(keys=", ".join(odd)), _('datasets = ["…"]'))
        if not self.datasets and not self.show:
            raise refuse(_("every dataset would stay out"), _('datasets = ["…"]'))
        if self.model_fields_set <= {"datasets"}:
            raise refuse(
                _("the rule does nothing"), ", ".join(name for name in EditionRule.model_fields if name != "datasets")
            )
        if self.masks is None and "mask_mode" in self.model_fields_set:
            raise refuse(_("it does not say what is masked"), _("masks = a vector file of areas, or neither key"))
        if (found := self.filter) and found.uses_zoom:
            raise refuse(_("what stays out stays out at every zoom"), _("a filter without zoom"))
        return self

    @property
    def filter(self) -> Filter | None:
        """`where`, read."""
        return compile_filter(self.where) if self.where else None


class Confirmed(Model):
    """A number of the rule file that a person has compared with the document in force."""

    value: Annotated[float, Field(gt=0)]
    by: NonEmpty
    date: date
    document: NonEmpty


class RuleSettings(Model):
    """The table ``[rules]``."""

    confirmed: Mapping[Id, Confirmed] = Field(default_factory=dict)


class Override(Model):
    """Something that breaks a rule and is let through all the same: by whom and why."""

    rule: Id
    dataset: Id
    reason: Annotated[str, Field(min_length=4)]
    by: NonEmpty
    date: date
    field: NonEmpty | None = None  # of a rule about fields: which one
    edition: Id | None = None  # none: in every edition
