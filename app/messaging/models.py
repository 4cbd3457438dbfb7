"""What we want to send, each try to send it, and everything the carrier says; and the simulated phones.

Three tables for one text: an intent (what and to whom), its attempts (each try) and carrier events (each word
from the carrier), so that no try and no word is ever overwritten (promise I9).
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Code, Id, Name, UtcDateTime, one_of, primary_id
from app.core.db import Base
from app.messaging.carriers.errors import ErrorClass
from app.messaging.channels import Channel
from app.messaging.states import AttemptState, IntentState, Purpose
from app.messaging.status import MessageStatus


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


class Intent(Base):
    """A message over one channel to one address. `key` makes it exactly one (promise I1).

    subject_id  what it is about, such as a question's id: `supersede` and deliveries name it.
    stream      the journal to be locked before what became of it is recorded; None when there is none.
    person_id   whom it is for; None for what goes to another system.
    to          E.164, mail address or URL, as it was when asked for. Never in logs or journals.
    title       the subject of a mail.
    reference   the short mark in the body, the same for every try.
    lane        0 is the most urgent; each further lane lets texts up to a minute younger pass.
    due_at      not sent before; `turn_at` is due_at plus a minute a lane: the order of sending.
    tries       attempts made so far.
    sent_at     when the carrier first took it; delivered_at when the phone had it.
    superseded_at  since when it is no longer needed: it is not tried again.
    error       why it was refused, failed or expired, in words without numbers.
    """

    __tablename__ = "intents"
    __table_args__ = (
        sa.Index("ix_intents_pending", "channel", "turn_at", "id", **_where("state = 'pending'")),
        sa.Index("ix_intents_under_way", "changed_at", **_where("state IN ('claimed', 'unknown', 'sent')")),
        sa.CheckConstraint("lane BETWEEN 0 AND 9", name="lane"),
    )

    id: Mapped[str] = primary_id()
    key: Mapped[str] = mapped_column(Name, unique=True)
    purpose: Mapped[Purpose] = mapped_column(one_of(Purpose, "purpose"))
    subject_id: Mapped[str] = mapped_column(Id, index=True)
    stream: Mapped[str | None] = mapped_column(sa.String(60))
    channel: Mapped[Channel] = mapped_column(one_of(Channel, "channel"), default=Channel.SMS)
    person_id: Mapped[str | None] = mapped_column(sa.ForeignKey("people.id"), index=True)
    contact_id: Mapped[str | None] = mapped_column(sa.ForeignKey("contact_methods.id", ondelete="SET NULL"))
    to: Mapped[str] = mapped_column(Name)
    title: Mapped[str | None] = mapped_column(Name)
    body: Mapped[str] = mapped_column(sa.Text)
    reference: Mapped[str] = mapped_column(sa.String(8))
    lane: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    turn_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[IntentState] = mapped_column(one_of(IntentState, "intent_state"))
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    superseded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(Name)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Attempt(Base):
    """One try to hand a text to the carrier. Its id travels in the callback address.

    extra       made after an ambiguous try that the carrier did not know of: the text may arrive twice.
    look_at     when somebody must see to it: while in flight the end of the sender's lease, afterwards the
                moment to ask the carrier about it; None when nothing more is to be learnt.
    conflict    an end the carrier reported that contradicts `status`; the first end stands.
    """

    __tablename__ = "attempts"
    __table_args__ = (
        sa.UniqueConstraint("intent_id", "n"),
        sa.Index("ix_attempts_look_at", "look_at", **_where("look_at IS NOT NULL")),
    )

    id: Mapped[str] = primary_id()
    intent_id: Mapped[str] = mapped_column(sa.ForeignKey("intents.id"))
    n: Mapped[int]
    state: Mapped[AttemptState] = mapped_column(one_of(AttemptState, "attempt_state"))
    extra: Mapped[bool] = mapped_column(default=False)
    claimed_by: Mapped[str] = mapped_column(Code)
    look_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    carrier: Mapped[str] = mapped_column(Code)
    sender: Mapped[str | None] = mapped_column(Code)
    carrier_id: Mapped[str | None] = mapped_column(Code, unique=True)
    status: Mapped[MessageStatus | None] = mapped_column(one_of(MessageStatus, "message_status"))
    conflict: Mapped[MessageStatus | None] = mapped_column(one_of(MessageStatus, "conflict_status"))
    error_code: Mapped[int | None]
    error_class: Mapped[ErrorClass | None] = mapped_column(one_of(ErrorClass, "error_class"))
    detail: Mapped[str | None] = mapped_column(sa.Text)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CarrierEvent(Base):
    """One thing the carrier said about an attempt, however we came to hear it; append-only but for
    `processed_at`. `attempt_id` is as the carrier sent it and need not be one of ours.

    source  callback, answer (a create answer that came after its lease), found or asked.
    """

    __tablename__ = "carrier_events"
    __table_args__ = (sa.Index("ix_carrier_events_open", "received_at", **_where("processed_at IS NULL")),)

    id: Mapped[str] = primary_id()
    dedupe: Mapped[str] = mapped_column(Name, unique=True)
    attempt_id: Mapped[str] = mapped_column(Id, index=True)
    source: Mapped[str] = mapped_column(Code)
    carrier_id: Mapped[str] = mapped_column(Code)
    status: Mapped[str] = mapped_column(Code)
    error_code: Mapped[int | None]
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    processed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class InboundText(Base):
    """A text from a phone, or a key pressed in a call, as it came. `outcome` says in a word what we made of it.

    sender      which of our senders it was sent to; None when nobody knows.
    attempt_id  the call in which a key was pressed.
    reply       what whoever pressed it was told in the same call.
    """

    __tablename__ = "inbound_texts"
    __table_args__ = (sa.Index("ix_inbound_texts_open", "received_at", **_where("processed_at IS NULL")),)

    id: Mapped[str] = primary_id()
    carrier_id: Mapped[str] = mapped_column(Code, unique=True)
    channel: Mapped[Channel] = mapped_column(one_of(Channel, "channel"), default=Channel.SMS)
    attempt_id: Mapped[str | None] = mapped_column(Id)
    from_: Mapped[str] = mapped_column("from", Name, index=True)
    to: Mapped[str] = mapped_column(Name)
    sender: Mapped[str | None] = mapped_column(Code)
    body: Mapped[str] = mapped_column(sa.Text)
    media: Mapped[int] = mapped_column(default=0)
    keyword: Mapped[str | None] = mapped_column(Code)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    processed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(Code)
    reply: Mapped[str | None] = mapped_column(sa.Text)


class SenderState(Base):
    """How one of our senders does, shared by all processes: its bucket, its circuit, its allowance.

    rate, daily_cap   as the settings say; active is false once they name it no more.
    free_at           no message is handed over before.
    slow, slowed_at   how often its pace was halved when the carrier last asked for less, and when that was.
    stopped_since     it takes nothing: what it sends is refused because of how it is set up. stopped_code and reason
                      say why; at probe_at one message may try, for the time number `probes`.
    rests_until       its daily allowance is used up; rests_for_some: with some networks only.
    day, used         segments handed over on that day.
    """

    __tablename__ = "sender_states"

    channel: Mapped[Channel] = mapped_column(one_of(Channel, "sender_channel"), primary_key=True)
    sender: Mapped[str] = mapped_column(Code, primary_key=True)
    kind: Mapped[str] = mapped_column(Code)
    active: Mapped[bool] = mapped_column(default=True)
    rate: Mapped[float] = mapped_column(sa.Float)
    daily_cap: Mapped[int | None]
    free_at: Mapped[datetime] = mapped_column(UtcDateTime)
    slow: Mapped[int] = mapped_column(default=0)
    slowed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stopped_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stopped_code: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(Name)
    probes: Mapped[int] = mapped_column(default=0)
    probe_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rests_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rests_for_some: Mapped[bool] = mapped_column(default=False)
    day: Mapped[date | None]
    used: Mapped[int] = mapped_column(default=0)


class SenderEvent(Base):
    """A decision about a sender; append-only. `what`: stopped, tried, opened, rests, slowed or filtered."""

    __tablename__ = "sender_events"

    id: Mapped[str] = primary_id()
    channel: Mapped[Channel] = mapped_column(one_of(Channel, "sender_event_channel"))
    sender: Mapped[str] = mapped_column(Code, index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    what: Mapped[str] = mapped_column(Code)
    code: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(Name)
    actor: Mapped[str | None] = mapped_column(Name)


class OptOut(Base):
    """An address has told a sender to stop; see `optouts`."""

    __tablename__ = "opt_outs"

    channel: Mapped[Channel] = mapped_column(one_of(Channel, "opt_out_channel"), primary_key=True)
    sender: Mapped[str] = mapped_column(Code, primary_key=True)
    address: Mapped[str] = mapped_column(Name, primary_key=True, index=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)


class Ring(StrEnum):
    """How far a simulated call has come. ENDED: it was picked up, and is over."""

    RINGING = "ringing"
    TALKING = "talking"
    ENDED = "ended"
    DECLINED = "declined"
    MISSED = "missed"


class SimText(Base):
    """A text or call on a simulated phone, or a mail in a simulated mailbox: the phones' own world, which no
    room but this one reads.

    number   the phone's number, or the mail address.
    mine     sent by the phone, not to it.
    open     something to the phone that its owner has not dealt with yet.
    title    the subject of a mail.
    ring     of a call; ring_at, when it last moved.
    """

    __tablename__ = "sim_texts"
    __table_args__ = (
        sa.Index("ix_sim_texts_number", "number", "at"),
        sa.Index("ix_sim_texts_open", "at", **_where("open")),
    )

    id: Mapped[str] = primary_id()
    number: Mapped[str] = mapped_column(Name)
    channel: Mapped[Channel] = mapped_column(one_of(Channel, "channel"), default=Channel.SMS)
    title: Mapped[str | None] = mapped_column(Name)
    ring: Mapped[Ring | None] = mapped_column(one_of(Ring, "ring"))
    ring_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    mine: Mapped[bool]
    body: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempt_id: Mapped[str | None] = mapped_column(Id, unique=True)
    reference: Mapped[str | None] = mapped_column(sa.String(8))
    open: Mapped[bool] = mapped_column(default=False)


class SimSwitch(Base):
    """Whether simulated people answer by themselves, how many times faster than real ones, and whether as at
    night. One row."""

    __tablename__ = "sim_switches"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    pace: Mapped[int] = mapped_column(default=0)
    night: Mapped[bool] = mapped_column(default=False)
