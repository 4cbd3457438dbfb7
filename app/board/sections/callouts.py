"""Call-outs, questions and answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Callouts:
    pass
