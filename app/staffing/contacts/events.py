"""What a hospital's journal says about contact methods: never an address, of a number its last two digits."""

from __future__ import annotations

from app.journal import Event, event


@event("contact.verified", "person:{person_id}")
class ContactVerified(Event):
    """`how` is code, link or word_of_mouth."""

    person_id: str
    person_name: str
    channel: str
    ending: str
    how: str


@event("contact.rests", "person:{person_id}")
class ContactRests(Event):
    """`what` is paused, resumed or quiet_hours; `detail` in words. Urgent messages come all the same."""

    person_id: str
    person_name: str
    channel: str
    ending: str
    what: str
    detail: str


@event("contact.suspect", "person:{person_id}")
class ContactSuspect(Event):
    person_id: str
    person_name: str
    channel: str
    ending: str
    reason: str


@event("contact.works_again", "person:{person_id}")
class ContactWorksAgain(Event):
    """A message has arrived since, or somebody has made sure."""

    person_id: str
    person_name: str
    channel: str
    ending: str


@event("contact.owner_told", "person:{person_id}")
class OwnerTold(Event):
    """Over another method, that the one named cannot be reached."""

    person_id: str
    person_name: str
    channel: str
    ending: str
    over: str


@event("contact.tests_set", "quiet_tests")
class QuietTestsSet(Event):
    active: bool
    every_weeks: int
    most_a_day: int


@event("contact.tests_asked", "quiet_tests")
class QuietTestsAsked(Event):
    """Tests made now, by hand. `whom` is a name or a department."""

    whom: str
    count: int
