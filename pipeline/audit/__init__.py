"""A finished folder held against an edition's rules: is anything inside that must not be?

Decodes everything itself and trusts nothing that the build says.
"""

from __future__ import annotations

from pipeline.audit.audit import AuditResult, audit_folder
from pipeline.audit.traces import Machine

__all__ = ["AuditResult", "Machine", "audit_folder"]
