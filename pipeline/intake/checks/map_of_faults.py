"""The faults of a report as a GeoPackage: where each is, and what is there."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import shapely

from pipeline.i18n import language
from pipeline.intake.checks.report import Finding, Report
from pipeline.sources.geopackage_write import FeatureTable, write_geopackage

# Severity → colour: red, orange, amber, grey-blue; told apart in grey by their sizes, too.
COLOURS: Final = {"A": "#b3261e", "B": "#d9730d", "C": "#b58900", "D": "#5b7083"}
SIZES: Final = {"A": 4.2, "B": 3.4, "C": 2.8, "D": 2.2}  # millimetres


def write_gpkg(report: Report, path: Path) -> None:
    """Write the places of all faults: layer "faults" as points, styled by severity, layer "shapes" as what they are.

    Coordinates are longitude and latitude in CGCS2000 (EPSG:4490). A report without a place gives empty layers. Raises
    OutputError.
    """
    placed = [finding for finding in report.findings if finding.geometry is not None and len(finding.geometry)]
    none = np.empty(0, object)
    shapes = np.concatenate([f.geometry for f in placed if f.geometry is not None]) if placed else none
    # A place on it, not its middle: a horseshoe's middle is another's land.
    points = np.asarray(shapely.point_on_surface(shapes), object) if len(shapes) else none
    fields = _fields(placed)
    write_geopackage(
        path,
        [
            FeatureTable("faults", "Point", points, fields, _style()),
            FeatureTable("shapes", "Unknown", shapes, fields),
        ],
        "EPSG:4490",
        report.as_of,
    )


def _fields(placed: list[Finding]) -> dict[str, list[str]]:
    spoken = language()
    columns: dict[str, list[str]] = {
        name: [] for name in ("severity", "rule", "title", "feature", "remark", "suggestion")
    }
    for finding in placed:
        for label in finding.labels:
            columns["severity"].append(finding.severity)
            columns["rule"].append(finding.rule)
            columns["title"].append(finding.title.said(spoken))
            columns["feature"].append(str(label.feature))
            columns["remark"].append(label._replace(feature="").said(spoken))
            columns["suggestion"].append(finding.suggestion)
    return columns


def _style() -> str:
    """QGIS's style: a filled circle for each severity."""
    categories = "".join(
        f'<category value="{severity}" label="{severity}" symbol="{at}" render="true"/>'
        for at, severity in enumerate(COLOURS)
    )
    symbols = "".join(
        f'<symbol type="marker" name="{at}" alpha="1" clip_to_extent="1">'
        f'<layer class="SimpleMarker" enabled="1" pass="0">'
        f'<Option type="Map"><Option name="name" type="QString" value="circle"/>'
        f'<Option name="color" type="QString" value="{_rgb(colour)}"/>'
        f'<Option name="outline_color" type="QString" value="255,255,255,255"/>'
        f'<Option name="size" type="QString" value="{SIZES[severity]}"/></Option></layer></symbol>'
        for at, (severity, colour) in enumerate(COLOURS.items())
    )
    return (
        '<!DOCTYPE qgis PUBLIC "http://mrcc.com/qgis.dtd" "SYSTEM"><qgis version="3.28" styleCategories="Symbology">'
        f'<renderer-v2 type="categorizedSymbol" attr="severity"><categories>{categories}</categories>'
        f"<symbols>{symbols}</symbols></renderer-v2></qgis>"
    )


def _rgb(colour: str) -> str:
    return ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5)) + ",255"
