"""What every model of a workspace file shares: frozen, strict, no unknown keys; text in two languages."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from pipeline.i18n import _

ID_PATTERN = r"^[a-z0-9][a-z0-9-]*$"


class Model(BaseModel):
    """A table of a workspace file; unknown keys are refused, values are never converted between types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def refuse(message: str, expected: str = "") -> PydanticCustomError:
    """The error a validator raises: a translated sentence and what is allowed instead."""
    return PydanticCustomError("longquan", "{text}", {"text": message, "expected": expected})


def _of_characters(value: str) -> str:
    """Catalogues are XML, too, which cannot hold the rest; on terminals it moves the cursor."""
    if (found := _CONTROL.search(value)) is not None:
        raise refuse(_("a control character: {code}").format(code=f"U+{ord(found[0]):04X}"), _("plain text"))
    return value


_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")  # XML 1.0 §2.2, and C1
Plain = Annotated[str, AfterValidator(_of_characters)]
NonEmpty = Annotated[str, StringConstraints(min_length=1), AfterValidator(_of_characters)]


class Text(Model):
    """Words for people, in Chinese and in English; neither may be empty."""

    zh: NonEmpty
    en: NonEmpty


def _plain_crs(value: str) -> str:
    authority, _colon, code = value.partition(":")
    if not (authority.isalpha() and authority.isupper() and code.isdigit()):
        raise refuse(_("not a CRS code"), _("an authority and a code, as in EPSG:4549"))
    return value


def _source_crs(value: str) -> str:
    """Of a source also the displaced systems of Chinese web maps, which are moved back when they are declared."""
    return value if value in ("GCJ-02", "BD-09") else _plain_crs(value)


def inside_workspace(value: str) -> str:
    """A path below the workspace, with slashes; judged by the text alone, so that it means the same on every system."""
    plain = value.replace("\\", "/")
    if not plain or plain.startswith("/") or plain[1:2] == ":" or ".." in plain.split("/"):
        raise refuse(
            _("the path leaves the workspace"),
            _("a path below the workspace, without '..', as in inbox/planning/a.shp"),
        )
    return plain


def _scalar(value: Any) -> Any:
    if not isinstance(value, str | int | float | bool):
        raise refuse(_("not a plain value"), _("a string, a number or true/false"))
    return value


Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
Crs = Annotated[str, AfterValidator(_plain_crs)]
SourceCrs = Annotated[str, AfterValidator(_source_crs)]
Zoom = Annotated[int, Field(ge=0, le=22)]
Scalar = Annotated[Any, BeforeValidator(_scalar)]
WorkspacePath = Annotated[str, AfterValidator(inside_workspace)]
