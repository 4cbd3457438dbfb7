"""Whether somebody can be reached at all, and where first."""

from __future__ import annotations

from collections.abc import Collection

from app.messaging.channels import Channel
from app.staffing.models import ContactMethod, Person

CHANNELS = (Channel.SMS, Channel.VOICE, Channel.EMAIL)


def reach(
    person: Person, after: Collection[str] = (), channels: Collection[str] = CHANNELS
) -> ContactMethod | None:
    """The best way to reach a person, those that failed lately last; `after` are ids that have been tried."""
    open_ = [
        contact
        for contact in person.contacts
        if contact.channel in channels and not refuses(contact) and contact.id not in after
    ]
    return min(open_, key=lambda c: (c.suspect_since is not None, c.rank, c.id), default=None)


def phone(person: Person, after: Collection[str] = ()) -> ContactMethod | None:
    """The best number to text."""
    return reach(person, after, (Channel.SMS,))


def refuses(contact: ContactMethod) -> bool:
    """Whether its owner wants nothing more there."""
    return contact.opted_out_at is not None


def unreachable(person: Person, channels: Collection[str] = CHANNELS) -> str | None:
    """Why nothing reaches this person; None when something does."""
    if reach(person, channels=channels) is not None:
        return None
    if any(contact.channel in channels for contact in person.contacts):
        return "has opted out of everything"
    return "has no phone and no mail address"
