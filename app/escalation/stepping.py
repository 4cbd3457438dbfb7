"""One step of one thing that waits, in a transaction that has taken its incident."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.core.db import UnitOfWork
from app.escalation import deadlines, notices, people, planner, queries
from app.escalation.deadlines import COME_BACK, ENGINE
from app.escalation.events import EscalationCameBack, EscalationStepped
from app.escalation.kinds import KINDS, Kind, Subject
from app.escalation.models import Deadline, DeadlineState, Escalation
from app.escalation.steps import WEBHOOK, Policy, Step
from app.incidents.actions.record import record
from app.incidents.models import Incident, IncidentState
from app.staffing.models import Person

COMING_BACK = Step(0, COME_BACK)


class Stepping:
    """What the steps of one incident in one transaction have in common."""

    def __init__(self, uow: UnitOfWork, incident: Incident, due: Sequence[Deadline], public_url: str) -> None:
        self.uow = uow
        self.incident = incident
        self.public_url = public_url
        self._escalations = queries.escalations_of(uow.session, due)
        self.setting = queries.setting_of(uow.session, incident)
        self._policies: dict[str, Policy] = {}
        uow.scratch[people.HOLDERS] = {}
        uow.scratch[notices.MEMORY] = notices.Memory()

    def do(self, deadline_id: str) -> bool:
        """Claim a deadline, set the next, act, write it down. False when it is not to be done any more."""
        deadline = self.uow.session.get_one(Deadline, deadline_id)
        if deadline.state is not DeadlineState.OPEN or deadline.due_at > self.uow.now:
            return False
        if self.incident.state is IncidentState.CLOSED:
            return False
        escalation = self._escalations[deadline.kind, deadline.subject_id]
        policy = self._policy(deadline.kind)
        if deadline.do != COME_BACK and (until := self._put_off(policy, deadline)) is not None:
            deadline.due_at = until
            self.uow.session.flush()
            deadlines.announce(self.uow, deadline)
            return True
        late_seconds = self._claim(deadline)
        if deadline.do == COME_BACK:
            self._come_back(policy, escalation, deadline, late_seconds)
        else:
            self._step(policy, escalation, deadline, late_seconds)
        return True

    def _policy(self, kind: str) -> Policy:
        if kind not in self._policies:
            self._policies[kind] = queries.policy_of(self.uow.session, self.incident.id, kind)
        return self._policies[kind]

    def _put_off(self, policy: Policy, deadline: Deadline) -> datetime | None:
        return planner.put_off(policy, deadline.step, self.uow.now, self.setting)

    def _claim(self, deadline: Deadline) -> int:
        late = int((self.uow.now - deadline.due_at).total_seconds())
        deadline.state, deadline.ended_at, deadline.late_seconds = DeadlineState.DONE, self.uow.now, late
        self.uow.session.flush()
        return late

    def _step(self, policy: Policy, escalation: Escalation, deadline: Deadline, late_seconds: int) -> None:
        kind, step = KINDS[deadline.kind], policy.steps[deadline.step]
        # The next one is there before the act, so that whoever follows the act finds something waiting.
        coming = planner.next_step(policy, deadline.step, deadline.round, self.uow.now, self.setting)
        following = deadlines.insert(self.uow, escalation, coming) if coming else None
        subject = kind.about(self.uow.session, deadline.subject_id)
        why = self._passed_over(kind, policy, escalation, deadline)
        told, role = ([], "") if why else self._act(kind, policy, escalation, deadline, subject, late_seconds)
        if told:
            escalation.told_at = escalation.told_at or self.uow.now
            escalation.title, escalation.told = subject.title[:200], ", ".join(told)
            escalation.acks, escalation.needs = 0, step.needs
        waits = following if following is not None and following.state is DeadlineState.OPEN else None
        if step.do in kind.does:  # which may have moved it, or begun anew
            waits = queries.open_deadline(self.uow.session, deadline.kind, deadline.subject_id)
        stepped = EscalationStepped(
            what=deadline.kind,
            subject_id=deadline.subject_id,
            title=subject.title,
            step=deadline.step,
            round=deadline.round,
            do=deadline.do,
            due_at=deadline.due_at,
            late_seconds=late_seconds,
            told=told,
            escalation_id=escalation.id,
            role=role,
            needs=step.needs,
            passed_over=why,
            next_do=waits.do if waits else None,
            next_at=waits.due_at if waits else None,
        )
        record(self.uow, self.incident, ENGINE, stepped)
        if waits is not None:
            deadlines.announce(self.uow, waits)

    def _passed_over(self, kind: Kind, policy: Policy, escalation: Escalation, deadline: Deadline) -> str:
        """Why a step that has come is not done; empty when it is. Asking goes on while somebody sees to it."""
        if planner.passed_over(policy, deadline.step, self.uow.now, self.setting):
            return "not in these hours or under these conditions"
        held = escalation.held_until is not None and escalation.held_until > self.uow.now
        if kind.life_safety and held and policy.steps[deadline.step].tells:
            return f"{escalation.owner} sees to it"
        return ""

    def _act(
        self,
        kind: Kind,
        policy: Policy,
        escalation: Escalation,
        deadline: Deadline,
        subject: Subject,
        late_seconds: int,
    ) -> tuple[list[str], str]:
        """Do the step; whom it told, and as what."""
        step = policy.steps[deadline.step]
        if step.do in kind.does:
            kind.does[step.do](self.uow, self.incident, deadline.subject_id, late_seconds)
            self.uow.scratch[notices.MEMORY] = notices.Memory()  # who was asked has a letter now
            return [], ""
        if step.do == WEBHOOK:
            system = notices.tell_system(self.uow, self.incident, escalation, deadline.id, step, subject)
            return system, "another system"
        if not step.tells:
            return [], ""
        already: set[str] = set()
        if step.do == "tell_in_turn":
            already = {n.person_id for n in queries.notices_of(self.uow.session, escalation.id)}
        found = people.meant(self.uow, self.incident, step, subject, already)
        return self._tell(policy, escalation, step, subject, found), found.role

    def _tell(
        self, policy: Policy, escalation: Escalation, step: Step, subject: Subject, found: people.Meant
    ) -> list[str]:
        return notices.tell(
            self.uow,
            self.incident,
            escalation,
            step,
            subject,
            found,
            bundled=policy.bundled,
            public_url=self.public_url,
        )

    def _come_back(
        self, policy: Policy, escalation: Escalation, deadline: Deadline, late_seconds: int
    ) -> None:
        """Whoever saw to it is told once more that it is still open; then the steps go on where they were."""
        why = "shelved" if escalation.shelved_until is not None else "held"
        coming = planner.again(policy, deadline.step, deadline.round, self.uow.now, self.setting)
        following = deadlines.insert(self.uow, escalation, coming) if coming else None
        owner = self.uow.session.get(Person, escalation.owner_id) if escalation.owner_id else None
        subject = KINDS[deadline.kind].about(self.uow.session, deadline.subject_id)
        told: list[str] = []
        if owner is not None:
            words = "it is still open, and your time for it is over."
            still = Subject(subject.title, words, subject.position, unit=subject.unit)
            found = people.Meant((owner,), "who sees to it")
            told = self._tell(policy, escalation, COMING_BACK, still, found)
        escalation.owner_id, escalation.owner, escalation.held_until = None, None, None
        escalation.shelved_until, escalation.shelved_by, escalation.shelved_reason = None, None, None
        escalation.told_at = escalation.told_at or self.uow.now
        escalation.title = subject.title[:200]
        if told:
            escalation.told = ", ".join(told)
        self.uow.session.flush()
        came_back = EscalationCameBack(
            what=deadline.kind,
            subject_id=deadline.subject_id,
            escalation_id=escalation.id,
            title=escalation.title,
            why=why,
            told=told,
            late_seconds=late_seconds,
            next_do=following.do if following else None,
            next_at=following.due_at if following else None,
        )
        record(self.uow, self.incident, ENGINE, came_back)
        if following is not None:
            deadlines.announce(self.uow, following)
