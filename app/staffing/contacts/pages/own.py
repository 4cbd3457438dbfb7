"""How you can be reached: signed in, or by a link that was sent to you."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for

from app.accounts import links
from app.accounts.access import actor, public, signed_in
from app.core.actor import Actor
from app.core.errors import NotFound
from app.messaging.channels import Channel
from app.runtime import runtime, transact
from app.staffing import queries as roster
from app.staffing.contacts.actions.suspects import REACH
from app.staffing.contacts.actions.verifying import CONFIRM, confirm
from app.staffing.contacts.addresses import NAMES, ending
from app.staffing.contacts.pages import pages
from app.staffing.contacts.pages.frame import View, show, take

BY_LINK = "whoever holds the link from the message is that person, for this page alone"


@pages.get("/account/reach")
@signed_in
def own() -> str:
    return show(_own())


@pages.post("/account/reach")
@signed_in
def change_own() -> Any:
    return take(_own())


@pages.get("/reach/<secret>")
@public(BY_LINK)
def by_link(secret: str) -> str:
    return show(_by_link(secret))


@pages.post("/reach/<secret>")
@public(BY_LINK)
def change_by_link(secret: str) -> Any:
    return take(_by_link(secret))


@pages.get("/reach/confirm/<secret>")
@public(BY_LINK)
def confirm_page(secret: str) -> str:
    """Asks for a press: programs that look into mail open links too, and must not answer for people."""
    with runtime().db.read() as db:
        links.open_link(db, secret, CONFIRM, runtime().clock.now())
    return render_template("contacts/confirm.html", secret=secret, said=None)


@pages.post("/reach/confirm/<secret>")
@public(BY_LINK)
def confirm_link(secret: str) -> str:
    method = transact(confirm, secret)
    words = f"{NAMES[Channel(method.channel)]} {ending(method.channel, method.address)}"
    return render_template("contacts/confirm.html", secret=secret, said=words)


def _own() -> View:
    who = actor()
    if who.person_id is None:
        raise NotFound("Your account belongs to nobody on the roster.")
    return View(who.person_id, who, url_for("contacts.own"))


def _by_link(secret: str) -> View:
    with runtime().db.read() as db:
        link = links.open_link(db, secret, REACH, runtime().clock.now())
        person = roster.person(db, link.person_id)
    who = Actor.person(person.id, person.name)
    return View(person.id, who, url_for("contacts.by_link", secret=secret), "contacts/reach_by_link.html")
