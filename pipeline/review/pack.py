"""What a map review gets to see: sample pictures and the content list, as one folder that opens in any browser."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pipeline.archive.staging import cannot_write
from pipeline.errors import UsageError
from pipeline.i18n import _
from pipeline.portal.files import json_bytes, write_file
from pipeline.progress import Progress
from pipeline.review.content import content_csv, content_list, content_rows
from pipeline.review.samples import Sample, draw_samples, sample_places

PAGE: Final = "index.html"
LIST: Final = "content.json"
TABLE: Final = "content.csv"
SUMS: Final = "SHA256SUMS"
TEMPLATE: Final = Path(__file__).parent / "templates" / "review.html"


def pack_review(
    dist: Path, out: Path, places: Sequence[tuple[float, float, int]], progress: Progress
) -> tuple[str, ...]:
    """Write the material for the map review of `dist/<edition>` into the new folder `out`; returns its files.

    `places` (lng, lat, zoom) are drawn besides those that follow from the content. The same edition gives the same
    bytes. Raises UsageError where `out` holds something, InputError for an edition that is not whole, OutputError.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(
            _("the folder is not empty: nothing was written"),
            where=str(out),
            expected=_("a new or an empty folder"),
            hint=_("choose another name"),
        )
    content = content_list(dist)
    staged = out.with_name(f".{out.resolve().name}.new")
    shutil.rmtree(staged, ignore_errors=True)
    try:
        files = {LIST: json_bytes(content), TABLE: content_csv(content).encode()}
        samples = []
        for sample in draw_samples(dist, sample_places(dist, places), progress):
            write_file(staged / sample.file, sample.png)
            samples.append(sample)
        files[PAGE] = review_page(content, samples).encode()
        for name, data in files.items():
            write_file(staged / name, data)
        names = sorted((*files, *(sample.file for sample in samples)), key=str.encode)
        sums = "".join(f"{hashlib.sha256((staged / name).read_bytes()).hexdigest()}  {name}\n" for name in names)
        write_file(staged / SUMS, sums.encode())
        try:
            if out.exists():
                out.rmdir()
            staged.rename(out)
        except OSError as error:
            raise cannot_write(out, error) from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return (*names, SUMS)


def review_page(content: Mapping[str, Any], samples: Sequence[Sample]) -> str:
    """The folder's page: what is to be reviewed, the pictures, and the content list as tables."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(TEMPLATE.read_text("utf-8")).render(
        content=content,
        samples=samples,
        rows=list(content_rows(content)),
        table=TABLE,
        list=LIST,
    )
