"""The incident's run for immediate bed availability, under way or the last that ended."""

from __future__ import annotations

from dataclasses import dataclass

from app.bedruns.looks import Run


@dataclass
class BedRunSection:
    """A closed incident shows none; replay shows what it was."""

    run: Run | None = None
