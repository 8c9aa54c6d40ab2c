"""The way of a release to those who use it; `diagnose` asks a server whether it is fit to carry one."""

from __future__ import annotations

from pipeline.publish.client import Client
from pipeline.publish.doctor import Diagnosis, diagnose
from pipeline.publish.finding import SERVERS, Finding

__all__ = ["SERVERS", "Client", "Diagnosis", "Finding", "diagnose"]
