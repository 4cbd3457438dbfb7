"""All that messaging writes. Other rooms use `request`, `request_all` and `supersede`."""

from app.messaging.actions.intents import Wish, request, request_all, supersede

__all__ = ["Wish", "request", "request_all", "supersede"]
