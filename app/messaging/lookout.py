"""What the sender leaves behind: texts nobody knows about, silent carriers, work that was left for later."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import sqlalchemy as sa
import structlog
from flask import Flask

from app.messaging import ringing
from app.messaging.actions import looks, phones
from app.messaging.actions.looks import Look
from app.messaging.actions.reports import Report
from app.messaging.carriers import Accepted, Carrier, CarrierUnavailable
from app.messaging.carriers import Report as CarrierReport
from app.messaging.carriers.simulated import SimulatedCarrier
from app.messaging.channels import Channel
from app.messaging.drain import LONGEST, REPORTS_AT_ONCE, apply_reports, open_ids, try_one, understand
from app.messaging.models import Attempt, CarrierEvent, InboundText, SimSwitch, SimText
from app.messaging.states import AttemptState
from app.messaging.worker import lapse_all
from app.runtime import Runtime

log = structlog.get_logger()

GRACE = timedelta(seconds=2)
"""How long whoever stored a report or a text has to process it, before it is done here."""

_AT_ONCE = 200
_CALLS = 8


def look(app: Flask) -> int:
    """Ask the carrier about texts nobody knows about, and about those it has been silent on.

    Returns how many were asked about.
    """
    rt: Runtime = app.extensions["muster"]
    carriers: dict[Channel, Carrier] = rt.parts["carriers"]
    lapse_all(rt, _lapsed(rt))
    names = {channel: carrier.name for channel, carrier in carriers.items()}
    rt.db.transact(looks.forsaken, carriers=names, most=_AT_ONCE)
    due = rt.db.transact(looks.take_looks, carriers=names, most=_AT_ONCE)
    if due:
        with ThreadPoolExecutor(_CALLS, thread_name_prefix="lookout") as pool:
            list(pool.map(lambda one: _ask(app, carriers[one.channel], one), due))
    return len(due)


def backlog(app: Flask) -> int:
    """Process reports and texts that were stored, but not processed at once; returns how many. It goes on for a
    while as long as there is much of it: a process that died in the middle of a call-out leaves thousands.
    """
    rt: Runtime = app.extensions["muster"]
    before = rt.clock.now() - GRACE
    done, ends = 0, time.monotonic() + LONGEST
    while True:
        some = apply_reports(rt, open_ids(rt, CarrierEvent, before))
        some += understand(rt, open_ids(rt, InboundText, before))
        done += some
        if some < REPORTS_AT_ONCE or time.monotonic() > ends:
            return done


def answer(app: Flask) -> int:
    """Let simulated people deal with what is on their phones; returns how many texts and calls they dealt with."""
    rt: Runtime = app.extensions["muster"]
    if not isinstance(rt.parts["carriers"].get(Channel.VOICE), SimulatedCarrier):
        return 0
    missed = ringing.ring_out(rt)
    with rt.db.read() as session:
        if not session.scalar(sa.select(SimSwitch.pace)):
            return missed
        lying = sa.select(SimText.id).where(SimText.open, SimText.ring.is_(None)).order_by(SimText.at)
        ids = list(session.scalars(lying))
    called = missed + ringing.answer_calls(rt)
    return called + sum(try_one(rt, phones.answer_as_planned, one) for one in ids)


def _ask(app: Flask, carrier: Carrier, one: Look) -> None:
    rt: Runtime = app.extensions["muster"]
    try:
        with app.app_context():
            if one.find:
                _found(rt, one, carrier.find(one.to, one.reference, one.since, known=one.known))
            else:
                _asked(rt, one, carrier.fetch_status(one.carrier_id or ""))
    except CarrierUnavailable as trouble:
        log.warning("carrier.unavailable", reason=str(trouble))
        rt.db.transact(looks.not_asked, one.attempt_id)
    except Exception:
        log.exception("lookout.failed", attempt=one.attempt_id)


def _found(rt: Runtime, one: Look, found: Accepted | None) -> None:
    if found is None:
        rt.db.transact(looks.not_found, one.attempt_id)
    else:
        rt.parts["drain"].hear(Report(one.attempt_id, "found", found.carrier_id, found.status.value))


def _asked(rt: Runtime, one: Look, said: CarrierReport | None) -> None:
    if said is not None and said.status is not None and one.carrier_id is not None:
        rt.parts["drain"].hear(
            Report(one.attempt_id, "asked", one.carrier_id, said.status.value, said.error_code)
        )
    rt.db.transact(looks.no_news, one.attempt_id)


def _lapsed(rt: Runtime) -> list[str]:
    query = sa.select(Attempt.id).where(
        Attempt.look_at.is_not(None),
        Attempt.look_at <= rt.clock.now(),
        Attempt.state == AttemptState.IN_FLIGHT,
    )
    with rt.db.read() as session:
        return list(session.scalars(query))
