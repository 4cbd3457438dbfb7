"""A carrier that brings texts, calls and mails to the simulated phones and mailboxes of this program's own database.

Its phones are always switched on: a text that it takes is delivered at once. A call rings until somebody
deals with it, a mail has no receipt. There are no callbacks: what becomes of a call is told by `ringing`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
import structlog

from app.core.db import Database
from app.messaging.actions.phones import arrive
from app.messaging.carriers import Accepted, Ambiguous, Outgoing, Report, Result
from app.messaging.carriers.errors import BUSY, NOBODY_PICKED_UP
from app.messaging.channels import Channel
from app.messaging.models import Ring, SimText
from app.messaging.status import MessageStatus

log = structlog.get_logger()

OF_RING = {
    Ring.RINGING: Report(MessageStatus.SENT),
    Ring.TALKING: Report(MessageStatus.DELIVERED),
    Ring.ENDED: Report(MessageStatus.DELIVERED),
    Ring.DECLINED: Report(MessageStatus.UNDELIVERED, BUSY),
    Ring.MISSED: Report(MessageStatus.UNDELIVERED, NOBODY_PICKED_UP),
}


class SimulatedCarrier:
    """The carrier port on the table of simulated texts, in transactions of its own. One serves every channel."""

    name = "simulated"

    def __init__(self, db: Database) -> None:
        self._db = db

    def send(self, outgoing: Outgoing) -> Result:
        """See the port."""
        try:
            return _taken(self._db.transact(arrive, outgoing), outgoing.channel)
        except Exception:
            log.exception("simulated_carrier.failed")
            return Ambiguous("The simulated phones did not answer.")

    def find(
        self, to: str, reference: str, since: datetime, *, known: Collection[str] = ()
    ) -> Accepted | None:
        """See the port."""
        query = (
            sa.select(SimText.id, SimText.channel)
            .where(
                SimText.number == to,
                SimText.reference == reference,
                SimText.at >= since,
                SimText.id.not_in(known),
            )
            .order_by(SimText.at)
            .limit(1)
        )
        with self._db.read() as session:
            found = session.execute(query).one_or_none()
        return _taken(found.id, found.channel) if found else None

    def fetch_status(self, carrier_id: str) -> Report | None:
        """See the port."""
        query = sa.select(SimText.channel, SimText.ring).where(SimText.id == carrier_id)
        with self._db.read() as session:
            found = session.execute(query).one_or_none()
        if found is None:
            return None
        return OF_RING[found.ring] if found.ring else Report(_first_status(found.channel))


def _taken(text_id: str, channel: Channel) -> Accepted:
    return Accepted(text_id, _first_status(channel), reports=False)


def _first_status(channel: Channel) -> MessageStatus:
    return MessageStatus.DELIVERED if channel is Channel.SMS else MessageStatus.SENT
