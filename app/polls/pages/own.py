"""What somebody who is asked sees: their units with a field for each number. The link in the text is the key."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, url_for

from app.accounts import links
from app.accounts.access import public
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.facilities.queries import facility
from app.polls import actions, queries
from app.polls.actions import Answers
from app.polls.actions.sending import LINK
from app.polls.pages.frame import as_typed, form_of, labels_of, numbers_typed, pages
from app.runtime import runtime, transact
from app.staffing.models import Person
from app.surge.metrics import METRICS
from app.web.forms import Errors, done, submitted


@pages.route("/p/<secret>")
@public("the link in a text is the key; looking at it answers nothing")
def own(secret: str) -> str:
    return _own(secret)


@pages.route("/p/<secret>", methods=["POST"])
@public("the link in a text is the key")
def answer(secret: str) -> Any:
    def act() -> Any:
        given = transact(_answer, secret)
        many = "number" if given.numbers == 1 else "numbers"
        said = f"Thank you. {given.numbers} {many} saved for {', '.join(given.units)}."
        return done(said, url_for("polls.own", secret=secret), warning=" ".join(given.warnings))

    return submitted(act, lambda errors: _own(secret, errors))


def _answer(uow: UnitOfWork, secret: str) -> Answers:
    link = links.open_link(uow.session, secret, LINK, uow.now)
    found = queries.poll(uow.session, link.subject_id)
    units = [unit for _, unit in queries.asks_of(uow.session, found, link.person_id)]
    person = uow.session.get_one(Person, link.person_id)
    numbers = numbers_typed(found, units)
    return actions.answer(uow, Actor.person(person.id, person.name), found.id, numbers=numbers, how="link")


def _own(secret: str, errors: Errors | None = None) -> str:
    rt = runtime()
    with rt.db.read() as db:
        link = links.open_link(db, secret, LINK, rt.clock.now())
        found = queries.poll(db, link.subject_id)
        mine = queries.asks_of(db, found, link.person_id)
        known = {row.unit.id: row.numbers for row in queries.rows(db, found, rt.clock.now())}
        place = facility(db, mine[0][0].facility_id) if mine else None
        if place is not None:
            g.zone = place.zone
        units = form_of(found, [unit for _, unit in mine], known)
        return render_template(
            "polls/own.html",
            poll=found,
            secret=secret,
            units=units,
            asks={unit.id: ask for ask, unit in mine},
            person_id=link.person_id,
            own=[unit.id for ask, unit in mine if ask.person_id == link.person_id],
            metrics=[METRICS[metric] for metric in found.asks_for],
            exercise=found.exercise,
            data=as_typed(units),
            labels=labels_of(units),
            errors=errors or {},
        )
