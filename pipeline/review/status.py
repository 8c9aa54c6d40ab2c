"""How an edition stands to its map review: covered by a number, changed since, or never reviewed."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.framework import Framework
from pipeline.framework.review import Reviewed
from pipeline.review.changes import Change, content_changes
from pipeline.review.content import content_list
from pipeline.review.record import covers, reviewed_content, reviews_of
from pipeline.review.scope import folder_scope


@dataclass(frozen=True, slots=True)
class Standing:
    """What is published, beside what was reviewed."""

    edition: str
    scope: str  # of what is there
    number: str | None  # that covers it
    last: Reviewed | None  # the last record of the edition
    changes: tuple[Change, ...]  # since that

    @property
    def covered(self) -> bool:
        """Whether a number holds for what is there."""
        return self.number is not None


def review_standing(framework: Framework, edition: str) -> Standing:
    """The standing of `dist/<edition>`. Raises InputError where it has not been built, or a content list is gone.

    Where nothing was ever recorded, the number of framework.toml holds for public editions.
    """
    folder = framework.root / "dist" / edition
    scope, reviews = folder_scope(folder), reviews_of(framework.root, edition)
    if not reviews:
        public = next(each.public for each in framework.editions if each.id == edition)
        number = (framework.publish.review_number or None) if public else None
        return Standing(edition, scope.sha256, number, None, ())
    record = covers(reviews, scope)
    if record is not None:
        return Standing(edition, scope.sha256, record.number, reviews[-1], ())
    changes = content_changes(reviewed_content(framework.root, reviews[-1]), content_list(folder))
    return Standing(edition, scope.sha256, None, reviews[-1], changes)
