"""Longquan and its peers side by side: `just bench`. Never part of a test run."""
