"""What waits for whom, and the policies that say what happens then. The engine's own page is the watchdog's."""

from __future__ import annotations

from app.escalation import policy_pages, waiting_pages
from app.escalation.frame import pages

__all__ = ["pages", "policy_pages", "waiting_pages"]
