"""Whether a package may be taken, before its data is looked at: secrecy, ownership, time, share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from pipeline.framework import Dataset, Department, Framework, did_you_mean
from pipeline.framework.package import ADMITTED, Package
from pipeline.framework.period import PeriodKind, period_at
from pipeline.i18n import _
from pipeline.intake.container import PackageFault

MARKED: Final = "marked-secret"  # a file's name says so
# Faults by which a rule of the platform refuses a package; all others are mistakes that its sender can mend.
POLICY: Final = frozenset({
    "classified", "unclassified", "untreated", MARKED, "not-the-owner", "share", "audiences",
    "internal-in-public", "purged",
})  # fmt: skip
_MARKS: Final = ("秘密", "机密", "绝密")
_KINDS: Final[dict[str, PeriodKind]] = {
    "monthly": "monthly", "quarterly": "quarterly", "half-yearly": "half-yearly", "yearly": "yearly",
    "daily": "daily", "weekly": "daily", "irregular": "daily",
}  # fmt: skip


def secrecy_fault(classification: str | None) -> PackageFault | None:
    """Why nothing of a package may be copied, by what its package.toml says of secrecy; None where it may."""
    if classification is None:
        text = _("package.toml does not say how it is classified; write classification = {words}")
        words = '"public" (公开) | "internal" (内部)'
        return PackageFault("unclassified", "", text.format(words=words))
    if classification not in ADMITTED:
        text = _("it is classified: nothing was copied; take it off this machine by the rules for secrets")
        return PackageFault("classified", "", text)
    return None


def marked_secret(names: Iterator[str]) -> PackageFault | None:
    """The first file whose name says what its package.toml denies: that it is secret (秘密, 机密, 绝密)."""
    for name in names:
        if any(mark in name for mark in _MARKS):
            text = _("the name says that it is secret, package.toml that it is not; nothing was copied")
            return PackageFault(MARKED, "", text)
    return None


def admission_faults(framework: Framework, package: Package, today: date) -> Iterator[PackageFault]:
    """Everything in which a package and the workspace disagree; `today` is the day by this machine's clock."""
    yield from package_faults(package, today)
    owners = {department.id: department for department in framework.departments}
    sender = owners.get(package.department)
    if sender is None:
        text = _('there is no department "{id}"').format(id=package.department)
        yield PackageFault("unknown-department", "", text + did_you_mean(package.department, owners))
    known = {dataset.id for _owner, dataset in framework.datasets}
    if package.dataset not in known:
        text = _('there is no dataset "{id}"').format(id=package.dataset)
        yield PackageFault("unknown-dataset", "", text + did_you_mean(package.dataset, known))
        return
    owner, dataset = framework.dataset(package.dataset)
    if sender is not None and owner.id != sender.id:
        text = _("{dataset} belongs to {owner}; {sender} may not hand it in")
        owner_name, sender_name = (f"{each.name.zh} ({each.id})" for each in (owner, sender))
        text = text.format(dataset=dataset.id, owner=owner_name, sender=sender_name)
        yield PackageFault("not-the-owner", "", text)
        return
    yield from _calendar(owner, dataset, package)
    if not package.nil:
        yield from _sharing(framework, dataset, package)


def package_faults(package: Package, today: date) -> Iterator[PackageFault]:
    """What is wrong with a package by itself, without a workspace."""
    if package.derived_from_classified and package.treatment is None:
        text = _("derived from classified results without the certificate of their treatment (保密技术处理证明)")
        yield PackageFault("untreated", "", text + "; " + _('write [treatment] number = "…", agency = "…", date = …'))
    clock = _("{day} lies in the future; this machine's clock says {today}")
    if package.currency > today:
        text = _("currency: {fault}").format(fault=clock.format(day=package.currency, today=today))
        yield PackageFault("future-currency", "", text)
    if package.span.start > today:
        text = _("period {period}: {fault}")
        fault = clock.format(day=package.span.start, today=today)
        yield PackageFault("future-period", "", text.format(period=package.period, fault=fault))
    if package.treatment is not None and package.treatment.date > today:
        text = _("treatment: {fault}").format(fault=clock.format(day=package.treatment.date, today=today))
        yield PackageFault("future-treatment", "", text)


def period_kinds(department: Department, dataset: Dataset) -> tuple[PeriodKind, ...]:
    """The kinds of period that a package may be of: its department's calendar's, and its dataset's own cycle's."""
    return tuple(dict.fromkeys((_KINDS[department.calendar], _KINDS[dataset.cycle])))


def _calendar(owner: Department, dataset: Dataset, package: Package) -> Iterator[PackageFault]:
    kinds = period_kinds(owner, dataset)
    if package.span.kind not in kinds:
        text = _("period {period} is not of the calendar of {department}; write it as in {examples}")
        examples = " · ".join(period_at(kind, package.currency).text for kind in kinds)
        text = text.format(period=package.period, department=owner.id, examples=examples)
        yield PackageFault("wrong-calendar", "", text)


def _sharing(framework: Framework, dataset: Dataset, package: Package) -> Iterator[PackageFault]:
    """What the sender grants must be what the register grants: neither may say more than the other."""
    register = _("the register (departments/*.toml) says {there}, the package {here}; agree on one")
    if package.share != dataset.share:
        text = _("share: {fault}").format(fault=register.format(there=dataset.share, here=package.share))
        yield PackageFault("share", "", text)
    if set(package.audiences) != set(dataset.audiences):
        there, here = (", ".join(sorted(each)) or "–" for each in (dataset.audiences, package.audiences))
        text = _("audiences: {fault}").format(fault=register.format(there=there, here=here))
        yield PackageFault("audiences", "", text)
    if package.classification == "internal":
        shown = [
            edition.id
            for edition in framework.editions
            if edition.public and edition.id in dataset.audiences and dataset.share in edition.shares
        ]
        if shown:
            text = _("internal data (内部) would enter a public edition: {editions}")
            yield PackageFault("internal-in-public", "", text.format(editions=", ".join(shown)))
