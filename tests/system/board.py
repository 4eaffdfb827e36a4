# SPDX-License-Identifier: BSD-2-Clause
"""Boards on a serial line, for tests of tools/hotplate board-run: a fake one that runs a script, and QEMU.

A fake board is a pty or a unix socket and a function that uses it; the other is QEMU with its serial
line there.  Wire is a cable between QEMU and a program, which a test can unplug.
"""
import contextlib
import os
import re
import select
import shlex
import socket
import subprocess
import threading
import time
import tty

from conftest import PATIENCE

PROMPT = b"hotplate> "


def board_run(port, *words, timeout=PATIENCE, wait=True, log):
    """(exit status, stderr, the log), or the process."""
    command = ["/usr/bin/python3", "tools/hotplate", "board-run", "--quiet", "--log", str(log), port] + [str(w) for w in words]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return finished(process, log, timeout) if wait else process


def refused(path, words, tmp_path):
    """(exit status, stderr) of a command that must be refused."""
    process = board_run(path, *words, log=tmp_path / "log", wait=False)
    printed = process.communicate(timeout=PATIENCE)[1]
    return process.returncode, printed


def finished(process, log, timeout=PATIENCE):
    try:
        printed = process.communicate(timeout=timeout)[1]
    except subprocess.TimeoutExpired:
        process.kill()
        printed = process.communicate()[1]
        raise AssertionError("board-run hangs; its output: " + printed) from None
    with open(log, encoding="utf-8", errors="replace") as f:
        return process.returncode, printed, f.read().replace("\r", "")


def once(printed, *patterns):
    """Check that each pattern is on one line of board-run's messages, and that there are no others but the verdict and at
    most one name of the text for an issue."""
    lines = [line for line in printed.strip().split("\n") if not line.startswith("# board-run: paste ")]
    assert printed.count("# board-run: paste ") <= 1, printed
    for pattern in patterns:
        assert len([line for line in lines if re.search(pattern, line)]) == 1, "%s\n%s" % (pattern, printed)
    assert len(lines) == len(patterns) + 1, printed


class Talk:
    """The board's end: sends text, reads typed lines and echoes them."""

    def __init__(self, fd):
        self.fd, self.typed = fd, []

    def send(self, data):
        os.write(self.fd, data.encode() if isinstance(data, str) else data)

    def byte(self, seconds=PATIENCE):
        if not select.select([self.fd], [], [], seconds)[0]:
            raise EOFError("nothing was typed")
        return os.read(self.fd, 1)

    def command(self, prompt=PROMPT, bend=None):
        """Print a prompt and return the line that is typed there; bend() changes the bytes that are read."""
        self.send(prompt)
        line = b""
        while True:
            c = self.byte()
            if c == b"\r" and line:
                self.send(b"\r\n")
                self.typed.append(line.decode())
                return line.decode()
            if c == b"\x15":
                self.send(b"\b \b" * len(line) + b"\r\n" + prompt)
                line = b""
            elif c == b"\r":
                self.send(b"\r\n" + prompt)
            else:
                c = bend(c) if bend else c
                line += c
                self.send(c)


@contextlib.contextmanager
def fake(script):
    """A board that is a pty: runs script(Talk) in a thread; returns the path and the Talk."""
    master, slave = os.openpty()
    tty.setraw(master)
    talk, stop = Talk(master), threading.Event()

    def play():
        with contextlib.suppress(OSError, EOFError):
            script(talk)
            stop.wait(PATIENCE)
    thread = threading.Thread(target=play, daemon=True)
    thread.start()
    try:
        yield os.ttyname(slave), talk
    finally:
        stop.set()
        # a script that waits for a key reads EOF; else it would read from the next file with this number
        os.close(slave)
        thread.join()
        os.close(master)


def qemu_line(arch, **knobs):
    """The command line of tools/hotplate run, without a serial line and a monitor."""
    words = ["%s=%s" % k for k in knobs.items()]
    shown = subprocess.run(["/usr/bin/python3", "tools/hotplate", "run", "SHOW=1", "ARCH=" + arch] + words, check=True,
                           capture_output=True, text=True).stdout
    line = shlex.split(shown)
    if "mon:stdio" in line:  # the monitor of a QMP socket
        at = line.index("mon:stdio")
        line = line[:at - 1] + line[at + 1:]
    at = line.index("-nographic")
    return line[:at] + ["-display", "none", "-monitor", "none"] + line[at + 1:]


@contextlib.contextmanager
def qemu(arch, *serial, kernel=True, **knobs):
    """Start a board that is QEMU; returns its process.  Without a kernel its firmware finds nothing to boot."""
    line = qemu_line(arch, **knobs)
    if not kernel:
        at = line.index("-kernel")
        line[at:at + 2] = []
    process = subprocess.Popen(line + list(serial), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def patiently(path, patience=PATIENCE):
    """A socket that is connected to this path as soon as a process listens there."""
    until = time.monotonic() + patience
    while True:
        end = socket.socket(socket.AF_UNIX)
        try:
            end.connect(path)
            return end
        except OSError:
            end.close()
            assert time.monotonic() < until, "nobody listens at " + path
            time.sleep(0.1)


class Wire:
    """A cable from QEMU's socket to a socket of its own; out() unplugs it at both ends, plug() plugs it again."""

    def __init__(self, far, near):
        self.far, self.near, self.ends, self.listener = far, near, [], None
        self.thread = None

    def plug(self):
        self.listener = socket.socket(socket.AF_UNIX)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.near)
        self.listener.bind(self.near)
        self.listener.listen()
        self.thread = threading.Thread(target=self.carry, daemon=True)
        self.thread.start()

    def carry(self):
        with contextlib.suppress(OSError, ValueError):
            self.ends = [self.listener.accept()[0]]
            self.ends.append(patiently(self.far))
            while True:
                for end in select.select(self.ends, [], [])[0]:
                    data = end.recv(65536)
                    if not data:
                        return
                    self.ends[1 - self.ends.index(end)].sendall(data)

    def out(self):
        for end in [self.listener] + self.ends:  # a socket that is being closed accepts no connection
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.thread.join(10)
        self.ends = []
