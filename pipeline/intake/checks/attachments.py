"""附件质量: contact, licence, lineage and description are there."""

from __future__ import annotations

from pipeline.intake.checks.layer import Layer
from pipeline.intake.checks.message import Message
from pipeline.intake.checks.message import lazy as _
from pipeline.intake.checks.rule import Found, Outcome, Skipped, rule
from pipeline.intake.checks.subject import Subject


@rule("contact-missing", "attachments", "C", lambda: _("Somebody can be asked"))
def contact_missing(layer: Layer, subject: Subject) -> Outcome:
    """A person, and a telephone number or an address; in the package, else of the department."""
    if not _described(subject):
        return Skipped(no_metadata())
    known = [owner.contact for owner in (subject.package, subject.department) if owner is not None]
    if any(contact.person.strip() and (contact.phone.strip() or contact.email.strip()) for contact in known):
        return None
    return Found(
        _("No contact is named."), _("name a person with telephone or e-mail: contact = { person = …, phone = … }")
    )


@rule("licence-missing", "attachments", "B", lambda: _("The licence is stated"))
def licence_missing(layer: Layer, subject: Subject) -> Outcome:
    """What others may do with the data."""
    if not _described(subject):
        return Skipped(no_metadata())
    if any(owner.licence.strip() for owner in (subject.package, subject.dataset) if owner is not None):
        return None
    return Found(_("No licence is stated."), _("say what others may do with the data: licence = …"))


@rule("lineage-missing", "attachments", "C", lambda: _("The lineage is told"))
def lineage_missing(layer: Layer, subject: Subject) -> Outcome:
    """From what, by whom and how the data was made."""
    if not _described(subject):
        return Skipped(no_metadata())
    if any(owner.lineage is not None for owner in (subject.package, subject.dataset) if owner is not None):
        return None
    return Found(_("No lineage is told."), _("say from what and how the data was made: lineage = { zh = …, en = … }"))


@rule("metadata-incomplete", "attachments", "D", lambda: _("The metadata are complete"))
def metadata_incomplete(layer: Layer, subject: Subject) -> Outcome:
    """Description, accuracy and scale of the dataset; a unit for each number is asked of nobody."""
    dataset = subject.dataset
    if dataset is None:
        return Skipped(no_metadata())
    entries = {"description": dataset.description, "accuracy_m": dataset.accuracy_m, "scale": dataset.scale}
    gone = [name for name, value in entries.items() if value is None]
    if not gone:
        return None
    return Found(
        _("Metadata are missing: {names}.").format(names=", ".join(gone)),
        _("add them to the dataset's entry in departments/"),
        count=len(gone),
    )


def no_metadata() -> Message:
    """Why rules on metadata do not apply to a single file."""
    return _("a single file has no metadata: check the package")


def _described(subject: Subject) -> bool:
    return subject.package is not None or subject.dataset is not None
