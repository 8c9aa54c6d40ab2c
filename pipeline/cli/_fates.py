"""What the rules of layers do to features, in words."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.i18n import _

# Those of `pipeline.vector.explain`, which would load Arrow.
RULES = ("not-yet", "too-small", "collapsed", "gathered", "merged", "clustered", "thinned", "over-budget")


def fates() -> Mapping[str, str]:
    """Rule → what became of a feature, in the language in force."""
    return {
        "not-yet": _("not yet: it appears at a later zoom"),
        "too-small": _("left out, too small"),
        "collapsed": _("left out, smaller than a tile unit"),
        "gathered": _("gathered into a square of small areas"),
        "merged": _("joined with others"),
        "clustered": _("drawn together with other points"),
        "thinned": _("left out among many points"),
        "over-budget": _("left out, the tile is full"),
    }
