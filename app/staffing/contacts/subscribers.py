"""What phones and carriers say about quiet tests. Loaded after call-outs: a reply is first taken for those."""

from __future__ import annotations

from app.messaging.inbox import on_delivery, on_reply
from app.messaging.states import Purpose
from app.staffing.contacts.actions.results import take_deliveries, take_replies

on_reply(take_replies)
on_delivery(Purpose.CHECK)(take_deliveries)
