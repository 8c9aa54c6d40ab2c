"""The opinion as a page to print on A4: made of the document alone, so that it can be made again and compared."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from pipeline.catalog.opinion_map import gap_map, legend
from pipeline.i18n import _, language, set_language

_MARK = '<script type="application/json" id="opinion">'


def opinion_page(document: Mapping[str, Any], lang: str = "zh") -> bytes:
    """`opinion.html` in one language; the document itself stands in it, too."""
    before = language()
    set_language(lang)
    try:
        return _page(document, lang).encode()
    finally:
        set_language(before)


def document_of(page: bytes) -> tuple[dict[str, Any], str] | None:
    """The document that stands in a page, and the page's language; None where it is no such page."""
    text = page.decode("utf-8", "replace")
    _before, mark, rest = text.partition(_MARK)
    said, end, _after = rest.partition("</script>")
    if not mark or not end:
        return None
    try:
        document = json.loads(said)
    except ValueError:
        return None
    return (document, "en" if '<html lang="en">' in text else "zh") if isinstance(document, dict) else None


def _page(document: Mapping[str, Any], lang: str) -> str:
    project = document["project"]
    title = f"{_('Opinion on duplicates')} · {project['name']}" if project["name"] else _("Opinion on duplicates")
    themes = "".join(_theme(number, theme, project["area"], lang) for number, theme in enumerate(document["themes"], 1))
    said = json.dumps(document, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return f"""<!doctype html>
<html lang="{"en" if lang == "en" else "zh-CN"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<style>
{_style()}</style>
</head>
<body class="{document["standing"]}">
<header>
<p class="platform">{escape(document["platform"][lang])} · {escape(document["city"]["name"][lang])}</p>
<h1>{escape(_("Opinion on duplicates"))}</h1>
<p class="standing">{escape(standing_text(document["standing"]))}</p>
{_notice(document, lang)}
</header>
<main>
{_project(document, lang)}
<section><h2>{escape(_("Result"))}</h2>
<ul class="result">{"".join(_conclusion(theme, lang) for theme in document["themes"])}</ul>
{_no_themes(document)}
{legend([escape(w) for w in (_("there and good enough"), _("there, but not good enough"), _("nothing there"))])}
</section>
{themes}
{_planned(document)}
{_missing(document)}
<section class="how"><h2>{escape(_("How it was counted"))}</h2>
<p>{escape(_how(document))}</p></section>
{_signature(document)}
</main>
<footer>
<p>{escape(_("SHA-256 of this document:"))} <code>{document["hash"]}</code></p>
<p>{escape(_("It can be checked with: longquan duplicates --verify FILE"))} · {escape(_review(document))}
 · {escape(document["attribution"][lang])}</p>
</footer>
{_MARK}{said}</script>
</body>
</html>
"""


@cache
def _style() -> str:
    return (Path(__file__).with_name("opinion.css")).read_text("utf-8")


def standing_text(standing: str) -> str:
    """What a document is good for."""
    return {
        "self-check": _("Self-check, not a formal opinion"),
        "draft": _("Draft, not registered"),
        "formal": _("Formal opinion, registered in the ledger"),
    }[standing]


def conclusion_text(conclusion: str) -> str:
    """What follows of a theme's numbers."""
    return {
        "exists": _(
            "Data that are good enough together cover all of the area: where their content is right, use them, "
            "do not survey again."
        ),
        "partly": _(
            "Data that are good enough together cover a part: where their content is right, "
            "survey what is missing only."
        ),
        "unfit": _(
            "Data exist, but none that is known to be good enough: ask their owners, update rather than begin anew."
        ),
        "none": _("The platform has no data for this area."),
    }[conclusion]


def fit_text(fit: str) -> str:
    """How a dataset fits what is wanted, in a word or two."""
    return {
        "right": _("good enough"),
        "unknown": _("not declared"),
        "old": _("too old"),
        "coarse": _("too coarse"),
        "coarse-old": _("too coarse, too old"),
        "absent": _("not here"),
    }[fit]


def how_text(how: str, reach: int) -> str:
    """How it is known what a dataset covers."""
    return {
        "extent": _("declared"),
        "areas": _("its areas"),
        "around": _("estimated, {n} cells around").format(n=reach),
        "pixels": _("its pixels"),
    }[how]


def share_text(share: str) -> str:
    """On what terms a dataset is shared."""
    words = {"unconditional": _("unconditional"), "conditional": _("conditional"), "none": _("not shared")}
    return words.get(share, share)


def _notice(document: Mapping[str, Any], lang: str) -> str:
    text = document["notice"][lang]
    return f'<p class="notice">{escape(text)}</p>' if text else ""


def _review(document: Mapping[str, Any]) -> str:
    number = document["review"]["number"]
    return _("Map review number: {number}").format(number=number) if number else _("Map review pending")


def _project(document: Mapping[str, Any], lang: str) -> str:
    project = document["project"]
    known = {theme["id"]: theme["title"][lang] for theme in document["themes"]}
    rows = [
        (_("Project"), project["name"]),
        (_("Applicant"), project["applicant"]),
        (_("Number in the register"), project["request"]),
        (_("Area"), _area_text(project)),
        (_("Themes"), (", " if lang == "en" else "、").join(known.get(id, id) for id in project["themes"])),
        (_("Scale wanted"), f"1:{project['scale']:,}" if project["scale"] else None),
        (_("Currency wanted"), project["current"]),
        (_("Accuracy wanted"), f"{project['accuracy_m']:g} m" if project["accuracy_m"] else None),
        (_("Asked of"), _asked_of(document, lang)),
        (_("Date"), document["as_of"]),
    ]
    shown = "".join(f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>" for name, value in rows if value)
    return f'<section><table class="facts">{shown}</table></section>'


def _area_text(project: Mapping[str, Any]) -> str:
    metres = project["square_metres"]
    size = f"{metres / 1e6:,.2f} km²" if metres >= 1e5 else f"{metres / 1e4:,.2f} ha"
    return _("about {size}, {cells} cells").format(size=size, cells=f"{project['cells']:,}")


def _asked_of(document: Mapping[str, Any], lang: str) -> str:
    if document["edition"] is None:
        return _("all datasets of the platform")
    return _("{edition}: what it shows").format(edition=document["edition"]["title"][lang])


def _conclusion(theme: Mapping[str, Any], lang: str) -> str:
    percent = _("{percent} % there").format(percent=f"{theme['right']['percent']:.1f}")
    return (
        f'<li class="{theme["conclusion"]}"><b>{escape(theme["title"][lang])}</b> <span>{escape(percent)}</span> '
        f"{escape(conclusion_text(theme['conclusion']))}</li>"
    )


def _no_themes(document: Mapping[str, Any]) -> str:
    return "" if document["themes"] else f"<p>{escape(_('There is no theme to compare with.'))}</p>"


def _theme(number: int, theme: Mapping[str, Any], area: Mapping[str, Any], lang: str) -> str:
    title = escape(theme["title"][lang])
    lines = [
        (_("there and good enough"), theme["right"]),
        (_("there, but not good enough"), theme["unfit"]),
        (_("missing or not good enough"), theme["gap"]),
    ]
    counts = "".join(
        f"<li>{escape(words)} <b>{share['percent']:.1f} %</b> ({_cells(share['cells'])})</li>" for words, share in lines
    )
    drawn = gap_map(
        f"map{number}", area, theme, escape(_("Map of what is missing: {theme}").format(theme=theme["title"][lang]))
    )
    return (
        f'<section class="theme"><h2>{title}</h2><div class="overview">{drawn}<ul>{counts}</ul></div>'
        f"{_datasets(theme, lang)}</section>"
    )


def _cells(n: int) -> str:
    return escape(_("{n} cells").format(n=f"{n:,}"))


def _datasets(theme: Mapping[str, Any], lang: str) -> str:
    if not theme["datasets"]:
        return f"<p>{escape(_('The platform has no dataset of this theme.'))}</p>"
    heads = [_("Dataset"), _("Covered"), _("Good enough?"), _("Current on")]
    heads += [_("Scale"), _("Accuracy"), _("Shared"), _("Ask")]
    rows = "".join(_row(dataset, lang) for dataset in theme["datasets"])
    return (
        f'<table class="datasets"><thead><tr>{"".join(f"<th>{escape(head)}</th>" for head in heads)}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _row(dataset: Mapping[str, Any], lang: str) -> str:
    coverage = dataset["coverage"]
    cells = [
        f"{escape(dataset['title'][lang])}<small>{escape(dataset['id'])}</small>",
        f"{dataset['percent']:.1f} %<small>{escape(how_text(coverage['how'], coverage['reach']))}</small>",
        escape(fit_text(dataset["fit"])),
        escape(dataset["currency"]),
        f"1:{dataset['scale']:,}" if dataset["scale"] else "—",
        f"{dataset['accuracy_m']:g} m" if dataset["accuracy_m"] else "—",
        escape(share_text(dataset["share"])),
        _owner(dataset["department"], lang),
    ]
    return f'<tr class="{dataset["fit"]}">{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


def _owner(department: Mapping[str, Any], lang: str) -> str:
    contact = department.get("contact") or {}
    told = " · ".join(escape(contact[key]) for key in ("person", "phone", "email") if contact.get(key))
    return escape(department["name"][lang]) + (f"<small>{told}</small>" if told else "")


def _planned(document: Mapping[str, Any]) -> str:
    if not document["planned"]:
        return ""
    heads = (_("Number"), _("Project"), _("Applicant"), _("Received"), _("State"), _("In common"))
    rows = "".join(
        f"<tr><td>{escape(other['number'])}</td><td>{escape(other['project'])}</td><td>{escape(other['applicant'])}</td>"
        f"<td>{escape(other['received'])}</td><td>{escape(state_text(other['state']))}</td>"
        f"<td>{other['percent']:.1f} %</td></tr>"
        for other in document["planned"]
    )
    return (
        f"<section><h2>{escape(_('Other planned projects'))}</h2>"
        f"<p>{escape(_('They share a part of the area and a theme with this one: agree with them first.'))}</p>"
        f'<table class="datasets"><thead><tr>{"".join(f"<th>{escape(head)}</th>" for head in heads)}</tr></thead>'
        f"<tbody>{rows}</tbody></table></section>"
    )


def state_text(state: str) -> str:
    """Where a request stands."""
    words = {
        "open": _("waiting for an answer"),
        "answered": _("answered"),
        "approved": _("approved"),
        "refused": _("not approved"),
        "withdrawn": _("withdrawn"),
    }
    return words[state]


def _missing(document: Mapping[str, Any]) -> str:
    if not document["missing"]:
        return ""
    text = _("Announced datasets of which nothing was handed in yet: {ids}").format(ids=", ".join(document["missing"]))
    return f"<section><p>{escape(text)}</p></section>"


def _how(document: Mapping[str, Any]) -> str:
    text = _(
        "Coverage is counted in cells of a grid that everyone shares (tiles of zoom 18 of Web Mercator, about 135 m "
        "wide here); per cent are rounded down. A cell belongs to an area when its centre lies inside. What a dataset "
        "covers is what its owner declares, else its areas or pixels, else the surroundings of its lines and points, "
        "which is an estimate: a place without roads is not therefore unsurveyed. Whether the content is what the "
        "project needs is for the owner to say."
    )
    if document["project"]["cells"] < 100:
        text += " " + _("The area has fewer than 100 cells: its percentages are rough.")
    return text


def _signature(document: Mapping[str, Any]) -> str:
    if document["standing"] != "formal":
        return f'<p class="not-formal">{escape(standing_text(document["standing"]))}</p>'
    rows: Iterable[tuple[str, str]] = (
        (_("Signed by"), document["signed_by"] or ""),
        (_("Date"), document["as_of"]),
        (_("Seal"), ""),
    )
    return (
        '<div class="signature">'
        + "".join(f"<p><span>{escape(name)}</span><b>{escape(value)}</b></p>" for name, value in rows)
        + "</div>"
    )
