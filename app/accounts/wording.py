"""Accounts in plain words."""

from __future__ import annotations

import json
from typing import Any

from app.core.permissions import GRANTED, Role
from app.journal.models import JournalEntry

_SENTENCES = {
    "account.created": "Account created with the role {role}",
    "account.role_given": "Role given: {role}, {place}",
    "account.role_taken": "Role taken: {role}, {place}",
    "account.disabled": "Account disabled: {reason}",
    "account.enabled": "Account enabled",
    "account.password_reset": "Password reset",
    "account.password_changed": "Password changed",
    "account.sessions_ended": "Sessions ended: {count}",
    "account.token_created": "Token made: {token_name}",
    "account.token_revoked": "Token revoked: {token_name}",
}


def role(value: Role | str) -> str:
    return str(value).replace("_", " ").capitalize()


def permissions(value: Role) -> str:
    """What a role may do, for an administrator who chooses one."""
    return "; ".join(sorted(permission.text for permission in GRANTED[value])) + "."


def line(entry: JournalEntry) -> dict[str, Any]:
    """One entry of the journal of accounts for a timeline."""
    data = json.loads(entry.data)
    words = data | {"role": role(data.get("role", "")), "place": data.get("facility_name") or "all hospitals"}
    text = _SENTENCES.get(entry.kind, entry.kind).format(**words)
    return {"at": entry.occurred_at, "text": text, "who": entry.actor_name}
