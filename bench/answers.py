"""Phones that answer all at once: signed posts to the inbound webhook, on a few connections kept open."""

from __future__ import annotations

import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode, urlsplit

from twilio.request_validator import RequestValidator

CONNECTIONS = 16


def post_answers(url: str, token: str, numbers: list[str]) -> tuple[float, float]:
    """Post "1" from each number; when the first was posted and the last taken. Raises on any refusal."""
    validator = RequestValidator(token)
    posts = []
    for place, number in enumerate(numbers):
        form = {"MessageSid": f"SM{place:032x}", "From": number, "To": "+12025550100", "Body": "1"}
        posts.append((urlencode(form), validator.compute_signature(url, form)))
    began = time.time()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(lambda n: _post(url, posts[n::CONNECTIONS]), range(CONNECTIONS)))
    return began, time.time()


def _post(url: str, posts: list[tuple[str, str]]) -> None:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    for body, signature in posts:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": signature,
        }
        connection.request("POST", parts.path, body, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"the webhook answered {answer.status}")
    connection.close()
