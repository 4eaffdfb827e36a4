# SPDX-License-Identifier: BSD-2-Clause
"""outside - judges that boot the image on QEMU or read the linked image: groups of tests, the tests
of tests/system and the lints that are about a directory.

QEMU runs on a loaded host, so a mutant is noticed there only if the test fails twice.
"""
import os
import re
import sys
from fnmatch import fnmatch

from hotplate.mutants.judge import FAILED, NO_VERDICT, PYTEST, content, ending, timed
from hotplate.mutants.tree import Tree

ANSWER = 120  # for one answer at the prompt
# The cheapest first.
SYSTEM = (
    ("drivers/pci/*", "test_pcie_device.py", "test_pcie.py"),
    ("drivers/virtio/*", "test_virtio_mem.py", "test_pcie_device.py"),
    ("drivers/acpi/*", "test_nvdimm.py", "test_acpi_tables.py", "test_acpi.py"),
    ("drivers/acpi/tree*", "test_acpi_only.py"),
    ("drivers/acpi/madt.c", "test_acpi_only.py"),
    ("drivers/acpi/pci_root.c", "test_acpi_only.py"),
    ("drivers/acpi/spcr.c", "test_acpi_only.py"),
    ("drivers/fdt/*", "test_device.py", "test_pmem.py", "test_lies.py"),
    ("drivers/fdt/overlay*", "test_overlay.py", "test_life_overlays.py"),
    ("drivers/fdt/channel*", "test_overlay.py", "test_life_overlays.py"),
    ("drivers/memory/*", "test_lies.py", "test_banks.py"),
    ("arch/*", "test_psci.py", "test_entry.py", "test_errata.py"),
    ("arch/*/irq*", "test_interrupts.py"),
    ("arch/*/trap.c", "test_crash.py"),
    ("arch/*/unwind.c", "test_crash.py"),
    ("arch/arm64/spin_table.c", "test_worst_arm64.py::test_spin_table", "test_models_arm64.py"),
    ("kern/restart.c", "test_restart.py"),
    ("kern/lock.c", "test_crash.py"),
    ("mm/hotplug/event*", "test_overlay.py", "test_life.py"),
    ("mm/hotplug/stale.c", "test_life.py"),
    ("mm/kernel/shadow.c", "test_shadow.py"),
    ("mm/kernel/ptdump.c", "test_ptdump.py"),
    ("mm/pt/taps/sanitize*", "test_sanitize.py"),
)
QEMU = (
    ("mm/page/*", "alloc.*,memmap.*"),
    ("mm/pt/*", "walk.*,tlb.*"),
    ("mm/hotplug/*", "hotplug.*,devmem.*,events.*"),
    ("mm/memmap/*", "memmap.*,devmem.*,hvo.*"),
    ("mm/policy/*", "alloc.*,hotplug.*,frag.*"),
    ("mm/study/fragment*", "frag.*,gup.*"),
    ("mm/*", "alloc.*,pgd.*,layout.*,ptdump.*,direct.*"),
    ("kern/*", "kern.*"),
    ("arch/*", "tlb.*,boot.*,kern.*"),
    ("drivers/fdt/*", "events.*"),
    ("drivers/virtio/*", "virtio.*"),
    ("drivers/pci/*", "pci.*"),
    ("drivers/acpi/*", "acpi.*"),
)
LINTS = tuple((where, "tools/hotplate lint text") for where in ("arch/*", "kern/*", "mm/*"))


def files(path: str) -> list[str]:
    return list(dict.fromkeys(f for glob, *names in SYSTEM if fnmatch(path, glob) for f in names))


def groups(path: str) -> list[str]:
    return [words for glob, words in QEMU if fnmatch(path, glob)][:1]


def lints(path: str) -> list[str]:
    return [tool for glob, tool in LINTS if fnmatch(path, glob)]


def pytest(tree: Tree, arch: str, what: str) -> tuple[int, str]:
    given = ["env", "HOTPLATE_ARCHES=" + arch, "HOTPLATE_PATIENCE=%d" % ANSWER]
    status, text, _ = timed([*given, *PYTEST, "-x", "-rf", "--tier=ci", what], tree)
    return status, text


def system(tree: Tree, arch: str, name: str) -> str:
    """The first test that fails twice; "" if there is none."""
    status, text = pytest(tree, arch, "tests/system/" + name)
    if status < 0:
        status, text = pytest(tree, arch, "tests/system/" + name)
        return "no end" if status < 0 else ""
    failed = re.search(r"^FAILED (\S+::[^\s]+)", text, re.M)
    if status != FAILED or not failed:
        return ""
    where, _, test = failed[1].partition("::")
    status, text = pytest(tree, arch, "tests/system/%s::%s" % (os.path.basename(where), test))
    again = re.search(r"^FAILED \S*::(\S+)", text, re.M)
    return again[1] if status == FAILED and again else "no end" if status < 0 else ""


def qemu(tree: Tree, arch: str, words: str) -> str:
    log = os.path.join(tree.path, "build", "mutate-qemu.log")
    command = [sys.executable, "tools/hotplate", "run", "--quiet", "--log", log, "--timeout", "900"]
    command += ["ARCH=" + arch, "SMP=4", "ARGS=run=%s exit" % words]
    output = ""
    for _ in range(2):
        if os.path.exists(log):
            os.unlink(log)
        status, _, _ = timed(command, tree)
        if status not in (FAILED, NO_VERDICT) or not os.path.exists(log):
            return "no end" if status < 0 else ""
        output = ending(content(log))
    return output


def lint(tree: Tree, arch: str, tool: str) -> str:
    status, text, _ = timed([*tool.split(), os.path.join("build", arch)], tree)
    output = [x for x in text.splitlines() if x.strip()]
    return output[0].strip() if status == FAILED and output else ""
