"""What reading told of each dataset, and whether it is too much."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.editions import EditionView
from pipeline.errors import InputError
from pipeline.framework import Framework
from pipeline.i18n import _, ngettext
from pipeline.intake.harvest import HARMLESS, Harvest
from pipeline.intake.words import in_words
from pipeline.types import Tally


@dataclass(frozen=True, slots=True)
class DatasetCounts:
    """What one dataset brought into one archive."""

    rows: int  # read from its source
    faults: Mapping[str, int]  # kind → number, held against the data
    changes: Mapping[str, int]  # kind → number, conversions that lose nothing a map shows
    samples: Mapping[str, str]  # kind → the first of them

    @property
    def percent(self) -> float:
        """Faults per hundred rows."""
        return 100 * sum(self.faults.values()) / self.rows if self.rows else 0.0


def count_datasets(harvests: Sequence[Harvest], tilers: Sequence[Tally]) -> dict[str, DatasetCounts]:
    """The counts of each dataset of an archive, from what each of its layers told; `tilers` are the engine's own.

    What is wrong with a source counts once, however many layers are made from it.
    """
    counts: dict[str, DatasetCounts] = {}
    for dataset in dict.fromkeys(harvest.dataset for harvest in harvests):
        mine = [(harvest, tally) for harvest, tally in zip(harvests, tilers, strict=True) if harvest.dataset == dataset]
        total = Tally()
        total.merge(mine[0][0].source)
        for harvest, tally in mine:
            total.merge(harvest.layer)
            total.merge(tally)
        kinds = sorted(total.counts.items())
        counts[dataset] = DatasetCounts(
            rows=mine[0][0].rows,
            faults={kind: n for kind, n in kinds if kind not in HARMLESS},
            changes={kind: n for kind, n in kinds if kind in HARMLESS},
            samples=dict(sorted(total.samples.items())),
        )
    return counts


def merge_counts(archives: Iterable[Mapping[str, DatasetCounts]]) -> dict[str, DatasetCounts]:
    """The counts of several archives; a dataset in several of them stands where most was found."""
    merged: dict[str, DatasetCounts] = {}
    for archive in archives:
        for id, counts in archive.items():
            if id not in merged or sum(counts.faults.values()) > sum(merged[id].faults.values()):
                merged[id] = counts
    return merged


def refuse_faulty(framework: Framework, view: EditionView, counts: Mapping[str, DatasetCounts]) -> None:
    """Raise InputError, naming every dataset that has more faults per row than the city allows."""
    limit = framework.build.max_faults_percent
    bad = []
    for id, found in counts.items():
        if found.percent > limit:
            kinds = "; ".join(
                f"{in_words(kind)}: {n}" + (f" ({found.samples[kind]})" if kind in found.samples else "")
                for kind, n in found.faults.items()
            )
            bad.append(
                _("{dataset} ({source}): {percent} % of {rows} rows — {kinds}").format(
                    dataset=id,
                    source=view.dataset(id).dataset.source,
                    percent=f"{found.percent:.1f}",
                    rows=found.rows,
                    kinds=kinds,
                )
            )
    if bad:
        raise InputError(
            ngettext("a dataset has too many faults", "{n} datasets have too many faults", len(bad)).format(n=len(bad)),
            where="\n    ".join(bad),
            expected=_("at most {limit} % (max_faults_percent below [build] in framework.toml)").format(limit=limit),
            hint=_("have the department correct the data, or raise the limit knowingly"),
        )
