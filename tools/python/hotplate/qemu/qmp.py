# SPDX-License-Identifier: BSD-2-Clause
"""The host's side of a machine: QEMU's monitor (QMP) over a socket.

  monitor = Monitor(path)                       of QEMU with  -qmp unix:PATH,server=on,wait=off
  monitor.execute("device_add", driver="pc-dimm", id="d0", memdev="m0")   -> "return", or Refused
  monitor.hmp("info memory-devices")            the human monitor's text
  monitor.event("DEVICE_DELETED", device="d0")  wait for it; earlier events are queued
"""
import json
import socket
import time
from typing import Any

from hotplate import Refused


class Monitor:
    def __init__(self, path: str, patience: float = 30.0) -> None:
        self.patience = patience
        self.events: list[dict[str, Any]] = []
        until = time.monotonic() + patience
        while True:
            self.socket = socket.socket(socket.AF_UNIX)
            try:
                self.socket.connect(path)
                break
            except OSError:
                self.socket.close()
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
        self.text = b""
        self.receive()  # the greeting
        self.execute("qmp_capabilities")

    def receive(self, timeout: float | None = None) -> dict[str, Any] | None:
        """One message; None if none arrives in time."""
        until = time.monotonic() + (self.patience if timeout is None else timeout)
        while b"\n" not in self.text:
            left = until - time.monotonic()
            if left <= 0:
                return None
            self.socket.settimeout(left)
            try:
                chunk = self.socket.recv(65536)
            except socket.timeout:
                return None
            if not chunk:
                raise EOFError("QEMU closed its monitor")
            self.text += chunk
        line, self.text = self.text.split(b"\n", 1)
        return json.loads(line)

    def execute(self, command: str, **arguments: Any) -> Any:
        words: dict[str, Any] = {"execute": command}
        if arguments:
            words["arguments"] = arguments
        self.socket.sendall(json.dumps(words).encode())
        while True:
            message = self.receive()
            if message is None:
                raise TimeoutError("QEMU does not answer " + command)
            if "event" in message:
                self.events.append(message)
            elif "error" in message:
                raise Refused(message["error"]["desc"])
            elif "return" in message:
                return message["return"]

    def hmp(self, line: str) -> Any:
        return self.execute("human-monitor-command", **{"command-line": line})

    def taken(self, name: str, data: dict[str, Any]) -> dict[str, Any] | None:
        for message in self.events:
            if message["event"] == name and data.items() <= message.get("data", {}).items():
                self.events.remove(message)
                return message.get("data", {})
        return None

    def event(self, name: str, timeout: float | None = None, **data: Any) -> dict[str, Any]:
        """The next event of this name with these data; AssertionError if it does not arrive."""
        until = time.monotonic() + (self.patience if timeout is None else timeout)
        while True:
            found = self.taken(name, data)
            if found is not None:
                return found
            left = until - time.monotonic()
            message = self.receive(left) if left > 0 else None
            assert message, "no %s %s; there were: %s" % (name, data, self.events)
            if "event" in message:
                self.events.append(message)

    # ---- memory devices ----

    def dimm_add(self, name: str, size: int, **more: Any) -> None:
        """A pc-dimm `name` on a backend of its own; sizes in MiB."""
        self.execute(
            "object-add",
            **{"qom-type": "memory-backend-ram", "id": "m-" + name, "size": size << 20}
        )
        try:
            self.execute("device_add", driver="pc-dimm", id=name, memdev="m-" + name, **more)
        except Refused:
            self.execute("object-del", id="m-" + name)
            raise

    def nvdimm_add(self, name: str, size: int, **more: Any) -> None:
        """An NVDIMM `name` on a backend of its own; MiB."""
        self.execute(
            "object-add",
            **{"qom-type": "memory-backend-ram", "id": "m-" + name, "size": size << 20}
        )
        self.execute("device_add", driver="nvdimm", id=name, memdev="m-" + name, **more)

    def dimm_del(self, name: str) -> None:
        """Request the removal from the guest; backend_del() afterwards deletes the backend."""
        self.execute("device_del", id=name)

    def backend_del(self, name: str) -> None:
        self.execute("object-del", id="m-" + name)

    def migrate(self, file: str, timeout: float) -> None:
        """Save the whole machine in a file, from which -incoming of another QEMU continues."""
        self.execute("migrate", uri="exec:cat > %s" % file)
        until = time.monotonic() + timeout
        while self.execute("query-migrate")["status"] != "completed":
            assert time.monotonic() < until
            time.sleep(0.05)

    def memory_devices(self) -> dict[str, tuple[int, int, int]]:
        """{id: (address, size, node)} of the plugged devices."""
        return {
            d["data"].get("id"): (
                d["data"].get("addr", d["data"].get("memaddr")),
                d["data"]["size"],
                d["data"].get("node", 0),
            )
            for d in self.execute("query-memory-devices")
        }
