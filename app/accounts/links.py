"""Links in text messages: one person, one purpose, one subject, for a while. The link is the key."""

from __future__ import annotations

import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import Link
from app.core.db import UnitOfWork
from app.core.errors import NotFound
from app.core.ids import digest


def make(uow: UnitOfWork, *, person_id: str, purpose: str, subject_id: str, expires_at: datetime) -> str:
    """Return the secret for the link's address: 128 random bits in 22 characters, for a text is short."""
    secret = secrets.token_urlsafe(16)
    uow.session.add(
        Link(
            id=uow.new_id(),
            person_id=person_id,
            purpose=purpose,
            subject_id=subject_id,
            secret_digest=digest(secret),
            created_at=uow.now,
            expires_at=expires_at,
        )
    )
    return secret


def open_link(session: Session, secret: str, purpose: str, now: datetime) -> Link:
    """Raises NotFound for a link that is unknown, made for something else, revoked or expired."""
    link = session.scalar(sa.select(Link).where(Link.secret_digest == digest(secret)))
    if link is None or link.purpose != purpose or link.revoked_at is not None or link.expires_at <= now:
        raise NotFound("This link is not known, or it has expired.")
    return link
