"""What a reader accepted last, so that nobody can show it anything older."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.release.trust.write import write_whole


@dataclass(frozen=True, slots=True)
class Seen:
    """Versions of the documents that were accepted last; 0 where none was."""

    root: int
    targets: int
    snapshot: int
    timestamp: int
    release: str | None
    city: str | None = None
    edition: str | None = None
    delegated: Mapping[str, int] = field(default_factory=dict)  # role → version
    online_keys: str | None = None  # which keys signed snapshot and timestamp: new ones begin to count anew

    @classmethod
    def none(cls) -> Seen:
        """Of a reader who has seen nothing."""
        return cls(0, 0, 0, 0, None)

    def as_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: object) -> Seen:
        """From such an object; raises ValueError where it is none."""
        names = {each.name for each in fields(cls)}
        if not isinstance(value, dict) or set(value) != names:
            raise ValueError("other fields")
        seen = cls(**value)
        numbers = (seen.root, seen.targets, seen.snapshot, seen.timestamp, *_values(seen.delegated))
        texts = (seen.release, seen.city, seen.edition, seen.online_keys)
        if not all(type(number) is int and number >= 0 for number in numbers):
            raise ValueError("no version")
        if not all(text is None or isinstance(text, str) for text in texts):
            raise ValueError("no text")
        return seen


def read_seen(path: Path) -> Seen:
    """What the file of a reader says; nothing seen where there is no file.

    Raises InputError when the file is there and cannot be understood: to take it for nothing would open the door.
    """
    try:
        return Seen.from_json(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return Seen.none()
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            _("what was accepted last cannot be read, so nothing tells whether this is newer"),
            where=str(path),
            hint=_("restore the file from a copy; delete it only after comparing the release with the printed sheet"),
        ) from error


def write_seen(path: Path, seen: Seen) -> None:
    """Remember what was accepted; whole or not at all."""
    write_whole(path, (json.dumps(seen.as_json(), sort_keys=True) + "\n").encode())


def _values(value: object) -> tuple[Any, ...]:
    if not isinstance(value, dict):
        raise ValueError("no versions")
    return tuple(value.values())
