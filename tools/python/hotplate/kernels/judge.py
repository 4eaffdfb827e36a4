# SPDX-License-Identifier: BSD-2-Clause
"""The verdict of a boot of an unmodified kernel, by the lines of its console and by how its machine
ended."""
import copy
import re
from typing import NamedTuple

VERDICT = re.compile(r"hotplate-init: (pass|fail)\s*$")
RESULT = re.compile(r"hotplate-init: (.*? (?:not ok .*|ok))\s*$")
PANIC = re.compile(r"Kernel panic - not syncing: (.*)")
AGAIN = re.compile(r"Linux version \d|Booting Linux on physical CPU")
RUN = re.compile(r"Run \S+ as init process")
# Lines by which a kernel reports its own mistake, or one of the machine.
SPLATS = re.compile(
    r"BUG: |WARNING: |Internal error: |Unable to handle kernel |Oops|kernel BUG at |"
    r"detected stalls|rcu: INFO: .* stall|INFO: task .* blocked for more|soft lockup|hard LOCKUP|"
    r"Bad page (?:state|map)|Insufficient stack space|UBSAN: |KASAN: |KCSAN: |"
    r"list_(?:add|del) corruption"
)
# A walk of a CPU without FEAT_ETS2 may be older than the load that led to a new mapping.  Linux for
# arm64 tries the access again, and warns of that (is_spurious_el1_translation_fault()).
SPURIOUS = "Ignoring spurious kernel translation fault"
TIME = re.compile(r"^(?:\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? )")
# Lines of counts=1, of sanitize=1 and of virtio-mem, which are no end.
NOTES = re.compile(
    r"worst: (?:\d+ M instructions, |sanitize: \d|virtio-mem: \d+ MiB are plugged, )"
)
# Verdicts of tests that the kernel has: lines of KTAP, the end of a torture test, the summary of
# test_vmalloc, and a failure of a test of lib/.
KTAP = re.compile(r" *(ok|not ok) \d+ (.*)")
SUMMARY = re.compile(r"Summary: (\S+) passed: (\d+) failed: (\d+) ")
TORTURE = re.compile(r"(\S+)-torture:--- End of test: (\w+)")
LIB = re.compile(r"(\w+: ([Tt]est failed|failed \d+ out of).*)")
SEED = re.compile(r"worst: seed (\d+)(?:: status (\d+))?$")
STOPS = {
    1: "the machine ended with a report",
    2: "it did not end within steps=, every CPU waits and nothing can wake one, or no line has at=",
    3: "the machine cannot continue",
    4: "the machine refused a word",
    5: "a failure was printed",
    6: "find= has ended",
}


class Verdict(NamedTuple):
    status: int
    sentence: str


class Judge:
    def __init__(self) -> None:
        self.results: list[str] = []
        self.tests, self.tests_failed = {"ok": 0, "skipped": 0}, list[str]()
        self.init = self.panic = self.splat = self.last = self.machine = ""
        self.started = self.ended = self.spurious = False

    def line(self, text: str) -> None:
        text = text.rstrip()
        bare = TIME.sub("", text)
        if NOTES.match(bare):
            return
        if bare.startswith("worst: "):
            self.machine = self.machine or bare.removeprefix("worst: ")
            return
        if self.machine and bare.startswith("  "):
            return  # a line of the machine about one CPU
        if "hotplate-init: |" in bare:  # text of a file
            return
        if AGAIN.search(bare) and (self.panic or self.started):
            self.ended = True  # it has restarted: the verdict is that of the first boot
        self.last = bare or self.last
        self.started |= bool(RUN.search(bare))
        if found := VERDICT.search(bare):
            self.init = found[1]
        elif found := RESULT.search(bare):
            self.results.append(found[1])
        self.test(bare)
        if found := PANIC.search(bare):
            self.panic = self.panic or found[1].strip()
        elif SPLATS.search(bare) and not (self.spurious and "__do_kernel_fault" in bare):
            self.splat = self.splat or bare
        self.spurious = bare.startswith(SPURIOUS)

    def test(self, bare: str) -> None:
        """Count a verdict of a test of the kernel."""
        if found := KTAP.match(bare):
            if found[1] == "not ok":
                self.tests_failed.append(found[2])
            else:
                self.tests["skipped" if "# SKIP" in found[2] else "ok"] += 1
        elif found := SUMMARY.match(bare):
            self.tests["ok"] += int(found[2])
            self.tests_failed += [found[1]] * int(found[3])
        elif found := TORTURE.match(bare):
            if found[2] == "SUCCESS":
                self.tests["ok"] += 1
            else:
                self.tests_failed.append(found[0])
        elif found := LIB.match(bare):
            self.tests_failed.append(found[1])

    def failed(self) -> list[str]:
        return [r for r in self.results if " not ok " in r]

    def verdict(self, status: int) -> Verdict:
        """status: of the machine; negative: it was ended by a signal.  Workloads that failed before
        another end are named first."""
        status, sentence = self.end(status)
        if status and self.init != "fail":
            sentence = "; ".join([*self.failed(), sentence])
        return Verdict(status, sentence)

    def end(self, status: int) -> Verdict:
        if self.panic:
            return Verdict(1, "kernel panic: " + self.panic)
        if status > 1:
            what = self.machine or STOPS.get(status, f"the machine ended with status {status}")
            return Verdict(status, f"{what} (last line: {self.last})" if self.last else what)
        if self.init == "fail":
            return Verdict(1, "init: " + "; ".join(self.failed() or ["fail, without a reason"]))
        if self.tests_failed:
            return Verdict(1, "the kernel's own tests: not ok " + "; ".join(self.tests_failed))
        if self.splat:
            return Verdict(1, "the kernel reported: " + self.splat)
        if status:
            how = STOPS[1] if status == 1 else f"the machine was ended by signal {-status}"
            return Verdict(1, f"{how} (last line: {self.last})")
        if self.init == "pass":
            own = ", ".join(f"{nr} {end}" for end, nr in self.tests.items() if nr)
            more = f"; the kernel's own tests: {own}" if own else ""
            return Verdict(0, f"init passed {len(self.results)} workloads{more}")
        if self.started:
            return Verdict(1, f"no verdict of init after its start (last line: {self.last})")
        return Verdict(1, f"init was not started (last line: {self.last or 'none'})")


class Line(Judge):
    """A kernel that is no Linux: it passes if its console prints a line that begins with a text,
    which ends the machine (until=)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.seen = False

    def line(self, text: str) -> None:
        super().line(text)
        self.seen |= text.lstrip(" ").startswith(self.text)

    def end(self, status: int) -> Verdict:
        if status <= 1 and self.seen:
            return Verdict(0, f"it printed {self.text!r}")
        if status == 0:
            last = self.last or "none"
            return Verdict(1, f"the machine is off without {self.text!r} (last line: {last})")
        return super().end(status)


class Hunt:
    """The verdicts of a machine that continues by several seeds from one line on (at=, seeds=)."""

    def __init__(self) -> None:
        self.boot = Judge()
        self.copy: Judge | None = None
        self.verdicts: dict[int, Verdict] = {}

    panic = property(lambda self: "" if self.verdicts else self.boot.panic)
    ended = property(lambda self: not self.verdicts and self.boot.ended)

    def line(self, text: str) -> None:
        found = SEED.match(text.rstrip())
        if not found:
            (self.copy or self.boot).line(text)
        elif found[2] is None:
            self.copy = copy.deepcopy(self.boot)
        elif self.copy:
            self.verdicts[int(found[1])] = self.copy.verdict(int(found[2]))
            self.copy = None

    def verdict(self, status: int) -> Verdict:
        """With the reason of each seed that failed."""
        if not self.verdicts:
            return self.boot.verdict(status)
        bad = {s: v for s, v in self.verdicts.items() if v.status}
        passed = f"{len(self.verdicts) - len(bad)} of {len(self.verdicts)} seeds passed"
        lines = [passed] + [f"seed {s}: {v.sentence}" for s, v in bad.items()]
        if bad or not status:
            return Verdict(next((v.status for v in bad.values()), 0), "; ".join(lines))
        end = self.boot.verdict(status)  # the machine was ended between two copies, or within one
        return Verdict(end.status, "; ".join([*lines, end.sentence]))
