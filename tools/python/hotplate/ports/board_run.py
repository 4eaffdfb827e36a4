# SPDX-License-Identifier: BSD-2-Clause
"""Run the kernel on a board over a serial line.

  tools/hotplate board-run PORT [WORD...] [OPTION...]

  tools/hotplate board-run /dev/ttyUSB0 run=quick
      types the command at the menu
  tools/hotplate board-run /dev/ttyUSB0 soak=8h --log night.log \\
      --power-cycle './pdu 3 cycle'
  tools/hotplate board-run /dev/ttyUSB0 run=all exit \\
      --boot 'setenv bootargs {args}' --boot 'run bootcmd'
  tools/hotplate board-run labgrid:lab/labgrid.yaml run=quick
      labgrid drives the board; the file names its drivers

PORT is PATH[,SPEED] of a serial line (or a pty), unix:PATH, tcp:HOST:PORT,
exec:COMMAND, or labgrid:FILE[:TARGET].  A WORD is a boot argument: run= and
soak= with their options, and exit, which powers off afterwards; without any
the tool only listens.

Exit status: 0 all tests passed, 1 a test failed or the board died, 2 no
verdict, 3 no test was selected, 4 set-up.  docs/lab.md has examples.
"""
import argparse
import os
import re
import signal
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from typing import NoReturn

from hotplate import BUILD, SETUP, Refused, fail
from hotplate.command import Arguments
from hotplate.ports import console
from hotplate.results import output, paste
from hotplate.ports.console import Port

MENU = "hotplate> "
AUTOBOOT = re.compile(r"(stop autoboot|any key to stop)", re.I)
# the first line of a boot that resumes nothing
LIFE = re.compile(r"^hotplate \d+\.\d+\.\d+\S* \(\S+\) \w+$")
ANSWER = 30  # seconds for an answer, which may include 4 KiB of log at 9600 baud
ALIVE = 3  # seconds in which a board that runs answers Enter
SPEED_SAMPLE = 64  # bytes that distinguish text from a wrong speed
ECHO_TRIES = 3
QUIET = 0.5  # seconds without a byte after a prompt: the board waits there


def report(sentence: str) -> None:
    print("# board-run: " + sentence, file=sys.stderr, flush=True)


def seconds(text: str) -> float:
    try:
        return output.seconds(text)
    except ValueError as why:
        raise argparse.ArgumentTypeError(str(why)) from None


def clock(t: float) -> str:
    return "%02d:%02d:%02d" % (t // 3600, t // 60 % 60, t % 60)


class Stop(Exception):
    """(exit status, sentence): the end of the run."""


class Wire:
    """Lines from a port that may be disconnected and connected again.  All bytes are written to the
    log; characters that are no text are counted."""

    def __init__(self, port: Port, args: Namespace) -> None:
        self.port, self.args, self.began = port, args, time.monotonic()
        os.makedirs(os.path.dirname(os.path.abspath(args.log)), exist_ok=True)
        self.log, self.at_start = open(args.log, "wb"), True
        self.tail, self.last_text, self.number, self.received = b"", time.monotonic(), 0, 0
        self.sample, self.odd, self.speed_reported = 0, 0, False
        self.noise: list[tuple[int, int]] = []  # line number, characters
        self.broken: list[tuple[int, str]] = []  # line number, line
        self.lines: list[str] = []
        self.disconnected_at: float | None = None  # when the console was disconnected
        self.cuts = 0
        self.closing = False  # from now on the console may disconnect without a report

    def now(self) -> str:
        return clock(time.monotonic() - self.began)

    def note(self, keys: str, sentence: str) -> None:
        """Report a sentence, and add it to the log as a line of its own."""
        report(sentence)
        text = "#: board t=%s %s\n# board: %s\n" % (self.now(), keys, sentence)
        self.log.write(("" if self.at_start else "\n").encode() + text.encode())
        self.log.flush()
        self.at_start = True

    # -- the cable --

    def over(self) -> bool:
        return self.closing and self.disconnected_at is not None

    def disconnected(self, why: object) -> None:
        if self.closing:
            self.disconnected_at = self.disconnected_at or time.monotonic()
        elif self.disconnected_at is None:
            self.disconnected_at, self.cuts = time.monotonic(), self.cuts + 1
            # the next bytes do not complete this line
            if self.tail and not self.prompt().endswith(MENU):
                self.add_line(self.tail)
                self.tail = b""
            self.note("event=unplugged", "the console is disconnected: %s" % why)

    def reconnect(self) -> bool:
        """Try to connect again; True: the console is connected."""
        try:
            self.port.reach()
        except console.Disconnected as why:
            if time.monotonic() - (self.disconnected_at or 0) > self.args.gone:
                raise Stop(
                    2, "the console is disconnected for %d s (%s)" % (self.args.gone, why)
                ) from why
            time.sleep(0.2)
            return False
        out = time.monotonic() - (self.disconnected_at or 0)
        self.disconnected_at, self.last_text = None, time.monotonic()
        self.note(
            "event=plugged out=%.1f" % out,
            "the console is back after %.1f s; only the output of that time is lost" % out,
        )
        self.sample = self.odd = 0
        return True

    def read(self, limit: float) -> bytes:
        if self.disconnected_at is not None and (self.closing or not self.reconnect()):
            return b""
        try:
            return self.port.read(limit)
        except console.Disconnected as why:
            self.disconnected(why)
            return b""

    def write(self, text: str) -> None:
        try:
            self.port.write(text.encode())
        except console.Disconnected as why:
            self.disconnected(why)

    # -- lines --

    def pump(self, limit: float = 0.5) -> list[str]:
        """The lines received, also those of an earlier call that were not read."""
        data = self.read(limit)
        if data:
            self.received += len(data)
            self.log.write(data)
            self.log.flush()
            self.at_start = data.endswith(b"\n")
            if not self.args.quiet:
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
            *whole, self.tail = (self.tail + data).replace(b"\r", b"").split(b"\n")
            for line in whole:
                self.add_line(line)
            self.judge_speed(data)
            if len(self.tail) > 4096:
                self.add_line(self.tail)
                self.tail = b""
        lines, self.lines = self.lines, []
        return lines

    def add_line(self, raw: bytes) -> None:
        text = raw.decode("utf-8", "replace")
        self.number += 1
        odd = output.noise(text)
        if odd:
            self.noise.append((self.number, odd))
        if output.is_broken(text):
            self.broken.append((self.number, text))
        if re.search(r"[ -~]{2}", text) and odd * 4 < len(text):
            self.last_text = time.monotonic()
        self.lines.append(text)

    def judge_speed(self, data: bytes) -> None:
        text = data.decode("latin-1")
        self.sample += len(text)
        self.odd += len(re.findall(r"[^\t\n\r -~\x1b\x08\x07]", text))
        if self.speed_reported or self.sample < SPEED_SAMPLE or self.odd * 3 < self.sample:
            if self.sample > 16 * SPEED_SAMPLE:
                self.sample = self.odd = 0
            return
        self.speed_reported = True
        speed = (
            "is %d baud the console's speed?" % self.port.speed
            if self.port.speed
            else "is its speed right?"
        )
        self.note(
            "event=garbled",
            "the input is no text (%d of %d bytes): %s" % (self.odd, self.sample, speed),
        )

    def prompt(self) -> str:
        """The text of the unfinished line."""
        return output.plain(self.tail.decode("utf-8", "replace"))

    def silent(self) -> float:
        return 0 if self.disconnected_at is not None else time.monotonic() - self.last_text


class Run:
    """A run from the first byte to the verdict, in spite of hangs, resets and unplugged cables."""

    def __init__(self, wire: Wire, args: Namespace) -> None:
        self.wire, self.args = wire, args
        self.signs = output.Signs()
        self.jobs = output.menu_lines(args.words)  # commands to type at the menu
        self.wanted = max(len(self.jobs), 1)
        self.ends = self.cycles = self.boots = 0
        self.typed: str | None = None  # the job that was typed and has not ended
        self.answer: list[str] = []  # lines since then
        self.by_loader = False  # the boot loader has the words
        self.loaded_at = -1  # number of boots when the commands of --boot were typed
        self.by_itself = False  # the boot loader started hotplate without those commands
        self.probed = False  # Enter was typed to see whether the board answers
        self.expect_boot = True  # the next first line of a boot is expected
        self.accounted = False  # the end of this run was already reported
        self.interrupted = 0
        self.late = args.timeout and time.monotonic() + args.timeout

    # -- lines of the board --

    def line(self, text: str) -> None:
        found = self.signs.line(text)
        body = output.plain(text).strip()
        self.answer.append(body)
        if body == output.TERMINATOR:
            self.ended()
        elif LIFE.match(body):
            self.booted(body)
        elif body.startswith("# life "):
            self.boots += 1
        elif body.startswith("# soak continues in ") and body.endswith("after a reset"):
            self.probed = False
            self.wire.note("event=resumed", body[2:])
        elif AUTOBOOT.search(body) and self.args.boot:
            self.wire.write(" ")
        if found and found.kind == "run":
            self.expect_boot = self.accounted = False
            if self.by_itself and not self.typed:
                self.not_ours(found)

    def not_ours(self, run: output.Record) -> NoReturn:
        """A run of the board's own boot arguments is not the run that was requested."""
        words = [k + "=" + run.keys[k] for k in ("run", "bug", "errata") if k in run.keys]
        raise Stop(
            SETUP if self.loaded_at < 0 else 2,
            "the board booted by itself, before its boot loader was stopped, and executes %s of "
            "its own boot arguments" % (" ".join(words) or "a run"),
        )

    def ended(self) -> None:
        self.ends += 1
        if self.typed:
            self.jobs.pop(0)
        self.typed = None

    def booted(self, body: str) -> None:
        self.by_itself = bool(self.args.boot) and self.loaded_at != self.boots
        self.boots += 1
        surprise = (
            not self.expect_boot
            and (self.typed or self.by_loader or self.signs.run)
            and not self.signs.ended
        )
        self.expect_boot = False
        if surprise:
            self.accounted = True
            self.wire.note(
                "event=restarted boot=%d" % self.boots,
                "the board restarted by itself, %s: %s" % (self.signs.sentence(), body),
            )

    # -- commands to the board --

    def type(self, text: str, prompt: str) -> None:
        """Type a line at a prompt; type Enter only after the right echo."""
        for _ in range(ECHO_TRIES):
            self.wire.write(text)
            until = time.monotonic() + max(2, len(text) * 0.05)
            while time.monotonic() < until and not self.wire.prompt().endswith(text):
                self.receive(0.1)
            if self.wire.prompt().endswith(text):
                break
            echo = self.wire.prompt().rpartition(prompt)[2][:80]
            self.wire.write("\x15")  # delete the whole line
            self.receive(0.3)
        else:
            if self.wire.disconnected_at is None:
                raise Stop(2, "`%s` is echoed as `%s`: no command can be typed" % (text, echo))
            return  # the prompt is printed again
        self.answer = []
        self.wire.write("\r")

    def receive(self, limit: float = 0.5) -> None:
        for text in self.wire.pump(limit):
            self.line(text)

    def at_menu(self) -> None:
        """At the prompt of hotplate: start the next job, or report that there is none."""
        if self.typed and not self.signs.run and self.answer:
            self.jobs = []
            raise Stop(
                SETUP,
                "the board refused `%s`: %s"
                % (self.typed, " ".join(filter(None, self.answer[1:]))[:200]),
            )
        if self.signs.run and not self.signs.ended and not self.end_was_logged():
            self.on_lost_run()
        if self.ends >= self.wanted:
            return
        if not self.jobs:
            raise Stop(SETUP, "the board is at its menu, and neither run= nor soak= was given")
        if self.by_itself:
            self.by_itself = False
            self.wire.note(
                "event=autoboot",
                "the board booted by itself, before its boot loader was stopped; its own boot "
                "arguments start no run, and the words are typed at the menu",
            )
        self.typed = self.jobs[0]
        self.signs = output.Signs()
        self.type(self.typed, MENU)

    def end_was_logged(self) -> bool:
        """At the menu without an end of the run: read whether it was printed while disconnected."""
        fresh = any(LIFE.match(a) for a in self.answer)
        return (
            bool(self.wire.cuts)
            and not fresh
            and (self.log_has_end("log") or self.log_has_end("log previous"))
        )

    def on_lost_run(self) -> None:
        """The board has lost the state of the run: restart a soak for the rest of its time."""
        if not (self.typed or "").startswith("soak"):
            raise Stop(2, "the run is lost, %s" % self.signs.sentence())
        if not self.accounted:
            self.wire.note(
                "event=restarted",
                "the board restarted while the console was disconnected, %s"
                % self.signs.sentence(),
            )
        self.jobs[0] = rest_of(self.jobs[0], self.signs.beat)
        self.wire.note(
            "event=again", "the soak is restarted for the rest of its time: " + self.jobs[0]
        )

    def log_has_end(self, command: str) -> bool:
        """Read the log of the board for the end of the run; `log previous` is that of the boot
        before.  The end of an older run does not count: its last beat is older than ours."""
        last_beat = int((self.signs.beat or {}).get("round", 0))
        self.type(command, MENU)
        self.settle()
        return self.signs.ended and int((self.signs.beat or {}).get("round", 0)) >= last_beat

    def settle(self) -> None:
        """Wait for a prompt that no output follows: a log that is printed contains prompts."""
        since = time.monotonic()
        until, received = since + ANSWER, self.wire.received
        while time.monotonic() < min(until, since + 2) and not self.wire.over():
            self.receive(0.1)
            if self.wire.received != received:
                since, received = time.monotonic(), self.wire.received
            elif self.wire.prompt().endswith(MENU) and time.monotonic() - since >= QUIET:
                return

    def at_loader(self) -> None:
        words = " ".join(self.args.words)
        if self.loaded_at == self.boots:
            raise Stop(
                SETUP,
                "the boot loader did not start hotplate: "
                + " / ".join(a for a in self.answer if a)[-200:],
            )
        if self.boots > self.args.cycles:
            raise Stop(2, "the board returned to its boot loader %d times" % self.boots)
        # set before the last command is typed: the first line of a boot may follow its echo
        self.by_loader, self.loaded_at, self.jobs = True, self.boots, []
        for command in self.args.boot:
            self.wire.tail = self.wire.tail[-len(self.args.boot_prompt) :]
            self.type(command.replace("{args}", words), self.args.boot_prompt)
            self.until_prompt(command)

    def until_prompt(self, command: str) -> None:
        """Wait for the end of a boot loader command; the last one does not return."""
        until = time.monotonic() + self.args.silence
        self.receive(0.1)
        while (
            command != self.args.boot[-1]
            and time.monotonic() < until
            and not self.is_loader_prompt(self.wire.prompt())
        ):
            self.receive(0.2)

    def is_loader_prompt(self, unfinished: str) -> bool:
        """Compared without blanks: a boot loader that an earlier key has stopped echoes the next
        blank at its prompt."""
        return unfinished.rstrip(" ").endswith(self.args.boot_prompt.rstrip(" "))

    # -- a silent board --

    def is_silent(self) -> None:
        if not self.probed:  # at a prompt it would answer
            self.probed = True
            self.wire.write("\r")
            until = time.monotonic() + ALIVE
            before = self.wire.last_text
            while (
                time.monotonic() < until
                and self.wire.last_text == before
                and not self.wire.prompt().endswith(MENU)
            ):
                self.receive(0.2)
            if self.wire.last_text != before or self.wire.prompt().endswith(MENU):
                return
        sentence = "the board is silent for %d s: %s" % (self.wire.silent(), self.signs.sentence())
        self.wire.note("event=silent for=%d" % self.wire.silent(), sentence)
        self.accounted = True
        self.power_cycle()

    def power_cycle(self) -> None:
        if not self.args.power_cycle and not self.has_power():
            raise Stop(2, "the board cannot be reset without --power-cycle")
        if self.cycles >= self.args.cycles:
            raise Stop(2, "it was power-cycled %d times (--cycles)" % self.cycles)
        self.cycles += 1
        self.wire.note("event=power-cycle nr=%d" % self.cycles, "power cycle %d" % self.cycles)
        if self.args.power_cycle:
            done = subprocess.run(
                self.args.power_cycle, shell=True, check=False
            )  # pylint: disable=subprocess-run-check
            if done.returncode:
                raise Stop(SETUP, "the power-cycle command ended with status %d" % done.returncode)
        else:
            self.wire.port.power.cycle()
        self.wire.last_text = time.monotonic()
        self.expect_boot, self.probed = True, False

    def has_power(self) -> bool:
        return self.wire.port.power is not None

    # -- the loop --

    def step(self) -> bool:
        self.receive(0.5 if not self.wire.lines else 0)
        unfinished = self.wire.prompt()
        if self.wire.silent() < 1:
            self.probed = False
        if self.late and time.monotonic() > self.late:
            raise Stop(
                2,
                "stopped after %d s: no end of the run, %s"
                % (self.args.timeout, self.signs.sentence()),
            )
        if self.ends >= self.wanted and not self.typed:
            return False
        if unfinished.endswith(MENU):
            self.at_menu()
        elif self.args.boot and AUTOBOOT.search(unfinished):
            self.wire.write(" ")
            self.wire.tail = b""
        elif self.args.boot and self.is_loader_prompt(unfinished):
            self.at_loader()
        elif self.wire.silent() > self.args.silence:
            self.is_silent()
        return True

    def interrupt(self) -> None:
        """The first Ctrl-C ends the run on the board, with its summary; the second this program."""
        self.interrupted += 1
        if self.interrupted > 1:
            raise Stop(2, "stopped by Ctrl-C, %s" % self.signs.sentence())
        report("Ctrl-C is sent to the board; a second one ends this program")
        self.wire.write("\x03")

    def execute(self) -> None:
        if self.args.cold:
            self.power_cycle()
            self.cycles = 0
        self.wire.write("\r" if self.jobs else "")  # a board at a prompt prints it again
        while True:
            try:
                if not self.step():
                    break
            except KeyboardInterrupt:
                self.interrupt()
        self.wire.closing = "exit" in self.args.words
        self.settle()
        if self.wire.closing and not self.by_loader:
            self.type("poweroff", MENU)
            self.settle()


def rest_of(job: str, beat: dict[str, str] | None) -> str:
    """The job `soak 8h ...` with the time that remains after the last beat."""
    verb, limit, *keys = job.split()
    h, m, s = (int(x) for x in (beat or {}).get("t", "0:0:0").split(":"))
    left = max(int(seconds(limit) - (h * 3600 + m * 60 + s)), 1)
    return " ".join([verb, "%ds" % left] + keys)


def soaks(text: str) -> list[int]:
    """(cycles, failures, controls noticed, controls) of all boots: the sum of the last
    figures of each."""
    total, last = [0, 0, 0, 0], None
    for found in output.records(text) + [output.Record("run", [], {}, "")]:
        if found.kind == "run" and last:
            noticed, _, planted = last["ctl"].partition("/")
            for at, n in enumerate(
                (last.get("round") or last.get("cycles"), last["fail"], noticed, planted)
            ):
                total[at] += int(n)
        if found.kind == "run":
            last = None
        elif found.kind in ("beat", "soak") and "ctl" in found.keys:
            last = found.keys
    return total


def wire_lines(wire: Wire, text: str) -> Iterator[str]:
    """A sentence for each kind of damage to the input."""
    if wire.noise:
        yield (
            "%d characters on %d lines are no text, the first on line %d: "
            "the cable, its ground, or another speed"
        ) % (
            sum(n for _, n in wire.noise),
            len(wire.noise),
            wire.noise[0][0],
        )
    if wire.broken:
        yield "%d `#:` lines are damaged, the first is line %d: %.60s" % (
            len(wire.broken),
            wire.broken[0][0],
            ascii(wire.broken[0][1])[1:-1],
        )
    found, wrong = output.cases(text)
    if found and wrong and output.verdict(text)[0] != 2 and not output.records(text, "board"):
        yield "%d lines contradict earlier ones (%s): part of the output was lost" % (
            len(wrong),
            wrong[0],
        )


def keep_paste(log: str, text: str) -> None:
    """Write the text for an issue beside the log, if the run has results of tests."""
    if not output.records(text, "result") or not output.records(text, "end"):
        return
    path, made = log + ".paste", paste.make(output.runs_of(text))
    with open(path, "w", encoding="utf-8") as f:
        f.write(made)
    report("paste %s (%d bytes) into an issue: docs/lab.md, section 6" % (path, len(made)))


def close(wire: Wire, run: Run, stop: Stop | None) -> int:
    """Print the sentences at the end; the exit status."""
    wire.log.close()
    text = output.read(wire.args.log)
    for sentence in wire_lines(wire, text):
        report(sentence)
    if output.records(text, "beat"):
        report(
            "soak: %d cycles, %d failures, controls %d/%d noticed, %d times silent, %d power cycles"
            % (
                *soaks(text),
                len([r for r in output.records(text, "board") if r.keys.get("event") == "silent"]),
                run.cycles,
            )
        )
    keep_paste(wire.args.log, text)
    status, sentence = output.verdict(text, wire.args.words or None)
    if stop:
        status, sentence = stop.args[0], "%s, %s" % (stop.args[1], output.counts(text))
    print(
        output.closing(
            "board-run", status, "%s in %s (%s)" % (sentence, wire.now(), wire.args.log)
        ),
        file=sys.stderr,
        flush=True,
    )
    return status


def arguments() -> Arguments:
    parser = Arguments(__doc__)
    parser.add_argument("port")
    parser.add_argument("words", nargs="*")
    parser.add_argument("--speed", type=int, default=115200, help="baud of a serial line")
    parser.add_argument(
        "--log", default=os.path.join(BUILD, "board", "run.log"), help="file for every byte"
    )
    parser.add_argument("--quiet", action="store_true", help="write the output to the log only")
    parser.add_argument(
        "--timeout", type=seconds, default=0, help="limit of the whole run (default: none)"
    )
    parser.add_argument(
        "--silence", type=seconds, default=150, help="a board silent for this time is dead"
    )
    parser.add_argument(
        "--gone", type=seconds, default=600, help="limit for a disconnected console"
    )
    parser.add_argument(
        "--power-cycle", metavar="COMMAND", help="command that switches the board off and on"
    )
    parser.add_argument("--cycles", type=int, default=10, help="limit of power cycles")
    parser.add_argument("--cold", action="store_true", help="begin with a power cycle")
    parser.add_argument(
        "--boot",
        action="append",
        default=[],
        metavar="LINE",
        help="command for the boot loader, one for each --boot; {args} are the words",
    )
    parser.add_argument(
        "--boot-prompt", default="=> ", metavar="TEXT", help="prompt of the boot loader"
    )
    return parser


def options(words: list[str]) -> Namespace:
    args = arguments().parse_intermixed_args(words)
    wrong = [w for w in args.words if w != "exit" and "=" not in w]
    if wrong:
        fail("%s is no boot argument such as run=quick, soak=8h, memmap=host or exit" % wrong[0])
    return args


def main(words: list[str]) -> int:
    args = options(words)
    port = console.port(args.port, args.speed)
    try:
        port.reach()
    except console.Disconnected as why:
        fail(str(why))
    args.boot, args.boot_prompt = args.boot or list(port.boot), port.boot_prompt or args.boot_prompt
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))
    # a shell that starts a program in the background has it ignored
    signal.signal(signal.SIGINT, signal.default_int_handler)
    wire, stop = Wire(port, args), None
    run = Run(wire, args)
    try:
        run.execute()
    except Stop as why:
        stop = why
    except Refused as why:
        stop = Stop(SETUP, str(why))
    finally:
        port.close()
    return close(wire, run, stop)
