"""The layers of the inputs with their plans and features; where no last zoom is said, the data itself tells it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from pipeline.api.check import STDIN
from pipeline.api.inputs import Found, find_layers, read_layer
from pipeline.api.layers import Chosen, choose_layers
from pipeline.api.options import TileOptions
from pipeline.i18n import _
from pipeline.progress import Progress
from pipeline.types import FeatureBatch, Tally

if TYPE_CHECKING:
    from collections.abc import Generator

    from pipeline.sources import Source
    from pipeline.vector import LayerInput

BATCHES: Final = 16  # tell the precision of a layer: a million features
BYTES: Final = 256 << 20  # or fewer batches, once they take this much
HELD: Final = 256 << 20  # bytes that stay in memory over all layers; what is more is read again


@dataclass(frozen=True, slots=True)
class Layers:
    """What there is to tile."""

    found: tuple[Found, ...]
    chosen: dict[str, Chosen]
    inputs: tuple[LayerInput, ...]  # in the order of `found`
    max_zoom_guessed: bool
    empty: tuple[str, ...]  # input layers without a geometry


def open_layers(options: TileOptions, sources: Sequence[Source], progress: Progress) -> Layers:
    """Find the layers and decide how each is tiled; their features can be read once.

    Raises UsageError, ConfigError or InputError for what cannot be.
    """
    from pipeline.vector import LayerInput

    found, empty = find_layers(sources, options)
    chosen = choose_layers(options, {each.name: each.fields for each in found})
    unsaid = [each for each in found if chosen[each.name].max_zoom is None]
    heads, guessed = _guessed(unsaid, chosen, progress) if unsaid else ({}, 0)

    def read(each: Found, tally: Tally) -> Iterator[FeatureBatch]:
        head = heads.pop(each.name, None)
        yield from read_layer(each, chosen[each.name], tally) if head is None else head.read(tally)

    inputs = [
        LayerInput(chosen[each.name].plan(guessed), partial(read, each), features=each.features) for each in found
    ]
    return Layers(tuple(found), chosen, tuple(inputs), bool(unsaid), tuple(empty))


def _guessed(unsaid: Sequence[Found], chosen: dict[str, Chosen], progress: Progress) -> tuple[dict[str, _Head], int]:
    """The beginnings of the layers, as far as they need not be read again, and the last zoom that they ask for."""
    from pipeline.vector.precision import guess_max_zoom

    heads: dict[str, _Head] = {}
    guessed, held, empty = 0, 0, True
    progress.start(_("finding the maximum zoom"), len(unsaid), _("layers"))
    for each in unsaid:
        head = _Head.of(each, chosen[each.name])
        guessed = max(guessed, guess_max_zoom(head.batches))
        empty = empty and not any(batch.geometries.kinds.any() for batch in head.batches)
        if any(part.source == STDIN for part in each.parts) or (head.complete and held + head.bytes <= HELD):
            heads[each.name] = head
            held += head.bytes
        else:
            head.rest.close()
        progress.advance()
    progress.done()
    if not empty:  # nothing has no precision
        told = max(guessed, *(chosen[each.name].least_zoom for each in unsaid))
        progress.note(_("maximum zoom {zoom}, from the data's own precision").format(zoom=told))
    return heads, guessed


@dataclass(slots=True)
class _Head:
    """The first batches of a layer, and the others yet to be read."""

    rest: Generator[FeatureBatch]
    faults: Tally  # of what has been read
    batches: list[FeatureBatch] = field(default_factory=list)
    bytes: int = 0
    complete: bool = False

    @classmethod
    def of(cls, found: Found, chosen: Chosen) -> _Head:
        """As many batches as tell the precision."""
        faults = Tally()
        head = cls(read_layer(found, chosen, faults), faults)
        while len(head.batches) < BATCHES and head.bytes < BYTES:
            batch = next(head.rest, None)
            if batch is None:
                head.complete = True
                break
            head.batches.append(batch)
            head.bytes += sum(array.nbytes for array in batch.geometries) + batch.attributes.nbytes
        return head

    def read(self, tally: Tally) -> Iterator[FeatureBatch]:
        """All batches, each let go once it is handed on."""
        self.batches.reverse()
        while self.batches:
            yield self.batches.pop()
        yield from self.rest
        tally.merge(self.faults)
