"""Call-outs, questions, answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.columns import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "callouts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("extra", sa.String(length=200), nullable=False),
        sa.Column("public_url", sa.String(length=200), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open", "stopped", name="callout_state", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("opened_by", sa.String(length=200), nullable=False),
        sa.Column("stopped_at", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name=op.f("fk_callouts_incident_id_incidents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callouts")),
    )
    with op.batch_alter_table("callouts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_callouts_incident_id"), ["incident_id"], unique=False)
    op.create_table(
        "callout_slots",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("callout_id", sa.String(length=36), nullable=False),
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "position", "group", name="slot_kind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("position_slug", sa.String(length=80), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.Column("at_once", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "exhausted",
                "filled",
                "stopped",
                name="slot_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["callout_id"], ["callouts.id"], name=op.f("fk_callout_slots_callout_id_callouts")
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name=op.f("fk_callout_slots_incident_id_incidents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callout_slots")),
    )
    with op.batch_alter_table("callout_slots", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_callout_slots_callout_id"), ["callout_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_callout_slots_incident_id"), ["incident_id"], unique=False)
        batch_op.create_index(
            "uq_callout_slots_wanting",
            ["incident_id", "position_slug"],
            unique=True,
            sqlite_where=sa.text("position_slug IS NOT NULL AND state IN ('open', 'exhausted')"),
            postgresql_where=sa.text("position_slug IS NOT NULL AND state IN ('open', 'exhausted')"),
        )
    op.create_table(
        "callout_candidates",
        sa.Column("slot_id", sa.String(length=36), nullable=False),
        sa.Column("rank", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("person_name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_callout_candidates_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["callout_slots.id"], name=op.f("fk_callout_candidates_slot_id_callout_slots")
        ),
        sa.PrimaryKeyConstraint("slot_id", "rank", name=op.f("pk_callout_candidates")),
    )
    op.create_table(
        "questions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("slot_id", sa.String(length=36), nullable=False),
        sa.Column("callout_id", sa.String(length=36), nullable=False),
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("person_name", sa.String(length=200), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=4), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "answered",
                "stood_down",
                "replaced",
                name="question_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "stage",
            sa.Enum(
                "asked",
                "sent",
                "delivered",
                "failed",
                name="question_stage",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("digit", sa.String(length=1), nullable=True),
        sa.Column("eta_minutes", sa.Integer(), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "coming",
                "cannot_come",
                "not_needed",
                "over",
                name="question_outcome",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["callout_id"], ["callouts.id"], name=op.f("fk_questions_callout_id_callouts")
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact_methods.id"],
            name=op.f("fk_questions_contact_id_contact_methods"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name=op.f("fk_questions_incident_id_incidents")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_questions_person_id_people")),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["callout_slots.id"], name=op.f("fk_questions_slot_id_callout_slots")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
        sa.UniqueConstraint(
            "slot_id", "person_id", "round", name=op.f("uq_questions_slot_id_person_id_round")
        ),
    )
    with op.batch_alter_table("questions", schema=None) as batch_op:
        batch_op.create_index("ix_questions_incident_state", ["incident_id", "state"], unique=False)
        batch_op.create_index("ix_questions_person", ["person_id", "asked_at"], unique=False)
    op.create_table(
        "answers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("question_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("digit", sa.String(length=1), nullable=True),
        sa.Column("channel", sa.String(length=80), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "coming",
                "cannot_come",
                "not_needed",
                "over",
                name="answer_outcome",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["question_id"], ["questions.id"], name=op.f("fk_answers_question_id_questions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
    )
    with op.batch_alter_table("answers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_answers_question_id"), ["question_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("answers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_answers_question_id"))
    op.drop_table("answers")
    with op.batch_alter_table("questions", schema=None) as batch_op:
        batch_op.drop_index("ix_questions_person")
        batch_op.drop_index("ix_questions_incident_state")
    op.drop_table("questions")
    op.drop_table("callout_candidates")
    with op.batch_alter_table("callout_slots", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_callout_slots_wanting",
            sqlite_where=sa.text("position_slug IS NOT NULL AND state IN ('open', 'exhausted')"),
            postgresql_where=sa.text("position_slug IS NOT NULL AND state IN ('open', 'exhausted')"),
        )
        batch_op.drop_index(batch_op.f("ix_callout_slots_incident_id"))
        batch_op.drop_index(batch_op.f("ix_callout_slots_callout_id"))
    op.drop_table("callout_slots")
    with op.batch_alter_table("callouts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_callouts_incident_id"))
    op.drop_table("callouts")
