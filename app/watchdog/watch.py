"""The tick: a round every 20 seconds by whichever process comes first, and a ping a minute if it was clean."""

from __future__ import annotations

import time
from datetime import timedelta

import structlog

from app.runtime import Runtime
from app.watchdog import actions, rounds
from app.watchdog.ping import ping
from app.watchdog.rounds import Round
from app.watchdog.wording import counted

log = structlog.get_logger()

ROUND_EVERY = timedelta(seconds=20)
PING_EVERY = timedelta(minutes=1)
# A tick comes a little early or late: it must not miss its turn by milliseconds.
SLACK = timedelta(seconds=2)


def watch(rt: Runtime) -> Round | None:
    """One round, kept; None when another process has just begun one."""
    if not rt.db.transact(actions.claim, every=ROUND_EVERY - SLACK):
        return None
    began = time.monotonic()
    done = rounds.look(rt.db, rt.clock.now())
    took_ms = round((time.monotonic() - began) * 1000)
    alarmed = rt.db.transact(
        actions.keep,
        done,
        took_ms=took_ms,
        alarm=rt.settings.watch_contacts,
        url=f"{rt.settings.public_url}/engine",
    )
    if not done.clean:
        found = {kind: len(offences) for kind, offences in done.found.items() if offences}
        log.error("watchdog.found", found=counted(found), alarmed=alarmed)
    elif rt.settings.watchdog_url:
        _ping(rt, rt.settings.watchdog_url)
    return done


def _ping(rt: Runtime, url: str) -> None:
    if rt.db.transact(actions.claim_ping, every=PING_EVERY - SLACK):
        error = ping(url)
        if error:
            log.warning("watchdog.ping_failed", error=error)
        rt.db.transact(actions.pinged, error)
