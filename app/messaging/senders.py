"""What each kind of sender can do: the published throughput that limits an activation. See `config.senders`."""

from __future__ import annotations

from config.senders import RATES, Sender, SenderKind

__all__ = ["RATES", "Sender", "SenderKind"]
