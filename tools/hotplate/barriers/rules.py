# SPDX-License-Identifier: BSD-2-Clause
"""rules - which tests could notice that a place is gone, which rule of the manuals it serves, and
why the machine cannot show some."""
from collections.abc import Iterable
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

TWO = "geometry="  # the first two of the architecture: the machine restarts between them
GEOMETRIES = {"arm64": "arm64-4k-39,arm64-4k-48", "riscv64": "riscv-sv39,riscv-sv48"}


class Set(NamedTuple):
    """Few and short: the unchanged image needs some seconds at most."""

    tests: str
    boot: str = ""  # more boot arguments
    machine: str = ""  # words of the machine, behind boot.SHAPE
    crashes: int = 0  # so many tests, each of which ends in a crash


STALE = "hotplug.primed_faults,tlb.back_ends,tlb.reused_table,tlb.vmalloc_unmap"
SPACES = "pgd.spaces_apart,pgd.asid_rollover,pgd.asid_rules"
TABLES = "pgd.asid_again,pgd.space_changes,pgd.space_tables"
BY_VA = "tlb-max=100000"  # one operation a leaf or table, however many
SELDOM = "race.seldom_moved,race.seldom_tails,race.seldom_vmalloc"
START = "boot.wx,boot.one_root,boot.cpus,boot.data_fresh,boot.ticks,boot.ttbr_switch_clean"
SETS = {
    "start": Set(START),
    "start-8": Set(START, machine="cpus=8"),
    "start-el2": Set(START, machine="el=2"),
    "start-moved": Set(START, machine="mem=128 load=2052"),
    "restart": Set(START, TWO),
    "restart-el2": Set(START, TWO, "el=2"),
    "tlb": Set(STALE, BY_VA),
    "tlb-ipi": Set(STALE, "tlb=ipi " + BY_VA),
    "tlb-range": Set(STALE, "tlb=range"),
    "tlb-full": Set(STALE, "tlb=full"),
    "tlb-svinval": Set(STALE, "tlb=svinval"),
    "spaces": Set(SPACES),
    "spaces-ipi": Set(SPACES, "tlb=ipi"),
    "tables": Set(TABLES),
    "tables-ipi": Set(TABLES, "tlb=ipi"),
    "tables-range": Set(TABLES, "tlb=range"),
    "seldom": Set(SELDOM),
    "seldom-range": Set(SELDOM, "tlb=range"),
    "seldom-ipi": Set(SELDOM, "tlb=ipi"),
    "fire-ipi": Set("hotplug.under_fire/host", "tlb=ipi"),
    "lock": Set("kern.rwlock_excludes,kern.rwlock_readers,kern.spinlock_excludes"),
    "lock-old": Set("kern.rwlock_readers,kern.spinlock_excludes", machine="loads=1 stores=64"),
    "trylock": Set("alloc.large_failures,alloc.large_order,alloc.vmalloc_enters"),
    "huge-walk": Set("race.huge_walk"),
    "grace": Set("kern.grace_crowd"),
    "grace-more": Set("kern.grace_order,kern.grace_sync_irqs,kern.grace_waits,kern.grace_holds*"),
    "walkers": Set("gup.race,gup.recheck_race,gup.promised_irqs_off"),
    "calls": Set("kern.call*,kern.lock_waiters_serve,kern.work_wakes,kern.spinlock_excludes"),
    "posts": Set("events.works,events.once,events.posted_together,events.during_operation"),
    "install": Set("race.pt_install,hotplug.use_every_cpu,hotplug.every_caller"),
    "moves": Set("hotplug.migrate_live,hotplug.offline_churn,race.seldom_moved"),
    "fire": Set("hotplug.under_fire/host"),
    "twins": Set("hvo.readers,hvo.saves,hvo.vs_remove_neighbour"),
    "vmalloc": Set("alloc.lazy_stale,alloc.lazy_leave,alloc.vmalloc_enters"),
    "vmalloc-all": Set("race.vmalloc_all,race.vmalloc"),
    "frag": Set("frag.bits,frag.crowd,frag.space_lifetime,gup.fragments_blind"),
    "late": Set("alloc.late_race,alloc.late_taken,alloc.late_hotplug"),
    "late-8": Set("alloc.late_crew", machine="cpus=8"),
    "leaves": Set("events.brought,events.by_hand,events.caches*"),
    "crash": Set("crash.assertion,crash.on_another_cpu,crash.read_null", crashes=3),
    "features": Set("boot.features_here,boot.cpus"),
    "uart": Set("boot.uart_*"),
}

# What is tried for a place: every set of the first row that fits, in this order, by seed 1, then
# all of them by seed 2, and so on.
CHOICES = {
    "arm64": (
        ("arch/arm64/tlb_ipi.c", "spaces-ipi seldom-ipi tables-ipi fire-ipi"),
        ("arch/arm64/tlb_range.c", "tlb-range tables-range seldom-range"),
        ("arch/arm64/tlb_*.c", "tlb tables spaces tables-ipi tlb-ipi tlb-full"),
        ("arch/arm64/idmap.S", "start restart start-el2 restart-el2 start-8"),
        ("arch/arm64/cache.c", "leaves"),
        ("arch/arm64/cache*", "start start-moved restart tlb leaves"),
        ("arch/arm64/mmu.c", "start restart spaces seldom"),
        ("arch/arm64/arch_inline.h", "calls uart"),
        ("arch/arm64/probe.S", "tlb"),
        ("arch/*", "start calls restart"),
        ("kern/lock.c", "lock lock-old trylock"),
        ("kern/grace.c", "grace grace-more"),
        ("kern/park.c", "restart crash"),
        ("kern/log.c", "start crash"),
        ("kern/backtrace.c", "crash"),
        ("kern/crash.c", "crash"),
        ("kern/cpu*.c", "start features calls crash start-8"),
        ("kern/ipi.c", "calls start posts"),
        ("kern/work.c", "posts calls"),
        ("kern/*", "start calls restart"),
        ("mm/aspace.c", "spaces"),
        ("mm/frag/*", "frag"),
        ("mm/pt/*", "install seldom moves fire"),
        ("mm/page/buddy_*", "late late-8 fire"),
        ("mm/vmalloc_lazy.c", "vmalloc"),
        ("mm/hotplug/event.c", "posts"),
        ("mm/live_split.c", "twins"),
        ("mm/break_window.c", "moves twins fire"),
        ("*", "moves install"),
    ),
    "riscv64": (
        ("arch/riscv64/tlb_svinval.c", "tlb-svinval"),
        ("arch/riscv64/tlb_*.c", "tlb-ipi"),
        ("arch/riscv64/space.c", "spaces"),
        ("arch/riscv64/switch.S", "restart"),
        ("arch/riscv64/smp.c", "start"),
        ("arch/riscv64/arch_inline.h", "calls"),
        ("arch/riscv64/trap.c", "calls"),
        ("arch/riscv64/cache*", "tlb"),
        ("arch/riscv64/mmu.c", "tlb"),
        ("arch/*", "start"),
        ("kern/lock.c", "lock"),
        ("kern/grace.c", "grace grace-more"),
        ("kern/park.c", "restart"),
        ("kern/cpu*.c", "start"),
        ("kern/ipi.c", "calls"),
        ("kern/work*.c", "calls posts"),
        ("kern/*", "start"),
        ("mm/aspace.c", "spaces"),
        ("mm/frag/*", "frag"),
        ("mm/pt/*", "install moves"),
        ("mm/page/buddy_*", "late"),
        ("*", "install moves"),
    ),
}


def choices(file: str, arch: str) -> list[str]:
    """Names of sets."""
    return next(sets.split() for pattern, sets in CHOICES[arch] if fnmatch(file, pattern))


def boot_words(name: str, arch: str) -> list[str]:
    words = SETS[name].boot.replace(TWO, TWO + GEOMETRIES[arch]).split()
    return words + ["run=" + SETS[name].tests]


# Why the machine, or these tests, cannot show a place, or why nothing can fail: file or
# file:function, kinds, reason.  The first that fits.
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


def fits(pattern: str, file: str, functions: Iterable[str]) -> bool:
    return any(fnmatch(file + ":" + f if ":" in pattern else file, pattern) for f in functions)


def blind(file: str, functions: Iterable[str], kind: str) -> str:
    rows = ((kinds.split(), why) for pattern, kinds, why in BLIND if fits(pattern, file, functions))
    return next((why for kinds, why in rows if kind in kinds or "*" in kinds), "")
