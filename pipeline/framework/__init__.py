"""The model of a city: framework.toml, departments/*.toml and schemas/*.toml, read, checked and put together."""

from __future__ import annotations

from pipeline.framework.applications import Application, Pin, pinned_files
from pipeline.framework.archive import ArchiveSpec, LayerSpec
from pipeline.framework.base import Text
from pipeline.framework.city import BuildRules, City, Edition, IntakeRules, Publish, Theme
from pipeline.framework.department import Contact, Coordinates, Dataset, Department, Join, StyleHint, TileRange
from pipeline.framework.faults import Fault, WorkspaceError, did_you_mean
from pipeline.framework.period import Period, parse_period, period_at
from pipeline.framework.raster import RasterChoices, RasterLimits
from pipeline.framework.raster_rules import RasterRule, read_raster_rules
from pipeline.framework.rules import ClusterRule, LayerRules, NamedRules, RulesFile, Where, ZoomBy
from pipeline.framework.schema import Schema, SchemaField
from pipeline.framework.workspace import Framework, load_workspace

__all__ = [
    "Application",
    "ArchiveSpec",
    "BuildRules",
    "City",
    "ClusterRule",
    "Contact",
    "Coordinates",
    "Dataset",
    "Department",
    "Edition",
    "Fault",
    "Framework",
    "IntakeRules",
    "Join",
    "LayerRules",
    "LayerSpec",
    "NamedRules",
    "Period",
    "Pin",
    "Publish",
    "RasterChoices",
    "RasterLimits",
    "RasterRule",
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
    "parse_period",
    "period_at",
    "pinned_files",
    "read_raster_rules",
]
