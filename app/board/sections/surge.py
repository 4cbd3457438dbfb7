"""Triggers and surge levels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Surge:
    pass
