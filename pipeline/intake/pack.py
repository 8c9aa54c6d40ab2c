"""A package from data: package.toml, the files with all that belongs to them, and their checksums, as folder or zip."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import stat
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

from pipeline.archive.staging import cannot_write, refuse_existing, sync_folder
from pipeline.errors import InputError, OutputError, PolicyRefusal, UsageError
from pipeline.framework.package import ADMITTED, PACKAGE_FILE, SUMS_FILE, Package, read_package
from pipeline.i18n import _
from pipeline.intake.admission import marked_secret
from pipeline.intake.container import look_into
from pipeline.intake.origin import identity
from pipeline.progress import Progress, Silent

_BLOCK: Final = 1 << 20
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say: the same data gives the same bytes
_SMALL: Final = 1 << 16
# What belongs to a data file, by its stem and, after its whole name, by what is added.
_WITH: Final[Mapping[str, tuple[str, ...]]] = {
    ".shp": (".shx", ".dbf", ".prj", ".cpg", ".qpj", ".sbn", ".sbx", ".shp.xml"),
    ".tab": (".dat", ".map", ".id", ".ind"),
    ".mif": (".mid",),
}
_WITH_RASTERS: Final = (".tfw", ".tifw", ".jgw", ".pgw", ".j2w", ".wld", ".prj", ".aux.xml", ".ovr", ".msk", ".hdr")
_RASTERS: Final = frozenset({".tif", ".tiff", ".jp2", ".img", ".jpg", ".jpeg", ".png", ".hgt", ".asc"})
_PACKED: Final = frozenset({".zip", ".gz", ".jpg", ".jpeg", ".png", ".jp2", ".parquet", ".pbf"})  # no smaller if zipped


@dataclass(frozen=True, slots=True)
class Packed:
    """A package that was written."""

    path: Path
    package: Package
    files: Mapping[str, int]  # name → bytes, in order
    sha256: str  # identity of the package


def pack(
    data: Sequence[Path],
    about: Mapping[str, Any],
    out: Path,
    *,
    replace: bool = False,
    progress: Progress | None = None,
) -> Packed:
    """Write a package of the files `data` to `out`: a zip where it is called so, else a folder.

    `about` holds the keys of package.toml but `data`; keys whose value is None are left out. A Shapefile takes its
    other parts along, a File Geodatabase is a folder. With `replace` a package that is there gives way. Raises
    UsageError for what package.toml may not say, PolicyRefusal for what is classified, InputError for data that is
    missing, OutputError.
    """
    progress = progress or Silent()
    level = about.get("classification")
    files = dict(_files(data))
    names = list(dict.fromkeys(_name(path) for path in data))
    toml = _toml({**about, "data": names} if names else about)
    temporary = out.with_name(f".{out.name}.{secrets.token_hex(6)}.part")
    _check_place(out, replace)
    try:
        temporary.mkdir(parents=True)
    except OSError as error:
        raise cannot_write(out, error) from error
    try:
        (temporary / PACKAGE_FILE).write_bytes(toml.encode())
        package = _judged(temporary, level, files)
        progress.start(_("packing"), sum(path.stat().st_size for path in files.values()), _("bytes"))
        zipped = out.suffix.lower() == ".zip"
        with _Zip(temporary / out.name) if zipped else _Folder(temporary) as into:
            into.add(PACKAGE_FILE, temporary / PACKAGE_FILE, progress)
            for name in sorted(files):
                into.add(name, files[name], progress)
            into.sums()
        progress.done()
        _into_place(temporary / out.name if zipped else temporary, out)
        return Packed(out, package, into.sizes, identity(into.digests))
    except OSError as error:
        raise cannot_write(out, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _check_place(out: Path, replace: bool) -> None:
    """Raise OutputError where something lies at `out` that may not give way; an empty folder may."""
    there = out.is_dir() and any(out.iterdir())
    if not out.name or (there and not (replace and (out / PACKAGE_FILE).is_file())):
        raise OutputError(
            _("The folder is not empty."),
            where=str(out),
            expected=_("the name of a new folder, or of a zip"),
            hint=_("choose another name, or allow a package to be replaced: --replace"),
        )
    if not replace and not out.is_dir():
        refuse_existing(out)


def _judged(folder: Path, level: object, files: Mapping[str, Path]) -> Package:
    """The package.toml as it will be read. Raises UsageError, PolicyRefusal."""
    from pipeline.framework.faults import WorkspaceError

    try:
        package = read_package(folder / PACKAGE_FILE)
    except WorkspaceError as error:
        fault = error.faults[0]
        raise UsageError(
            f"{fault.key}: {fault.message}" if fault.key else fault.message,
            expected=fault.expected or None,
            hint=_("see what can be given: longquan pack --help"),
        ) from error
    if package.classification not in ADMITTED:
        raise PolicyRefusal(
            _("classified data may not be packed: nothing was copied"),
            where=str(level),
            expected=_("data that is public (公开) or internal (内部)"),
            hint=_("the platform takes no classified data; hand in what was treated, with its certificate"),
        )
    if package.derived_from_classified and package.treatment is None:
        raise PolicyRefusal(
            _("data derived from classified results needs the certificate of its treatment (保密技术处理证明)"),
            expected="--treatment-number --treatment-agency --treatment-date",
        )
    if (marked := marked_secret(iter(files))) is not None:
        raise PolicyRefusal(marked.message)
    return package


def _files(data: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """Every file that goes in, by its name in the package. Raises InputError, UsageError."""
    taken: dict[str, Path] = {}
    for path in data:
        if not path.exists():
            raise InputError(
                _("The file does not exist."),
                where=str(path),
                expected=_("data to pack"),
                hint=_("check the path and its spelling"),
            )
        for name, file in _parts(path):
            other = taken.setdefault(name.casefold(), file)
            if other != file:
                raise UsageError(
                    _("two files would be called {name}").format(name=name),
                    where=f"{other}, {file}",
                    hint=_("rename one of them, or pack them apart"),
                )
            yield name, file


def _parts(path: Path) -> Iterator[tuple[str, Path]]:
    """A data file and what belongs to it; all files of a folder, which is named as a whole."""
    if path.is_dir():
        found = look_into(path)
        if found.faults:
            raise InputError(found.faults[0].message, where=f"{path}: {found.faults[0].name}")
        for member in found.members:
            assert isinstance(member.held, Path)
            inner = unicodedata.normalize("NFC", member.held.relative_to(path).as_posix())
            yield f"{_name(path)}/{inner}", member.held
        return
    yield _name(path), path
    suffix = path.suffix.lower()
    ends = _WITH.get(suffix, _WITH_RASTERS if suffix in _RASTERS else ())
    wanted = {f"{path.stem}{end}".lower() for end in ends} | {f"{path.name}{end}".lower() for end in ends}
    for beside in sorted(path.parent.iterdir()):
        if beside.name.lower() in wanted - {path.name.lower()} and beside.is_file():
            yield _name(beside), beside


def _name(path: Path) -> str:
    return unicodedata.normalize("NFC", path.resolve().name)


class _Folder:
    """The package as a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.digests: dict[str, str] = {}
        self.sizes: dict[str, int] = {}

    def __enter__(self) -> _Folder:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def add(self, name: str, source: Path, progress: Progress) -> None:
        """Copy a file, hashed on the way."""
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if target == source:
            with source.open("rb") as file:
                self._copy(name, file, None, progress)
            return
        with source.open("rb") as file, target.open("xb") as out:
            self._copy(name, file, out, progress)
            out.flush()
            os.fsync(out.fileno())

    def sums(self) -> None:
        """Write SHA256SUMS of everything added."""
        (self.folder / SUMS_FILE).write_bytes(self._sums())

    def _sums(self) -> bytes:
        text = "".join(f"{self.digests[name]}  {name}\n" for name in sorted(self.digests)).encode()
        self.sizes[SUMS_FILE] = len(text)
        return text

    def _copy(self, name: str, file: IO[bytes], out: IO[bytes] | None, progress: Progress) -> None:
        digest, size = hashlib.sha256(), 0
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
            if out is not None:
                out.write(block)
            progress.advance(len(block))
        self.digests[name], self.sizes[name] = digest.hexdigest(), size


class _Zip(_Folder):
    """The package as a zip: Deflate, names in UTF-8, no time of the clock."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.parent)
        self._file = path.open("xb")
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED)

    def __exit__(self, *error: object) -> None:
        with contextlib.closing(self._file):
            self._zip.close()
            self._file.flush()
            os.fsync(self._file.fileno())

    def add(self, name: str, source: Path, progress: Progress) -> None:
        """Pack a file, hashed on the way."""
        with (
            source.open("rb") as file,
            self._zip.open(_info(name, source.stat().st_size), "w", force_zip64=True) as out,
        ):
            self._copy(name, file, out, progress)

    def sums(self) -> None:
        """Add SHA256SUMS of everything added."""
        self._zip.writestr(_info(SUMS_FILE, _SMALL), self._sums())


def _info(name: str, size: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _MOMENT)
    info.create_system = 3  # the same on every system
    info.external_attr = (stat.S_IFREG | 0o644) << 16
    packed = PurePosixPath(name).suffix.lower() in _PACKED
    info.compress_type = zipfile.ZIP_STORED if packed and size > _SMALL else zipfile.ZIP_DEFLATED
    return info


def _into_place(made: Path, out: Path) -> None:
    """Give what was made its name; what is replaced goes at the last moment."""
    if out.is_dir() and not out.is_symlink():
        shutil.rmtree(out)
    if made.is_dir():
        made.rename(out)
    else:
        made.replace(out)
    sync_folder(out.parent)


def _toml(values: Mapping[str, Any]) -> str:
    """The keys of package.toml in their order; tables that are not inline last."""
    plain = {key: value for key, value in values.items() if value is not None and value != {}}
    lines = [f"{key} = {_value(value)}" for key, value in plain.items() if key != "treatment"]
    if "treatment" in plain:
        lines += ["", "[treatment]", *(f"{key} = {_value(value)}" for key, value in plain["treatment"].items())]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        inner = ", ".join(f"{key} = {_value(each)}" for key, each in value.items() if each is not None)
        return f"{{ {inner} }}"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return f"[{', '.join(_value(each) for each in value)}]"
    # JSON's texts are TOML's, but for one control character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
