"""A whole workspace's rules: every file read, checked against the others, and put together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError
from pipeline.framework.applications import APPLICATIONS_FILE, Application, ApplicationsFile, check_applications
from pipeline.framework.archive import ArchiveSpec, LayerSpec
from pipeline.framework.check import cross_check
from pipeline.framework.check_limits import Checks
from pipeline.framework.city import BuildRules, City, Edition, FrameworkFile, IntakeRules, Publish, Theme
from pipeline.framework.department import Dataset, Department
from pipeline.framework.edition_rules import Confirmed, Override
from pipeline.framework.faults import WorkspaceError
from pipeline.framework.read import Source, read_model
from pipeline.framework.release import ReleaseRules
from pipeline.framework.schema import Schema
from pipeline.framework.site import Site
from pipeline.i18n import _

FRAMEWORK_FILE = "framework.toml"


@dataclass(frozen=True, slots=True)
class Framework:
    """The model of one city; every reference in it is known to lead somewhere."""

    root: Path
    city: City
    publish: Publish
    build: BuildRules
    intake: IntakeRules
    checks: Checks
    themes: tuple[Theme, ...]
    editions: tuple[Edition, ...]
    archives: tuple[ArchiveSpec, ...]  # the declared ones, then one for each dataset that is in none of them
    departments: tuple[Department, ...]  # by id
    schemas: Mapping[str, Schema]
    applications: tuple[Application, ...] = ()  # as registered in applications.toml
    confirmed: Mapping[str, Confirmed] = field(default_factory=dict)  # numbers of the rule file, by rule
    overrides: tuple[Override, ...] = ()
    site: Site = field(default_factory=Site)
    release: ReleaseRules = field(default_factory=ReleaseRules)

    @property
    def datasets(self) -> tuple[tuple[Department, Dataset], ...]:
        """Every dataset with its owner: departments by id, datasets as written."""
        return tuple((department, dataset) for department in self.departments for dataset in department.datasets)

    def dataset(self, id: str) -> tuple[Department, Dataset]:
        """The dataset of that id and its owner; KeyError when there is none."""
        for department, dataset in self.datasets:
            if dataset.id == id:
                return department, dataset
        raise KeyError(id)

    def schema_of(self, dataset: Dataset) -> Schema:
        """The schema that describes a dataset; a raster without one has no fields."""
        return self.schemas.get(dataset.schema_name) or Schema(id=dataset.schema_name)


def load_workspace(path: Path) -> Framework:
    """Read framework.toml, departments/*.toml, schemas/*.toml and, where there is one, applications.toml below `path`.

    Raises ConfigError (a WorkspaceError with all `faults`) for everything that is not allowed: first for what is wrong
    inside single files, then, when each file is right in itself, for references between them that lead nowhere.
    """
    if not (path / FRAMEWORK_FILE).is_file():
        raise ConfigError(
            _("this folder is not a workspace: it has no {file}").format(file=FRAMEWORK_FILE),
            where=str(path),
            expected=_("a folder with framework.toml, departments/ and schemas/"),
            hint=_("give the folder with --workspace, or make one with: longquan init DIR"),
        )
    main = read_model(path / FRAMEWORK_FILE, FRAMEWORK_FILE, FrameworkFile)
    departments = [
        read_model(file, f"departments/{file.name}", Department, stem_is_id=True)
        for file in sorted((path / "departments").glob("*.toml"))
    ]
    schemas = [
        read_model(file, f"schemas/{file.name}", Schema, stem_is_id=True)
        for file in sorted((path / "schemas").glob("*.toml"))
    ]
    registers = [read_model(file, file.name, ApplicationsFile) for file in [path / APPLICATIONS_FILE] if file.exists()]
    sources: list[Source[Any]] = [main, *departments, *schemas, *registers]
    if faults := [fault for source in sources for fault in source.faults]:
        raise WorkspaceError(faults)
    faults = list(cross_check(main, departments, schemas))
    known = {dataset.id: dataset for source in departments for dataset in source.read.datasets}
    editions = [edition.id for edition in main.read.editions]
    faults += [fault for register in registers for fault in check_applications(register, known, editions)]
    if faults:
        raise WorkspaceError(faults)
    file = main.read
    owners = tuple(source.read for source in departments)
    return Framework(
        root=path,
        city=file.city,
        publish=file.publish,
        build=file.build,
        intake=file.intake,
        checks=file.checks,
        themes=file.themes,
        editions=file.editions,
        archives=(*file.archives, *_own_archives(file.archives, owners)),
        departments=owners,
        schemas={source.read.id: source.read for source in schemas},
        applications=tuple(entry for register in registers for entry in register.read.applications),
        confirmed=file.rules.confirmed,
        overrides=file.overrides,
        site=file.site,
        release=file.release,
    )


def _own_archives(declared: tuple[ArchiveSpec, ...], departments: tuple[Department, ...]) -> Iterator[ArchiveSpec]:
    """An archive for each dataset that no declared archive gathers."""
    gathered = {dataset for archive in declared for dataset in archive.made_of}
    for department in departments:
        for dataset in department.datasets:
            if dataset.id in gathered:
                continue
            if dataset.kind == "raster":
                zooms = {key: getattr(dataset.tiles, key) for key in sorted(dataset.tiles.model_fields_set)}
                yield ArchiveSpec(id=dataset.id, title=dataset.title, kind="raster", datasets=(dataset.id,), **zooms)
            else:
                rules = dict(dataset.tiles)  # its fields as they are: models, not tables
                layer = LayerSpec(name=dataset.id, dataset=dataset.id, **rules)
                yield ArchiveSpec(id=dataset.id, title=dataset.title, layer=(layer,))
