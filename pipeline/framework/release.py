"""`[release]` of framework.toml, and the key that a department signs its datasets with."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from pipeline.framework.base import Model, inside_workspace, refuse
from pipeline.i18n import _


class ReleaseRules(Model):
    """How many releases are kept, and how long what is signed holds."""

    keep: Annotated[int, Field(ge=2, le=400)] = 13  # completed releases of an edition, the newest among them
    expires: Annotated[int, Field(ge=1, le=3650)] = 400  # days; what the offices and departments sign
    refresh: Annotated[int, Field(ge=1, le=400)] = 45  # days; what the publisher signs, renewed by publish --refresh


def _public_key(value: str) -> str:
    if re.fullmatch("[0-9a-f]{64}", value):
        return value
    if not value.endswith(".pub.json"):
        raise refuse(_("no public key"), _("64 hexadecimal digits, or the path of a .pub.json in the workspace"))
    return inside_workspace(value)


PublicKeyText = Annotated[str, AfterValidator(_public_key)]
