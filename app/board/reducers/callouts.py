"""Call-outs: who was asked, how far the texts have come, what was answered, what waits for what."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activation import events
from app.activation.models import Callout, Candidate, Message, Question, Slot
from app.activation.replies import without_numbers
from app.board.picture import Picture, on, reads_tables
from app.board.sections.callouts import CalloutView, MessageView, QuestionView, SlotView, WaitView
from app.escalation.events import EscalationSet, EscalationStepped
from app.escalation.models import Deadline, DeadlineState
from app.incidents.events import IncidentClosed
from app.journal import Entry

CARD = ("callouts",)
MESSAGES = ("messages",)


@on(events.CalloutOpened, cards=CARD)
def opened(picture: Picture, entry: Entry, event: events.CalloutOpened) -> None:
    callout = CalloutView(event.callout_id, entry.occurred_at, entry.actor["name"], event.extra, event.plan)
    picture.callouts.items[callout.id] = callout
    for slot in event.slots:
        callout.slot_ids.append(slot.slot_id)
        picture.callouts.slots[slot.slot_id] = SlotView(
            slot.slot_id,
            callout.id,
            slot.kind,
            slot.position,
            slot.title,
            slot.needed,
            slot.at_once,
            len(slot.listed),
            slot.within_minutes,
            slot.wanted_by,
            slot.wanted_by is None,
        )


@on(events.QuestionsAsked, cards=CARD)
def asked(picture: Picture, entry: Entry, event: events.QuestionsAsked) -> None:
    slot = picture.callouts.slots[event.slot_id]
    slot.state, slot.round = "open", event.round
    for one in event.questions:
        if one.replaces is not None:
            replaced = slot.questions[one.replaces]
            replaced.state, replaced.next_channel_at = "replaced", None
        slot.questions[one.question_id] = QuestionView(
            one.question_id,
            one.person_id,
            one.person_name,
            event.round,
            one.code,
            entry.occurred_at,
            channels=list(one.channels),
            next_channel_at=one.next_channel_at,
        )
        picture.callouts.slot_of[one.question_id] = slot.id


@on(events.SlotListed, cards=CARD)
def listed(picture: Picture, _entry: Entry, event: events.SlotListed) -> None:
    picture.callouts.slots[event.slot_id].listed += len(event.added)


@on(events.QuestionsChannelled, cards=CARD)
def channelled(picture: Picture, _entry: Entry, event: events.QuestionsChannelled) -> None:
    for one in event.questions:
        question = picture.callouts.question(one.question_id)
        question.channels.append(one.channel)
        question.next_channel_at = one.next_channel_at


@on(events.QuestionsDelivered, cards=CARD)
def delivered(picture: Picture, _entry: Entry, event: events.QuestionsDelivered) -> None:
    stages = {
        "sent": event.sent,
        "delivered": event.delivered,
        "failed": event.failed,
        "asked": event.rerouted,
    }
    for stage, question_ids in stages.items():
        for question_id in question_ids:
            question = picture.callouts.question(question_id)
            question.stage = stage
            if stage == "failed":
                question.next_channel_at = None


@on(events.AnswerReceived, cards=CARD)
def answered(picture: Picture, entry: Entry, event: events.AnswerReceived) -> None:
    question = picture.callouts.question(event.question_id)
    question.state, question.digit, question.outcome = "answered", event.digit, event.outcome
    question.eta_minutes, question.answered_at = event.eta_minutes, entry.occurred_at
    question.next_channel_at = None


@on(events.SlotTakesAnyYes, cards=CARD)
def takes_any_yes(picture: Picture, _entry: Entry, event: events.SlotTakesAnyYes) -> None:
    slot = picture.callouts.slots[event.slot_id]
    slot.any_yes = True
    for question_id in event.taken:
        slot.questions[question_id].outcome = "coming"


@on(events.SlotTold, cards=CARD)
def told(picture: Picture, _entry: Entry, event: events.SlotTold) -> None:
    picture.callouts.slots[event.slot_id].state = "told"


@on(events.MessageReceived, cards=MESSAGES)
def message_received(picture: Picture, entry: Entry, event: events.MessageReceived) -> None:
    picture.callouts.messages[event.message_id] = MessageView(
        event.message_id,
        event.callout_id,
        event.title,
        event.person_name,
        event.channel,
        event.text,
        event.to,
        event.position,
        entry.occurred_at,
    )


@on(events.MessageRead, cards=MESSAGES)
def message_read(picture: Picture, entry: Entry, event: events.MessageRead) -> None:
    message = picture.callouts.messages[event.message_id]
    message.read_at, message.read_by = entry.occurred_at, entry.actor["name"]


@on(events.SlotFilled, cards=CARD)
def filled(picture: Picture, _entry: Entry, event: events.SlotFilled) -> None:
    picture.callouts.slots[event.slot_id].stand_down("filled")


@on(events.SlotReopened, cards=CARD)
def reopened(picture: Picture, _entry: Entry, event: events.SlotReopened) -> None:
    picture.callouts.slots[event.slot_id].state = "open"


@on(events.SlotExhausted, cards=CARD)
def exhausted(picture: Picture, _entry: Entry, event: events.SlotExhausted) -> None:
    picture.callouts.slots[event.slot_id].state = "exhausted"


@on(events.CalloutStopped, cards=CARD)
def stopped(picture: Picture, entry: Entry, event: events.CalloutStopped) -> None:
    callout = picture.callouts.items[event.callout_id]
    callout.state, callout.stopped_at, callout.reason = "stopped", entry.occurred_at, event.reason
    for slot in picture.callouts.slots_of(callout):
        if slot.wanting:
            slot.stand_down("stopped")
        elif slot.state == "told":
            for question in slot.questions.values():
                question.next_channel_at = None


@on(EscalationSet, cards=CARD)
def waits(picture: Picture, _entry: Entry, event: EscalationSet) -> None:
    if (slot := picture.callouts.slots.get(event.subject_id)) is not None:
        slot.waits = WaitView(event.step, event.round, event.do, event.due_at)


@on(EscalationStepped)
def stepped(picture: Picture, _entry: Entry, event: EscalationStepped) -> tuple[str, ...]:
    slot = picture.callouts.slots.get(event.subject_id)
    if slot is None:
        return ()
    slot.waits = None
    return CARD


@on(IncidentClosed, cards=CARD)
def closed(picture: Picture, _entry: Entry, _event: IncidentClosed) -> None:
    for slot in picture.callouts.slots.values():
        slot.waits = None


@reads_tables
def read(session: Session, incident_id: str, picture: Picture) -> None:
    in_incident = sa.select(Slot.id).where(Slot.incident_id == incident_id)
    listed = dict(
        session.execute(
            sa.select(Candidate.slot_id, sa.func.count())
            .where(Candidate.slot_id.in_(in_incident))
            .group_by(Candidate.slot_id)
        ).all()
    )
    waiting = sa.select(Deadline).where(
        Deadline.incident_id == incident_id,
        Deadline.subject_id.in_(in_incident),
        Deadline.state == DeadlineState.OPEN,
    )
    waits = {d.subject_id: WaitView(d.step, d.round, d.do, d.due_at) for d in session.scalars(waiting)}
    for callout in session.scalars(sa.select(Callout).where(Callout.incident_id == incident_id)):
        picture.callouts.items[callout.id] = CalloutView(
            callout.id,
            callout.opened_at,
            callout.opened_by,
            callout.extra,
            callout.plan.value,
            callout.state.value,
            callout.stopped_at,
            callout.reason,
            [slot.id for slot in callout.slots],
        )
        for slot in callout.slots:
            view = _slot(slot, listed.get(slot.id, 0))
            view.waits = waits.get(slot.id)
            picture.callouts.slots[slot.id] = view
            picture.callouts.slot_of.update(dict.fromkeys(view.questions, slot.id))
    _read_messages(session, incident_id, picture)


def _read_messages(session: Session, incident_id: str, picture: Picture) -> None:
    written = (
        sa.select(Message, Slot.title, Callout.opened_by, Callout.opened_position)
        .join(Question, Question.id == Message.question_id)
        .join(Slot, Slot.id == Question.slot_id)
        .join(Callout, Callout.id == Message.callout_id)
        .where(Message.incident_id == incident_id)
    )
    for message, title, to, position in session.execute(written.order_by(Message.received_at, Message.id)):
        picture.callouts.messages[message.id] = MessageView(
            message.id,
            message.callout_id,
            title,
            message.person_name,
            message.channel,
            without_numbers(message.text),
            to,
            position,
            message.received_at,
            message.read_at,
            message.read_by,
        )


def _slot(slot: Slot, listed: int) -> SlotView:
    view = SlotView(
        slot.id,
        slot.callout_id,
        slot.kind.value,
        slot.position_slug,
        slot.title,
        slot.needed,
        slot.at_once,
        listed,
        slot.within_minutes,
        slot.wanted_by,
        slot.any_yes,
        slot.round,
        slot.state.value,
    )
    for q in slot.questions:
        view.questions[q.id] = QuestionView(
            q.id,
            q.person_id,
            q.person_name,
            q.round,
            q.code,
            q.asked_at,
            q.state.value,
            q.stage.value,
            q.digit,
            q.eta_minutes,
            q.outcome.value if q.outcome else None,
            q.answered_at,
            q.channels,
            q.next_channel_at,
        )
    return view
