"""What a try's result, or a word from the carrier, does to a text. Everything that is learnt ends here.

Whatever the order in which it is learnt, the text ends in the same state (promise I5).
"""

from __future__ import annotations

import zlib
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
import structlog

from app.core.db import UnitOfWork
from app.journal import lock
from app.messaging import inbox
from app.messaging.actions.intents import LANE_STEP
from app.messaging.actions.senders import Note, close_for, learn
from app.messaging.carriers import Accepted, Ambiguous, Result
from app.messaging.carriers.errors import ErrorClass, classify, explain, stops_the_sender
from app.messaging.channels import Channel
from app.messaging.inbox import Delivery, Stage
from app.messaging.models import Attempt, Intent
from app.messaging.optouts import EVERY, closed, is_closed, senders_of
from app.messaging.retries import LONGEST_WAIT, MOST_TRIES, lookup_at, next_look, next_try
from app.messaging.states import AttemptState, IntentState, Purpose
from app.messaging.status import (
    ARRIVED,
    NOT_ARRIVED,
    TERMINAL,
    MessageStatus,
    advance,
    conflicts,
    parse_status,
)
from app.staffing.models import ContactMethod

log = structlog.get_logger()

Text = tuple[Attempt, Intent]
_UNDECIDED = (AttemptState.IN_FLIGHT, AttemptState.UNKNOWN, AttemptState.NOT_FOUND)
_OVER = (
    IntentState.DELIVERED,
    IntentState.FAILED,
    IntentState.EXPIRED,
    IntentState.SUPERSEDED,
    IntentState.REFUSED,
)
TOO_LATE = "It was too late to send this text."
BY_ANOTHER = (ErrorClass.FILTERED, ErrorClass.DAILY_CAP, ErrorClass.OPTED_OUT)
"""Refusals of one sender for this message: another may still bring it."""

NEVER_KNOWN = "Nobody knows whether the carrier took this text."


@dataclass(frozen=True)
class Word:
    """What the carrier says of one attempt."""

    carrier_id: str
    status: str
    error_code: int | None = None


def take_texts(uow: UnitOfWork, attempt_ids: Collection[str]) -> dict[str, Text]:
    """Lock the streams of these attempts' texts, sorted, then the rows: streams come before anything else."""
    of_these = Attempt.id.in_(attempt_ids)
    told = Intent.purpose.in_(inbox.followed())
    streams = sa.select(Intent.stream).join(Attempt, Attempt.intent_id == Intent.id).where(of_these, told)
    for stream in sorted(stream for stream in uow.session.scalars(streams.distinct()) if stream):
        lock(uow, stream)
    rows = (
        sa.select(Attempt, Intent)
        .join(Intent, Attempt.intent_id == Intent.id)
        .where(of_these)
        .order_by(Intent.id, Attempt.n)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {attempt.id: (attempt, intent) for attempt, intent in uow.session.execute(rows)}


class Settling:
    """Applies what was learnt to texts that were taken, then tells the rooms, all in one transaction."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._steps: list[tuple[Purpose, Delivery]] = []
        self._contacts: list[tuple[str, ErrorClass, str]] = []
        self._notes: list[Note] = []
        self._closed: list[tuple[Channel, str, str]] = []

    def result(self, text: Text, result: Result, *, withheld: bool = False) -> None:
        """What the call to the carrier brought, for an attempt in flight."""
        attempt, intent = text
        if isinstance(result, Accepted):
            self._note(text)
            self.word(text, Word(result.carrier_id, result.status.value))
            return
        if isinstance(result, Ambiguous):
            attempt.state, attempt.detail = AttemptState.UNKNOWN, result.detail
            attempt.look_at = lookup_at(attempt.carrier, self._uow.now)
            if intent.state is IntentState.CLAIMED:
                self._move(intent, IntentState.UNKNOWN)
            return
        attempt.state = AttemptState.WITHHELD if withheld else AttemptState.DECLINED
        self._end(attempt)
        self._failed(text, result.error_class, result.code, result.detail)

    def word(self, text: Text, word: Word) -> None:
        """What the carrier says of a text it has: its status goes up or stays (promise I5)."""
        attempt, intent = text
        if not self._adopt(text, word.carrier_id):
            return
        status = parse_status(word.status)
        if status is None:
            return
        if attempt.status is not None and conflicts(attempt.status, status):
            attempt.conflict = attempt.conflict or status
            return
        if advance(attempt.status, status) is attempt.status:
            return
        attempt.status = status
        if status in TERMINAL:
            self._end(attempt)
        if status in ARRIVED:
            self._note(text, delivered=True)
            self._delivered(intent)
        elif status in NOT_ARRIVED:
            self._undelivered(text, status, word.error_code)

    def not_found(self, text: Text) -> None:
        """The carrier does not know of an ambiguous try: one more may follow (promise I3)."""
        attempt, intent = text
        if attempt.state is not AttemptState.UNKNOWN:
            return
        attempt.state = AttemptState.NOT_FOUND
        self._end(attempt)
        if intent.state is not IntentState.UNKNOWN:
            return
        if intent.tries >= MOST_TRIES:
            self._give_up(intent, IntentState.FAILED, NEVER_KNOWN)
        else:
            intent.due_at = self._uow.now
            intent.turn_at = intent.due_at + intent.lane * LANE_STEP
            self._move(intent, IntentState.PENDING)
            self._uow.announce("intents", "")

    def never_known(self, text: Text) -> None:
        """The carrier could not be asked for too long."""
        attempt, intent = text
        self._end(attempt)
        if intent.state is IntentState.UNKNOWN:
            self._give_up(intent, IntentState.FAILED, NEVER_KNOWN)

    def unconfirmed(self, text: Text) -> None:
        """The carrier took it, and nothing more was heard while anything could be expected."""
        attempt, intent = text
        self._end(attempt)
        if intent.state is IntentState.SENT:
            self._move(intent, IntentState.UNCONFIRMED)

    def finish(self) -> None:
        """Mark phones and senders, then tell the rooms."""
        for contact_id, error_class, reason in self._contacts:
            _mark_contact(self._uow, contact_id, error_class, reason)
        for channel, sender, address in sorted(self._closed):
            close_for(self._uow, channel, sender, address)
        learn(self._uow, self._notes)
        inbox.tell(self._uow, self._steps)

    def _adopt(self, text: Text, carrier_id: str) -> bool:
        """Tie the carrier's id to the attempt; whether it is this attempt's text."""
        attempt, intent = text
        if attempt.carrier_id is None:
            attempt.carrier_id = carrier_id
        elif attempt.carrier_id != carrier_id:
            log.warning("carrier.two_texts_one_attempt", attempt=attempt.id)
            return False
        if attempt.state in _UNDECIDED:
            attempt.state = AttemptState.ACCEPTED
            attempt.look_at = next_look(None, attempt.started_at, intent.expires_at, self._uow.now)
            if intent.state not in (IntentState.SENT, IntentState.DELIVERED):
                self._move(intent, IntentState.SENT)
            if intent.sent_at is None:
                intent.sent_at = self._uow.now
                self._tell(intent, "sent")
        return True

    def _delivered(self, intent: Intent) -> None:
        self._move(intent, IntentState.DELIVERED)
        intent.error = None
        if intent.delivered_at is None:
            intent.delivered_at = self._uow.now
            self._tell(intent, "delivered")

    def _undelivered(self, text: Text, status: MessageStatus, code: int | None) -> None:
        reason = explain(code) if code is not None else f"The network reported: {status.value}."
        self._failed(text, classify(code), code, reason)

    def _failed(self, text: Text, error_class: ErrorClass, code: int | None, reason: str) -> None:
        attempt, intent = text
        attempt.error_class, attempt.error_code, attempt.detail = error_class, code, reason
        withheld = attempt.state is AttemptState.WITHHELD
        if error_class in (ErrorClass.CONFIGURATION, ErrorClass.DAILY_CAP, ErrorClass.FILTERED):
            log.error("carrier.needs_operator", error_class=error_class.value, code=code, reason=reason)
        if not withheld:
            self._note(text, error_class, code, reason)
            if intent.contact_id:
                self._contacts.append((intent.contact_id, error_class, reason))
            if error_class is ErrorClass.OPTED_OUT:
                self._closed.append((intent.channel, attempt.sender or EVERY, intent.to))
        if intent.state in _OVER or self._has_hope(text):
            return
        if intent.superseded_at is not None:
            self._move(intent, IntentState.SUPERSEDED)
            return
        if not withheld and self._goes_on(text, error_class, code):
            self._move(intent, IntentState.PENDING)
            self._uow.announce("intents", "")
        elif error_class is ErrorClass.EXPIRED:
            self._give_up(intent, IntentState.EXPIRED, reason)
        else:
            self._give_up(intent, IntentState.FAILED, reason)

    def _goes_on(self, text: Text, error_class: ErrorClass, code: int | None) -> bool:
        """Whether it is tried again; then `due_at` and `turn_at` say when.

        What only a sender is to blame for keeps its turn, and waits for another or for that one to work again.
        """
        attempt, intent = text
        now = self._uow.now
        if attempt.sender is not None and intent.channel is not Channel.WEBHOOK:
            if stops_the_sender(error_class, code):
                intent.due_at = now
                return now < (intent.expires_at or intent.turn_at + LONGEST_WAIT)
            if error_class in BY_ANOTHER:
                intent.due_at = now
                return self._another(text)
        chance = zlib.crc32(intent.id.encode()) / 2**32
        again = next_try(error_class, intent.tries, now, intent.expires_at, chance)
        if again is not None:
            intent.due_at, intent.turn_at = again, again + intent.lane * LANE_STEP
        return again is not None

    def _another(self, text: Text) -> bool:
        """Whether there is a sender that this message was not refused by, and that may write to its address."""
        attempt, intent = text
        session = self._uow.session
        tried = sa.select(Attempt.sender).where(
            Attempt.intent_id == intent.id, Attempt.error_class.in_(BY_ANOTHER)
        )
        without = {attempt.sender, *session.scalars(tried)}
        stopped = closed(session, [intent.to], intent.channel).get(intent.to, set())
        return any(
            sender not in without and not is_closed(stopped, [sender])
            for sender in senders_of(session, intent.channel)
        )

    def _note(
        self,
        text: Text,
        error_class: ErrorClass | None = None,
        code: int | None = None,
        reason: str = "",
        *,
        delivered: bool = False,
    ) -> None:
        attempt, intent = text
        if attempt.sender is not None and intent.channel is not Channel.WEBHOOK:
            note = Note(
                intent.channel, attempt.sender, attempt.started_at, error_class, code, reason, delivered
            )
            self._notes.append(note)

    def _has_hope(self, text: Text) -> bool:
        """Whether another try of the same text may still arrive."""
        attempt, intent = text
        if intent.tries <= 1:
            return False
        query = sa.select(Attempt.state, Attempt.status).where(
            Attempt.intent_id == intent.id, Attempt.id != attempt.id
        )
        return any(
            state in (AttemptState.IN_FLIGHT, AttemptState.UNKNOWN)
            or (state is AttemptState.ACCEPTED and status not in NOT_ARRIVED)
            for state, status in self._uow.session.execute(query)
        )

    def _give_up(self, intent: Intent, state: IntentState, reason: str) -> None:
        intent.error = reason[:200]
        self._move(intent, state)
        self._tell(intent, "failed", intent.error)

    def _move(self, intent: Intent, state: IntentState) -> None:
        intent.state, intent.changed_at = state, self._uow.now

    def _end(self, attempt: Attempt) -> None:
        attempt.ended_at, attempt.look_at = self._uow.now, None

    def _tell(self, intent: Intent, stage: Stage, error: str | None = None) -> None:
        delivery = Delivery(intent.id, intent.subject_id, intent.person_id, stage, error, self._uow.now)
        self._steps.append((intent.purpose, delivery))


def _mark_contact(uow: UnitOfWork, contact_id: str, error_class: ErrorClass, reason: str) -> None:
    """A number that cannot be right is suspect."""
    if error_class is not ErrorClass.FIX_CONTACT:
        return
    contact = sa.update(ContactMethod).where(ContactMethod.id == contact_id)
    uow.session.execute(
        contact.where(ContactMethod.suspect_since.is_(None)).values(
            suspect_since=uow.now, suspect_reason=reason[:200]
        )
    )
