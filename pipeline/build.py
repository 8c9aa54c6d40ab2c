"""The corridor: a workspace → one published folder per edition.

Rules first, so that nothing denied is ever opened; then archives, descriptions of them, the portal over them, and the
manifest over everything. Each edition is made beside its name; when all are whole, all are swapped in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from pipeline.catalog import TileCopy, build_catalog, build_tilejson, face_files, version_facts
from pipeline.editions import Breach, DatasetView, EditionView, raster_policy, view_edition
from pipeline.errors import UsageError
from pipeline.framework import ArchiveSpec, Framework, did_you_mean, load_workspace
from pipeline.i18n import _
from pipeline.intake.calendar import Standing, standings
from pipeline.intake.counts import DatasetCounts, merge_counts, refuse_faulty
from pipeline.intake.ledger import entries
from pipeline.intake.opened import OpenSources
from pipeline.intake.supply import supply
from pipeline.making.archives import Making, make_archive
from pipeline.making.changes import MadeChanges, change_archives, make_changes, told_changes
from pipeline.making.contours import make_contours
from pipeline.making.copies import write_copies
from pipeline.making.coverages import write_coverages
from pipeline.making.gate import Gate, marks, record_confirmed, record_overrides, refuse_breaches, rules_in_force
from pipeline.making.inputs import InputFile, database_input, input_files
from pipeline.making.made import MadeArchive, recipe_of, remember, told_path
from pipeline.making.raster_inputs import (
    RasterFile,
    raster_inputs,  # of its own module: the package has a module of that name
)
from pipeline.making.raster_kept import KeptRaster, forget_others
from pipeline.making.raster_plan import PlannedRaster, area_digest, area_reader, plan_raster
from pipeline.making.raster_products import drawn_words
from pipeline.making.rasters import make_raster
from pipeline.making.reuse import take_over, unchanged
from pipeline.making.search import write_search
from pipeline.making.software import code_digest, software_versions
from pipeline.making.stage import Stage, exclusive, place_file
from pipeline.making.telling import tell_idle_overrides, tell_rules, tell_unknown
from pipeline.making.unfinished import Unfinished, forget_all
from pipeline.portal.files import json_bytes, write_file
from pipeline.portal.offline_page import write_offline_page
from pipeline.portal.status_page import edition_status
from pipeline.portal.write import write_portal
from pipeline.progress import Progress, Silent
from pipeline.release.hotlink import write_hotlink
from pipeline.release.manifest import write_manifest
from pipeline.release.verifier import write_verifier
from pipeline.review.record import covers, likely_number, reviews_of
from pipeline.review.scope import folder_scope
from pipeline.sources import is_database
from pipeline.standalone.verify import has_sm3


@dataclass(frozen=True, slots=True)
class BuiltArchive:
    """One archive of a finished build."""

    id: str
    file: str  # below the edition's folder
    bytes: int
    tiles: int
    features: int  # none where its tiles are pixels
    repairs: int  # polygons that had to be mended
    dropped: Mapping[str, int]  # rule → features × zooms
    reused: bool  # taken over from what was there, not made anew
    product: str = "vector"  # or imagery, terrain, hillshade, tint, slope, aspect


@dataclass(frozen=True, slots=True)
class BuildResult:
    """One edition of a finished build."""

    edition: str
    folder: Path
    release: str  # the release id
    archives: tuple[BuiltArchive, ...]
    datasets: Mapping[str, DatasetCounts]  # what reading them told
    bytes: int  # of all files
    reviewed: bool  # whether a map review number covers it
    public: bool  # else it is for internal use, and says so
    missing: tuple[str, ...]  # datasets of the city that nobody has handed in yet
    breaches: tuple[Breach, ...]  # what a rule of maps does not allow, and who answers for it


def build_workspace(
    workspace: Path,
    *,
    editions: Sequence[str] | None = None,
    only: Sequence[str] | None = None,
    anew: bool = False,
    as_of: date | None = None,
    explain: bool = True,
    threads: int | None = None,
    memory: int | None = None,
    progress: Progress | None = None,
    now: datetime | None = None,
) -> tuple[BuildResult, ...]:
    """Build the editions asked for (all) into ``dist/<edition>/``, each replaced as a whole or not at all.

    `only` names datasets: archives without any of them are taken over from the present folders, which must have been
    built from the same inputs by the same rules; editions that show none of them are left alone. Vector archives that
    would come out the same are taken over as well, unless all is to be made `anew`. `as_of` (today) is
    recorded in catalog.json and release.json. With `explain` a Parquet file beside each archive tells which features
    its rules leave out, gather or join at which zoom. `threads`, `memory` (bytes; a quarter of the machine's) and the
    time of the build change no byte otherwise. A build that was interrupted is gone on with where it was. `now` (with a
    zone; else the beginning of `as_of`) is when the ledger says that overrides took effect.

    Raises PolicyRefusal for what the rules of maps do not let any of the editions show, before anything is made;
    ConfigError for faults of workspace files, UsageError for unknown editions and datasets and for an `only`
    that cannot give what a full build would, InputError for sources that cannot be read, lie elsewhere or have too
    many faults, OutputError where nothing can be written.
    """
    day = as_of or date.today()
    declared = load_workspace(workspace)
    supplied = supply(declared, day)
    framework = supplied.framework
    standing = standings(declared, entries(declared.root), day)
    for id in supplied.missing:
        (progress or Silent()).note(
            _("{dataset}: nothing has been handed in yet, so it is left out").format(dataset=id)
        )
    views = [view_edition(framework, id) for id in dict.fromkeys(editions or (e.id for e in framework.editions))]
    views = _showing(framework, views, only or ())
    with exclusive(framework.root / ".cache" / "build.lock"), ExitStack() as stack:
        sources = stack.enter_context(OpenSources(framework.root))
        how = Making(threads, memory, explain, progress or Silent())
        site = _Site(framework, sources, frozenset(only or ()), anew, day, how, supplied.missing, standing)
        stages = [stack.enter_context(Stage(framework.root / "dist" / view.edition.id)) for view in views]
        tell_unknown(framework, sources, views, site.progress)
        plans = [_plan_edition(site, view) for view in views]
        for plan in plans:
            refuse_breaches(plan.view, plan.breaches)
        tell_idle_overrides(framework, [plan.breaches for plan in plans], site.progress)
        if not has_sm3():
            site.progress.note(_("SM3SUMS is not written: the OpenSSL of this Python has no SM3"))
        results = tuple(_build_edition(site, plan, stage) for plan, stage in zip(plans, stages, strict=True))
        at = now or datetime.combine(day, time(), UTC)
        record_confirmed(framework.root, framework.confirmed, at)
        for result in results:
            record_overrides(framework.root, result.edition, result.release, result.breaches, at)
        for stage in stages:
            stage.commit()
        for edition, archives in site.finished.items():
            forget_others(site.rasters, edition, frozenset(archives))
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
    anew: bool
    as_of: date
    how: Making
    missing: tuple[str, ...]  # datasets that nobody has handed in yet
    standings: tuple[Standing, ...]  # of all datasets on that date
    software: Mapping[str, str] = field(default_factory=software_versions)
    code: str = field(default_factory=code_digest)
    inputs: dict[str, tuple[InputFile, ...]] = field(default_factory=dict)  # by dataset
    pixels: dict[str, tuple[RasterFile, ...]] = field(default_factory=dict)  # by raster dataset
    made: dict[str, tuple[MadeArchive, Path]] = field(default_factory=dict)  # by recipe; the folder that has the file
    digests: dict[str, str] = field(default_factory=dict)  # of files of areas
    finished: dict[str, dict[str, MadeArchive]] = field(default_factory=dict)  # by edition and archive

    @property
    def cache(self) -> Path:
        return self.framework.root / ".cache" / "archives"

    @property
    def rasters(self) -> Path:
        return self.framework.root / ".cache" / "rasters"

    @property
    def unfinished(self) -> Path:
        return self.framework.root / ".cache" / "tiles"

    @property
    def progress(self) -> Progress:
        return self.how.progress

    def digest(self, path: str) -> str:
        """The hash of the areas that a file of the workspace holds. Raises InputError where it has none."""
        if path not in self.digests:
            self.digests[path] = area_digest(self.framework.root / path)
        return self.digests[path]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What an edition is about to show."""

    view: EditionView
    inputs: tuple[InputFile, ...]
    planned: Mapping[str, PlannedRaster]  # by archive
    recipes: Mapping[str, str]  # by archive
    breaches: tuple[Breach, ...]


def _plan_edition(site: _Site, view: EditionView) -> _Plan:
    """Sources found and hashed, limits applied, and the whole judged by the rules of maps."""
    tell_rules(view, site.progress)
    _check_sources(site, view)
    inputs = tuple(file for shown in view.datasets for file in site.inputs.get(shown.dataset.id, ()))
    planned = _plan_rasters(site, view)
    recipes = {archive.id: _recipe(site, view, archive, planned.get(archive.id)) for archive in view.archives}
    gate = Gate(site.framework, site.sources, site.pixels, site.progress)
    return _Plan(view, inputs, planned, recipes, gate.judge(view, recipes, planned))


def _build_edition(site: _Site, plan: _Plan, stage: Stage) -> BuildResult:
    """Everything of one edition, into the stage's empty folder."""
    framework, folder = site.framework, stage.folder
    view, planned, recipes = plan.view, plan.planned, plan.recipes
    taken = _taken(site, view, recipes, stage.target)
    site.made.update({made.recipe: (made, stage.target) for made in taken.values()})
    made = {id: _archive(site, view, id, recipe, folder, planned.get(id)) for id, recipe in recipes.items()}
    counts = merge_counts(archive.datasets for archive in made.values())
    refuse_faulty(framework, view, counts)

    changes = make_changes(framework, view, site.as_of, folder, sources=site.sources, how=site.how)
    shown = {**made, **change_archives(changes)}
    write_coverages(folder, framework, view, recipes, sources=site.sources, pixels=site.pixels, progress=site.progress)
    search = write_search(folder, framework, view, recipes, sources=site.sources, progress=site.progress)
    facts = [archive.facts for archive in made.values() if archive.facts is not None]
    copies = write_copies(folder, view.edition.services, facts, threads=site.how.threads, progress=site.progress)
    number = _write_reviewed(site, view, shown, changes, folder, search, copies)
    write_verifier(folder)
    release = write_manifest(
        folder,
        framework,
        view,
        archives=shown,
        inputs=plan.inputs,
        software=site.software,
        as_of=site.as_of,
        rules=rules_in_force(view.confirmed),
        overrides=marks(plan.breaches),
        review_number=number,
    )
    site.finished[view.edition.id] = made
    return BuildResult(
        edition=view.edition.id,
        folder=stage.target,
        release=release,
        archives=tuple(_summary(archive, id in taken) for id, archive in made.items() if archive.facts is not None),
        datasets=counts,
        bytes=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
        reviewed=number is not None,
        public=view.edition.public,
        missing=site.missing,
        breaches=plan.breaches,
    )


def _taken(site: _Site, view: EditionView, recipes: Mapping[str, str], present: Path) -> dict[str, MadeArchive]:
    """The archives that need not be made."""
    if site.only:
        return take_over(view, site.only, recipes, site.how.explain, present, site.cache)
    return {} if site.anew else unchanged(view, recipes, site.how.explain, present, site.cache)


def _write_reviewed(
    site: _Site,
    view: EditionView,
    made: Mapping[str, MadeArchive],
    changes: Sequence[MadeChanges],
    folder: Path,
    search: Mapping[str, Any] | None,
    copies: Mapping[str, TileCopy],
) -> str | None:
    """The pages with the map review number where one covers just what they show; returns that number.

    Whether it does is known when the styles are there; where they are others than thought, the pages are written again.
    """
    reviews = reviews_of(site.framework.root, view.edition.id)
    archives = {archive.facts.id: archive.facts.sha256 for archive in made.values() if archive.facts is not None}
    number = likely_number(site.framework.publish, view.edition, reviews, archives)
    before = set(folder.rglob("*"))
    _write_pages(site, view, made, changes, folder, number, search, copies)
    if not reviews:
        return number
    record = covers(reviews, folder_scope(folder))
    right = record.number if record is not None else None
    if number != right:
        for path in set(folder.rglob("*")) - before:
            if path.is_file():
                path.unlink()
        _write_pages(site, view, made, changes, folder, right, search, copies)
    if right is not None:
        return right
    text = _("{name}: what it shows has changed since its map review; longquan review status tells what")
    site.progress.note(text.format(name=view.edition.id))
    return None


def _write_pages(
    site: _Site,
    view: EditionView,
    made: Mapping[str, MadeArchive],
    changes: Sequence[MadeChanges],
    folder: Path,
    number: str | None,
    search: Mapping[str, Any] | None,
    copies: Mapping[str, TileCopy],
) -> None:
    """Descriptions of the archives and the portal over them."""
    framework, base_url = site.framework, site.framework.publish.base_url
    apart = change_archives(changes)
    facts = [archive.facts for id, archive in made.items() if archive.facts is not None and id not in apart]
    versions = version_facts(framework.root, view.datasets, site.as_of)
    confirmed = {each.dataset.id: each.confirmed for each in site.standings}
    catalog = build_catalog(
        framework,
        view,
        facts,
        as_of=site.as_of,
        versions=versions,
        changes=told_changes(changes),
        confirmed=confirmed,
        review_number=number,
        search=search,
        copies=copies,
    )
    tilejsons = {archive.id: build_tilejson(framework, view, archive) for archive in facts}
    write_file(folder / "catalog.json", json_bytes(catalog))
    for id, tilejson in tilejsons.items():
        write_file(folder / "tilejson" / f"{id}.json", json_bytes(tilejson))
    for path, content in face_files(catalog):
        write_file(folder / path, content)
    site.progress.start(_("portal of {edition}").format(edition=view.edition.id))
    texts = _texts(catalog, made.values())
    status = edition_status(catalog, site.standings, submissions=view.edition.submissions)
    write_portal(folder, catalog=catalog, tilejsons=tilejsons, texts=texts, status=status)
    if base_url:
        write_hotlink(folder, base_url)
    if view.edition.double_click:
        write_offline_page(folder, catalog)
    site.progress.done()


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
    showing = [view for view in views if any(shown.dataset.id in only for shown in view.datasets)]
    if not showing:
        raise UsageError(
            _("no edition asked for may show {datasets}").format(datasets=", ".join(only)),
            hint=_("look at audiences and share in departments/*.toml, or build another edition"),
        )
    return showing


def _check_sources(site: _Site, view: EditionView) -> None:
    """Find and hash the sources of an edition's datasets: files once in a build, of databases what it shows."""
    wanted = [s for s in view.datasets if s.dataset.id not in site.inputs or is_database(s.dataset.source)]
    if not wanted:
        return
    site.progress.start(_("checking the sources"), len(wanted), _("datasets"))
    for shown in wanted:
        site.inputs[shown.dataset.id] = _inputs(site, shown)
        site.progress.advance()
    site.progress.done()


def _inputs(site: _Site, shown: DatasetView) -> tuple[InputFile, ...]:
    if shown.dataset.kind == "raster":
        site.pixels[shown.dataset.id], inputs = raster_inputs(site.framework.root, shown)
        return inputs
    source = site.sources.of(shown.dataset)
    if isinstance(source, Path):
        return input_files(site.framework.root, shown.department, shown.dataset)
    join = shown.dataset.join
    fields = (field.column for field in (*shown.fields, *shown.judged))
    columns = dict.fromkeys((*fields, *((join.on.source_field,) if join else ())))
    return (database_input(source, shown, site.sources.options(shown, tuple(columns))),)


def _plan_rasters(site: _Site, view: EditionView) -> dict[str, PlannedRaster]:
    """What becomes of the rasters of an edition, by archive, under the edition's limits."""
    policy = raster_policy(view.edition, view.confirmed)
    area_of = area_reader(site.framework.root)
    planned = {}
    for archive in view.archives:
        if archive.kind != "vector":
            datasets = [view.dataset(id).dataset for id in archive.datasets]
            planned[archive.id] = plan_raster(archive, datasets, site.pixels, policy, area_of)
            for note in planned[archive.id].notes:
                site.progress.note(_("{name}: {text}").format(name=f"{view.edition.id}/{archive.id}", text=note))
    return planned


def _recipe(site: _Site, view: EditionView, archive: ArchiveSpec, planned: PlannedRaster | None) -> str:
    versions = {**site.software, "code": site.code}
    raster = None
    if planned is not None:
        raster = {**planned.words, "drawn": drawn_words(archive, planned.product, site.framework.root)}
    return recipe_of(site.framework, view, archive, site.inputs, versions, raster, site.digest)


def _archive(
    site: _Site, view: EditionView, id: str, recipe: str, folder: Path, planned: PlannedRaster | None
) -> MadeArchive:
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
        how = replace(site.how, progress=progress)
        if planned is None:
            spec = next(archive for archive in view.archives if archive.id == id)
            made = make_archive(
                site.framework, view, spec, recipe, folder, sources=site.sources, unfinished=unfinished, how=how
            )
        elif planned.contours is not None:
            made = make_contours(site.framework, planned, recipe, folder, unfinished=unfinished, how=how)
        else:
            kept = KeptRaster(site.rasters, view.edition.id, id)
            made = make_raster(site.framework, planned, recipe, folder, kept=kept, code=site.code, how=how)
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
        product=made.facts.raster.product if made.facts.raster else "vector",
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
