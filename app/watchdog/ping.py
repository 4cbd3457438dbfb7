"""The ping outside, after a clean audit alone: whoever waits for it takes its silence as the alarm."""

from __future__ import annotations

import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any

LIMIT_SECONDS = 5.0


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A watcher that has moved must be set anew: what answers elsewhere is not who was asked."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)


def ping(url: str, limit: float = LIMIT_SECONDS) -> str | None:
    """Call the address; None when it said 2xx within the limit, else why not, without the address itself."""
    try:
        with _OPENER.open(urllib.request.Request(url, method="GET"), timeout=limit) as answer:  # noqa: S310
            return None if 200 <= answer.status < 300 else f"answered {answer.status}"
    except urllib.error.HTTPError as error:
        return f"answered {error.code}"
    except TimeoutError:
        return f"no answer within {limit:g} s"
    except (urllib.error.URLError, OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        return (
            "no answer in time"
            if isinstance(reason, TimeoutError)
            else f"not reached: {type(reason).__name__}"
        )
