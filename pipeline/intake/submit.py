"""Hand a package in: a new version in the store, a nil return in the ledger, or refused with the reasons.

What is classified is refused before a byte of it is copied. All else is copied first, so that nothing can change while
it is looked at. Work is done without a lock; only the last step, which takes a moment, waits for others.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from pipeline.archive.staging import StagedFile
from pipeline.errors import InputError
from pipeline.framework import Framework
from pipeline.framework.package import PACKAGE_FILE, Package, declared_classification
from pipeline.i18n import _
from pipeline.intake.acceptance import NIL, History, accept, changing, history, last_refusal, taken
from pipeline.intake.admission import MARKED, POLICY, admission_faults, marked_secret, secrecy_fault
from pipeline.intake.checks.report import report_json
from pipeline.intake.container import Container, PackageFault, look_into
from pipeline.intake.convert import (
    Converted,
    convert_features,
    convert_rasters,
    read_options,
    refuse_strange,
    refuse_strange_rasters,
    vector_source,
)
from pipeline.intake.incoming import incoming
from pipeline.intake.json_file import write_json
from pipeline.intake.ledger import Entry, append
from pipeline.intake.origin import PACKAGE
from pipeline.intake.refusal import (
    Refusal,
    deciding,
    faults_of,
    place_of,
    refuse,
    said_in,
    sentence_of,
    write_pages,
)
from pipeline.intake.siblings import Siblings
from pipeline.intake.store import REPORT_FILE, STORE, StoredVersion, latest, source_of
from pipeline.intake.unpack import Unpacked, claimed_identity, unpack
from pipeline.progress import Progress, Silent

if TYPE_CHECKING:
    from pipeline.intake.checks import Report

Outcome = Literal["accepted", "nil", "refused", "known"]
_TOML: Final = 1 << 20  # bytes of a package.toml that are looked at


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of one package."""

    name: str  # of its folder or zip
    outcome: Outcome  # known: it was accepted before, and nothing was done
    sha256: str
    dataset: str | None = None
    department: str | None = None
    period: str | None = None
    version: str | None = None
    folder: Path | None = None  # in the store, or in inbox/refused/
    features: int | None = None
    score: float | None = None
    reason: str | None = None  # slug, where it was refused
    faults: tuple[PackageFault, ...] = ()
    report: Report | None = None  # of the checks, where they ran

    @property
    def exit_code(self) -> int:
        """0 where the package is in, 3 where a rule of the platform forbids it, 1 where it is faulty."""
        if self.outcome != "refused":
            return 0
        return 3 if self.reason in POLICY else 1


def submit(
    framework: Framework, package: Path | Container, now: datetime, progress: Progress | None = None
) -> Submission:
    """Hand in a package, a folder or a zip or what was found in a drop, at the moment `now` (with its zone).

    The same package once more changes nothing. Raises InputError where there is no package to read, OutputError where
    nothing can be written; then nothing was decided.
    """
    if now.tzinfo is None:
        raise ValueError("now has no time zone")
    if isinstance(package, Path) and package.is_file() and not _may_be_zip(package):
        raise InputError(
            _("This is no package, but a file."),
            where=str(package),
            expected=_("a folder or a zip with package.toml"),
            hint=_("make one of it: longquan pack {name} --dataset …").format(name=package.name),
        )
    container = package if isinstance(package, Container) else look_into(package)
    return _Work(framework, container, now, progress or Silent()).done()


def _may_be_zip(path: Path) -> bool:
    """Also one that is damaged, of which nobody knows what it holds."""
    if path.suffix.lower() == ".zip":
        return True
    with path.open("rb") as file:
        return file.read(2) == b"PK"


@dataclass(frozen=True, slots=True)
class _Work:
    framework: Framework
    container: Container
    now: datetime
    progress: Progress

    @property
    def root(self) -> Path:
        return self.framework.root

    def done(self) -> Submission:
        """Everything from the first look to the last line of the ledger."""
        said = self._package_text()
        if (unseen := self._unseen(said)) is not None:
            return self._refuse_unseen(said, unseen)
        if (claimed := claimed_identity(self.container)) is not None:
            with changing(self.root, self.progress):
                entry = taken(self.root, claimed)
            if (known := self._known(claimed, entry)) is not None:
                return known  # before it is copied: a drop is full of packages that were taken
        with incoming(self.root, self.progress) as work:
            folder = work / PACKAGE
            folder.mkdir()
            unpacked = unpack(self.container, folder, progress=self.progress)
            if (secret := self._secret(unpacked)) is not None:
                return self._refuse_unseen(said, secret, unpacked.sha256)
            if unpacked.package is None:
                return self._refuse(work, unpacked, unpacked.faults)
            package = unpacked.package
            faults = (*unpacked.faults, *admission_faults(self.framework, package, self.now.date()))
            past = history(self.root, unpacked.sha256, package.dataset, package.period)
            if past.purged:
                text = _("this very package was removed from the store for good and may not come back")
                return self._refuse_unseen(said, PackageFault("purged", "", text), unpacked.sha256)
            if (known := self._known(unpacked.sha256, past.taken)) is not None:
                return known
            if faults:
                return self._refuse(work, unpacked, faults)
            if package.nil:
                return self._take_nil(work, unpacked, package)
            return self._take_data(work, unpacked, package)

    def _package_text(self) -> bytes | None:
        """The bytes of package.toml; None where they cannot be had."""
        member = self.container.get(PACKAGE_FILE)
        if member is None:
            return None
        try:
            with self.container.opened() as opened, opened(member) as file:
                return file.read(_TOML)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError):
            return None

    def _unseen(self, said: bytes | None) -> PackageFault | None:
        """Why nothing of the package may be copied; None where it may."""
        if said is None:
            if self.container.faults:
                return self.container.faults[0]
            return PackageFault("no-package-file", PACKAGE_FILE, _("the file is missing; longquan pack writes it"))
        secret = secrecy_fault(declared_classification(said))
        return secret or marked_secret(member.name for member in self.container.members)

    def _secret(self, unpacked: Unpacked) -> PackageFault | None:
        """What shows only now that it must not be here: it was changed meanwhile, or a zip within it says so."""
        copy = unpacked.folder / PACKAGE_FILE
        changed = secrecy_fault(declared_classification(copy.read_bytes())) if copy.is_file() else None
        return changed or next((fault for fault in unpacked.faults if fault.rule == MARKED), None)

    def _known(self, sha256: str, entry: Entry | None) -> Submission | None:
        """The submission of that very package that was accepted before; None where there is none."""
        if entry is None:
            return None
        facts = entry.facts
        return Submission(
            name=self._name,
            outcome="known",
            sha256=sha256,
            dataset=facts.get("dataset"),
            department=facts.get("department"),
            period=facts.get("period"),
            version=facts.get("version"),
        )

    def _take_nil(self, work: Path, unpacked: Unpacked, package: Package) -> Submission:
        with changing(self.root, self.progress):
            past = history(self.root, unpacked.sha256, package.dataset, package.period)
            if (known := self._known(unpacked.sha256, past.taken)) is not None:
                return known
            contradicted = past.last > 0 and not past.nil
            if not contradicted:
                append(self.root, NIL, {**self._facts(package, unpacked), "statement": package.statement}, self.now)
        if contradicted:
            text = _("a nil return for {period}, for which data was accepted: version {period}.{n}")
            text = text.format(period=package.period, n=past.last)
            return self._refuse(work, unpacked, (PackageFault("nil-after-data", "", text),))
        return self._told(unpacked, package, "nil")

    def _take_data(self, work: Path, unpacked: Unpacked, package: Package) -> Submission:
        _owner, dataset = self.framework.dataset(package.dataset)
        staged, scratch = work / "version", work / "scratch"
        staged.mkdir()
        scratch.mkdir()
        report = None
        try:
            report = self._examine(package, unpacked)
            if not report.passed:
                return self._refuse(work, unpacked, faults_of(report), report)
            converted = self._convert(package, unpacked, staged, scratch)
        except InputError as error:
            fault = PackageFault("unreadable-data", place_of(error, unpacked.folder), sentence_of(error))
            return self._refuse(work, unpacked, (fault,), report)
        with StagedFile(staged / PACKAGE_FILE) as copy:
            copy.file.write((unpacked.folder / PACKAGE_FILE).read_bytes())
            copy.commit()
        write_json(staged / REPORT_FILE, report_json(report))
        with changing(self.root, self.progress):
            past = history(self.root, unpacked.sha256, package.dataset, package.period)
            if (known := self._known(unpacked.sha256, past.taken)) is not None:
                return known  # by another submission, meanwhile
            version = self._version(package, unpacked, staged, converted, past, report)
            accept(self.root, staged, version, self._facts(package, unpacked, report), self.now)
        if not dataset.handed_in:
            text = _(
                "{dataset} has a source of its own, and a build reads that, not what was handed in; to change it take "
                "out the line source in departments/"
            )
            self.progress.note(text.format(dataset=dataset.id))
        told = self._told(unpacked, package, "accepted", version=version.version, report=report)
        folder = self.root / STORE / package.dataset / version.version
        return replace(told, folder=folder, features=version.features)

    def _examine(self, package: Package, unpacked: Unpacked) -> Report:
        """What the checks find in the files of a package. Raises InputError for formats that are not taken."""
        from pipeline.intake.checks import check_rasters, check_source, subject_of

        _owner, dataset = self.framework.dataset(package.dataset)
        options = read_options(package, dataset, self.root)
        today = self.now.date()
        before = latest(self.root, dataset.id)
        subject = replace(
            subject_of(
                self.framework,
                dataset.id,
                today,
                package=package,
                previous=source_of(before) if before is not None and before.kind == "vector" else None,
                previous_currency=before.currency if before is not None else None,
                siblings=Siblings(self.framework, dataset.id, today),
            ),
            read=options,
        )
        if dataset.kind == "raster":
            refuse_strange_rasters(unpacked.data)
            return check_rasters(unpacked.data, subject, self.progress)
        source = vector_source(package, unpacked.folder)
        refuse_strange(source, options)
        return check_source(source, subject, self.progress)

    def _convert(self, package: Package, unpacked: Unpacked, staged: Path, scratch: Path) -> Converted:
        _owner, dataset = self.framework.dataset(package.dataset)
        if dataset.kind == "raster":
            return convert_rasters(unpacked.data, package.crs or dataset.crs, staged, scratch, self.progress)
        source, options = vector_source(package, unpacked.folder), read_options(package, dataset, self.root)
        return convert_features(source, options, staged, scratch, self.progress)

    def _version(
        self, package: Package, unpacked: Unpacked, staged: Path, made: Converted, past: History, report: Report | None
    ) -> StoredVersion:
        _owner, dataset = self.framework.dataset(package.dataset)
        return StoredVersion(
            dataset=package.dataset,
            version=f"{package.period}.{past.last + 1}",
            folder=staged,
            period=package.period,
            currency=package.currency,
            accepted=self.now.isoformat(timespec="seconds"),
            number=past.number + 1,
            kind=dataset.kind,
            data=made.data,
            features=made.features,
            bounds=made.bounds,
            sha256=unpacked.sha256,
            score=report.score if report is not None else None,
        )

    def _facts(self, package: Package, unpacked: Unpacked, report: Report | None = None) -> dict[str, Any]:
        """What the ledger says of a package that could be read."""
        facts: dict[str, Any] = {
            "dataset": package.dataset,
            "department": package.department,
            "period": package.period,
            "currency": package.currency.isoformat(),
            "package": unpacked.sha256,
            "name": self._name,
        }
        if report is not None:
            facts |= {"score": report.score, "findings": dict(sorted(report.counts.items()))}
        return facts

    def _lenient_facts(self) -> dict[str, Any]:
        """What the ledger says of a package that could not be read as one: whose it may be."""
        return {**said_in(self._package_text(), ("dataset", "department", "period")), "name": self._name}

    def _refuse(
        self, work: Path, unpacked: Unpacked, faults: Sequence[PackageFault], report: Report | None = None
    ) -> Submission:
        """Keep what was copied, with the reasons."""
        staged = work / "refused"
        staged.mkdir()
        if unpacked.digests:
            unpacked.folder.rename(staged / PACKAGE)
        elif all(fault.rule != "too-large" for fault in faults):
            self.container.origin.keep(staged)
        if report is not None:
            write_pages(report, staged)
        package = unpacked.package
        reason = "quality" if report is not None and not report.passed else deciding(faults)
        facts = self._facts(package, unpacked, report) if package is not None else self._lenient_facts()
        quality = report_json(report) if report is not None else None
        refusal = Refusal(unpacked.sha256, reason, facts, tuple(faults), quality)
        with changing(self.root, self.progress):
            folder = refuse(self.root, staged, refusal, last_refusal(self.root, unpacked.sha256), self.now)
        return Submission(
            name=self._name,
            outcome="refused",
            sha256=unpacked.sha256,
            dataset=facts.get("dataset"),
            department=facts.get("department"),
            period=facts.get("period"),
            folder=folder,
            score=report.score if report is not None else None,
            reason=reason,
            faults=tuple(faults),
            report=report,
        )

    def _refuse_unseen(self, said: bytes | None, fault: PackageFault, sha256: str | None = None) -> Submission:
        """Refuse without keeping anything: hash, sender and time, and of what is not secret the reason."""
        known = {department.id for department in self.framework.departments}
        sender = next((name for name in said_in(said, ("department",)).values() if name in known), None)
        sha256 = sha256 or self.container.origin.digest()
        refusal = Refusal(sha256, fault.rule, {"department": sender}, (fault,))
        with changing(self.root, self.progress):
            refuse(self.root, None, refusal, last_refusal(self.root, sha256), self.now)
        return Submission(self._name, "refused", sha256, department=sender, reason=fault.rule, faults=(fault,))

    def _told(
        self,
        unpacked: Unpacked,
        package: Package,
        outcome: Outcome,
        *,
        version: str | None = None,
        report: Report | None = None,
    ) -> Submission:
        return Submission(
            name=self._name,
            outcome=outcome,
            sha256=unpacked.sha256,
            dataset=package.dataset,
            department=package.department,
            period=package.period,
            version=version,
            score=report.score if report is not None else None,
            report=report,
        )

    @property
    def _name(self) -> str:
        return self.container.origin.name
