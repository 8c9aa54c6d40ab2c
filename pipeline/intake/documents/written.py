"""The documents of a workspace: facts of its files, put into templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from pipeline.framework import Framework
from pipeline.intake.documents.facts import document_facts

if TYPE_CHECKING:
    from markupsafe import Markup

Language = Literal["zh", "en"]
TEMPLATES: Final = Path(__file__).with_name("templates")
# Template and file name in Chinese and in English, in the order in which they are read.
_DOCUMENTS: Final[tuple[tuple[str, Mapping[str, str]], ...]] = (
    ("submission.html", {"zh": "提交规范.html", "en": "submission-specification.html"}),
    ("sharing.html", {"zh": "共享目录.html", "en": "sharing-catalogue.html"}),
    ("regulations.html", {"zh": "管理制度.html", "en": "regulations.html"}),
)


def document_names(lang: Language) -> tuple[str, ...]:
    """The names of the files in a language."""
    return tuple(names[lang] for _template, names in _DOCUMENTS)


def workspace_documents(framework: Framework, lang: Language = "zh") -> Iterator[tuple[str, bytes]]:
    """Name and content of each document, in Chinese ("zh") or English ("en"): whole pages, nothing from elsewhere.

    The same workspace gives the same bytes.
    """
    import jinja2

    def say(zh: str, en: str) -> str:
        return zh if lang == "zh" else en

    def text(pair: Any) -> str:
        """Words of the workspace in the document's language."""
        return "" if pair is None else str(getattr(pair, lang))

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"lang": lang, "say": say, "text": text, "style": _style()}
    facts = document_facts(framework, lang)
    for template, names in _DOCUMENTS:
        yield names[lang], environment.get_template(template).render(facts).encode()


def _style() -> Markup:
    from markupsafe import Markup

    return Markup((TEMPLATES / "documents.css").read_text("utf-8"))
