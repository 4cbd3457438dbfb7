"""What asked something of somebody is kept, one row each; firings of before are taken over."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from app.core.columns import UtcDateTime

revision = "0025"
down_revision = "0024"

OPEN = {"sqlite_where": sa.text("cleared_at IS NULL"), "postgresql_where": sa.text("cleared_at IS NULL")}
TIMES = ("fired_at", "acknowledged_at", "cleared_at")
ASKING = "whoever decides the surge level"
SIGN = "whoever watches capacity"


def upgrade() -> None:
    alarms = op.create_table(
        "alarms",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(80), nullable=False),
        sa.Column("facility_id", sa.String(36)),
        sa.Column("incident_id", sa.String(36)),
        sa.Column("exercise", sa.Boolean(), nullable=False),
        sa.Column("cause", sa.String(120), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("role", sa.String(200), nullable=False),
        sa.Column("severity", sa.String(80), nullable=False),
        sa.Column("place", sa.String(80), nullable=False),
        sa.Column("resource", sa.String(80), nullable=False),
        sa.Column("life_safety", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("raised_at", UtcDateTime(), nullable=False),
        sa.Column("acknowledged_at", UtcDateTime()),
        sa.Column("acknowledged_by", sa.String(200)),
        sa.Column("shelved_at", UtcDateTime()),
        sa.Column("shelved_until", UtcDateTime()),
        sa.Column("cleared_at", UtcDateTime()),
        sa.Column("link", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"]),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("ix_alarms_raised", "alarms", ["facility_id", "raised_at"])
    op.create_index("ix_alarms_lately", "alarms", ["raised_at"])
    op.create_index("ix_alarms_standing", "alarms", ["facility_id"], **OPEN)
    op.create_index("ix_alarms_open", "alarms", ["cause"], **OPEN)
    op.create_table(
        "alarm_floods",
        sa.Column("facility_id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("began_at", UtcDateTime()),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("first_title", sa.String(200), nullable=False),
        sa.Column("first_at", UtcDateTime()),
        sa.Column("parts", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"]),
        sa.PrimaryKeyConstraint("facility_id"),
    )
    op.create_table(
        "alarm_calls",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("recommendation_id", sa.String(36), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["recommendation_id"], ["surge_recommendations.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("recommendation_id", "round", "step"),
    )
    _take_over(alarms)


def downgrade() -> None:
    op.drop_table("alarm_calls")
    op.drop_table("alarm_floods")
    for name in ("standing", "open", "lately", "raised"):
        op.drop_index(f"ix_alarms_{name}", "alarms")
    op.drop_table("alarms")


def _take_over(alarms: sa.Table) -> None:
    text = sa.text(
        "SELECT f.id, f.trigger_id, f.title, f.said, f.severity, f.fired_at, f.acknowledged_at, f.acknowledged_by,"
        " f.cleared_at, t.facility_id, t.unit_class, t.definition FROM trigger_firings f"
        " JOIN triggers t ON t.id = f.trigger_id ORDER BY f.id"
    ).columns(**{name: UtcDateTime() for name in TIMES})
    rows = [_alarm(found._mapping) for found in op.get_bind().execute(text)]
    if rows:
        op.bulk_insert(alarms, [row for row in rows if row is not None])


def _alarm(firing: Any) -> dict[str, Any] | None:
    definition = json.loads(firing["definition"])
    sign = definition.get("kind") == "indicator"
    if sign and not definition.get("action"):
        return None
    return {
        "id": firing["id"],
        "key": f"firing:{firing['id']}",
        "kind": "firing",
        "facility_id": firing["facility_id"],
        "incident_id": None,
        "exercise": False,
        "cause": f"trigger:{firing['trigger_id']}",
        "title": firing["title"],
        "words": firing["said"],
        "role": SIGN if sign else ASKING,
        "severity": firing["severity"],
        "place": firing["unit_class"],
        "resource": definition.get("resource", "space"),
        "life_safety": False,
        "at": firing["fired_at"],
        "raised_at": firing["fired_at"],
        "acknowledged_at": firing["acknowledged_at"],
        "acknowledged_by": firing["acknowledged_by"],
        "shelved_at": None,
        "shelved_until": None,
        "cleared_at": firing["cleared_at"],
        "link": f"/capacity/triggers/{firing['trigger_id']}",
    }
