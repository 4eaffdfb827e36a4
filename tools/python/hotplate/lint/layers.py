# SPDX-License-Identifier: BSD-2-Clause
"""Files include and name only what their layer permits.

A file includes headers of its own layer or of one below it; a directory that
is not named belongs to the layer of its parent.  mm/ outside mm/pt/fmt names
no architecture or board (except the rules of the sanitizer, which may not use
mm/pt/fmt), and no file outside arch/ and boot/ has an #if on one or on a
geometry.  Probes use kern/probe.h.  machine/ shares no code with the kernel
that it judges, except its observer of tables: the model that is in both.
(docs/STYLE.md)
"""
import os
import re

from hotplate.command import no_words
from hotplate.lint.core import Lint, c_files, read, under

LAYERS = (  # from the lowest
    ("lib",),
    ("arch",),  # arch/arch.h: the contract of every architecture
    ("mm/pt",),
    ("kern",),
    ("mm",),
    ("drivers", "arch/arm64", "arch/riscv64"),
    ("shell/screen",),
    ("tests/harness", "tlblab"),
    ("tests",),
    ("shell",),
    ("boot",),
    ("machine",),  # a program of the host: it includes only MACHINE_INCLUDES of the kernel
)
RANK = {directory: rank for rank, layer in enumerate(LAYERS) for directory in layer}
# A header above that may be included: facts of the image and of the first instruction.
EXCEPTIONS = {"boot/boot.h"}
MACHINE_INCLUDES = {"lib/types.h"}
OBSERVER_INCLUDES = {
    "mm/pt/pt_tap.h",
    "mm/pt/taps/sanitize.h",
    "mm/pt/taps/sanitize_rules.h",
}
NAMES = re.compile(
    r"(?i)\b(arm64|aarch64|riscv\w*|sv39|sv48|sv57|qemu|rpi|raspberry|visionfive|rk3\d+)\b"
)
CONDITION = re.compile(r"^\s*#\s*(if|ifdef|ifndef|elif)\b(.*)")
RULES = {"mm/pt/taps/sanitize_rules.c"}
RAW = {"mm/pt/pt.c", "mm/pt/pt_cell.h"}
ATOMIC = "lib/atomic.h"  # the only user of the compiler's atomics; it works around their defects
# Code that needs the result of a single access, whatever the TLB holds (kern/probe.h).
BARE = ("arch", "boot", "tlblab")
BARE_FILES = {
    "machine/uninit.c",  # names a function
    "kern/probe.c",
    "kern/probe.h",
    "kern/lazy.c",
    "kern/trap.h",
    "tests/kern/probe.c",
    "tests/litmus/tables.c",  # counts faults
    "tests/pgd/live_additive.c",
}


def rank_of(path: str) -> int | None:
    while path := os.path.dirname(path):
        if path in RANK:
            return RANK[path]
    return None


def includes(path: str, number: int, text: str, lint: Lint) -> None:
    match = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', text)
    if not match or match[1] in EXCEPTIONS:
        return
    here, there = rank_of(path), rank_of(match[1])
    if under(path, "machine") and there is not None and match[1] not in MACHINE_INCLUDES:
        observer = path.startswith("machine/sanitize") and match[1] in OBSERVER_INCLUDES
        if not under(match[1], "machine") and not observer:
            lint.report(path, number, "includes <%s> of the kernel, which it judges" % match[1])
    if here is not None and there is not None and there > here:
        lint.report(path, number, "includes <%s>, which is in a layer above it" % match[1])


def check_words(path: str, number: int, text: str, lint: Lint) -> None:
    if under(path, "mm") and not under(path, "mm/pt/fmt") and path not in RULES:
        bare = re.sub(r'\.linux_peer\s*=\s*"[^"]*"', "", text)
        if found := NAMES.search(bare):
            lint.report(path, number, "names %r in mm/" % found[0])
    if not under(path, "arch", "boot", "mm/pt/fmt", "tests/host"):
        match = CONDITION.match(text)
        if match and re.search(
            r"(?i)arm|aarch|riscv|granule|page_s|levels|__SIZEOF", match[2]
        ):
            lint.report(path, number, "#%s on architecture or geometry" % match[1])
    if "arch_probe_" in text and not under(path, *BARE) and path not in BARE_FILES:
        lint.report(
            path,
            number,
            "probes without kern/probe.h: after a map a CPU may still fault",
        )
    if "raw_" in text and re.search(r"(\.|->)raw_\b", text):
        if path not in RAW and not under(path, "tests/host", "mm/pt/fmt"):
            lint.report(path, number, "accesses raw_ of a cell outside mm/pt/pt.c")
    if path != ATOMIC and re.search(r"\b(__atomic_|__sync_|__ATOMIC_)\w*|<stdatomic\.h>", text):
        lint.report(path, number, "uses the compiler's atomics instead of lib/atomic.h")


def main(words: list[str]) -> int:
    no_words(words)
    lint, files = Lint("layers"), [p for p in c_files() if rank_of(p) is not None]
    for path in files:
        if under(path, "tests/host"):
            continue
        for number, text in enumerate(read(path), 1):
            includes(path, number, text, lint)
            check_words(path, number, text, lint)
    return lint.done("%d files" % len(files))
