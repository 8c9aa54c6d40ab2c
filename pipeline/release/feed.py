"""feed.atom: what changed from release to release, for offices that follow and for people with a feed reader.

It names nothing but what the releases themselves show, and times of day it has none: `updated` is the date of the data.
Source: RFC 4287.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from pipeline.i18n import speaking
from pipeline.release.kept import Kept
from pipeline.review.changes import Change, content_changes
from pipeline.review.content import content_list

FEED: Final = "feed.atom"
_ENTRIES: Final = 13
_SHOWN: Final = 100  # changes of one release that are told one by one


def release_feed(kept: Sequence[Kept]) -> bytes:
    """The feed of completed releases, given oldest first; the newest stands on top.

    Raises InputError where one of them is not whole.
    """
    with speaking("zh"):
        contents = [content_list(each.folder) for each in kept]
        entries = [
            _entry(content, content_changes(before, content) if before else None)
            for before, content in zip([None, *contents], contents, strict=False)
        ][-_ENTRIES:]
    newest = contents[-1]
    title = f"{newest['platform']['zh']} · {newest['edition']['title']['zh']}"
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh-CN">',
        f"<id>urn:longquan:{newest['city']['code']}:{newest['edition']['id']}</id>",
        f"<title>{escape(title)}</title>",
        f"<updated>{newest['as_of']}T00:00:00Z</updated>",
        f"<author><name>{escape(newest['platform']['zh'])}</name></author>",
        f"<link rel={quoteattr('alternate')} href={quoteattr('index.html')}/>",
        *reversed(entries),
        "</feed>",
    ]
    return ("\n".join(lines) + "\n").encode()


def _entry(content: dict[str, Any], changes: Sequence[Change] | None) -> str:
    if changes is None:
        told = ["首次发布。 The first release."]
    elif not changes:
        told = ["内容没有变化。 No change of content."]
    else:
        told = [change.words for change in changes[:_SHOWN]]
        if len(changes) > _SHOWN:
            told.append(f"…… {len(changes) - _SHOWN}")
    sample = "示例数据 · " if content["sample"] else ""
    text = "".join(f"<li>{escape(line)}</li>" for line in told)
    return (
        f"<entry><id>urn:sha256:{content['release']}</id>"
        f"<title>{escape(sample)}{content['as_of']} · {content['release'][:12]}</title>"
        f"<updated>{content['as_of']}T00:00:00Z</updated>"
        f'<content type="html">{escape(f"<ul>{text}</ul>")}</content></entry>'
    )
