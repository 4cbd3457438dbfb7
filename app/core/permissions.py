"""Every permission, what it allows, and which role holds it. Nothing else grants anything."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """`resource.verb`. `text` is shown to administrators beside each role."""

    text: str

    def __new__(cls, value: str, text: str = "") -> Permission:
        member = str.__new__(cls, value)
        member._value_ = value
        member.text = text
        return member

    ACCOUNT_MANAGE = "account.manage", "Create accounts, give roles, revoke sessions and tokens"
    BOARD_VIEW = "board.view", "See boards, incidents, capacity and requests"
    CALLOUT_ANSWER = "callout.answer", "Answer a call-out addressed to oneself"
    CALLOUT_SEND = "callout.send", "Call people in, ask again, stand down"
    FACILITY_EDIT = "facility.edit", "Add hospitals and units"
    INCIDENT_CLOSE = "incident.close", "Close an incident"
    INCIDENT_COMMAND = "incident.command", "Set objectives, open positions, transfer command, change level"
    INCIDENT_DECLARE = "incident.declare", "Declare an incident or an exercise"
    JOURNAL_EXPORT = "journal.export", "Export and verify a journal"
    JOURNAL_NOTE = "journal.note", "Add a note or a correction to an incident's journal"
    POLICY_EDIT = "policy.edit", "Edit escalation policies, triggers, levels and plans"
    POSITION_ASSIGN = "position.assign", "Assign people to positions and relieve them"
    READING_ENTER = "reading.enter", "Enter bed numbers and other readings"
    REQUEST_APPROVE = "request.approve", "Approve or deny resource requests"
    REQUEST_FULFIL = "request.fulfil", "Fill, send and receive resource requests"
    REQUEST_RAISE = "request.raise", "Raise and cancel resource requests"
    REVIEW_VIEW = "review.view", "Read after-action records"
    ROSTER_EDIT = "roster.edit", "Edit people, skills and contact methods"
    ROSTER_VIEW = "roster.view", "See people and their skills, with phone numbers masked"
    SIMULATOR_USE = "simulator.use", "Use the simulated phones"
    SURGE_CONFIRM = "surge.confirm", "Confirm, decline or set a surge level; start and end a bed run"
    SYSTEM_VIEW = "system.view", "See the state of the engine"
    TASK_WORK = "task.work", "Add tasks and mark them done"


class Role(StrEnum):
    """What an account may hold at a facility, and two that only the program uses (person, system)."""

    ADMINISTRATOR = "administrator"
    COMMANDER = "commander"
    COMMAND_STAFF = "command_staff"
    STAFF = "staff"
    LEADERSHIP = "leadership"
    RESPONDER = "responder"
    SYSTEM = "system"


ACCOUNT_ROLES = (Role.ADMINISTRATOR, Role.COMMANDER, Role.COMMAND_STAFF, Role.STAFF, Role.LEADERSHIP)

_P = Permission
_STAFF = frozenset({_P.BOARD_VIEW, _P.CALLOUT_ANSWER, _P.READING_ENTER, _P.REQUEST_RAISE, _P.TASK_WORK})
_LEADERSHIP = frozenset({_P.BOARD_VIEW, _P.REVIEW_VIEW, _P.JOURNAL_EXPORT, _P.CALLOUT_ANSWER, _P.SYSTEM_VIEW})
_COMMAND_STAFF = _STAFF | {
    _P.CALLOUT_SEND,
    _P.JOURNAL_NOTE,
    _P.POSITION_ASSIGN,
    _P.REQUEST_APPROVE,
    _P.REQUEST_FULFIL,
    _P.REVIEW_VIEW,
    _P.ROSTER_VIEW,
    _P.SIMULATOR_USE,
    _P.SYSTEM_VIEW,
}
_COMMANDER = _COMMAND_STAFF | {
    _P.INCIDENT_CLOSE,
    _P.INCIDENT_COMMAND,
    _P.INCIDENT_DECLARE,
    _P.JOURNAL_EXPORT,
    _P.SURGE_CONFIRM,
}

GRANTED: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.COMMANDER: _COMMANDER,
    Role.COMMAND_STAFF: _COMMAND_STAFF,
    Role.STAFF: _STAFF,
    Role.LEADERSHIP: _LEADERSHIP,
    Role.RESPONDER: frozenset({_P.CALLOUT_ANSWER}),
    Role.SYSTEM: frozenset(Permission)
    - {_P.ACCOUNT_MANAGE, _P.SURGE_CONFIRM, _P.INCIDENT_DECLARE, _P.INCIDENT_CLOSE},
}
