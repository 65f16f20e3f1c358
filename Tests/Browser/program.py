"""The program under test: a demo on a free port, or a running program named by environment variables."""

import json
import os
import re
import signal
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ORDERS = 3_000
START = 120


@dataclass(frozen=True)
class Account:
    username: str
    password: str


@dataclass(frozen=True)
class Program:
    url: str
    manager: Account
    salesperson: Account
    #: The process id of its Redis, when these tests started the program.
    redis: int | None = None


def until(condition, seconds, what):
    """Waits until `condition()` is true and returns its value; fails after `seconds`."""
    never = threading.Event()
    for _ in range(seconds * 10):
        value = condition()
        if value:
            return value
        never.wait(0.1)
    raise AssertionError(f"not within {seconds} s: {what}")


def running_program():
    """The program at SALESTARGETS_URL. SALESTARGETS_MANAGER and SALESTARGETS_SALESPERSON hold `name / password`."""
    url = os.environ.get("SALESTARGETS_URL")
    if not url:
        return None
    account = lambda name: Account(*os.environ[name].split(" / ", 1))
    return Program(url, account("SALESTARGETS_MANAGER"), account("SALESTARGETS_SALESPERSON"))


class Demo:
    """`salestargets demo` with almost no live orders, so that a number changes only when a test changes it."""

    def __init__(self):
        port = free_port()
        self.lines = []
        self.process = subprocess.Popen(
            [binary(), "demo", "--http-port", str(port), "--orders", str(ORDERS), "--rate", "0.0001"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        try:
            manager = until(lambda: self._account("manager"), START, "the demo's accounts are printed")
            salesperson = self._account("salesperson")
            self.program = Program(f"http://127.0.0.1:{port}", manager, salesperson, self._redis())
            until(lambda: self._has_read_everything(), START, "the demo has read its year")
        except BaseException:
            self.stop()
            raise

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def _redis(self):
        """The process id of the Redis that the demo started."""
        children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        found = [int(number) for file in children for number in file.read_text().split()]
        names = {number: Path(f"/proc/{number}/comm").read_text().strip() for number in found}
        return next(number for number, name in names.items() if name == "redis-server")

    def _account(self, role):
        if self.process.poll() is not None:
            raise AssertionError("the demo ended:\n" + "\n".join(self.lines))
        for line in list(self.lines):
            found = re.match(rf"\s+(?:as a )?{role}\s+(\S+)(?: /)?\s+(\S+)$", line)
            if found:
                return Account(*found.groups())
        return None

    def _has_read_everything(self):
        """Whether the demo has applied all its orders. The last ones are spread over all partitions of the topic."""
        try:
            token = call(self.program, "POST", "/session", vars(self.program.manager))["token"]
            for number in range(ORDERS - 40, ORDERS + 1):
                call(self.program, "GET", f"/orders/SO-{number}", token=token)
            targets = call(self.program, "GET", "/targets?limit=1000", token=token)["targets"]
        except (urllib.error.HTTPError, urllib.error.URLError, ConnectionError):
            return False
        return targets and not any(target["counting"] for target in targets)


def call(program, method, path, body=None, token=None):
    """One call of the API, as another program makes it."""
    request = urllib.request.Request(
        program.url + "/api/v1" + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        text = response.read()
        return json.loads(text) if text else None


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def binary():
    built = [path for kind in ("debug", "release") if (path := ROOT / ".build" / kind / "salestargets").exists()]
    assert built, "build the program first: make build"
    return str(max(built, key=lambda path: path.stat().st_mtime))
