"""The model of a city: framework.toml, departments/*.toml and schemas/*.toml, read, checked and put together."""

from __future__ import annotations

from pipeline.framework.applications import Application, Pin, pinned_files
from pipeline.framework.archive import ArchiveSpec, LayerSpec
from pipeline.framework.base import Text
from pipeline.framework.city import BuildRules, City, Edition, IntakeRules, Publish, Theme
from pipeline.framework.department import Contact, Coordinates, Dataset, Department, Join, StyleHint, TileRange
from pipeline.framework.edition_rules import Confirmed, EditionRule, Override
from pipeline.framework.faults import Fault, WorkspaceError, did_you_mean
from pipeline.framework.map_rules import MapRules, Number, numbers_in_force, read_map_rules
from pipeline.framework.period import Period, parse_period, period_at
from pipeline.framework.raster import RasterChoices, RasterLimits
from pipeline.framework.release import ReleaseRules
from pipeline.framework.rules import ClusterRule, LayerRules, NamedRules, RulesFile, Where, ZoomBy
from pipeline.framework.schema import Schema, SchemaField
from pipeline.framework.workspace import Framework, load_workspace

__all__ = [
    "Application",
    "ArchiveSpec",
    "BuildRules",
    "City",
    "ClusterRule",
    "Confirmed",
    "Contact",
    "Coordinates",
    "Dataset",
    "Department",
    "Edition",
    "EditionRule",
    "Fault",
    "Framework",
    "IntakeRules",
    "Join",
    "LayerRules",
    "LayerSpec",
    "MapRules",
    "NamedRules",
    "Number",
    "Override",
    "Period",
    "Pin",
    "Publish",
    "RasterChoices",
    "RasterLimits",
    "ReleaseRules",
    "RulesFile",
    "Schema",
    "SchemaField",
    "StyleHint",
    "Text",
    "Theme",
    "TileRange",
    "Where",
    "WorkspaceError",
    "ZoomBy",
    "did_you_mean",
    "load_workspace",
    "numbers_in_force",
    "parse_period",
    "period_at",
    "pinned_files",
    "read_map_rules",
]
