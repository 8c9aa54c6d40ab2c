"""The rules of maps as the file that comes along states them, and the numbers that hold: every one with its source.

Where candidates differ the stricter holds, until a person has confirmed a number.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from pipeline.framework.base import Id, Model, NonEmpty, Text, refuse
from pipeline.framework.edition_rules import Confirmed
from pipeline.i18n import _

RULES_FILE: Final = Path(__file__).parent / "standards" / "map-rules.toml"


class Sourced(Model):
    """Where something was read, and how surely it stands there so."""

    source: NonEmpty
    date: NonEmpty
    read: Literal["text", "hearsay"]
    confidence: Annotated[int, Field(ge=0, le=100)]  # per cent


class Candidate(Sourced):
    """What one document is taken to demand."""

    value: Annotated[float, Field(gt=0)]


class NumberRule(Model):
    """A number that datasets are compared with."""

    title: Text
    unit: str
    stricter: Literal["larger", "smaller"]
    editions: Literal["public", "all"]
    limit: Literal["min_ground_resolution_m", "min_contour_interval_m", "min_dem_grid_m"] | None = None
    candidates: tuple[Candidate, ...] = Field(alias="candidate", min_length=1)

    @property
    def strictest(self) -> Candidate:
        """The candidate that holds until one is confirmed; of equal ones the first."""
        return (max if self.stricter == "larger" else min)(self.candidates, key=lambda each: each.value)


class Forbidden(Sourced):
    """Something that public maps do not show, and how it is told from its names."""

    id: Id
    what: Literal["field", "dataset"]
    title: Text
    names: tuple[NonEmpty, ...] = ()
    words: tuple[NonEmpty, ...] = ()
    layers: tuple[NonEmpty, ...] = ()
    of: tuple[NonEmpty, ...] = ()

    @model_validator(mode="after")
    def _tells_something(self) -> Forbidden:
        if not (self.names or self.words or (self.what == "dataset" and self.layers)):
            raise refuse(_("nothing is told by it"), "names, words, layers")
        return self

    def matches(self, names: Iterable[str | None], titles: Iterable[str]) -> bool:
        """Whether something is called so: a whole name, or a word in one of its titles, whatever their case."""
        known = {each.casefold() for each in self.names}
        return any(each is not None and each.casefold() in known for each in names) or contains(self.words, titles)


class ContourRules(Model):
    """Which vector layers are contours."""

    layers: tuple[NonEmpty, ...]


class MapRules(Model):
    """standards/map-rules.toml."""

    version: NonEmpty
    numbers: Mapping[Id, NumberRule] = Field(alias="number", min_length=1)
    contours: ContourRules
    forbidden: tuple[Forbidden, ...] = ()


@dataclass(frozen=True, slots=True)
class Number:
    """A number that holds, and by what right."""

    rule: str
    value: float
    unit: str
    editions: Literal["public", "all"]
    source: str  # the document, or the one that a person named
    date: str
    confirmed_by: str | None = None


@lru_cache
def read_map_rules() -> MapRules:
    """The rules that come along."""
    data = tomllib.loads(RULES_FILE.read_text("utf-8"))
    return MapRules.model_validate_json(json.dumps(data), strict=True)


def numbers_in_force(confirmed: Mapping[str, Confirmed], rules: MapRules | None = None) -> Mapping[str, Number]:
    """Every number by its rule: what a person has confirmed, else the strictest candidate."""
    found = {}
    for id, rule in sorted((rules or read_map_rules()).numbers.items()):
        if (said := confirmed.get(id)) is not None:
            document, date, value = said.document, said.date.isoformat(), said.value
        else:
            document, date, value = rule.strictest.source, rule.strictest.date, rule.strictest.value
        found[id] = Number(id, value, rule.unit, rule.editions, document, date, said.by if said else None)
    return found


def contains(words: Iterable[str], titles: Iterable[str]) -> bool:
    """Whether one of the words stands in one of the titles."""
    plain = [title.casefold() for title in titles]
    return any(word.casefold() in title for word in words for title in plain)
