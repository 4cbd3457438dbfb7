"""The running census goes in as readings: whatever has changed since, at most so often, as one set of counts."""

from __future__ import annotations

from datetime import timedelta

from app.census import feed_queries, queries
from app.census.feeding import SOURCE, observed_at
from app.census.models import AdtFeed, CensusEntry
from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.insert import insert_once
from app.facilities.queries import facility
from app.facilities.stream import take_hospitals
from app.surge.actions import Given, enter

ENTERER = Actor.system("census")


def enter_census(uow: UnitOfWork, facility_id: str) -> int:
    """Enter the counts of a hospital whose turn it is; returns how many readings. Who comes second finds it done."""
    take_hospitals(uow, [facility_id])
    setting = feed_queries.setting(uow.session, facility_id)
    feed = uow.session.get(AdtFeed, facility_id, populate_existing=True)
    if not setting.feeds or feed is None or feed.last_received_at is None or feed.last_event_at is None:
        return 0
    insert_once(uow.session, CensusEntry, [{"facility_id": facility_id, "version": -1, "next_at": uow.now}])
    entry = uow.session.get_one(CensusEntry, facility_id, populate_existing=True)
    state = (feed.version, feed.last_event_at)
    if entry.next_at > uow.now or (entry.version, entry.event_at) == state:
        return 0
    if uow.now - feed.last_received_at > queries.FEED_MAX_AGE:
        return 0
    at = observed_at(feed.last_event_at, feed.last_received_at, uow.now)
    place = facility(uow.session, facility_id)
    given = [
        Given(place.code, unit.code, metric, value, at, SOURCE)
        for unit in feed_queries.unit_feeds(uow.session, place, uow.now)
        for metric, value in (("occupied_beds", unit.occupied), ("blocked_beds", unit.blocked))
        if value is not None
    ]
    if given:
        enter(uow, ENTERER, readings=given)
    entry.version, entry.event_at = state
    entry.entered_at = uow.now if given else entry.entered_at
    entry.next_at = uow.now + timedelta(seconds=setting.every_seconds)
    return len(given)
