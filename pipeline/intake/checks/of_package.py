"""A whole package: is it sound as a package, and what do the rules say of its data?"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipeline.errors import InputError
from pipeline.framework.package import PACKAGE_FILE, declared_classification
from pipeline.intake.admission import admission_faults, marked_secret, package_faults, secrecy_fault
from pipeline.intake.checks.known import with_workspace
from pipeline.intake.checks.message import Message, verbatim
from pipeline.intake.checks.message import lazy as _
from pipeline.intake.checks.report import Finding, Report, RuleResult
from pipeline.intake.checks.run import check_rasters, check_source, unchecked
from pipeline.intake.checks.score import grade_of, score_of, unit_products
from pipeline.intake.checks.subject import Subject, subject_of
from pipeline.intake.container import Container, PackageFault, look_into
from pipeline.intake.convert import read_options, vector_source
from pipeline.intake.unpack import unpack
from pipeline.progress import Progress
from pipeline.sources.options import ReadOptions

if TYPE_CHECKING:
    from pipeline.framework.package import Package
    from pipeline.framework.workspace import Framework

RULE: Final = "package"
_TOLD: Final = 6  # faults that a sentence names
_TOML: Final = 1 << 20  # bytes of a package.toml that are looked at


def is_package(path: Path) -> bool:
    """Whether a folder or zip holds a package.toml. Raises InputError for a zip that cannot be opened."""
    if path.is_dir():
        return (path / PACKAGE_FILE).is_file()
    return path.suffix.lower() == ".zip" and path.is_file() and look_into(path).get(PACKAGE_FILE) is not None


def check_package(path: Path, framework: Framework | None, base: Subject, progress: Progress) -> Report:
    """Look at a package as `submit` would, without a store: nothing is kept of it.

    `base` knows the day and what was said on the command line; of a dataset that `framework` knows, the rest comes from
    there. What is classified is not unpacked. Raises InputError where there is no package to read.
    """
    container = look_into(path)
    if (fault := _unseen(container)) is not None:
        return _with_faults(unchecked(path.name, base, _not_opened()), (fault,), base)
    with tempfile.TemporaryDirectory(prefix="longquan-check-") as scratch:
        unpacked = unpack(container, Path(scratch), progress=progress)
        package = unpacked.package
        if package is None:
            return _with_faults(unchecked(path.name, base, _not_opened()), unpacked.faults, base)
        day = base.as_of
        known = admission_faults(framework, package, day) if framework is not None else package_faults(package, day)
        faults = (*unpacked.faults, *known)
        subject = _subject(framework, package, base)
        report = _checked(package, Path(scratch), subject, progress)
        return _with_faults(replace(report, source=f"{path.name}, {report.source}"), faults, subject)


def _checked(package: Package, folder: Path, subject: Subject, progress: Progress) -> Report:
    if package.nil:
        return unchecked(PACKAGE_FILE, subject, _("a nil return has no data"))
    if subject.dataset is not None and subject.dataset.kind == "raster":
        sources = [folder / name for name in package.data]
        if (absent := next((source for source in sources if not source.exists()), None)) is not None:
            return unchecked(absent.name, subject, _("the file is not in the package"))
        return check_rasters(sources, subject, progress)
    try:
        source = vector_source(package, folder)
    except InputError as error:
        return unchecked(PACKAGE_FILE, subject, verbatim(error.message))
    if not source.exists():
        return unchecked(source.name, subject, _("the file is not in the package"))
    return check_source(source, subject, progress)


def _subject(framework: Framework | None, package: Package, base: Subject) -> Subject:
    """What is known of a package: what it says itself counts most, then the workspace, then the command line."""
    known = {dataset.id for _owner, dataset in framework.datasets} if framework is not None else set()
    base = with_workspace(framework, package.dataset, base)
    if framework is None or package.dataset not in known:
        coordinates = package.coordinates
        read = ReadOptions(
            layer=package.layer or base.read.layer,
            crs=package.crs or base.read.crs,
            encoding=package.encoding or base.read.encoding,
            x=coordinates.x if coordinates else base.read.x,
            y=coordinates.y if coordinates else base.read.y,
        )
        return replace(base, package=package, read=read)
    subject = subject_of(
        framework,
        package.dataset,
        base.as_of,
        package=package,
        previous=base.previous,
        previous_currency=base.previous_currency,
        siblings=base.siblings,
        control=base.control,
    )
    _owner, dataset = framework.dataset(package.dataset)
    return replace(
        subject,
        read=read_options(package, dataset, framework.root),
        read_control=base.read_control,
        schema=base.schema or subject.schema,
    )


def _unseen(container: Container) -> PackageFault | None:
    """Why nothing of a package may be unpacked; None where it may."""
    if container.faults:
        return container.faults[0]
    member = container.get(PACKAGE_FILE)
    said = b""
    if member is not None:
        try:
            with container.opened() as opened, opened(member) as file:
                said = file.read(_TOML)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
            return None  # unpacking tells
    return secrecy_fault(declared_classification(said)) or marked_secret(member.name for member in container.members)


def _with_faults(report: Report, faults: Sequence[PackageFault], subject: Subject) -> Report:
    """The report with what is wrong with the package as such, before all else."""
    title = _("The package is sound")
    result = RuleResult(RULE, "attachments", "A", title, "failed" if faults else "passed", len(faults))
    findings = report.findings
    if faults:
        told = [f"{fault.name}: {fault.message}" if fault.name else fault.message for fault in faults]
        finding = Finding(
            rule=RULE,
            element="attachments",
            severity="A",
            count=len(faults),
            title=title,
            words=verbatim("; ".join(told[:_TOLD]) + (" …" if len(told) > _TOLD else "")),
            advice=_("put package.toml right, and make the package anew with longquan pack"),
        )
        findings = tuple(sorted((finding, *report.findings), key=lambda each: each.severity))
    score = score_of(findings, unit_products(report.features, report.sheets, subject.limits.unit))
    return replace(
        report, rules=(result, *report.rules), findings=findings, score=score, grade=grade_of(score, findings)
    )


def _not_opened() -> Message:
    return _("the package was not opened")
