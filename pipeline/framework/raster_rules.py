"""The public-map rules for rasters, as the file that comes along states them: every number with source and date."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from pipeline.framework.base import Model, NonEmpty

RULES_FILE: Final = Path(__file__).parent / "standards" / "raster-rules.toml"


class RasterRule(Model):
    """One number of one document."""

    subject: Literal["ground-resolution", "contour-interval", "dem-grid"]
    key: Literal["min_ground_resolution_m", "min_contour_interval_m", "min_dem_grid_m"]  # of an edition's `raster`
    metres: Annotated[float, Field(gt=0)]
    source: NonEmpty
    date: NonEmpty
    read: Literal["text", "hearsay"]


class RasterRulesFile(Model):
    """standards/raster-rules.toml."""

    version: NonEmpty
    rules: tuple[RasterRule, ...] = Field(alias="rule", min_length=1)

    @property
    def strictest(self) -> Mapping[str, RasterRule]:
        """The rule that holds, by the key of an edition: the largest number, of equal ones the first."""
        found: dict[str, RasterRule] = {}
        for rule in self.rules:
            if rule.key not in found or rule.metres > found[rule.key].metres:
                found[rule.key] = rule
        return found


@lru_cache
def read_raster_rules() -> RasterRulesFile:
    """The rules that come along."""
    data = tomllib.loads(RULES_FILE.read_text("utf-8"))
    return RasterRulesFile.model_validate_json(json.dumps(data), strict=True)
