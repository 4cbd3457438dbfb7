"""Findings have no card; this is how the log tells of them."""

from __future__ import annotations

from app.board.wording import says

says("finding.added", "Finding {number}: {text}. To do: {action}, {owner}")
says("finding.done", "Action {number} done: {note}")
says("finding.reopened", "Action {number} is open again")
