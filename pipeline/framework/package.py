"""package.toml: what a department says of the data it hands in, or that there is nothing new (零报告)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, model_validator

from pipeline.framework.base import Id, Model, NonEmpty, Plain, SourceCrs, Text, refuse
from pipeline.framework.city import Share
from pipeline.framework.department import Contact, Coordinates
from pipeline.framework.faults import WorkspaceError
from pipeline.framework.period import Period, parse_period
from pipeline.framework.read import read_model
from pipeline.framework.toml_words import parse_toml
from pipeline.i18n import _, ngettext

PACKAGE_FILE: Final = "package.toml"
SUMS_FILE: Final = "SHA256SUMS"
PERIODS: Final = "2026 · 2026-H1 · 2026-Q3 · 2026-09 · 2026-09-15"

Classification = Literal["public", "internal", "confidential", "secret", "top-secret"]
# What the platform may take in; whatever else is declared, or nothing, stays where it is.
ADMITTED: Final[frozenset[str]] = frozenset({"public", "internal"})
_CLASSIFICATIONS: Final[Mapping[str, str]] = {
    "公开": "public", "内部": "internal", "秘密": "confidential", "机密": "secret", "绝密": "top-secret",
}  # fmt: skip
_FIRST_YEAR: Final = 1900  # a day before is a slip of the pen: 0206-09-15
_SHARES: Final[Mapping[str, str]] = {"无条件": "unconditional", "有条件": "conditional", "不予共享": "none"}


def _classification(value: Any) -> Any:
    return _CLASSIFICATIONS.get(value, value) if isinstance(value, str) else value


def _share(value: Any) -> Any:
    return _SHARES.get(value, value) if isinstance(value, str) else value


def _period(value: str) -> str:
    try:
        parse_period(value)
    except ValueError:
        raise refuse(_("not a period"), PERIODS) from None
    return value


def _plausible(value: date) -> date:
    if value.year < _FIRST_YEAR:
        raise refuse(_("no data is that old"), _("a day since {year}").format(year=_FIRST_YEAR))
    return value


def _beside(value: str) -> str:
    plain = value.replace("\\", "/")
    parts = plain.split("/")
    if plain.startswith("/") or plain[1:2] == ":" or any(part in ("", ".", "..") for part in parts):
        raise refuse(_("the path leaves the package"), _("a file beside package.toml, as in roads.gpkg"))
    if plain in (PACKAGE_FILE, SUMS_FILE):
        raise refuse(_("this file is no data"), _("a file beside package.toml, as in roads.gpkg"))
    return plain


class Treatment(Model):
    """保密技术处理证明: that data derived from classified results were treated, by whom and when."""

    number: NonEmpty
    agency: NonEmpty
    date: date


class Package(Model):
    """package.toml as written."""

    dataset: Id
    department: Id
    period: Annotated[str, AfterValidator(_period)]
    currency: Annotated[date, AfterValidator(_plausible)]  # 现势性: the day the data describe
    nil: bool = False  # 零报告: nothing changed; `statement` says why
    statement: NonEmpty | None = None
    contact: Contact = Contact()
    licence: Plain = ""
    lineage: Text | None = None
    classification: Annotated[Classification, BeforeValidator(_classification)]
    share: Annotated[Share, BeforeValidator(_share)]
    audiences: tuple[Id, ...] = ()
    derived_from_classified: bool = False
    treatment: Treatment | None = None  # without it what is derived from classified results is refused
    data: tuple[Annotated[str, AfterValidator(_beside)], ...] = ()  # files beside it, with slashes
    layer: NonEmpty | None = None
    crs: SourceCrs | None = None
    encoding: NonEmpty | None = None
    coordinates: Coordinates | None = None

    @model_validator(mode="after")
    def _data_or_nothing(self) -> Package:
        if self.nil and self.data:
            raise refuse(_("a nil return with data"), _("nil = true without data, or data without nil"))
        if self.nil and self.statement is None:
            raise refuse(_("a nil return without a statement"), _('statement = "why nothing changed"'))
        if not self.nil and not self.data:
            raise refuse(_("no data"), _('data = ["roads.gpkg"], or nil = true with a statement'))
        if len(set(self.data)) < len(self.data):
            raise refuse(_("a file is named twice in data"), _("each file once"))
        return self

    @property
    def span(self) -> Period:
        """The period with its first and last day."""
        return parse_period(self.period)


def read_package(path: Path) -> Package:
    """The package.toml at `path`. Raises ConfigError with every fault, its line and key."""
    source = read_model(path, PACKAGE_FILE, Package)
    if source.faults:
        count = len(source.faults)
        head = ngettext("{n} fault in package.toml", "{n} faults in package.toml", count).format(n=count)
        raise WorkspaceError(source.faults, head=head)
    return source.read


def declared_classification(text: bytes) -> Classification | None:
    """What the bytes of a package.toml say of secrecy, however faulty the rest of its values; None where they do not.

    Asked before anything else is read or copied. A file that is no TOML says nothing.
    """
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            said = parse_toml(text.decode(encoding)).get("classification")
        except ValueError:  # no text, no TOML, or what no reader gets to the end of
            continue
        level = _classification(said)
        return next((known for known in get_args(Classification) if known == level), None)
    return None
