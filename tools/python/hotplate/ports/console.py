# SPDX-License-Identifier: BSD-2-Clause
"""The console of a board: a serial line, a socket, a program, or a labgrid target.

reach() opens a port; read() has a time limit.  If the other end is disconnected (an unplugged
cable, a closed pty or socket) read() raises Disconnected; reach() then tries to connect again.
The caller limits the time of these attempts, and prints.
"""
import errno
import fcntl
import os
import select
import shlex
import socket
import subprocess
import termios
import tty
from typing import Any

from hotplate import Refused

SPEEDS = {
    int(name[1:]): getattr(termios, name)
    for name in dir(termios)
    if name[:1] == "B" and name[1:].isdigit()
}


class Disconnected(Exception):
    """The other end is not connected, with the reason."""


class Port:
    fd, speed = -1, 0
    power: Any = None
    boot: list[str] = []
    # the prompt of the boot loader, if the port knows it
    boot_prompt: str | None = None

    def reach(self) -> None:
        raise NotImplementedError

    def read(self, seconds: float) -> bytes:
        """The bytes received, b"" after this time without any."""
        try:
            if not select.select([self.fd], [], [], seconds)[0]:
                return b""
            data = os.read(self.fd, 65536)
        except OSError as why:
            raise Disconnected(why.strerror) from why
        if not data:
            raise Disconnected("it was closed at the other end")
        return data

    def write(self, data: bytes) -> None:
        try:
            while data:
                if not select.select([], [self.fd], [], 5)[1]:
                    raise Disconnected("it accepts no data")
                data = data[os.write(self.fd, data) :]
        except OSError as why:
            raise Disconnected(why.strerror) from why

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1


class Serial(Port):
    def __init__(self, path: str, speed: int) -> None:
        self.path, self.speed = path, speed
        if speed not in SPEEDS:
            raise Refused(
                "%d baud is no speed of a serial line here; there are: %s"
                % (speed, " ".join(str(s) for s in sorted(SPEEDS) if s >= 9600))
            )

    def reach(self) -> None:
        self.close()
        try:
            fd = os.open(self.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError as why:
            if why.errno in (errno.EACCES, errno.EPERM):
                raise Refused(
                    "%s: %s (is this user in its group, often dialout?)" % (self.path, why.strerror)
                ) from why
            raise Disconnected("%s: %s" % (self.path, why.strerror)) from why
        self.fd = fd
        try:
            self.settings(fd)
        except BlockingIOError as why:
            self.close()
            raise Refused(
                "%s: another program uses it, and would read half of the output" % self.path
            ) from why
        except (OSError, termios.error) as why:
            self.close()
            raise Disconnected("%s: %s" % (self.path, why)) from why

    def settings(self, fd: int) -> None:
        """Exclusive, 8N1, raw, no flow control; close() leaves the modem lines alone, since they
        reset some boards."""
        if not os.isatty(fd):
            raise Refused("%s is no serial line" % self.path)
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        tty.setraw(fd, termios.TCSANOW)
        state = termios.tcgetattr(fd)
        state[2] = (state[2] | termios.CLOCAL | termios.CREAD) & ~(
            termios.CRTSCTS | termios.HUPCL | termios.CSTOPB
        )
        state[4] = state[5] = SPEEDS[self.speed]
        termios.tcsetattr(fd, termios.TCSANOW, state)


class Socket(Port):
    def __init__(self, family: int, address: Any) -> None:
        self.family, self.address = family, address
        self.socket: socket.socket | None = None

    def reach(self) -> None:
        self.close()
        self.socket = sock = socket.socket(self.family, socket.SOCK_STREAM)
        sock.settimeout(5)
        try:
            sock.connect(self.address)
        except OSError as why:
            self.close()
            where = self.address if isinstance(self.address, str) else "%s:%s" % self.address[:2]
            raise Disconnected("%s: %s" % (where, why.strerror or why)) from why
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setblocking(False)
        self.fd = sock.fileno()

    def close(self) -> None:
        if self.socket:
            self.socket.close()
        self.socket, self.fd = None, -1


class Program(Port):
    """A program whose input and output are the console, such as ssh to the host of a lab."""

    def __init__(self, command: str) -> None:
        self.command = shlex.split(command)
        self.process: subprocess.Popen[bytes] | None = None

    def reach(self) -> None:
        self.close()
        here, there = socket.socketpair()
        try:
            self.process = subprocess.Popen(
                self.command, stdin=there.fileno(), stdout=there.fileno(), start_new_session=True
            )
        except OSError as why:
            raise Refused("%s: %s" % (self.command[0], why.strerror)) from why
        finally:
            there.close()
        here.setblocking(False)
        self.fd = here.detach()

    def close(self) -> None:
        super().close()
        if self.process:
            self.process.terminate()
            self.process.wait()
        self.process = None


class Labgrid(Port):
    """The console of a target of a labgrid environment; its power driver, if any, switches the
    board."""

    def __init__(self, path: str, target: str) -> None:
        self.path, self.name = path, target
        self.console: Any = None

    def reach(self) -> None:
        try:
            import labgrid  # pylint: disable=import-outside-toplevel
        except ImportError as why:
            raise Refused("python3-labgrid is not installed") from why
        if self.console:
            return
        try:
            target = labgrid.Environment(self.path).get_target(self.name)
            if not target:
                raise Refused("%s has no target %s" % (self.path, self.name))
            self.power = self.driver(target, "PowerProtocol")
            if self.power:
                self.power.on()
            self.console = target.get_driver("ConsoleProtocol")
            self.boot_lines(target)
        except Refused:
            raise
        # its own classes have no common base  pylint: disable=broad-except
        except Exception as why:
            raise Refused("%s: %s" % (self.path, str(why).split("\n", maxsplit=1)[0])) from why

    def boot_lines(self, target: Any) -> None:
        """Take the boot commands of the target's HotplateStrategy (lab/hotplate_lab.py), with its
        own boot arguments, and the prompt of its UBootDriver."""
        for one in target.drivers:
            kind = type(one).__name__
            if kind == "HotplateStrategy":
                words = (one.words + " {args}").strip()
                self.boot = [line.replace("{args}", words) for line in one.boot]
            elif kind == "UBootDriver":
                self.boot_prompt = one.prompt

    @staticmethod
    def driver(target: Any, protocol: str) -> Any:
        from labgrid.exceptions import NoDriverFoundError  # pylint: disable=import-outside-toplevel

        try:
            return target.get_driver(protocol)
        except NoDriverFoundError:
            return None

    def read(self, seconds: float) -> bytes:
        from pexpect import EOF, TIMEOUT  # pylint: disable=import-outside-toplevel

        try:
            data = self.console.read(size=65536, timeout=seconds)
        except TIMEOUT:
            return b""
        except (EOF, OSError) as why:
            raise Disconnected(str(why).split("\n", maxsplit=1)[0] or "closed") from why
        if not data:
            raise Disconnected("it was closed at the other end")
        return data

    def write(self, data: bytes) -> None:
        try:
            self.console.write(data)
        except OSError as why:
            raise Disconnected(str(why)) from why

    def close(self) -> None:
        if not self.power:
            return
        from labgrid.util.qmp import QMPError  # pylint: disable=import-outside-toplevel

        try:
            self.power.off()
        # it has powered itself off; without this line labgrid tries again when this program ends
        except (OSError, ValueError, QMPError):
            self.power.status = 0


def port(text: str, speed: int) -> Port:
    """Open PATH[,SPEED], unix:PATH, tcp:HOST:PORT, exec:COMMAND, labgrid:FILE[:TARGET]."""
    kind, colon, rest = text.partition(":")
    if colon and kind == "unix":
        return Socket(socket.AF_UNIX, rest)
    if colon and kind == "tcp":
        host, _, number = rest.rpartition(":")
        if not host or not number.isdigit():
            raise Refused("%s: tcp:HOST:PORT, such as tcp:localhost:4001" % text)
        return Socket(
            socket.AF_INET6 if ":" in host else socket.AF_INET, (host.strip("[]"), int(number))
        )
    if colon and kind == "exec":
        return Program(rest)
    if colon and kind == "labgrid":
        path, _, target = rest.partition(":")
        return Labgrid(path, target or "main")
    path, _, baud = text.partition(",")
    if baud and not baud.isdigit():
        raise Refused("%s: PATH,SPEED, such as /dev/ttyUSB0,115200" % text)
    return Serial(path, int(baud or speed))
