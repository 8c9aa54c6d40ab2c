"""Why an archive would be empty: features were read, and no tile shows one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.errors import InputError
from pipeline.i18n import _, ngettext
from pipeline.vector.labels import SUFFIX
from pipeline.vector.shards import Prepared


def nothing_left(layers: Sequence[Prepared], counts: Mapping[str, int]) -> InputError:
    """The error that says so: `counts` are features × zooms that each rule of `explain.RULES` took."""
    labelled = {layer.plan.name + SUFFIX for layer in layers if layer.plan.labels}
    given = [layer for layer in layers if layer.plan.name not in labelled]
    reasons: list[str] = []
    remedies: list[str] = []
    for layer in given:
        if not any(shard.load().features.visible.any() for shard in layer.shards):
            reasons.append(_("no zoom shows a feature of layer {layer}").format(layer=layer.plan.name))
            rules = [name for name in ("where", "zoom_by") if getattr(layer.plan, name) is not None]
            remedies.append(_("Correct {rule}.").format(rule=", ".join(rules)))
    for rule, (fate, remedy) in _words().items():
        if counts.get(rule):
            reasons.append(_("{count:,} times, at one zoom or another: {fate}").format(count=counts[rule], fate=fate))
            remedies.append(remedy)
    return InputError(
        _("Nothing is left to draw: {reasons}.").format(reasons="; ".join(reasons) or _("no tile has a share in it")),
        where=", ".join(
            ngettext("layer {layer}, {n:,} feature", "layer {layer}, {n:,} features", layer.count).format(
                layer=layer.plan.name, n=layer.count
            )
            for layer in given
        ),
        expected=_("at least one feature that a tile shows"),
        hint=" ".join(dict.fromkeys(remedies)) or _("Check where the features lie."),
    )


def _words() -> Mapping[str, tuple[str, str]]:
    """Rule → what became of the features, and what to do about it."""
    finer = _("Raise the last zoom (max_zoom, -z).")
    return {
        "too-small": (_("left out, too small"), _("Lower min_area or min_length.")),
        "collapsed": (_("left out, smaller than a tile unit"), finer),
        "gathered": (_("gathered into a square of small areas"), finer),
        "over-budget": (_("left out, the tile is full"), _("Raise the budget.")),
    }
