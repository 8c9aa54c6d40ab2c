"""requests/<number>/request.toml: a project that someone plans and asks about before it is approved."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import Field

from pipeline.framework.base import Id, Model, NonEmpty
from pipeline.framework.department import Contact

REQUEST_FILE: Final = "request.toml"

Outcome = Literal["approved", "refused", "withdrawn"]


class ProjectRequest(Model):
    """request.toml as written; the number is the name of its folder."""

    project: NonEmpty
    applicant: NonEmpty
    contact: Contact = Contact()
    received: date  # the ten working days begin on the next one
    themes: tuple[Id, ...] = ()  # none: all
    scale: Annotated[int, Field(gt=0)] | None = None  # 1 : scale
    current: date | None = None  # the data must be current on that day
    accuracy_m: Annotated[float, Field(gt=0)] | None = None  # plane accuracy, metres
    finish: date | None = None  # when the project's own data will be there
    outcome: Outcome | None = None  # what became of it; written in by hand


def request_text(request: ProjectRequest) -> str:
    """request.toml of a request, with words on what may be added."""

    def text(value: str) -> str:
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # a JSON string is a TOML string

    contact = {key: value for key, value in request.contact.model_dump().items() if value}
    lines = [
        f"project = {text(request.project)}",
        f"applicant = {text(request.applicant)}",
        *(
            [f"contact = {{ {', '.join(f'{key} = {text(value)}' for key, value in contact.items())} }}"]
            if contact
            else []
        ),
        f"received = {request.received}",
        f"themes = [{', '.join(text(theme) for theme in request.themes)}]",
        *([f"scale = {request.scale}"] if request.scale is not None else []),
        *([f"current = {request.current}"] if request.current is not None else []),
        *([f"accuracy_m = {request.accuracy_m!r}"] if request.accuracy_m is not None else []),
        *([f"finish = {request.finish}"] if request.finish is not None else []),
        '# outcome = "approved"      # or refused, withdrawn: those two no longer count as planned',
    ]
    return "\n".join(lines) + "\n"
