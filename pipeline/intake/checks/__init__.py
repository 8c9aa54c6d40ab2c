"""The quality report: one source, what is known of it, and a rule for every quality element (GB/T 18316, 24356)."""

from __future__ import annotations

from pipeline.intake.checks.map_of_faults import write_gpkg
from pipeline.intake.checks.page import report_html
from pipeline.intake.checks.report import Finding, Report, RuleResult, report_json
from pipeline.intake.checks.run import check_rasters, check_source
from pipeline.intake.checks.subject import Subject, subject_of

__all__ = [
    "Finding",
    "Report",
    "RuleResult",
    "Subject",
    "check_rasters",
    "check_source",
    "report_html",
    "report_json",
    "subject_of",
    "write_gpkg",
]
