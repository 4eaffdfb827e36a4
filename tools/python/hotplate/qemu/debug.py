# SPDX-License-Identifier: BSD-2-Clause
"""Boot the kernel in QEMU, stopped, with gdb attached.

  tools/hotplate debug --arch ARCH [T=GLOB]
      `make debug` calls this; with T=GLOB these tests run, and gdb stops
      where each of them begins
  tools/hotplate debug --console SOCKET
      the console of a machine that runs; Ctrl-] leaves it

QEMU stops before the first instruction.  The console is a socket; inside tmux
it opens in a window below.  All output is also in build/ARCH/debug.log.  gdb
has the commands of tools/gdb/hotplate.py (`help hp`) and the symbols twice: at
the addresses to which the image maps itself, and at those before that.
GDB_BATCH=FILE: gdb executes the commands of FILE and ends.
"""
import ctypes
import os
import re
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time
import tty

from hotplate import BUILD, INSTALLED, PROGRAM, TOOL, TOP, fail
from hotplate.command import hint, shown, usage

GDB_ARCH = {"arm64": "aarch64", "riscv64": "riscv:rv64"}
MOST = 64  # tests to break at


# ---- the console ----


def console(path: str) -> int:
    """Connect this terminal to the console of the machine, until Ctrl-] or its end."""
    wire = socket.socket(socket.AF_UNIX)
    try:
        wire.connect(path)
    except OSError as error:
        fail("%s: %s" % (path, error.strerror or error))
    keys = sys.stdin.fileno()
    before = termios.tcgetattr(keys) if os.isatty(keys) else None
    try:
        if before:
            tty.setraw(keys)
            os.write(1, b"Ctrl-] leaves this console; the machine continues.\r\n")
        while True:
            ready, _, _ = select.select([wire, keys], [], [])
            if wire in ready:
                output = wire.recv(4096)
                if not output:
                    return 0
                os.write(1, output)
            if keys in ready:
                typed = os.read(keys, 4096)
                if not typed or b"\x1d" in typed:
                    return 0
                wire.sendall(typed)
    finally:
        if before:
            termios.tcsetattr(keys, termios.TCSADRAIN, before)


# ---- the machine ----


def tests(glob: str) -> list[str]:
    """The functions of the tests that the glob names."""
    listed = subprocess.run(
        [PROGRAM, "tests", "list", glob.replace("/*", "").split("/")[0]],
        check=False,
        capture_output=True,
        text=True,
    ).stdout
    names = re.findall(r"^([a-z0-9_]+)\.([a-z0-9_]+)$", listed, re.M)
    if not names:
        fail("T=%s names no test (%s)" % (glob, hint("list", "hotplate tests list")))
    if len(names) > MOST:
        fail("T=%s names %d tests; at most %d are possible" % (glob, len(names), MOST))
    return ["test_%s_%s" % name for name in names]


def command(arch: str, glob: str, log: str, place: str) -> list[str]:
    """QEMU's command line of tools/hotplate run, with the console on a socket."""
    knobs = dict(os.environ, SHOW="1")
    if glob:
        knobs["ARGS"] = (os.environ.get("ARGS", "") + " run=" + glob).strip()
    shown = subprocess.run(
        [PROGRAM, "run", "--arch", arch], env=knobs, stdout=subprocess.PIPE, text=True, check=False
    )
    if shown.returncode:
        sys.exit(shown.returncode)
    line = shlex.split(shown.stdout)
    socket_of = "socket,id=console,path=%s/console,server=on,wait=off,logfile=%s"
    words = ["-chardev", socket_of % (place, log)]
    if "-nographic" in line:
        line.remove("-nographic")
        words += ["-display", "none"]
    if "mon:stdio" in line:
        line[line.index("mon:stdio")] = "chardev:console"
    else:
        words += ["-serial", "chardev:console"]
    words += ["-monitor", "none", "-S", "-gdb", "unix:%s/gdb,server=on,wait=off" % place]
    return line + words


def in_child() -> None:
    """In the child, before it becomes QEMU: Ctrl-C reaches gdb alone, and QEMU ends when this
    program ends (Linux: prctl)."""
    os.setsid()
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl:
        prctl(1, signal.SIGKILL)


def start(line: list[str], place: str) -> subprocess.Popen:
    quiet = open(os.path.join(place, "qemu.log"), "w+", encoding="utf-8")
    qemu = subprocess.Popen(
        line, stdin=subprocess.DEVNULL, stdout=quiet, stderr=quiet, preexec_fn=in_child
    )
    until = time.monotonic() + 60
    while not os.path.exists(os.path.join(place, "gdb")):
        if qemu.poll() is not None or time.monotonic() > until:
            quiet.seek(0)
            last = quiet.read().strip().split("\n")[-1]
            fail("QEMU does not start: " + (last or "it printed nothing"))
        time.sleep(0.05)
    return qemu


def open_console(place: str, log: str) -> None:
    """Open the console in tmux, or print how to open it."""
    words = [PROGRAM, "debug", "--console", place + "/console"]
    if os.environ.get("TMUX") and shutil.which("tmux"):
        subprocess.run(["tmux", "split-window", "-d", shlex.join(words)], check=False)
        print("console: in the window below, and in %s" % log, flush=True)
    else:
        print("console: in another terminal,", TOOL if INSTALLED else shown(PROGRAM), *words[1:])
        other = "socat -,raw,echo=0,escape=0x1d unix-connect:" + words[-1]
        print("         (or %s), and in %s" % (other, log), flush=True)


def debugger(arch: str, place: str, functions: list[str]) -> int:
    line = ["gdb-multiarch", "-q", "-iex", "set auto-load no"]
    line += ["-ex", "set architecture " + GDB_ARCH[arch], "-ex", "set confirm off"]
    line += ["-ex", "target remote %s/gdb" % place]
    line += ["-x", os.path.join(TOP, "tools", "gdb", "hotplate.py"), "-ex", "hp-early"]
    for function in functions:
        line += ["-ex", "tbreak " + function]
    if functions:
        line += ["-ex", "continue"]
    if os.environ.get("GDB_BATCH"):
        line += ["-batch", "-x", os.environ["GDB_BATCH"]]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for gdb, in the same terminal
    line += [os.path.join(BUILD, arch, "hotplate.elf")]
    return subprocess.call(line, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))


def main(words: list[str]) -> int:
    if words[:1] == ["--console"] and len(words) == 2:
        return console(words[1])
    known = len(words) > 1 and words[0] == "--arch" and words[1] in GDB_ARCH
    if not known or any(not w.startswith("T=") for w in words[2:]):
        usage(__doc__)
    arch, glob = words[1], "".join(words[2:3]).partition("=")[2]
    functions = tests(glob) if glob else []
    log = os.path.join(BUILD, arch, "debug.log")
    with tempfile.TemporaryDirectory(prefix="hotplate-") as place:
        qemu = start(command(arch, glob, log, place), place)
        try:
            open_console(place, log)
            return debugger(arch, place, functions)
        finally:
            qemu.kill()
            qemu.wait()
