"""Results for machines, on stdout."""

from __future__ import annotations

import json

import click


def print_json(value: object) -> None:
    """Print a value as JSON, indented; Chinese stays legible."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
