# SPDX-License-Identifier: BSD-2-Clause
"""rules - which tests could notice that a place is gone, which rule of the manuals it serves, and
why the machine cannot show some."""
from fnmatch import fnmatch
from typing import NamedTuple

# What orders: the rule that says what it gives.
RULES = {
    "riscv64": {
        "fence": "RVWMO, preserved program order rule 4",
        "aq": "RVWMO, preserved program order rule 5",
        "rl": "RVWMO, preserved program order rule 6",
        "fence.i": 'unprivileged specification, "Zifencei"',
        "sfence.vma": 'privileged specification, "SFENCE.VMA"',
        "svinval": 'privileged specification, "Svinval"',
    },
    "arm64": {
        "dmb": "Arm ARM B2.3, DMB: barrier-ordered-before",
        "dsb": "Arm ARM B2.3, DSB; D8.16, completion of TLB maintenance",
        "isb": "Arm ARM D19.1.2, context synchronization",
        "acquire": "Arm ARM B2.3, load-acquire: barrier-ordered-before",
        "release": "Arm ARM B2.3, store-release: barrier-ordered-before",
        "tlbi": "Arm ARM D8.16, C5.5",
        "ic": "Arm ARM B2.4.4, D7.5",
        "dc": "Arm ARM D7.5",
    },
}

# name: the tests, few and short; each is run with every place of its files
SETS = {
    "boot": "boot.wx,hotplug.cycle",
    "tlb": "hotplug.cycle,hotplug.migrate_live,tlb.back_ends",
    "lock": "kern.rwlock_excludes,kern.rwlock_readers,kern.spinlock_excludes",
    "grace": "kern.grace_crowd,kern.grace_order,kern.grace_sync_irqs,kern.grace_waits",
    "calls": "hotplug.cycle,kern.call*,kern.spinlock_excludes,kern.work*",
    "mm": "hotplug.under_fire/host,race.pt_install,race.seldom_moved",
    "spaces": "frag.bits,frag.crowd,pgd.spaces_apart",
    "late": "alloc.late_race,alloc.late_taken",
    "restart": "boot.wx",
}
GEOMETRIES = {"arm64": "arm64-4k-39,arm64-4k-48", "riscv64": "riscv-sv39,riscv-sv48"}


TWO = "geometry="  # the first two of the architecture: the machine restarts between them


class Choice(NamedTuple):
    set: str
    words: str  # more boot arguments


# The first that fits: file, set, boot arguments.
CHOICES = (
    ("arch/riscv64/tlb_svinval.c", "tlb", "tlb=svinval"),
    ("arch/riscv64/tlb_*.c", "tlb", "tlb=ipi"),
    ("arch/arm64/tlb_ipi.c", "tlb", "tlb=ipi"),
    ("arch/arm64/tlb_range.c", "tlb", "tlb=range"),
    ("arch/arm64/tlb_*.c", "tlb", ""),
    ("arch/riscv64/space.c", "spaces", ""),
    ("arch/*/switch.S", "restart", TWO),
    ("arch/arm64/idmap.S", "restart", TWO),
    ("arch/*/smp.c", "boot", ""),
    ("arch/arm64/time.c", "calls", ""),
    ("arch/arm64/irq_gicv3.c", "calls", ""),
    ("arch/*/arch_inline.h", "calls", ""),
    ("arch/*/trap.c", "calls", ""),
    ("arch/*/cache*", "tlb", ""),
    ("arch/*/mmu.c", "tlb", ""),
    ("arch/*", "boot", ""),
    ("kern/lock.c", "lock", ""),
    ("kern/grace.c", "grace", ""),
    ("kern/park.c", "restart", TWO),
    ("kern/cpu*.c", "boot", ""),
    ("kern/ipi.c", "calls", ""),
    ("kern/work*.c", "calls", ""),
    ("kern/*", "boot", ""),
    ("mm/aspace.c", "spaces", ""),
    ("mm/frag/*", "spaces", ""),
    ("mm/pt/*", "mm", ""),
    ("mm/page/buddy_*", "late", ""),
    ("*", "mm", ""),
)


def choice(file: str, arch: str) -> Choice:
    name, words = next((s, w) for pattern, s, w in CHOICES if fnmatch(file, pattern))
    return Choice(name, words + GEOMETRIES[arch] if words == TWO else words)


# Why the machine, or these tests, cannot show a place: file, kind, reason.  The first that fits.
BLIND = (
    ("drivers/virtio/*", "*", "the machine has no virtio device"),
    ("arch/arm64/cache*", "dc", "the machine has no caches: all of memory is coherent"),
    ("arch/arm64/cache*", "dsb", "the machine has no caches: nothing is left to complete"),
    ("arch/*/arch_inline.h", "fence", "accesses to the machine's devices happen at once"),
    ("arch/*/arch_inline.h", "dmb", "accesses to the machine's devices happen at once"),
    ("arch/riscv64/cache.c", "*", "the machine has no caches: all of memory is coherent"),
    ("arch/riscv64/cache_block.h", "fence", "the machine has no caches: all of memory is coherent"),
    ("arch/arm64/irq_gicv3.c", "*", "the machine's GIC acts at once, in program order"),
    ("arch/arm64/spin_table.c", "*", "the machine starts CPUs by PSCI"),
    ("arch/*/probe.S", "*", "a probe at boot, of one CPU"),
    ("kern/backtrace.c", "*", "runs in a crash only"),
    ("kern/crash.c", "*", "runs in a crash only"),
    ("kern/log.c", "*", "log_emergency() runs in a crash only"),
    ("mm/pt/pt_tap.c", "*", "a tap's diagnosis, not of these tests"),
    ("mm/pt/taps/*", "*", "a tap's diagnosis, not of these tests"),
)


def blind(file: str, kind: str) -> str:
    fits = (why for f, k, why in BLIND if fnmatch(file, f) and fnmatch(kind, k))
    return next(fits, "")
