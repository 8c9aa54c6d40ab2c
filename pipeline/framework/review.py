"""review.toml: the numbers that map reviews gave, and what each of them covers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from pipeline.framework.base import Id, Model, NonEmpty, WorkspacePath

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
ReviewKind = Literal["review", "filing"]  # 送审, 备案


class Reviewed(Model):
    """One ``[[review]]``: a number, and the hashes of what was looked at when it was given."""

    edition: Id
    number: NonEmpty  # 审图号
    date: date
    by: NonEmpty  # who recorded it
    kind: ReviewKind = "review"
    release: Sha256
    scope: Sha256  # of the archives and styles below
    content: WorkspacePath  # the content list of that time
    archives: Mapping[str, Sha256]
    styles: Mapping[str, Sha256]


class ReviewFile(Model):
    """review.toml as written."""

    reviews: tuple[Reviewed, ...] = Field(alias="review", default=())
