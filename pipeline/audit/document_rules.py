"""The rules of text files: pages, JSON, scripts, what archives say of themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pyarrow as pa

from pipeline.audit.document import MARKUP, Read
from pipeline.audit.names import kind_text, names_in
from pipeline.audit.rules import Finding, Rule, Severity
from pipeline.audit.traces import traces_in
from pipeline.audit.values import denied_numbers, denied_texts
from pipeline.i18n import _

_SCRIPTS: Final = frozenset({"js", "mjs", "css"})
_COMMENT: Final = re.compile(r"<!--(?!\[if|<!\[endif)(.*?)(?:-->|\Z)", re.DOTALL)
_MAPPING: Final = re.compile(r"(?m)^\s*(?://|/\*)[#@]\s*source(?:Mapping)?URL\s*=\s*(\S{1,200})")


def unreadable(read: Read) -> Iterator[Finding]:
    """Text that is not UTF-8, JSON that is none."""
    if read.document.fault is not None:
        yield Finding(_("it cannot be read: {reason}").format(reason=read.document.fault), read.document.name)


def machine_traces(read: Read) -> Iterator[Finding]:
    """Paths, users, hosts, files of the workspace."""
    name = read.document.name
    inputs = name == "release.json"  # names the files of its datasets, which `folder` holds against their datasets
    hotlink = name.startswith("hotlink/")
    for text in traces_in(read.document.text, read.against.machine, hosts=not hotlink, files=not inputs):
        yield Finding(text, name)
    if "\\u" in read.document.text or "&" in read.document.text:  # the same, written another way
        for text in traces_in(
            "\n".join(read.document.texts), read.against.machine, hosts=not hotlink, files=not inputs
        ):
            yield Finding(text, name)


def comments(read: Read) -> Iterator[Finding]:
    """Comments in pages and XML: nobody sees them, everybody can read them."""
    if read.document.suffix in MARKUP:
        for match in _COMMENT.finditer(read.document.text):
            text = " ".join(match.group(1).split())[:120]
            yield Finding(_("a comment: {text}").format(text=text), read.document.name)


def source_maps(read: Read) -> Iterator[Finding]:
    """Source maps, and scripts that point at one."""
    document = read.document
    if document.suffix == "map" or (isinstance(document.value, dict) and "mappings" in document.value):
        yield Finding(_("a source map, which holds the sources or names their files"), document.name)
    if document.suffix in _SCRIPTS:
        for match in _MAPPING.finditer(document.text):
            yield Finding(_("it points at a source map: {text}").format(text=match.group(1)[:80]), document.name)


def strange_names(read: Read) -> Iterator[Finding]:
    """Datasets, archives, layers and fields that are not allowed."""
    allowed = read.against.allowed
    layers, told = allowed.layers, set()
    for name in names_in(read.document):
        known = {"dataset": allowed.datasets, "archive": allowed.archives, "layer": layers, "field": allowed.fields}
        right = name.name in known[name.kind]
        if name.kind == "field" and name.of in layers:
            right = name.name in layers[name.of].names
        elif name.kind == "field" and name.of in allowed.datasets:
            right = name.name in allowed.datasets[name.of]
        if not right and name not in told:
            told.add(name)
            yield Finding(_("{what} is not allowed").format(what=kind_text(name)), read.document.name, name.of)


def strange_scripts(read: Read) -> Iterator[Finding]:
    """Scripts that do not come with the software; where it brings none along nothing can be said."""
    if read.document.suffix in ("js", "mjs", "ts") and not read.known and read.against.software:
        yield Finding(_("a script that does not come with this version"), read.document.name)


def denied_words(read: Read) -> Iterator[Finding]:
    """Texts that occur in nothing that may be shown."""
    document, against = read.document, read.against
    if not read.known and document.texts:
        but = against.script_words if document.suffix in _SCRIPTS else frozenset()
        for text, times in denied_texts(pa.array(document.texts, pa.large_string()), against.secrets, but):
            yield Finding(text, read.document.name, "", times)


def denied_figures(read: Read) -> Iterator[Finding]:
    """Numbers that occur in nothing that may be shown; places and sizes are passed over."""
    if not read.known:
        for text, times in denied_numbers(read.document.numbers, read.against.secrets):
            yield Finding(text, read.document.name, "", times)


DOCUMENT_RULES: Final[tuple[Rule[Read], ...]] = (
    Rule(
        "text-readable",
        Severity.LEAK,
        "Text is UTF-8, and JSON can be read.",
        "Build again; what cannot be read cannot be proved to hold nothing.",
        unreadable,
    ),
    Rule(
        "text-trace",
        Severity.LEAK,
        "Nothing tells of the machine or the folder it was made on.",
        "Take the path, name or address out of what it comes from, and build again.",
        machine_traces,
    ),
    Rule(
        "page-comment",
        Severity.LEAK,
        "Pages and XML have no comments.",
        "Take the comment out of the template, and build again.",
        comments,
    ),
    Rule(
        "source-map",
        Severity.LEAK,
        "There are no source maps.",
        "Build the site without source maps.",
        source_maps,
    ),
    Rule(
        "script-known",
        Severity.NOTICE,
        "Scripts are those that come with the software.",
        "Audit with the version that built the release, or find out who changed the script.",
        strange_scripts,
    ),
    Rule(
        "text-name",
        Severity.LEAK,
        "Documents name allowed datasets, archives, layers and fields only.",
        "Correct the audiences of what is named, and build again.",
        strange_names,
    ),
    Rule(
        "text-value",
        Severity.LEAK,
        "No word of a document occurs in denied data only.",
        "Find out how the value came in, and build again.",
        denied_words,
    ),
    Rule(
        "text-number",
        Severity.LEAK,
        "No number of a document occurs in denied data only.",
        "Find out how the value came in, and build again.",
        denied_figures,
    ),
)
