"""The corridor: a workspace → one published folder per edition.

Rules first, so that nothing denied is ever opened; then archives, descriptions of them, the portal over them, and the
manifest over everything. Each edition is made beside its name; when all are whole, all are swapped in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.catalog import build_catalog, build_tilejson
from pipeline.editions import DatasetView, EditionView, view_edition
from pipeline.errors import UsageError
from pipeline.framework import Framework, did_you_mean, load_workspace
from pipeline.i18n import _
from pipeline.intake.counts import DatasetCounts, merge_counts, refuse_faulty
from pipeline.intake.opened import OpenSources
from pipeline.portal.files import json_bytes, write_file
from pipeline.portal.write import write_portal
from pipeline.progress import Progress, Silent
from pipeline.release import (
    InputFile,
    MadeArchive,
    Making,
    Stage,
    Unfinished,
    code_digest,
    database_input,
    exclusive,
    forget_all,
    input_files,
    make_archive,
    place_file,
    recipe_of,
    remember,
    software_versions,
    take_over,
    told_path,
    write_hotlink,
    write_manifest,
)
from pipeline.sources import is_database


@dataclass(frozen=True, slots=True)
class BuiltArchive:
    """One archive of a finished build."""

    id: str
    file: str  # below the edition's folder
    bytes: int
    tiles: int
    features: int
    repairs: int  # polygons that had to be mended
    dropped: Mapping[str, int]  # rule → features × zooms
    reused: bool  # taken over from what was there, not made anew


@dataclass(frozen=True, slots=True)
class BuildResult:
    """One edition of a finished build."""

    edition: str
    folder: Path
    release: str  # the release id
    archives: tuple[BuiltArchive, ...]
    datasets: Mapping[str, DatasetCounts]  # what reading them told
    bytes: int  # of all files
    reviewed: bool  # whether the city has a map review number


def build_workspace(
    workspace: Path,
    *,
    editions: Sequence[str] | None = None,
    only: Sequence[str] | None = None,
    as_of: date | None = None,
    explain: bool = True,
    threads: int | None = None,
    memory: int | None = None,
    progress: Progress | None = None,
) -> tuple[BuildResult, ...]:
    """Build the editions asked for (all) into ``dist/<edition>/``, each replaced as a whole or not at all.

    `only` names datasets: archives without any of them are taken over from the present folders, which must have been
    built from the same inputs by the same rules; editions that show none of them are left alone. `as_of` (today) is
    recorded in catalog.json and release.json. With `explain` a Parquet file beside each archive tells which features
    its rules leave out, gather or join at which zoom. `threads`, `memory` (bytes; a quarter of the machine's) and the
    time of the build change no byte otherwise. A build that was interrupted is gone on with where it was.

    Raises ConfigError for faults of workspace files, UsageError for unknown editions and datasets and for an `only`
    that cannot give what a full build would, InputError for sources that cannot be read, lie elsewhere or have too
    many faults, OutputError where nothing can be written.
    """
    framework = load_workspace(workspace)
    views = [view_edition(framework, id) for id in dict.fromkeys(editions or (e.id for e in framework.editions))]
    views = _showing(framework, views, only or ())
    with exclusive(framework.root / ".cache" / "build.lock"), ExitStack() as stack:
        sources = stack.enter_context(OpenSources(framework.root))
        how = Making(threads, memory, explain, progress or Silent())
        site = _Site(framework, sources, frozenset(only or ()), as_of or date.today(), how)
        stages = [stack.enter_context(Stage(framework.root / "dist" / view.edition.id)) for view in views]
        results = tuple(_build_edition(site, view, stage) for view, stage in zip(views, stages, strict=True))
        for stage in stages:
            stage.commit()
        for edition, archives in site.finished.items():
            for id, archive in archives.items():
                remember(told_path(site.cache, edition, id), archive)
        forget_all(site.unfinished)
    return results


@dataclass(frozen=True, slots=True)
class _Named:
    """A Progress whose tasks say which archive they are for."""

    progress: Progress
    name: str

    def start(self, task: str, total: int | None = None, unit: str = "") -> None:
        self.progress.start(self._named(task), total, unit)

    def advance(self, n: int = 1) -> None:
        self.progress.advance(n)

    def note(self, text: str) -> None:
        self.progress.note(self._named(text))

    def done(self) -> None:
        self.progress.done()

    def _named(self, text: str) -> str:
        return _("{name}: {text}").format(name=self.name, text=text)


@dataclass(slots=True)
class _Site:
    """What the editions of one build share."""

    framework: Framework
    sources: OpenSources
    only: frozenset[str]
    as_of: date
    how: Making
    software: Mapping[str, str] = field(default_factory=software_versions)
    code: str = field(default_factory=code_digest)
    inputs: dict[str, tuple[InputFile, ...]] = field(default_factory=dict)  # by dataset
    made: dict[str, tuple[MadeArchive, Path]] = field(default_factory=dict)  # by recipe; the folder that has the file
    finished: dict[str, dict[str, MadeArchive]] = field(default_factory=dict)  # by edition and archive

    @property
    def cache(self) -> Path:
        return self.framework.root / ".cache" / "archives"

    @property
    def unfinished(self) -> Path:
        return self.framework.root / ".cache" / "tiles"

    @property
    def progress(self) -> Progress:
        return self.how.progress


def _build_edition(site: _Site, view: EditionView, stage: Stage) -> BuildResult:
    """Everything of one edition, into the stage's empty folder."""
    framework, folder, base_url = site.framework, stage.folder, site.framework.publish.base_url
    _tell_rules(view, site.progress)
    _check_sources(site, view)

    recipes = {
        archive.id: recipe_of(framework, view, archive, site.inputs, {**site.software, "code": site.code})
        for archive in view.archives
        if archive.kind == "vector"
    }
    taken = take_over(view, site.only, recipes, site.how.explain, stage.target, site.cache) if site.only else {}
    site.made.update({made.recipe: (made, stage.target) for made in taken.values()})
    made = {archive: _archive(site, view, archive, recipe, folder) for archive, recipe in recipes.items()}
    counts = merge_counts(archive.datasets for archive in made.values())
    refuse_faulty(framework, view, counts)

    facts = [archive.facts for archive in made.values() if archive.facts is not None]
    catalog = build_catalog(framework, view, facts, as_of=site.as_of)
    tilejsons = {archive.id: build_tilejson(framework, view, archive) for archive in facts}
    write_file(folder / "catalog.json", json_bytes(catalog))
    for id, tilejson in tilejsons.items():
        write_file(folder / "tilejson" / f"{id}.json", json_bytes(tilejson))

    site.progress.start(_("portal of {edition}").format(edition=view.edition.id))
    texts = _texts(catalog, made.values())
    write_portal(folder, catalog=catalog, tilejsons=tilejsons, texts=texts)
    if base_url:
        write_hotlink(folder, base_url)

    inputs = [file for shown in view.datasets for file in site.inputs.get(shown.dataset.id, ())]
    release = write_manifest(
        folder, framework, view, archives=made, inputs=inputs, software=site.software, as_of=site.as_of
    )
    site.progress.done()
    site.finished[view.edition.id] = made
    return BuildResult(
        edition=view.edition.id,
        folder=stage.target,
        release=release,
        archives=tuple(_summary(archive, id in taken) for id, archive in made.items() if archive.facts is not None),
        datasets=counts,
        bytes=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
        reviewed=bool(framework.publish.review_number),
    )


def _showing(framework: Framework, views: list[EditionView], only: Sequence[str]) -> list[EditionView]:
    """The editions that show one of the datasets asked for; all when none was."""
    if not only:
        return views
    known = {dataset.id: dataset for _owner, dataset in framework.datasets}
    for id in only:
        if id not in known:
            raise UsageError(
                _('there is no dataset "{id}"').format(id=id) + did_you_mean(id, known), expected=", ".join(known)
            )
        if known[id].kind == "raster":
            raise UsageError(_('"{id}" is a raster dataset, which has no archive yet').format(id=id))
    showing = [view for view in views if any(shown.dataset.id in only for shown in view.datasets)]
    if not showing:
        raise UsageError(
            _("no edition asked for may show {datasets}").format(datasets=", ".join(only)),
            hint=_("look at audiences and share in departments/*.toml, or build another edition"),
        )
    return showing


def _tell_rules(view: EditionView, progress: Progress) -> None:
    """What stays out although its audiences would let it in, and what is listed without tiles."""
    for denial in view.denied:
        if not denial.plain:
            reason = _("{name}: {text}").format(name=denial.subject, text=denial.reason)
            progress.note(_("{name}: {text}").format(name=view.edition.id, text=reason))
    for shown in view.datasets:
        if shown.dataset.kind == "raster":
            progress.note(
                _("{edition}: {dataset} is a raster dataset: listed in the catalogue, not tiled, not published").format(
                    edition=view.edition.id, dataset=shown.dataset.id
                )
            )


def _check_sources(site: _Site, view: EditionView) -> None:
    """Find and hash the sources of an edition's vector datasets: files once in a build, of databases what it shows."""
    vector = [shown for shown in view.datasets if shown.dataset.kind == "vector"]
    wanted = [s for s in vector if s.dataset.id not in site.inputs or is_database(s.dataset.source)]
    if not wanted:
        return
    site.progress.start(_("checking the sources"), len(wanted), _("datasets"))
    for shown in wanted:
        site.inputs[shown.dataset.id] = _inputs(site, shown)
        site.progress.advance()
    site.progress.done()


def _inputs(site: _Site, shown: DatasetView) -> tuple[InputFile, ...]:
    source = site.sources.of(shown.dataset)
    if isinstance(source, Path):
        return input_files(site.framework.root, shown.department, shown.dataset)
    join = shown.dataset.join
    columns = dict.fromkeys((*(field.column for field in shown.fields), *((join.on.source_field,) if join else ())))
    return (database_input(source, shown, site.sources.options(shown, tuple(columns))),)


def _archive(site: _Site, view: EditionView, id: str, recipe: str, folder: Path) -> MadeArchive:
    """An archive in its place: made, or, when its recipe was followed before, the same file once more."""
    if recipe in site.made:
        made, there = site.made[recipe]
        for file in made.files:
            (folder / file).parent.mkdir(exist_ok=True)
            place_file(there / file, folder / file)
        return made
    progress = _Named(site.progress, f"{view.edition.id}/{id}")
    unfinished = Unfinished(site.unfinished, recipe)
    taken = unfinished.take_up(site.how.explain, folder)
    if taken is not None:
        progress.note(_("finished before the last build was interrupted"))
        made = taken
    else:
        spec = next(archive for archive in view.archives if archive.id == id)
        how = replace(site.how, progress=progress)
        made = make_archive(
            site.framework, view, spec, recipe, folder, sources=site.sources, unfinished=unfinished, how=how
        )
        unfinished.keep(made, folder)
    site.made[recipe] = (made, folder)
    return made


def _summary(made: MadeArchive, reused: bool) -> BuiltArchive:
    assert made.facts is not None
    return BuiltArchive(
        id=made.facts.id,
        file=made.facts.file,
        bytes=made.facts.bytes,
        tiles=made.tiles,
        features=sum(layer.features for layer in made.facts.layers),
        repairs=made.repairs,
        dropped=made.dropped,
        reused=reused,
    )


def _texts(catalog: Mapping[str, Any], made: Iterable[MadeArchive]) -> Iterator[str]:
    """All that the map may write: the catalogue's words, and each character of the attributes as often as it occurs."""
    yield from _strings(catalog)
    total: Counter[str] = Counter()
    for archive in made:
        total.update(archive.characters)
    for character, n in sorted(total.items()):
        yield character * n


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _strings(part)
