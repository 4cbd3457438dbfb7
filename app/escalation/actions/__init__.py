"""What people do with policies and with what waits for them."""

from app.escalation.actions.answering import Said, answer, say_which
from app.escalation.actions.bundles import send_gathered
from app.escalation.actions.owning import hand_on, shelve, take_over, unshelve
from app.escalation.actions.policies import set_policy

__all__ = [
    "Said",
    "answer",
    "hand_on",
    "say_which",
    "send_gathered",
    "set_policy",
    "shelve",
    "take_over",
    "unshelve",
]
