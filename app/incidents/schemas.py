"""Incidents at the API."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields, validate

from app.incidents.models import ActivationLevel, ObjectiveState, OfferState, TaskState
from app.web.api import PageArgs, Schema, page_of


class IncidentIn(Schema):
    guide = fields.String(required=True, metadata={"description": "slug of an incident guide"})
    facility = fields.String(required=True, metadata={"description": "code of the hospital, such as SBMC"})
    exercise = fields.Boolean(required=True, metadata={"description": "fixed for the life of the incident"})
    activation_level = fields.String(
        load_default=ActivationLevel.PARTIAL.value,
        validate=validate.OneOf([v.value for v in ActivationLevel]),
    )
    reason = fields.String(required=True, validate=validate.Length(1, 2000))
    name = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 200))
    started_at = fields.AwareDateTime(
        load_default=None, allow_none=True, metadata={"description": "clock zero"}
    )
    linked_to = fields.UUID(load_default=None, allow_none=True)


class IncidentOut(Schema):
    id = fields.UUID(required=True)
    number = fields.String(required=True)
    name = fields.String(required=True)
    guide = fields.String(required=True)
    facility_id = fields.UUID(required=True)
    exercise = fields.Boolean(required=True)
    activation_level = fields.Enum(ActivationLevel, by_value=True, required=True)
    reason = fields.String(required=True)
    state = fields.Function(
        lambda i: i.state.value, metadata={"type": "string", "enum": ["active", "closed"]}
    )
    started_at = fields.AwareDateTime(required=True)
    declared_at = fields.AwareDateTime(required=True)
    closed_at = fields.AwareDateTime(allow_none=True)
    close_reason = fields.String(allow_none=True)
    linked_to = fields.UUID(allow_none=True)


class CloseIn(Schema):
    reason = fields.String(required=True, validate=validate.Length(1, 2000))


IncidentPage: type[ma.Schema] = page_of(IncidentOut, "IncidentPage")


class AssignmentArgs(PageArgs):
    position = fields.String(load_default=None, validate=validate.Length(1, 80))
    active = fields.Boolean(
        load_default=None, allow_none=True, metadata={"description": "true: present holders alone"}
    )


class AssignmentIn(Schema):
    position = fields.String(required=True, metadata={"description": "slug of an open position"})
    person_id = fields.UUID(required=True)


class AssignmentOut(Schema):
    id = fields.UUID(required=True)
    incident_id = fields.UUID(required=True)
    position = fields.String(required=True, attribute="position_slug")
    person_id = fields.UUID(required=True)
    person_name = fields.String(required=True)
    source = fields.String(required=True, metadata={"description": "declared, by_hand, callout or transfer"})
    eta_minutes = fields.Integer(allow_none=True)
    started_at = fields.AwareDateTime(required=True)
    ended_at = fields.AwareDateTime(allow_none=True)


class AssignedOut(AssignmentOut):
    also_holds = fields.List(
        fields.String(),
        metadata={"description": "what this person holds in other open incidents; look at it"},
    )


class RelieveIn(Schema):
    reason = fields.String(required=True, validate=validate.Length(1, 2000))
    handover = fields.String(load_default="", validate=validate.Length(max=4000))


class TaskArgs(PageArgs):
    state = fields.String(load_default="all", validate=validate.OneOf(["open", "overdue", "ended", "all"]))
    position = fields.String(load_default=None, validate=validate.Length(1, 80))


class TaskIn(Schema):
    position = fields.String(required=True, metadata={"description": "slug of an open position"})
    text = fields.String(required=True, validate=validate.Length(1, 2000))
    due_at = fields.AwareDateTime(load_default=None, allow_none=True)
    evidence_asked = fields.String(
        load_default="",
        validate=validate.Length(max=500),
        metadata={"description": "what shows that it is done; done then wants `evidence`"},
    )


class TaskOut(Schema):
    id = fields.UUID(required=True)
    incident_id = fields.UUID(required=True)
    position = fields.String(required=True, attribute="position_slug")
    text = fields.String(required=True)
    window = fields.String(required=True)
    source = fields.String(required=True)
    due_at = fields.AwareDateTime(allow_none=True)
    state = fields.Enum(TaskState, by_value=True, required=True)
    overdue = fields.Boolean(required=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    note = fields.String(required=True)
    evidence_asked = fields.String(required=True)
    evidence = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)


class DoneIn(Schema):
    note = fields.String(load_default="", validate=validate.Length(max=2000))
    evidence = fields.String(
        load_default="",
        validate=validate.Length(max=500),
        metadata={"description": "required where the task has `evidence_asked`"},
    )


class ReopenIn(Schema):
    reason = fields.String(load_default="", validate=validate.Length(max=2000))


class SetAsideIn(Schema):
    reason = fields.String(required=True, validate=validate.Length(1, 2000))


class ObjectiveIn(Schema):
    text = fields.String(required=True, validate=validate.Length(1, 1000))
    priority = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 99),
        metadata={"description": "1 comes first; without one, after all others"},
    )


class ObjectiveEndIn(Schema):
    state = fields.String(required=True, validate=validate.OneOf(["met", "dropped"]))
    reason = fields.String(load_default="", validate=validate.Length(max=2000))


class ObjectiveOut(Schema):
    id = fields.UUID(required=True)
    incident_id = fields.UUID(required=True)
    priority = fields.Integer(required=True)
    text = fields.String(required=True)
    state = fields.Enum(ObjectiveState, by_value=True, required=True)


class NoteIn(Schema):
    text = fields.String(required=True, validate=validate.Length(1, 4000))
    occurred_at = fields.AwareDateTime(
        load_default=None, allow_none=True, metadata={"description": "when it happened; now, if left out"}
    )


class NoteOut(Schema):
    seq = fields.Integer(required=True)
    occurred_at = fields.AwareDateTime(required=True)
    recorded_at = fields.AwareDateTime(required=True)
    text = fields.Function(lambda entry: entry.data["text"], metadata={"type": "string"})


class OfferIn(Schema):
    person_id = fields.UUID(required=True)
    briefing = fields.String(required=True, validate=validate.Length(1, 8000))


class OfferOut(Schema):
    id = fields.UUID(required=True)
    incident_id = fields.UUID(required=True)
    from_person_id = fields.UUID(required=True)
    to_person_id = fields.UUID(required=True)
    to_person_name = fields.String(required=True)
    briefing = fields.String(required=True)
    state = fields.Enum(OfferState, by_value=True, required=True)
    offered_at = fields.AwareDateTime(required=True)
    ended_at = fields.AwareDateTime(allow_none=True)


class OfferEndIn(Schema):
    reason = fields.String(load_default="", validate=validate.Length(max=2000))


class TakeOverIn(Schema):
    person_id = fields.UUID(required=True)
    reason = fields.String(required=True, validate=validate.Length(1, 2000))


class LevelIn(Schema):
    activation_level = fields.String(
        required=True, validate=validate.OneOf([v.value for v in ActivationLevel])
    )
    reason = fields.String(required=True, validate=validate.Length(1, 2000))


class OpenPositionIn(Schema):
    slug = fields.String(required=True, metadata={"description": "slug of a HICS position"})


class IncidentPositionOut(Schema):
    slug = fields.String(required=True)
    title = fields.String(required=True)
    section = fields.String(required=True)
    branch = fields.String(required=True)
    reports_to = fields.String(allow_none=True)
    level = fields.String(required=True)
    opened_at = fields.AwareDateTime(required=True)


class PositionOut(Schema):
    slug = fields.String(required=True)
    title = fields.String(required=True)
    section = fields.String(required=True)
    branch = fields.String(allow_none=True)
    reports_to = fields.String(allow_none=True)
    level = fields.String(required=True)
    mission = fields.String(required=True)


class GuideTaskOut(Schema):
    position = fields.String(required=True)
    window = fields.String(required=True)
    due_minutes = fields.Integer(required=True)
    text = fields.String(required=True)


class GuideObjectiveOut(Schema):
    priority = fields.Integer(required=True)
    text = fields.String(required=True)


class GuideOut(Schema):
    slug = fields.String(required=True)
    title = fields.String(required=True)
    hazard_class = fields.String(required=True)
    usual_notice = fields.String(required=True)
    description = fields.String(required=True)
    mission = fields.String(required=True)
    positions = fields.List(fields.String(), required=True)
    objectives = fields.List(fields.Nested(GuideObjectiveOut), required=True)
    tasks = fields.List(fields.Nested(GuideTaskOut), required=True)


AssignmentPage: type[ma.Schema] = page_of(AssignmentOut, "AssignmentPage")
TaskPage: type[ma.Schema] = page_of(TaskOut, "TaskPage")
ObjectivePage: type[ma.Schema] = page_of(ObjectiveOut, "ObjectivePage")
IncidentPositionPage: type[ma.Schema] = page_of(IncidentPositionOut, "IncidentPositionPage")
PositionPage: type[ma.Schema] = page_of(PositionOut, "PositionPage")
GuidePage: type[ma.Schema] = page_of(GuideOut, "GuidePage")
