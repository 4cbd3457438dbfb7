"""What comes from phones. Asked before the other rooms: it takes only what is certainly its own."""

from __future__ import annotations

from app.messaging.inbox import on_reply
from app.polls.actions import take_replies

on_reply(take_replies, first=True)
