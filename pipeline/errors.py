"""One tree of errors; each says what was found, where, what was expected and what to do.

LongquanError            1  the work failed
├── UsageError           2  the command was called wrongly
├── PolicyRefusal        3  a rule of the platform forbids it
├── ConfigError          1  framework.toml, departments/*.toml, schemas/*.toml
├── InputError           1  a file that was handed in cannot be read as it should
├── OutputError          1  a result cannot be written (disk full, no permission, exists)
└── ArchiveError         1  a PMTiles archive breaks the specification
"""

from __future__ import annotations

from typing import ClassVar

from pipeline.i18n import _


class LongquanError(Exception):
    """The root: a message for people, with the place, the expectation and the remedy kept apart."""

    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        message: str,
        *,
        where: str | None = None,
        expected: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.expected = expected
        self.hint = hint

    def __str__(self) -> str:
        lines = [self.message]
        if self.where:
            lines.append("  " + _("where:") + " " + self.where)
        if self.expected:
            lines.append("  " + _("expected:") + " " + self.expected)
        if self.hint:
            lines.append("  " + _("what to do:") + " " + self.hint)
        return "\n".join(lines)


class UsageError(LongquanError):
    """The command was called wrongly."""

    exit_code = 2


class PolicyRefusal(LongquanError):
    """A rule of the platform forbids what was asked."""

    exit_code = 3


class ConfigError(LongquanError):
    """A workspace file is missing, unreadable or says something that is not allowed."""


class InputError(LongquanError):
    """A file that was handed in cannot be read as it should."""


class OutputError(LongquanError):
    """A result cannot be written."""


class ArchiveError(LongquanError):
    """A PMTiles archive breaks the specification."""
