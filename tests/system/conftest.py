# SPDX-License-Identifier: BSD-2-Clause
"""Machines for the system tests: a user's console (pexpect) and an unattended run (tools/hotplate run).

The tiers are --tier=test|ci|full; a test selects a higher one by @pytest.mark.tier("ci").  tools/hotplate run
starts every QEMU, so the tests use the command line that users get.
"""
import os
import re
import shutil
import subprocess
import tempfile
import time
import zlib

import pexpect
import ptyprocess
import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
pytest.register_assert_rewrite("devices")
from hotplate.results import output
import ledger  # noqa: E402
import progress  # noqa: E402
from hotplate.qemu.qmp import Monitor

TIERS = ("test", "ci", "full")
ROOM = 3 << 30  # bytes that the tests write: images with other knobs, scratch trees, disks
ARCHES = os.environ.get("HOTPLATE_ARCHES", "arm64 riscv64").split()
PROMPT = "hotplate> "
with open(os.path.join(TOP, "VERSION"), encoding="utf-8") as version:
    BANNER = "hotplate " + version.read().strip()
# One directory for each worker of xdist: cases of one test have files of the same name, and may run at the same time.
LOGS = os.path.normpath(os.path.join(TOP, "build", "system", os.environ.get("PYTEST_XDIST_WORKER", "")))
PATIENCE = float(os.environ.get("HOTPLATE_PATIENCE", "120"))  # seconds for one answer on a loaded machine


PTY_TERMINATE = ptyprocess.PtyProcess.terminate


def terminate(child, force=False):
    """A child that was killed ends when the host has time for it; ptyprocess waits 0.1 s."""
    ended = PTY_TERMINATE(child, force)
    while force and not ended:
        time.sleep(0.1)
        ended = not child.isalive()
    return ended


ptyprocess.PtyProcess.terminate = terminate


def pytest_addoption(parser):
    parser.addoption("--tier", choices=TIERS, default="ci")
    parser.addoption("--beyond", choices=TIERS, help="without the tests of this tier")
    parser.addoption("--ledger", metavar="FILE", help="keep results there; tests that passed are not run again")


def pytest_configure(config):
    config.addinivalue_line("markers", "tier(name): the lowest tier in which the test runs")
    config.addinivalue_line("markers", "sample(id, ...): the cases that run below the full tier")
    config.addinivalue_line("markers", "both: also below the full tier the test runs on both architectures")
    config.addinivalue_line("markers", "of(arch): the test applies only to that architecture")
    config.addinivalue_line("markers", "long: started among the first, so that the last test is short")
    if os.environ.get("BUILD", "build") != "build":
        raise pytest.UsageError("BUILD=%s: the system tests test the images in build/" % os.environ["BUILD"])
    os.chdir(TOP)
    os.makedirs(LOGS, exist_ok=True)
    if not hasattr(config, "workerinput"):
        room()
        config.ledger = ledger.Ledger(config.getoption("--ledger"), ARCHES)
        config.pluginmanager.register(config.ledger)
        workers = config.getoption("numprocesses", None) or 1
        config.pluginmanager.register(progress.Progress(os.path.join(LOGS, "durations.json"), int(workers),
                                                        os.environ.get("V") == "1"))


def room():
    """Refuse to start on a disk that is nearly full: the remaining tests would fail with various errors."""
    for where in (LOGS, tempfile.gettempdir()):
        free = shutil.disk_usage(where).free
        if free < ROOM:
            raise pytest.UsageError("%s: %d MiB of its disk are free, the system tests need %d"
                                    % (where, free >> 20, ROOM >> 20))


@pytest.fixture
def tmp_path(request, tmp_path):
    """Delete the files of a test that passes: all tests together write more than some disks hold."""
    yield tmp_path
    if not request.node.failed:
        shutil.rmtree(tmp_path, ignore_errors=True)


def spread(items, workers):
    """Order the long tests first, spread over the workers: with two workers xdist first assigns an eighth to each."""
    long = [i for i in items if i.get_closest_marker("long")]
    rest = [i for i in items if not i.get_closest_marker("long")]
    chunk, order = max(len(items) // workers // 4, 2), []
    for worker in range(workers):
        mine = long[worker::workers]
        order += mine + rest[:max(chunk - len(mine), 0)]
        del rest[:max(chunk - len(mine), 0)]
    return order + rest


def sampled(item):
    """Does the case run below the full tier?  Yes for the cases that `sample` names; without `sample`, for those of
    one architecture, chosen by the name of the test."""
    cases = getattr(item, "callspec", None)
    sample = item.get_closest_marker("sample")
    if sample:
        return cases.id in sample.args or [cases.id] == ARCHES
    if not cases or "arch" not in cases.params or item.get_closest_marker("both") or item.get_closest_marker("of"):
        return True
    return cases.params["arch"] == ARCHES[zlib.crc32(item.originalname.encode()) % len(ARCHES)]


def lowest_tier(item):
    """That of the test, else of its file; one case of a test may have a higher one."""
    if not sampled(item):
        return TIERS.index("full")
    for node in reversed(item.listchain()):
        marks = [TIERS.index(m.args[0]) for m in node.own_markers if m.name == "tier"]
        if marks:
            return max(marks)
    return 0


def pytest_collection_modifyitems(config, items):
    tier, beyond = TIERS.index(config.getoption("--tier")), config.getoption("--beyond")
    tiers = range(TIERS.index(beyond) + 1 if beyond else 0, tier + 1)
    kept = set(config.workerinput["kept"] if hasattr(config, "workerinput") else config.ledger.kept)
    keep = [i for i in items if i.nodeid not in kept and lowest_tier(i) in tiers]
    config.hook.pytest_deselected(items=[i for i in items if i not in keep])
    items[:] = spread(keep, config.workerinput["workercount"] if hasattr(config, "workerinput") else 1)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    item.cpu_before, item.failed = ledger.children_cpu(), False


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item, call):
    item.failed |= call.excinfo is not None
    if call.when == "teardown":
        item.user_properties.append(("cpu", round(ledger.children_cpu() - item.cpu_before, 2)))


def pytest_generate_tests(metafunc):
    if "arch" in metafunc.fixturenames:
        of = metafunc.definition.get_closest_marker("of")
        metafunc.parametrize("arch", [a for a in ARCHES if not of or a in of.args])


class Machine:
    """QEMU on a terminal, as a user has it; with term="dumb" output does not pause and is not rewritten."""

    def __init__(self, arch, name, monitor=False, term="dumb", **knobs):
        self.qmp, self.marks = None, 0
        if monitor:  # a short path, since the name of a socket is limited
            self.directory = tempfile.TemporaryDirectory(prefix="hp-")
            path = knobs["QMP"] = os.path.join(self.directory.name, "qmp")
        self.log = open(os.path.join(LOGS, "%s-%s.console" % (name, arch)), "w", encoding="utf-8")
        words = ["ARCH=" + arch] + ["%s=%s" % k for k in knobs.items()]
        self.child = pexpect.spawn("/usr/bin/python3", ["tools/hotplate", "run"] + words, timeout=PATIENCE,
                                   encoding="utf-8", codec_errors="replace", logfile=self.log,
                                   dimensions=(25, 80), env=dict(os.environ, TERM=term))
        self.child.delaybeforesend = None
        if monitor:
            self.qmp = Monitor(path)
        # After a migration the banner was printed by the source
        self.banner = self.after_migration() if "-incoming" in knobs.get("QEMU_ARGS", "") else self.until_prompt()

    def after_migration(self):
        until = time.monotonic() + PATIENCE
        while self.qmp and self.qmp.execute("query-status")["status"] == "inmigrate":
            assert time.monotonic() < until, "the migration does not end"
            time.sleep(0.05)
        if self.qmp:  # the guest is stopped if it was stopped at the source
            self.qmp.execute("cont")
        while self.child.expect_exact([PROMPT, pexpect.TIMEOUT], timeout=1):
            assert time.monotonic() < until, "no prompt after a migration"
            self.child.send("\r")
        # The output that began before, and what each line that was sent prints: none of it is of a later command
        return self.child.before.replace("\r", "") + self.whole_answer("")

    def until_prompt(self):
        self.child.expect_exact(PROMPT)
        return self.child.before.replace("\r", "")

    def send(self, text):
        self.child.send(text)

    def answer(self, line):
        """Type a line; returns the output until the next prompt, without the echo."""
        self.child.send(line + "\r")
        printed = self.until_prompt()
        return printed.split("\n", 1)[1] if "\n" in printed else printed

    def whole_answer(self, line):
        """answer() for a command whose output contains prompts, such as the log: the output ends at the prompt where
        a mark, typed after the line, is echoed."""
        self.marks += 1
        mark = "mark-%d" % self.marks
        self.child.send(line + "\r" + mark)
        self.child.expect_exact(PROMPT + mark)
        printed = self.child.before.replace("\r", "")
        self.child.send("\x15")  # delete the mark
        return printed.split("\n", 1)[1]

    def unread_output(self, seconds=0.1):
        """The output that was not read yet; for machines that print without a command."""
        text = ""
        while self.child.expect([r".+", pexpect.TIMEOUT], timeout=seconds) == 0:
            text += self.child.after
        return text.replace("\r", "")

    def before_and_answer(self, line):
        """answer() if lines of events and prompts may be printed first: (those, the answer)."""
        first = self.unread_output(0)
        self.child.send(line + "\r")
        self.child.expect_exact(line)
        first += self.child.before.replace("\r", "")
        return first, self.until_prompt()

    def off(self):
        """Wait until QEMU ends by itself; returns its exit status."""
        self.child.expect(pexpect.EOF)
        self.child.wait()
        return self.child.exitstatus

    def close(self):
        if self.qmp:
            self.qmp.socket.close()
            self.directory.cleanup()
        self.child.kill(9)  # QEMU may ignore other signals (docs/LIMITS.md)
        self.child.wait()   # freeing its memory may take long
        self.child.close(force=True)
        self.log.close()


@pytest.fixture
def boot(request):
    """boot(arch, KNOB=VALUE...) -> Machine at its prompt; closed after the test.  monitor=True: .qmp is the host's
    side (qmp.py).  console_irq=True: the console interrupts the guest, even if its timers are lost.  (QEMU 7.2 loses
    timers in snapshots, and connects no supervisor to the PLIC of a second node; firmware's boot hart is random.)"""
    machines = []

    def start(arch, console_irq=False, **knobs):
        for _ in range(10):
            name = re.sub(r"[^\w.]+", "-", request.node.name) + ("-%d" % len(machines) if machines else "")
            machines.append(Machine(arch, name, **knobs))
            if not console_irq or "console" in machines[-1].answer("interrupts"):
                return machines[-1]
            machines.pop().close()
        assert False, "no boot with a receive interrupt"
    yield start
    for machine in machines:
        machine.close()


def copy_of_build(arch, suffix):
    """Copy the objects of a build, in which an image with other sources is built in seconds.  Logs and version.c.new,
    which other tests write there at the same time, are left out."""
    built = "build/" + arch + suffix
    shutil.rmtree(built, ignore_errors=True)
    shutil.copytree("build/" + arch, built, ignore=shutil.ignore_patterns("*.log*", "*.new"))
    return built


def rough(kib):
    """A size as screens show it: in the largest unit that gives at least 1, with two digits of the fraction,
    truncated."""
    unit, of = ("GiB", 1 << 20) if kib >= 1 << 20 else ("MiB", 1 << 10)
    part = kib % of * 100 // of
    return "%d.%02d %s" % (kib // of, part, unit) if kib % of else "%d %s" % (kib // of, unit)


def firmware_keeps_hart(text):
    """OpenSBI 1.1 started a hart before it had stored where; the loader that it started then keeps it (docs/LIMITS.md)."""
    return "OpenSBI v1.1\n" in text.replace("\r", "") and "U-Boot " in text and "started, but not here" in text


def unattended(arch, name, timeout, **knobs):
    """(exit status, text of the log, stderr of tools/hotplate run); up to three boots where firmware keeps a hart."""
    log = os.path.join(LOGS, "%s-%s.log" % (name, arch))
    words = ["ARCH=" + arch] + ["%s=%s" % k for k in knobs.items()]
    for _ in range(3):
        done = subprocess.run(["/usr/bin/python3", "tools/hotplate", "run", "--quiet", "--log", log, "--timeout",
                               str(timeout)] + words, capture_output=True, text=True, check=False)
        if not os.path.exists(log):
            raise FileNotFoundError("no log; tools/hotplate run has status %d: %s" % (done.returncode, done.stderr.strip()))
        with open(log, encoding="utf-8", errors="replace") as f:
            text = f.read()
        if not firmware_keeps_hart(text):
            break
    return done.returncode, text, done.stderr.strip()


SENTENCE = re.compile(r"( *#(?!:)|[a-z]+: )")  # a sentence, not a record and not a line of TAP
ONE_LINE = re.compile(r" *# (run: |reproduce: |FAIL )|  *# +run=")  # lines to copy, or lines of others


def unreadable(text):
    """Sentences of a run that are wider than a screen, or repeat their prefix."""
    begin, end = text.find("#: run "), text.rfind("#: end ")
    printed = [line for line in text[begin:end].splitlines() if SENTENCE.match(line) and not ONE_LINE.match(line)]
    return [line for line in printed if len(line) > 79 or re.search(r"\b([a-z]+): \1: ", line)]


@pytest.fixture
def suite():
    """Run tests unattended and check the output's contract; returns the cases and the text."""
    def run(arch, name, timeout=900, want=0, **knobs):
        status, text, printed = unattended(arch, name, timeout, **knobs)
        found, wrong = output.cases(text)
        bad = [c.path + " " + (c.reason or "") for c in found
               if output.outcome(c) not in ("pass", "skip", "xfail")]
        assert not bad, "%s\n%s" % (printed, "\n".join(bad))
        assert status == want, printed + "\n" + text[-2000:]
        assert not wrong, wrong
        assert not unreadable(text), unreadable(text)
        return found, text
    return run
