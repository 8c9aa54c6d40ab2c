"""Which layers the inputs hold, and which of them flow together into a layer of the archive."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pipeline.api.check import STDIN
from pipeline.api.layers import Chosen
from pipeline.api.options import TileOptions
from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.types import FeatureBatch, Tally

if TYPE_CHECKING:
    from pipeline.sources import ReadOptions, Source


@dataclass(frozen=True, slots=True)
class Part:
    """One input layer."""

    source: Source
    options: ReadOptions
    fields: frozenset[str] | None  # None: not known before it is read (standard input)
    features: int | None = None  # how many, where the source knows


@dataclass(slots=True)
class Found:
    """One layer of the archive and the input layers that flow into it."""

    name: str
    parts: list[Part] = field(default_factory=list)

    @property
    def fields(self) -> frozenset[str] | None:
        """The names of all their fields; None where some are not known."""
        known = [part.fields for part in self.parts if part.fields is not None]
        return frozenset().union(*known) if len(known) == len(self.parts) else None

    @property
    def features(self) -> int | None:
        """How many they have together; None where some do not know."""
        counts = [part.features for part in self.parts]
        return None if None in counts else sum(count or 0 for count in counts)


def find_layers(sources: Sequence[Source], options: TileOptions) -> tuple[list[Found], list[str]]:
    """The archive's layers in order of appearance, and the names of input layers without a geometry.

    Raises InputError where there is nothing to tile or a layer asked for is missing.
    """
    from pipeline.sources import ReadOptions, list_layers

    reading = ReadOptions(
        crs=options.s_srs, encoding=options.encoding, x=options.x, y=options.y, rules=options.osm_rules
    )
    found: dict[str, Found] = {}
    empty: list[str] = []
    seen: list[str] = []
    for source in sources:
        for layer in list_layers(source, reading):
            seen.append(layer.name)
            if options.select and layer.name not in options.select:
                continue
            located = options.x is not None and options.y is not None
            if layer.geometry == "none" and not located:
                empty.append(layer.name)
                continue
            name = options.layer or layer.name
            fields = None if source == STDIN else frozenset(layer.fields)
            found.setdefault(name, Found(name)).parts.append(
                Part(source, replace(reading, layer=layer.name), fields, layer.features)
            )
    for name in options.select:
        if name not in seen:
            near = get_close_matches(name, seen, 3)
            raise InputError(
                _("No input has a layer {name}.").format(name=name),
                where=", ".join(map(str, sources)),
                expected=_("one of: {names}").format(names=", ".join(near or sorted(set(seen)))),
                hint=_("Correct --select."),
            )
    if not found:
        raise InputError(
            _("There is nothing to tile: no layer has a geometry."),
            where=", ".join(map(str, sources)),
            hint=_("For a table, name its columns of coordinates with -x and -y."),
        )
    return list(found.values()), empty


def read_layer(found: Found, chosen: Chosen, tally: Tally) -> Generator[FeatureBatch]:
    """The features of all sources of a layer, with the fields chosen and what its rules look at."""
    from pipeline.sources import read_batches

    if chosen.fields is None:
        for part in found.parts:
            yield from read_batches(part.source, part.options, tally)
        return
    from pipeline.vector.fields import choose_fields

    wanted = dict.fromkeys((*(choice.source for choice in chosen.fields), *chosen.beside))
    for part in found.parts:
        columns = None if part.fields is None else tuple(name for name in wanted if name in part.fields)
        for batch in read_batches(part.source, replace(part.options, columns=columns), tally):
            yield choose_fields(batch, chosen.fields, chosen.beside, found.name, tally)
