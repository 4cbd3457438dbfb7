"""Who has told which sender to stop. A STOP closes the sender it was sent to, for that address alone.

The sender "" stands for all of a channel: of a STOP nobody knows to whom it was sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.messaging.channels import Channel
from app.messaging.models import OptOut, SenderState

EVERY = ""
_AT_ONCE = 500


def closed(
    session: Session, addresses: Collection[str], channel: Channel = Channel.SMS
) -> dict[str, set[str]]:
    """Address -> senders of the channel it has told to stop; addresses that closed none are left out."""
    found: dict[str, set[str]] = {}
    listed = sorted(set(addresses))
    for start in range(0, len(listed), _AT_ONCE):
        query = sa.select(OptOut.address, OptOut.sender).where(
            OptOut.channel == channel, OptOut.address.in_(listed[start : start + _AT_ONCE])
        )
        for address, sender in session.execute(query):
            found.setdefault(address, set()).add(sender)
    return found


def senders_of(session: Session, channel: Channel) -> list[str]:
    """The senders in use; empty until the engine has run."""
    query = sa.select(SenderState.sender).where(SenderState.channel == channel, SenderState.active)
    return list(session.scalars(query.order_by(SenderState.sender)))


def is_closed(stopped: Collection[str], senders: Iterable[str]) -> bool:
    """Whether somebody who has told `stopped` to stop can be written to by none of `senders`."""
    return bool(stopped) and (EVERY in stopped or set(senders) <= set(stopped))


def unreachable(session: Session, addresses: Collection[str], channel: Channel = Channel.SMS) -> set[str]:
    """The addresses that no sender of the channel may write to any more."""
    found = closed(session, addresses, channel)
    if not found:
        return set()
    senders = senders_of(session, channel)
    return {address for address, stopped in found.items() if is_closed(stopped, senders)}
