"""Everything that people, phones and the program do to a call-out. Nothing else writes its tables."""

from app.activation.actions.answers import Given, answer
from app.activation.actions.callouts import ask_again, ask_next, open_callout, stop_callout
from app.activation.actions.messages import mark_read, write

__all__ = [
    "Given",
    "answer",
    "ask_again",
    "ask_next",
    "mark_read",
    "open_callout",
    "stop_callout",
    "write",
]
