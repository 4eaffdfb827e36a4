# SPDX-License-Identifier: BSD-2-Clause
"""Observers of page-table events do not order memory accesses.

In the linked image no function that runs for an event (mm/pt/pt_tap.h) has a
barrier, an acquire or a release; the test of a switch that is off has none
either.

  tools/hotplate lint taps [BUILD/ARCH...]

Without words: build/arm64 and build/riscv64.

The lint follows direct calls from the dispatcher, from the taps of WATCHERS
and from the functions that return the CPU, its writer and its locks.  Taps of
other files delay CPUs (explorer) or read the tables (tests/harness/order.c, of
one CPU): that is their purpose.
"""
import os
import re
import subprocess
import tempfile
from typing import Any

from hotplate import BUILD, fail
from hotplate.lint.core import Lint, read, tree

Code = dict[str, list[tuple[str, str | None]]]

PREFIX = {"arm64": "aarch64-linux-gnu-", "riscv64": "riscv64-linux-gnu-"}
WATCHERS = ("mm/pt/taps/", "tests/harness/util.c")
ROOTS = {"pt_tap_run_before", "pt_tap_run_after", "who_stores", "inject_fail"}
TAP = re.compile(r"struct pt_tap \w+ = \{(.*?)\};", re.S)
# Instructions that order: barriers, and exclusives and atomics with acquire or release.
ORDERS = {
    "arm64": re.compile(
        r"(dmb|dsb|isb|sb|ssbb|pssbb|ldap\w*|ldar\w*|ldax\w+|stlr\w*|stlx\w+|stllr\w*|ldlar\w*|"
        r"(?:cas|swp|ld(?:add|clr|eor|set|[su]max|[su]min))(?:p?(?:a|l|al)[bh]?))$"
    ),
    "riscv64": re.compile(r"(fence\S*|sfence\S*|(?:lr|sc|amo\w+)\.[wd]\.(?:aq|rl|aqrl))$"),
}
CALL = re.compile(r"(?:bl|b|jal|j|jalr|jr|tail|call|cbn?z|tbn?z|b\.\w+|b\w+)$")
PROBE = """#include <lib/fail.h>
#include <mm/pt/pt_tap.h>
bool off_tap(void);
bool off_fail(void);
bool off_tap(void) { return pt_tapped(); }
bool off_fail(void) { return fail_here(FAIL_PAGE); }
"""


def output(*line: str, **how: Any) -> str:
    return subprocess.run(line, check=True, capture_output=True, text=True, **how).stdout


def functions(arch: str, path: str) -> Code:
    """name -> list of (instruction, target or None), of every function that has the name."""
    found: Code = {}
    now = None
    for line in output(PREFIX[arch] + "objdump", "-d", "--no-show-raw-insn", path).splitlines():
        head = re.match(r"[0-9a-f]+ <([^>]+)>:", line)
        if head:
            now = found.setdefault(head[1], [])
            continue
        words = line.split("\t")
        if now is None or len(words) < 2:
            continue
        target = re.search(r"<([^>+]+)>", line) if CALL.match(words[1].strip()) else None
        now.append((words[1].strip(), target[1] if target else None))
    return found


def watchers() -> set[str]:
    """The functions .before and .after of the taps."""
    names = set()
    for path in tree(".c"):
        if path.startswith(WATCHERS):
            for body in TAP.findall("\n".join(read(path))):
                names |= set(re.findall(r"\.(?:before|after) = (\w+)", body))
    return names


def reached(code: Code, roots: set[str]) -> set[str]:
    seen, left = set(), [n for n in code if n.split(".")[0] in roots]
    while left:
        name = left.pop()
        if name not in seen and name in code:
            seen.add(name)
            left += [to for _, to in code[name] if to]
    return seen


def complain(lint: Lint, arch: str, path: str, code: Code, names: set[str]) -> None:
    for name in sorted(names):
        for instruction, _ in code[name]:
            if ORDERS[arch].match(instruction):
                lint.report(
                    path,
                    1,
                    "%s() runs for an event, and its `%s` orders memory accesses"
                    % (name, instruction),
                )


def off(lint: Lint, arch: str, directory: str) -> None:
    """Check the test of a switch that is off, compiled with the flags of the image."""
    with open(directory + "/flags", encoding="utf-8") as f:
        flags = f.read().split(" -MD")[0].split()
    with tempfile.TemporaryDirectory() as d:
        with open(d + "/probe.c", "w", encoding="utf-8") as f:
            f.write(PROBE)
        subprocess.run(flags + ["-c", d + "/probe.c", "-o", d + "/probe.o"], check=True)
        code = functions(arch, d + "/probe.o")
        names = {n for n in code if n.startswith("off_")}
        if len(names) != 2:
            lint.report("tools/python/hotplate/lint/taps.py", 1, "the probe has no functions")
        complain(lint, arch, "mm/pt/pt_tap.h, lib/fail.h", code, names)


def main(words: list[str]) -> int:
    lint, count, watch = Lint("taps"), 0, watchers()
    for directory in words or [os.path.join(BUILD, arch) for arch in PREFIX]:
        arch, elf = os.path.basename(directory).split("-")[0], directory + "/hotplate.elf"
        if arch not in PREFIX:
            fail(f"{directory}: no directory build/ARCH, with ARCH {' or '.join(PREFIX)}")
        code = functions(arch, elf)
        for name in sorted((ROOTS | watch) - {n.split(".")[0] for n in code}):
            lint.report(elf, 1, "there is no %s()" % name)
        names = reached(code, ROOTS | watch)
        count += len(names)
        complain(lint, arch, elf, code, names)
        off(lint, arch, directory)
    return lint.done("%d functions that run for an event, %d of taps" % (count, len(watch)))
