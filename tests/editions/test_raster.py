"""Which limits of rasters an edition has: its own, else in a public one those of the public-map rules."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.editions import RasterPolicy, raster_policy, told_rules
from pipeline.framework import Edition

STRICT = RasterPolicy(0.5, 50.0, 100.0)


def edition(id: str, *shares: str, **raster: Any) -> Edition:
    return Edition.model_validate(
        {"id": id, "title": {"zh": id, "en": id}, "shares": tuple(shares), "raster": raster}, strict=False
    )


@pytest.mark.parametrize(
    ("id", "shares", "expected"),
    [
        ("public", ("unconditional",), STRICT),
        ("public", ("unconditional", "conditional"), STRICT),  # by its name
        ("enterprises", ("unconditional",), STRICT),  # by what may enter it
        ("enterprises", (), STRICT),
        ("government", ("unconditional", "conditional"), RasterPolicy()),
    ],
)
def test_what_holds_where_an_edition_says_nothing(id: str, shares: tuple[str, ...], expected: RasterPolicy) -> None:
    assert raster_policy(edition(id, *shares)) == expected


def test_what_an_edition_says_holds_and_the_rest_stays() -> None:
    found = raster_policy(edition("public", "unconditional", min_contour_interval_m=20.0))
    assert found == RasterPolicy(0.5, 20.0, 100.0)
    stricter = raster_policy(edition("government", "conditional", min_ground_resolution_m=0.2))
    assert stricter == RasterPolicy(0.2, None, None)


def test_nought_lifts_one_limit() -> None:
    assert raster_policy(edition("public", min_dem_grid_m=0.0)) == RasterPolicy(0.5, 50.0, None)


def test_masks_are_taken_out_unless_they_are_blurred() -> None:
    removed = raster_policy(edition("public", masks="inbox/m.gpkg", blur_m=7.0))
    assert (removed.masks, removed.blur) == ("inbox/m.gpkg", None)
    blurred = raster_policy(edition("public", masks="inbox/m.gpkg", mask_mode="blur"))
    assert blurred.blur == 20.0


def test_the_operator_hears_of_rules_that_hold_unsaid_with_their_documents() -> None:
    told = list(told_rules(edition("public", min_dem_grid_m=0.0)))
    assert len(told) == 2
    assert any("min_contour_interval_m = 50" in each and "2009" in each for each in told)
    assert list(told_rules(edition("government", "conditional"))) == []
