"""Resource requests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Requests:
    pass
