"""What may be inside the files of an edition: as release.json says, or as a workspace's own rules say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from pipeline.errors import InputError
from pipeline.i18n import _

OLD: Final = "old:"  # before the name of a field: its value before it changed


@dataclass(frozen=True, slots=True)
class AllowedField:
    """A field and what its values may be."""

    name: str
    type: str  # string, integer, number, boolean or date
    domain: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class AllowedLayer:
    """A layer of an archive."""

    name: str
    dataset: str | None  # None: drawn of heights
    min_zoom: int
    max_zoom: int
    fields: tuple[AllowedField, ...]
    derived: frozenset[str]  # counts and sums, and what is measured on heights

    @property
    def names(self) -> frozenset[str]:
        """All fields it may have."""
        return self.derived.union(field.name for field in self.fields)


@dataclass(frozen=True, slots=True)
class AllowedArchive:
    """An archive of vector layers or of pixels."""

    id: str
    product: str
    layers: Mapping[str, AllowedLayer]
    max_zoom: int | None = None  # None: that of its layers
    ground_resolution: float | None = None  # metres, the least
    contour_interval: float | None = None
    dem_grid: float | None = None


@dataclass(frozen=True, slots=True)
class Allowed:
    """All that may be there."""

    edition: str
    datasets: Mapping[str, Mapping[str, AllowedField]]  # by dataset and name
    archives: Mapping[str, AllowedArchive]

    @property
    def fields(self) -> frozenset[str]:
        """The names of all fields."""
        own = {name for fields in self.datasets.values() for name in fields}
        drawn = {n for archive in self.archives.values() for layer in archive.layers.values() for n in layer.names}
        return frozenset(own | drawn)

    @property
    def layers(self) -> Mapping[str, AllowedLayer]:
        """All layers by name, those of several archives once."""
        return {name: layer for archive in self.archives.values() for name, layer in archive.layers.items()}


def allowed_of_manifest(manifest: Mapping[str, Any], where: str) -> Allowed:
    """What release.json says. Raises InputError when it holds no such list or one that cannot be understood."""
    try:
        said = manifest["allowed"]
        datasets = {
            str(dataset["id"]): {str(f["name"]): _field_of(f) for f in dataset["fields"]}
            for dataset in said["datasets"]
        }
        archives = {str(archive["id"]): _archive_of(archive, datasets) for archive in said["archives"]}
        return Allowed(str(manifest["edition"]), datasets, archives)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            _("release.json does not say what may be inside: {reason}").format(reason=repr(error)),
            where=where,
            expected=_("a list of datasets, fields, layers and zooms under “allowed”"),
            hint=_("build the edition again with this version, or audit it with the one that built it"),
        ) from error


def _field_of(said: Mapping[str, Any]) -> AllowedField:
    domain = said["domain"]
    return AllowedField(str(said["name"]), str(said["type"]), None if domain is None else frozenset(map(str, domain)))


def before(field: AllowedField) -> AllowedField:
    """The old value of a field, in a layer of changed features."""
    return replace(field, name=f"{OLD}{field.name}")


def _archive_of(said: Mapping[str, Any], datasets: Mapping[str, Mapping[str, AllowedField]]) -> AllowedArchive:
    layers = {}
    for layer in said.get("layers", ()):
        known = datasets[layer["dataset"]] if layer["dataset"] is not None else {}
        layers[str(layer["name"])] = AllowedLayer(
            str(layer["name"]),
            layer["dataset"],
            int(layer["min_zoom"]),
            int(layer["max_zoom"]),
            (*(known[name] for name in layer["fields"]), *(before(known[name]) for name in layer.get("before", ()))),
            frozenset(layer["derived"]),
        )
    return AllowedArchive(
        str(said["id"]),
        str(said["product"]),
        layers,
        said.get("max_zoom"),
        said.get("min_ground_resolution_m"),
        said.get("min_contour_interval_m"),
        said.get("min_dem_grid_m"),
    )


def beyond(stated: Allowed, right: Allowed) -> Iterator[str]:
    """What a list allows beyond another, in words."""
    for id, fields in stated.datasets.items():
        if id not in right.datasets:
            yield _("dataset {id}").format(id=id)
            continue
        for name in fields:
            if name not in right.datasets[id]:
                yield _("field {name} of dataset {id}").format(name=name, id=id)
    for id, archive in stated.archives.items():
        if id not in right.archives:
            yield _("archive {id}").format(id=id)
            continue
        yield from _beyond_archive(archive, right.archives[id])


def _beyond_archive(stated: AllowedArchive, right: AllowedArchive) -> Iterator[str]:
    for name, layer in stated.layers.items():
        if (known := right.layers.get(name)) is None:
            yield _("layer {name} of archive {id}").format(name=name, id=stated.id)
        elif layer.min_zoom < known.min_zoom or layer.max_zoom > known.max_zoom:
            yield _("zooms {low} to {high} of layer {name}").format(low=layer.min_zoom, high=layer.max_zoom, name=name)
        elif more := sorted(layer.names - known.names):
            yield _("fields {names} of layer {name}").format(names=", ".join(more), name=name)
    if right.max_zoom is not None and (stated.max_zoom or 0) > right.max_zoom:
        yield _("zoom {zoom} of archive {id}").format(zoom=stated.max_zoom, id=stated.id)
    for limit in ("ground_resolution", "contour_interval", "dem_grid"):
        wanted = getattr(right, limit)
        if wanted is not None and (getattr(stated, limit) or 0) < wanted:
            yield _("a limit of {found} m instead of {metres} m for archive {id}").format(
                found=getattr(stated, limit), metres=wanted, id=stated.id
            )
