"""applications.toml: the register of the applications that use the platform's datasets, and what they pin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from pipeline.framework.base import Id, Model, Text, refuse
from pipeline.framework.check_rules import unknown_word
from pipeline.framework.department import Contact, Dataset
from pipeline.framework.faults import Fault, shown
from pipeline.framework.read import Source
from pipeline.i18n import _

APPLICATIONS_FILE = "applications.toml"


def _link(value: str) -> str:
    if not value.startswith(("http://", "https://")) or any(c.isspace() or c in '"<>' for c in value):
        raise refuse(_("not an absolute web address"), _("an address that begins with https:// or http://"))
    return value


class Pin(Model):
    """A hashed file that an application goes on reading; it is published as long as the pin holds."""

    file: Annotated[str, StringConstraints(pattern=r"^tiles/[a-z0-9-]+-[0-9a-f]{12}\.pmtiles$")]
    until: date | None = None  # the last day; without it until the pin is taken out
    reason: str = ""

    def holds(self, day: date) -> bool:
        """Whether the file must be there on that day."""
        return self.until is None or day <= self.until


class Application(Model):
    """One application: whose it is, what it reads, and which editions' catalogues may name it."""

    id: Id
    title: Text
    owner: Text
    description: Text | None = None
    address: Annotated[str, AfterValidator(_link)] | None = None
    contact: Contact = Contact()
    registered: date
    audiences: tuple[Id, ...] = ()  # deny by default: an edition must be listed
    datasets: Annotated[tuple[Id, ...], Field(min_length=1)]
    pins: tuple[Pin, ...] = Field(alias="pin", default=())

    @model_validator(mode="after")
    def _each_once(self) -> Application:
        if twice := sorted({id for id in self.datasets if self.datasets.count(id) > 1}):
            raise refuse(_("datasets named twice: {names}").format(names=", ".join(twice)), _("each dataset once"))
        return self


class ApplicationsFile(Model):
    """applications.toml as written; a workspace without the file has no application registered."""

    applications: tuple[Application, ...] = Field(alias="application", default=())


def check_applications(
    source: Source[ApplicationsFile], datasets: Mapping[str, Dataset], editions: Iterable[str]
) -> Iterator[Fault]:
    """Every reference of the register that leads nowhere, and ids that are taken twice."""
    known = list(editions)
    taken: set[str] = set()
    for number, application in enumerate(source.read.applications):
        path = ("application", number)
        if application.id in taken:
            yield source.fault((*path, "id"), _("{name}: taken twice").format(name=shown(application.id)))
        taken.add(application.id)
        for id in application.datasets:
            if id not in datasets:
                yield unknown_word(source, (*path, "datasets"), id, datasets, _("no dataset has this id"))
        for id in application.audiences:
            if id not in known:
                yield unknown_word(source, (*path, "audiences"), id, known, _("no [[edition]] has this id"))


def pinned_files(applications: Iterable[Application], day: date) -> dict[str, tuple[str, ...]]:
    """The files that must stay published on a day → the ids of the applications that pin them, both in order."""
    found: dict[str, dict[str, Any]] = {}
    for application in applications:
        for pin in application.pins:
            if pin.holds(day):
                found.setdefault(pin.file, {})[application.id] = None
    return {file: tuple(sorted(found[file])) for file in sorted(found)}
