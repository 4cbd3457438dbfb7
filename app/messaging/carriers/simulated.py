"""A carrier that brings texts to the simulated phones of this program's own database.

Its phones are always switched on: what it takes is delivered at once, and there are no reports.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
import structlog

from app.core.db import Database
from app.messaging.actions.phones import arrive
from app.messaging.carriers import Accepted, Ambiguous, Outgoing, Report, Result
from app.messaging.models import SimText
from app.messaging.status import MessageStatus

log = structlog.get_logger()


class SimulatedCarrier:
    """The carrier port on the table of simulated texts, in transactions of its own."""

    name = "simulated"

    def __init__(self, db: Database) -> None:
        self._db = db

    def send(self, outgoing: Outgoing) -> Result:
        """See the port."""
        try:
            return _taken(self._db.transact(arrive, outgoing))
        except Exception:
            log.exception("simulated_carrier.failed")
            return Ambiguous("The simulated phones did not answer.")

    def find(
        self, to: str, reference: str, since: datetime, *, known: Collection[str] = ()
    ) -> Accepted | None:
        """See the port."""
        query = (
            sa.select(SimText.id)
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
            found = session.scalar(query)
        return _taken(found) if found else None

    def fetch_status(self, carrier_id: str) -> Report | None:
        """See the port."""
        with self._db.read() as session:
            known = session.scalar(sa.select(SimText.id).where(SimText.id == carrier_id))
        return Report(MessageStatus.DELIVERED) if known else None


def _taken(text_id: str) -> Accepted:
    return Accepted(text_id, MessageStatus.DELIVERED, reports=False)
