"""The fake carrier as a whole: a thread with an event loop on a loopback port."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, Self

from tests.fakes.carrier.api import Api
from tests.fakes.carrier.control import Control
from tests.fakes.carrier.faults import Fault, Script
from tests.fakes.carrier.http import Answer, Connection, Request
from tests.fakes.carrier.ledger import Ledger, PhoneCall, Text
from tests.fakes.carrier.network import Network
from tests.fakes.carrier.people import People
from tests.fakes.carrier.senders import SHORT_CODE, Sender, Senders
from tests.fakes.carrier.settings import Settings
from tests.fakes.carrier.telephone import Telephone

HOST = "127.0.0.1"
SERVICE = "MG" + "0" * 31 + "1"


class FakeCarrier:
    """A carrier on this machine. As a context manager it runs in a thread; `port` 0 takes a free one."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        port: int = 0,
        people: People | None = None,
        senders: Senders | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.people = people or People(seed=self.settings.seed)
        number = self.settings.default_sender
        self.senders = senders or Senders({number: Sender(number, SHORT_CODE)}, {SERVICE: [number]})
        self.port = port
        self._network = Network(self.settings, self.senders, Script(self.settings.seed), self.people)
        self._telephone = Telephone(self._network)
        self._api = Api(self._network, self._telephone)
        self._control = Control(self._network, self._forget)
        self._loop = asyncio.new_event_loop()
        self._thread: threading.Thread | None = None
        self._connections: set[Connection] = set()

    @property
    def url(self) -> str:
        """What MUSTER_TWILIO_BASE_URL should say."""
        return f"http://{HOST}:{self.port}"

    @property
    def ledger(self) -> Ledger:
        return self._network.ledger

    def accepted(self, to: str | None = None) -> list[Text]:
        return self.ledger.accepted(to)

    def calls(self, to: str | None = None) -> list[PhoneCall]:
        return self.ledger.calls_to(to)

    def texts(self) -> dict[str, list[str]]:
        return self.ledger.texts()

    def duplicates(self) -> dict[tuple[str, str], int]:
        return self.ledger.duplicates()

    def fault(self, kind: str, to: str | None = None, **fields: Any) -> None:
        """Script a fault; see faults.KINDS."""
        self._network.script.add(Fault(kind, to, **fields))

    def no_faults(self) -> None:
        self._network.script.clear()

    def inject(self, phone: str, body: str, to: str | None = None, media: int = 0) -> int | None:
        """A phone sends a text; returns the HTTP status of the webhook, None without an answer."""
        status: int | None = self._run(self._network.hear(phone, None, body, to, media))
        return status

    def wait_until(self, done: Callable[[], bool], timeout: float = 10.0) -> bool:
        """Wait for something to come true; returns whether it did."""
        ends = time.monotonic() + timeout
        while not done():
            if time.monotonic() > ends:
                return False
            time.sleep(0.005)
        return True

    def settle(self, timeout: float = 10.0) -> bool:
        """Wait until no text is on its way and no webhook is open."""
        return self.wait_until(lambda: not self._network.busy, timeout)

    def reset(self) -> None:
        """Forget texts, faults and opt-outs; settings stay."""

        async def forget() -> None:
            self._forget()

        self._run(forget())

    def serve(self, ready: Callable[[], None]) -> None:
        """Serve until stopped, on this thread; `ready` is called when requests are taken."""
        try:
            self._loop.run_until_complete(self._open())
            ready()
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(self._close())
            self._loop.close()

    def __enter__(self) -> Self:
        self._loop.run_until_complete(self._open())
        self._thread = threading.Thread(target=self._loop.run_forever, name="fake-carrier", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._thread
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.run_until_complete(self._close())
        self._loop.close()

    def _handle(self, request: Request) -> Answer | Coroutine[Any, Any, Answer]:
        if request.path.startswith("/_control/"):
            return self._control.handle(request)
        return self._api.handle(request)

    async def _open(self) -> None:
        self._server = await self._loop.create_server(
            lambda: Connection(self._handle, self._connections), HOST, self.port, backlog=1024
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        self._network.stop()
        for connection in list(self._connections):
            connection.close()
        # One more turn, so that cancelled work and closed connections end.
        await asyncio.sleep(0.01)

    def _forget(self) -> None:
        self._network.stop()
        self._network.script.clear()
        self._network.senders.reset()
        self._telephone.reset()
        self._network.opt_outs.pairs.clear()
        self._network.ledger.clear()

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=60)
