"""``[checks]`` of framework.toml: how exact data has to be, for all datasets and for single ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from pipeline.framework.base import Id, Model, NonEmpty

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Percent = Annotated[float, Field(ge=0, le=100)]


class CheckLimits(Model):
    """Tolerances of the checks of one dataset; metres and square metres on the ground."""

    unit: Annotated[int, Field(ge=1)] = 1000  # features that count as one unit product (单位成果) in the score
    outside_m: NotNegative = 2000.0  # features may reach this far beyond the city's bounds
    rmse_m: Positive | None = None  # of check points; None: the accuracy that the dataset declares
    edge_m: Positive = 5.0  # lines that end this close to a border must be continued beyond it
    join_m: NotNegative = 0.05  # ends that lie this close together meet
    dangle_m: Positive = 1.0  # an end this close to another line without meeting it is a dangle
    count_percent: Percent = 10.0  # features may grow or shrink by this much from one version to the next
    overlap_m2: NotNegative = 1.0  # overlaps of a coverage smaller than this are of rounding
    gap_m2: NotNegative = 1.0  # likewise its gaps
    gap_up_to_m2: Positive = 1e6  # larger gaps are meant: another city's land inside, a lake that is another dataset's
    sliver_m2: NotNegative = 50.0  # thin areas smaller than this are slivers
    sliver_thinness: Annotated[float, Field(ge=0, le=1)] = 0.1  # 4π·area/perimeter² of a thin area; a circle has 1
    smallest_mm: NotNegative = 0.2  # areas and lines shorter than this at the declared scale cannot be drawn
    label_m: NotNegative = 20.0  # features of the same name and kind this close to one another are labelled twice
    resolution_m: Positive | None = None  # a pixel may measure so much; None: what the declared scale asks for
    lowest_m: float = -500.0  # heights below are none
    highest_m: float = 9000.0  # nor above
    spike_m: Positive | None = None  # in units of the values; None: what 80° make of a pixel's width, 10 at least
    key: NonEmpty | None = None  # of the dataset, where it is checked without a workspace
    coverage: bool | None = None  # areas that share borders without gap or overlap; None: by the name of the layer
    network: bool | None = None  # lines that are joined at their ends; None: by the name of the layer
    everywhere: bool | None = None  # every town has such features; None: by the name of the layer
    skip: Mapping[str, NonEmpty] = {}  # rule → why it does not apply here


class Checks(CheckLimits):
    """``[checks]`` as written: tolerances for all datasets, and those of single ones that differ."""

    dataset: Mapping[Id, CheckLimits] = {}

    def of(self, id: str) -> CheckLimits:
        """The tolerances of a dataset."""
        common = {name: getattr(self, name) for name in CheckLimits.model_fields}
        own = self.dataset.get(id)
        if own is not None:
            common |= {name: getattr(own, name) for name in own.model_fields_set}
        return CheckLimits(**common)
