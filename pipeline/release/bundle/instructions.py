"""说明.html: the one printed page that goes with a disk, Chinese with English below.

What is on the disk, the fingerprint in digits and as a QR code, and what to type on Windows. It names no dataset, for
it can be read where everything else is encrypted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.release.bundle.layout import About

PAGE: Final = "说明.html"
TEMPLATE: Final = Path(__file__).parent / "templates" / "instructions.html"
_KINDS: Final[Mapping[str, dict[str, str]]] = {
    "full": {"zh": "完整发布", "en": "a whole release"},
    "partial": {"zh": "部分发布（由完整发布裁切）", "en": "part of a release, cut from the whole,"},
    "delta": {"zh": "增量更新", "en": "an update"},
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the page tells besides what the bundle says of itself."""

    files: int  # of the release
    bytes: int  # on the disk
    volumes: int  # pieces of files that were cut, or encrypted volumes
    runtime: bool
    double_click: bool
    outer: str | None = None  # the sha256 of the bag's manifest, where it is encrypted


def instruction_page(about: About, manifest: Mapping[str, Any], catalog: Mapping[str, Any], facts: Facts) -> bytes:
    """The page; the same arguments give the same bytes."""
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    code = {"zh": about.city, "en": about.city}
    own = {"zh": about.edition, "en": about.edition}
    text = environment.from_string(TEMPLATE.read_text("utf-8")).render(
        platform=catalog.get("platform", code),
        city=catalog.get("city", {}).get("name", code),
        edition=catalog.get("edition", {}).get("title", own),
        notice=catalog.get("notice", {"zh": "", "en": ""}),
        internal=not catalog.get("edition", {}).get("public", True),
        kind=_KINDS[about.kind],
        as_of=manifest.get("as_of"),
        review=(manifest.get("review") or {}).get("number"),
        amount=_amount(facts),
        release=about.release,
        since=about.since,
        groups=[about.fingerprint[at : at + 8] for at in range(0, 64, 8)],
        qr=Markup(qr_code(about.fingerprint)),
        encrypted=facts.outer is not None,
        outer=facts.outer,
        runtime=facts.runtime,
        double_click=facts.double_click,
        volumes=facts.volumes,
        contact=_contact(catalog),
    )
    return text.encode()


def qr_code(text: str) -> str:
    """A QR code (ISO/IEC 18004) as SVG, readable when a quarter of it is dirty (level Q), white around it."""
    import segno

    made: str = segno.make_qr(text, error="q").svg_inline(border=4, omitsize=True, svgclass=None, lineclass=None)
    return made


def _amount(facts: Facts) -> dict[str, str]:
    size = f"{facts.bytes / 1e9:.2f} GB" if facts.bytes >= 1e9 else f"{max(facts.bytes / 1e6, 0.1):.1f} MB"
    zh, en = f"{facts.files} 个文件，{size}", f"{facts.files} files, {size}"
    if facts.volumes:
        zh, en = f"{zh}，{facts.volumes} 个分卷", f"{en}, {facts.volumes} volumes"
    return {"zh": zh, "en": en}


def _contact(catalog: Mapping[str, Any]) -> str:
    contact = (catalog.get("site") or {}).get("contact") or {}
    office = contact.get("office") or {}
    return " · ".join(str(part) for part in (office.get("zh"), contact.get("phone"), contact.get("email")) if part)
