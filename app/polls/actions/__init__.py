"""All that writes in this room."""

from app.polls.actions.answering import Answers, answer
from app.polls.actions.chasing import chase, chase_by_clock
from app.polls.actions.closing import close, close_by_clock
from app.polls.actions.contacts import set_contact
from app.polls.actions.replies import take_replies
from app.polls.actions.starting import Started, start

__all__ = [
    "Answers",
    "Started",
    "answer",
    "chase",
    "chase_by_clock",
    "close",
    "close_by_clock",
    "set_contact",
    "start",
    "take_replies",
]
