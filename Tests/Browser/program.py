"""The program under test: the demo, started on a free port; or one that runs already, named by the environment."""

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
    #: The process number of its Redis, where it is a demo of these tests.
    redis: int | None = None


def until(condition, seconds, what):
    """Waits until the condition holds and returns what it gave; fails after so many seconds."""
    never = threading.Event()
    for _ in range(seconds * 10):
        value = condition()
        if value:
            return value
        never.wait(0.1)
    raise AssertionError(f"not within {seconds} s: {what}")


def running_program():
    """The one that SALESTARGETS_URL, SALESTARGETS_MANAGER and SALESTARGETS_SALESPERSON (`name / password`) name."""
    url = os.environ.get("SALESTARGETS_URL")
    if not url:
        return None
    account = lambda name: Account(*os.environ[name].split(" / ", 1))
    return Program(url, account("SALESTARGETS_MANAGER"), account("SALESTARGETS_SALESPERSON"))


class Demo:
    """`salestargets demo` with hardly any live traffic, so that a number moves only when a test moves it."""

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
        """The demo's only child."""
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
        """The last orders lie on every partition of the log; targets say themselves when they are still counting."""
        try:
            token = call(self.program, "POST", "/session", vars(self.program.manager))["token"]
            for number in range(ORDERS - 40, ORDERS + 1):
                call(self.program, "GET", f"/orders/SO-{number}", token=token)
            targets = call(self.program, "GET", "/targets?limit=1000", token=token)["targets"]
        except (urllib.error.HTTPError, urllib.error.URLError, ConnectionError):
            return False
        return targets and not any(target["counting"] for target in targets)


def call(program, method, path, body=None, token=None):
    """One call of the API, as a program makes it."""
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
