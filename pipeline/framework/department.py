"""departments/<id>.toml: an owner of datasets, and the datasets."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from pipeline.framework.base import (
    Id,
    Model,
    NonEmpty,
    Plain,
    SourceCrs,
    Text,
    WorkspacePath,
    Zoom,
    inside_workspace,
    refuse,
)
from pipeline.framework.city import Share
from pipeline.framework.release import PublicKeyText
from pipeline.framework.rules import LayerRules
from pipeline.i18n import _

Cycle = Literal["daily", "weekly", "monthly", "quarterly", "half-yearly", "yearly", "irregular"]


def _file_or_database(value: str) -> str:
    """A path below the workspace, or the address of a database without a password: these files are shared."""
    if not is_database(value):
        return inside_workspace(value)
    address, _question, options = value.partition("?")
    user = address.partition("://")[2].rpartition("@")[0]
    if ":" in user or re.search(r"(?:^|&)(?:ssl)?password=", options):
        raise PydanticCustomError(  # the value is not repeated: it holds the password
            "longquan_secret",
            "{text}",
            {
                "text": _("the address of a database with its password"),
                "expected": _("postgresql://USER@HOST/NAME; the password in PGPASSWORD, ~/.pgpass or a service"),
            },
        )
    return value


def is_database(source: str) -> bool:
    """Whether a source is the address of a PostGIS database."""
    return re.match(r"postgres(?:ql)?://", source) is not None


SourceAddress = Annotated[str, AfterValidator(_file_or_database)]


class Contact(Model):
    """Whom to ask."""

    person: Plain = ""
    phone: Plain = ""
    email: Plain = ""


class Coordinates(Model):
    """The columns of a table that hold coordinates."""

    x: NonEmpty
    y: NonEmpty


class JoinOn(Model):
    """The columns that must agree: one of this table, one (by its schema name) of the other dataset."""

    source_field: NonEmpty
    target_field: NonEmpty


class Join(Model):
    """Locates a table without coordinates by exact match on another dataset's points."""

    dataset: Id
    on: JoinOn


class TileRange(LayerRules):
    """The zooms and rules of a dataset that has an archive of its own."""

    max_zoom: Zoom = 14


Band = Annotated[int, Field(ge=1)]


class Stretch(Model):
    """From which to which value pixels become black to white: values, or percentiles of all of them."""

    low: float
    high: float
    percent: bool = False

    @model_validator(mode="after")
    def _a_range(self) -> Stretch:
        if not self.low < self.high or (self.percent and not 0 <= self.low < self.high <= 100):
            raise refuse(_("no range of values"), _("low < high, and 0 ≤ low < high ≤ 100 for percentiles"))
        return self


OF_RASTERS = ("bands", "nodata", "stretch", "vertical_unit", "cutline")
_RASTER_TILES = {"min_zoom", "max_zoom"}


class StyleHint(Model):
    """How the portal may draw a dataset."""

    colour: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")] | None = None
    icon: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]+$")] | None = None


class Dataset(Model):
    """One owned collection of features or pixels."""

    id: Id
    title: Text
    description: Text | None = None
    theme: Id
    kind: Literal["vector", "raster"] = "vector"
    source: SourceAddress = ""  # empty: the latest version that its department handed in
    layer: NonEmpty | None = None
    crs: SourceCrs | None = None
    encoding: NonEmpty | None = None
    coordinates: Coordinates | None = None
    join: Join | None = None
    rules: WorkspacePath | None = None  # which OpenStreetMap objects of the source make which layers
    schema_id: Id | None = Field(alias="schema", default=None)
    key: NonEmpty | None = None
    currency: date  # 现势性
    cycle: Cycle
    licence: NonEmpty
    share: Share
    audiences: tuple[Id, ...] = ()  # deny by default: an edition must be listed
    accuracy_m: Annotated[float, Field(gt=0)] | None = None  # plane accuracy, metres
    scale: Annotated[int, Field(gt=0)] | None = None  # 1 : scale
    interval_m: Annotated[float, Field(gt=0)] | None = None  # of contours
    extent: WorkspacePath | None = None  # a vector file: what was surveyed; without it the features tell
    reach: Annotated[int, Field(ge=0, le=64)] | None = None  # grid cells that a feature covers around itself
    lineage: Text | None = None
    bands: Annotated[tuple[Band, ...], Field(min_length=1, max_length=4)] | None = None
    nodata: float | None = None  # the value that means nothing, instead of the file's own
    stretch: Stretch | None = None
    vertical_unit: NonEmpty | None = None  # of heights, instead of what the file names
    cutline: WorkspacePath | None = None  # a vector file: only what lies inside its areas is shown
    tiles: TileRange = TileRange()
    style: StyleHint = StyleHint()

    @model_validator(mode="after")
    def _one_way_to_a_place(self) -> Dataset:
        if self.coordinates and self.join:
            raise refuse(_("coordinates and join exclude each other"), _("one of the two"))
        if self.kind == "raster" and (self.coordinates or self.join or self.key or self.rules):
            raise refuse(
                _("a raster dataset has no coordinates, join, key or rules"), _("kind = vector, or none of the four")
            )
        if self.kind == "vector" and (odd := [key for key in OF_RASTERS if getattr(self, key) is not None]):
            raise refuse(_("only raster datasets have {keys}").format(keys=", ".join(odd)), _('kind = "raster"'))
        if self.kind == "raster" and is_database(self.source):
            raise refuse(_("a raster dataset is no layer of a database"), _("a file or folder of rasters"))
        if self.kind == "raster" and self.crs in ("GCJ-02", "BD-09"):
            raise refuse(_("displaced rasters cannot be moved back"), _("a raster in a plain CRS, as EPSG:4549"))
        if self.kind == "raster" and (odd := sorted(self.tiles.model_fields_set - _RASTER_TILES)):
            raise refuse(
                _("tiles of a raster dataset cannot have {keys}").format(keys=", ".join(odd)),
                _("min_zoom and max_zoom; more in an [[archive]] with datasets = [ … ]"),
            )
        if is_database(self.source) and self.layer is None:
            raise refuse(_("a database without a layer"), _('layer = "schema.table"'))
        return self

    @property
    def handed_in(self) -> bool:
        """Whether it is what its department handed in, kept in the store, rather than a source that lies elsewhere."""
        return not self.source

    @property
    def schema_name(self) -> str:
        """The schema that describes its fields: the one it names, else its own."""
        return self.schema_id or self.id


class Department(Model):
    """departments/<id>.toml; the id is the stem of its file."""

    id: Id
    name: Text
    contact: Contact = Contact()
    calendar: Literal["monthly", "quarterly", "yearly"]
    public_key: PublicKeyText | None = None  # with which it signs what of a release is made of its datasets alone
    datasets: tuple[Dataset, ...] = Field(alias="dataset", default=())
