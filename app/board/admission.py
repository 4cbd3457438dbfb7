"""By what right somebody looks at a board, asked again for as long as they look."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from flask import request, session
from sqlalchemy.orm import Session

from app.accounts.identity import Identity, by_sign_ins, by_tokens
from app.core.ids import digest


@dataclass(frozen=True)
class Credential:
    """The digest of a cookie's secret or of a token, so that no secret stays in memory."""

    kind: Literal["sign_in", "token"]
    digest: str


def presented(auth: Any) -> Credential | None:
    """What this connection presents: the token in `auth` or in the header, else the cookie of the page."""
    token = auth.get("token") if isinstance(auth, dict) else None
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    token = token or (secret.strip() if scheme.lower() == "bearer" else None)
    if isinstance(token, str):
        return Credential("token", digest(token))
    sign_in = session.get("sign_in")
    return Credential("sign_in", digest(sign_in)) if sign_in else None


def holders(
    db: Session, credentials: Collection[Credential], now: datetime, idle: timedelta
) -> dict[Credential, Identity]:
    """Who these are now. Those that no longer hold are missing."""
    sign_ins = [c.digest for c in credentials if c.kind == "sign_in"]
    tokens = [c.digest for c in credentials if c.kind == "token"]
    by_cookie = by_sign_ins(db, sign_ins, now, idle) if sign_ins else {}
    by_header = by_tokens(db, tokens, now) if tokens else {}
    return {
        **{Credential("sign_in", found): identity for found, identity in by_cookie.items()},
        **{Credential("token", found): identity for found, identity in by_header.items()},
    }
