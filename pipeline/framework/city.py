"""framework.toml: the city, its themes, editions and archives, and the rules of a build."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from pipeline.framework.archive import ArchiveSpec
from pipeline.framework.base import Crs, Id, Model, Text, Zoom, refuse
from pipeline.framework.check_limits import Checks
from pipeline.framework.edition_rules import EditionRule, Override, RuleSettings
from pipeline.framework.raster import RasterLimits
from pipeline.framework.release import ReleaseRules
from pipeline.framework.site import Site
from pipeline.i18n import _
from pipeline.types import Bounds

MAX_LATITUDE = 85.0511287798066  # where Web Mercator's square ends

Share = Literal["unconditional", "conditional", "none"]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _sane_bounds(value: Any) -> Any:
    expected = _("[west, south, east, north] in degrees, west < east, south < north")
    if not isinstance(value, list | tuple) or len(value) != 4 or not all(map(_is_number, value)):
        raise refuse(_("not four numbers"), expected)
    west, south, east, north = value
    if not (-180 <= west <= 180 and -180 <= east <= 180):
        raise refuse(_("a longitude is outside -180…180"), expected)
    if not (-MAX_LATITUDE <= south <= MAX_LATITUDE and -MAX_LATITUDE <= north <= MAX_LATITUDE):
        raise refuse(_("a latitude is outside -85.05…85.05 (are x and y swapped?)"), expected)
    if west >= east or south >= north:
        raise refuse(_("the box is empty"), expected)
    return tuple(value)


def _sane_center(value: Any) -> Any:
    expected = _("[longitude, latitude, zoom] with a zoom of 0…22")
    if not isinstance(value, list | tuple) or len(value) != 3 or not all(map(_is_number, value)):
        raise refuse(_("not three numbers"), expected)
    if not 0 <= value[2] <= 22:
        raise refuse(_("the zoom is outside 0…22"), expected)
    return tuple(value)


def _web_address(value: str) -> str:
    if value and not value.startswith(("http://", "https://")):
        raise refuse(_("not an absolute web address"), _('"" or an address that begins with https:// or http://'))
    if any(c in value for c in "?# "):
        raise refuse(_("an address with a query, a fragment or a blank"), _("the address of a folder"))
    return value


class City(Model):
    """Who the framework describes and how its map opens."""

    code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]+$")]
    name: Text
    platform: Text
    bounds: Annotated[Bounds, BeforeValidator(_sane_bounds)]  # west, south, east, north in degrees
    center: Annotated[tuple[float, float, float], BeforeValidator(_sane_center)]  # lng, lat, zoom
    crs: Crs  # the city's plane CRS, for coordinate read-outs
    attribution: Text
    sample: bool = False  # fictional data: every page and archive says so
    notice: Text | None = None

    @model_validator(mode="after")
    def _center_inside(self) -> City:
        west, south, east, north = self.bounds
        if not (west <= self.center[0] <= east and south <= self.center[1] <= north):
            raise refuse(_("center lies outside bounds"), _("a place inside the city's bounds"))
        return self


class Publish(Model):
    """Where the published folder will be reached, and the number its map review gave it."""

    base_url: Annotated[str, AfterValidator(_web_address)] = ""
    review_number: str = ""  # 审图号; empty means 待审核 on every page
    styles: tuple[str, ...] = ()  # looks of the map, the first as it opens; empty: all that there is data for


class BuildRules(Model):
    """When a build stops because the data is too faulty."""

    max_faults_percent: Annotated[float, Field(ge=0, le=100)] = 5.0  # faults per feature of a dataset


class IntakeRules(Model):
    """When what departments hand in is due."""

    grace_days: Annotated[int, Field(ge=0, le=366)] = 10  # after the end of a period
    since: date | None = None  # periods that ended before are nobody's duty
    utc_offset: Annotated[float, Field(ge=-12, le=14)] = 8.0  # hours; where a day of the ledger's UTC times begins


class Theme(Model):
    """A heading of the layer panel."""

    id: Id
    title: Text


class Services(Model):
    """Tiles as single files, for programs that read no archives: OGC API – Tiles, WMTS, ArcGIS, QGIS, Cesium."""

    archives: Annotated[tuple[Id, ...], Field(min_length=1)]
    max_zoom: Zoom | None = None  # the largest that is copied; none: all that an archive has


class Edition(Model):
    """A view for one audience and the share classes that may enter it."""

    id: Id
    title: Text
    shares: tuple[Literal["unconditional", "conditional"], ...]
    raster: RasterLimits = RasterLimits()
    rules: tuple[EditionRule, ...] = Field(alias="rule", default=())  # of vector datasets
    submissions: bool = False  # whether its status page tells what was handed in, and what is overdue
    double_click: bool = False  # whether it is also written as one page that opens from a disk
    changes: Annotated[int, Field(ge=0, le=12)] = 0  # steps between versions of each dataset that it shows as archives
    change_files: bool = False  # whether these are handed out as features, too, with the coordinates they have
    services: Services | None = None

    @model_validator(mode="after")
    def _nobody_is_late_in_public(self) -> Edition:
        if self.submissions and self.public:
            raise refuse(
                _("a public edition does not tell who is late"),
                _("submissions = true only where shares has conditional"),
            )
        return self

    def rules_of(self, dataset: str) -> tuple[EditionRule, ...]:
        """The rules that apply to a dataset: those that name it and those that name none."""
        return tuple(rule for rule in self.rules if not rule.datasets or dataset in rule.datasets)

    @property
    def public(self) -> bool:
        """Whether public-map rules hold where it says nothing: it is called so, or what has conditions stays out."""
        return self.id == "public" or "conditional" not in self.shares


class FrameworkFile(Model):
    """framework.toml as written."""

    city: City
    publish: Publish = Publish()
    site: Site = Site()
    build: BuildRules = BuildRules()
    intake: IntakeRules = IntakeRules()
    release: ReleaseRules = ReleaseRules()
    checks: Checks = Checks()
    rules: RuleSettings = RuleSettings()
    overrides: tuple[Override, ...] = Field(alias="override", default=())
    themes: tuple[Theme, ...] = Field(alias="theme", default=())
    editions: tuple[Edition, ...] = Field(alias="edition", min_length=1)
    archives: tuple[ArchiveSpec, ...] = Field(alias="archive", default=())
