"""Drafts of what a city writes down for its departments, made of the rules that the software follows.

A specification of what is handed in (提交规范), a catalogue of what is shared (共享目录) and the regulations of the
platform (管理制度): pages to print, or to open in a word processor and go on writing. What a schema, a calendar or a
rule says stands there as it is checked, so that policy and software say the same.
"""

from __future__ import annotations

from pipeline.intake.documents.written import Language, document_names, workspace_documents

__all__ = ["Language", "document_names", "workspace_documents"]
