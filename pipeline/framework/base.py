"""What every model of a workspace file shares: frozen, strict, no unknown keys; text in two languages."""

from __future__ import annotations

from typing import Annotated, Any

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


class Text(Model):
    """Words for people, in Chinese and in English; neither may be empty."""

    zh: Annotated[str, StringConstraints(min_length=1)]
    en: Annotated[str, StringConstraints(min_length=1)]


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
NonEmpty = Annotated[str, StringConstraints(min_length=1)]
WorkspacePath = Annotated[str, AfterValidator(inside_workspace)]
