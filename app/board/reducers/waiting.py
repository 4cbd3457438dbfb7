"""What waits for somebody: from when one is first told of it, to its end."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.board.picture import Picture, on, reads_tables
from app.board.sections.waiting import WaitingView
from app.escalation import events
from app.escalation.deadlines import COME_BACK
from app.escalation.kinds import KINDS
from app.escalation.queries import waiting_in
from app.incidents.events import IncidentClosed
from app.journal import Entry

CARD = ("waiting",)


def _view(picture: Picture, entry: Entry, event: events.About) -> WaitingView:
    items = picture.waiting.items
    key = f"{event.what}:{event.subject_id}"
    if key not in items:
        items[key] = WaitingView(
            event.escalation_id, event.what, event.subject_id, event.title, entry.occurred_at
        )
    items[key].title = event.title[:200]
    return items[key]


@on(events.EscalationStepped)
def stepped(picture: Picture, entry: Entry, event: events.EscalationStepped) -> tuple[str, ...]:
    key = f"{event.what}:{event.subject_id}"
    if event.told and event.escalation_id:
        view = _view(picture, entry, event)
        view.told, view.acks, view.needs = ", ".join(event.told), 0, event.needs
    elif key not in picture.waiting.items:
        return ()
    picture.waiting.items[key].wait(event.next_do, event.next_at)
    return CARD


@on(events.EscalationSet)
def waits(picture: Picture, _entry: Entry, event: events.EscalationSet) -> tuple[str, ...]:
    view = picture.waiting.items.get(f"{event.what}:{event.subject_id}")
    if view is None:
        return ()
    view.wait(event.do, event.due_at)
    return CARD


@on(events.NoticeAnswered, cards=CARD)
def answered(picture: Picture, _entry: Entry, event: events.NoticeAnswered) -> None:
    view = picture.waiting.items.get(f"{event.what}:{event.subject_id}")
    if view is not None:
        view.acks = event.acks


@on(events.EscalationTaken, cards=CARD)
def taken(picture: Picture, entry: Entry, event: events.EscalationTaken) -> None:
    view = _view(picture, entry, event)
    view.let_go()
    view.owner, view.held_until = event.by, event.until
    if not KINDS[event.what].life_safety:
        view.wait(COME_BACK, event.until)


@on(events.EscalationHandedOn, cards=CARD)
def handed_on(picture: Picture, entry: Entry, event: events.EscalationHandedOn) -> None:
    view = _view(picture, entry, event)
    view.let_go()
    if event.to is not None:
        view.told, view.acks, view.needs = event.to, 0, 1
    view.wait(event.next_do, event.next_at)


@on(events.EscalationShelved, cards=CARD)
def shelved(picture: Picture, entry: Entry, event: events.EscalationShelved) -> None:
    view = _view(picture, entry, event)
    view.let_go()
    view.shelved_until, view.shelved_by, view.shelved_reason = event.until, event.by, event.reason
    view.wait(COME_BACK, event.until)


@on(events.EscalationCameBack, cards=CARD)
def came_back(picture: Picture, entry: Entry, event: events.EscalationCameBack) -> None:
    view = _view(picture, entry, event)
    view.let_go()
    if event.told:
        view.told = ", ".join(event.told)
    view.wait(event.next_do, event.next_at)


@on(events.EscalationEnded, cards=CARD)
def ended(picture: Picture, _entry: Entry, event: events.EscalationEnded) -> None:
    picture.waiting.items.pop(f"{event.what}:{event.subject_id}", None)


@on(IncidentClosed, cards=CARD)
def closed(picture: Picture, _entry: Entry, _event: IncidentClosed) -> None:
    picture.waiting.items.clear()


@reads_tables
def read(session: Session, incident_id: str, picture: Picture) -> None:
    for each in waiting_in(session, incident_id):
        row, coming = each.escalation, each.next
        assert row.told_at is not None
        picture.waiting.items[f"{row.kind}:{row.subject_id}"] = WaitingView(
            row.id,
            row.kind,
            row.subject_id,
            row.title,
            row.told_at,
            row.told,
            row.acks,
            row.needs,
            row.owner,
            row.held_until,
            row.shelved_until,
            row.shelved_by,
            row.shelved_reason,
            coming.do if coming else None,
            coming.due_at if coming else None,
        )
