# SPDX-License-Identifier: BSD-2-Clause
"""sets - the tests that could notice that a place is removed."""
from fnmatch import fnmatch
from typing import NamedTuple

TWO = "geometry="  # the first two of the architecture: the machine restarts between them
GEOMETRIES = {"arm64": "arm64-4k-39,arm64-4k-48", "riscv64": "riscv-sv39,riscv-sv48"}


class Set(NamedTuple):
    """Few and short: the unchanged image needs some seconds at most."""

    tests: str
    boot: str = ""  # more boot arguments
    machine: str = ""  # words of the machine, after boot.SHAPE
    crashes: int = 0  # so many tests, each of which ends in a crash


STALE = "hotplug.primed_faults,tlb.back_ends,tlb.reused_table,tlb.vmalloc_unmap"
SPACES = "pgd.spaces_apart,pgd.asid_rollover,pgd.asid_rules"
TABLES = "pgd.asid_again,pgd.space_changes,pgd.space_tables"
BY_VA = "tlb-max=100000"  # one operation a leaf or table, however many
SELDOM = "race.seldom_moved,race.seldom_tails,race.seldom_vmalloc"
START = "boot.wx,boot.one_root,boot.cpus,boot.data_fresh,boot.ticks,boot.ttbr_switch_clean"
LOCK = "kern.rwlock_excludes,kern.rwlock_readers,kern.spinlock_excludes"
CALLS = "kern.call*,kern.lock_waiters_serve,kern.work_wakes,kern.spinlock_excludes"
POSTS = "events.works,events.once,events.posted_together,events.during_operation"
FRAG = "frag.bits,frag.crowd,frag.space_lifetime,gup.fragments_blind"
WIDE = "pause=16 late=2"
SHARP = "loads=2 pause=16 stall=1000"
BOTH = "loads=2 late=2"  # loads of both kinds, old ones and new ones beside each other
OLD = "loads=1 stall=20000"  # nearly every load is old where it may be; CPUs wait long after stores
VIEWS = "stores=0 walks=0 tlb=0 fetch=0 loads=2 pause=8 stall=5000"  # old loads alone; quick
SLOW_IRQS = "stores=0 walks=0 tlb=0 fetch=0 loads=1 irq=200 pause=16 stall=5000"
# windows after an atomic are wide; quick
RMW = "walks=0 tlb=0 fetch=0 pause=8 stall=5000"
# a device that is late, and soon requests another size
CARD = "pci=1 vmem=256 sizes=16,2,32,0,8,64,4 device=200 stall=20000"
LATE_VIEWS = "stores=0 walks=0 tlb=0 fetch=0 loads=1000 late=1 irq=0 pause=8 stall=50000"
SETS = {
    "start": Set(START),
    "start-8": Set(START, machine="cpus=8"),
    "start-el2": Set(START, machine="el=2"),
    "start-moved": Set(START, machine="mem=128 load=2052"),
    "restart": Set(START, TWO),
    "restart-el2": Set(START, TWO, "el=2"),
    "restart-walks": Set(START, TWO, "walks=1"),
    "tlb": Set(STALE, BY_VA),
    "tlb-ipi": Set(STALE, "tlb=ipi " + BY_VA),
    "tlb-range": Set(STALE, "tlb=range"),
    "tlb-range-1": Set(STALE, "tlb=range", "cpus=1"),
    "tlb-full": Set(STALE, "tlb=full"),
    "tlb-svinval": Set(STALE, "tlb=svinval"),
    "spaces": Set(SPACES),
    "spaces-ipi": Set(SPACES, "tlb=ipi"),
    "tables": Set(TABLES),
    "tables-ipi": Set(TABLES, "tlb=ipi"),
    "tables-range": Set(TABLES, "tlb=range"),
    "seldom": Set(SELDOM),
    "seldom-ipi": Set(SELDOM, "tlb=ipi"),
    "fire-ipi": Set("hotplug.under_fire/host", "tlb=ipi"),
    "seldom-range": Set(SELDOM, "tlb=range"),
    "lock": Set(LOCK),
    "trylock": Set("alloc.large_failures,alloc.large_order,alloc.vmalloc_enters"),
    "huge-walk": Set("race.huge_walk"),
    "grace": Set("kern.grace_crowd"),
    "grace-loads": Set("kern.grace_order,kern.grace_sync_irqs,kern.grace_waits", machine="loads=1"),
    "grace-more": Set("kern.grace_order,kern.grace_sync_irqs,kern.grace_waits,kern.grace_holds*"),
    "walkers": Set("gup.race,gup.recheck_race,gup.promised_irqs_off"),
    "calls": Set(CALLS),
    "posts": Set(POSTS),
    "install": Set("race.pt_install,hotplug.use_every_cpu,hotplug.every_caller"),
    "moves": Set("hotplug.migrate_live,hotplug.offline_churn,race.seldom_moved"),
    "fire": Set("hotplug.under_fire/host"),
    "twins": Set("hvo.readers,hvo.saves,hvo.vs_remove_neighbour"),
    "vmalloc": Set("alloc.lazy_stale,alloc.lazy_leave,alloc.vmalloc_enters"),
    "vmalloc-all": Set("race.vmalloc_all,race.vmalloc"),
    "frag": Set(FRAG),
    "late": Set("alloc.late_race,alloc.late_taken,alloc.late_hotplug"),
    "late-8": Set("alloc.late_crew", machine="cpus=8"),
    "leaves": Set("events.brought,events.by_hand,events.caches*"),
    "crash": Set("crash.assertion,crash.on_another_cpu,crash.read_null", crashes=3),
    "features": Set("boot.features_here,boot.cpus"),
    "calls-old": Set("kern.call*,kern.lock_waiters_serve,kern.work_wakes", machine=OLD),
    "crash-old": Set("crash.assertion,crash.on_another_cpu,crash.read_null", "", OLD, 3),
    "frag-old": Set("frag.crowd", machine=OLD),
    "grace-old": Set("kern.grace_crowd", machine=OLD),
    "install-old": Set("race.pt_install,hotplug.use_every_cpu", machine=OLD),
    "late-old": Set("alloc.late_race", machine=OLD),
    "moves-old": Set("hotplug.migrate_live,race.seldom_moved", machine=OLD),
    "posts-old": Set("events.works,events.posted_together", machine=OLD),
    "uart": Set("boot.uart_*"),
    "virtio": Set("events.virtio_mem_state,boot.wx", machine=CARD),
    "virtio-mmio": Set("events.virtio_mem_state,boot.wx", machine=CARD + " mmio=1"),
    # with WIDE windows of a few instructions are wide, and loads are performed after later stores
    "start-pause": Set("boot.cpus,boot.ticks,boot.one_root", machine=WIDE),
    "start-text": Set(START, machine="firmware=text pause=16"),
    "start-walks": Set("boot.wx", machine="walks=1"),
    "restart-text": Set("boot.wx", TWO, "walks=1 firmware=text"),
    "calls-text": Set("kern.call*,kern.lock_waiters_serve", machine="firmware=text pause=16"),
    "lock-late": Set("kern.rwlock_excludes,kern.rwlock_readers", machine=WIDE),
    "handed": Set("kern.handed_tried,kern.handed_read"),
    "handed-late": Set("kern.handed_tried,kern.handed_read", machine="pause=16 late=4"),
    "handed-old": Set("kern.handed_tried,kern.handed_read", machine=BOTH),
    "tried-short": Set("kern.handed_tried", machine=SHARP),
    "read-short": Set("kern.handed_read", machine=SHARP),
    "excludes": Set("kern.rwlock_excludes", machine=SHARP),
    "crowd-both": Set("kern.grace_crowd", machine=BOTH),
    "cookie-views": Set("kern.grace_crowd/cookie", machine=VIEWS),
    "answered-late": Set("kern.handed_grace", machine=LATE_VIEWS),
    "answered-old": Set("kern.handed_grace", machine=SLOW_IRQS),
    "handed-calls": Set("kern.handed_calls"),
    "handed-posts": Set("kern.handed_posts"),
    "handed-works": Set("kern.handed_works"),
    "handed-grace": Set("kern.handed_grace"),
    "barrier-views": Set("kern.grace_crowd/barrier", machine=VIEWS),
    "period-views": Set("kern.grace_crowd/period", machine=VIEWS),
    "posts-short": Set("events.works,events.once,sched.two_posts"),
    "periods": Set("kern.grace_holds*,kern.grace_order,kern.grace_sync_irqs,kern.grace_waits"),
    "frag-short": Set("frag.bits,frag.space_lifetime,gup.fragments_blind"),
    "conform": Set("conform.form/*", "tlb=full"),
    "roots": Set("pgd.spaces_apart,pgd.switch_no_tlbi,pgd.replace,pgd.space_retired"),
    "late-short": Set("sched.late"),
    "late-pause": Set("alloc.late_race", machine=WIDE),
    "lazy-short": Set("alloc.lazy_once,alloc.vfree_order,sched.vmalloc_purge,race.seldom_vmalloc"),
    "install-pause": Set("race.pt_install,sched.install_twin", machine=WIDE),
    "seldom-short": Set("race.pt_install,race.seldom_moved"),
    "windows": Set("direct.window,hvo.order,direct.order"),
    "windows-pause": Set("hotplug.migrate_live,direct.window", machine=WIDE),
    "again": Set("hotplug.migrate_again,hotplug.migrate_live", machine="loads=2"),
    "reach-ipi": Set("tlb.fence_reach,tlb.before_free,hotplug.migrate_live", "tlb=ipi"),
    "moves-svinval": Set("hotplug.migrate_live,tlb.kept_walks", "tlb=svinval"),
    "leaves-short": Set("events.brought,events.caches_gone"),
    "blocks": Set("hotplug.cycle,hotplug.use_every_cpu,memmap.never_handed_out"),
    "probes": Set("boot.no_execute,kern.probes,alloc.vmalloc_enters"),
    # arm64: with pause= windows of a few instructions are wide
    "spin": Set("boot.wx,boot.one_root,boot.cpus,boot.ticks", machine="start=spin"),
    "spin-restart": Set("boot.wx,boot.one_root,boot.cpus", TWO, "start=spin"),
    "calls-wide": Set("kern.call*,kern.lock_waiters_serve", machine="pause=16"),
    "code": Set("kern.changed_code,tlb.errata_clean,tlb.errata_fetch_va,hotplug.migrate_live"),
    "handed-wide": Set("kern.handed_tried,kern.handed_read", machine="pause=16"),
    "handed-all-wide": Set("kern.handed_*", machine="pause=16"),
    "install-wide": Set("race.pt_install,sched.install_twin", machine="pause=16"),
    "late-wide": Set("alloc.late_race,sched.late", machine="pause=16"),
    "moves-ipi": Set("hotplug.migrate_live,race.seldom_moved", "tlb=ipi"),
    "moves-ipi-old": Set("hotplug.migrate_live,race.seldom_moved", "tlb=ipi", OLD),
    "moves-wide": Set("hotplug.migrate_live,direct.window", machine="pause=16"),
    "spaces-wide": Set("pgd.spaces_apart,pgd.switch_no_tlbi", machine="pause=16 walks=1"),
    "crash-late": Set("crash.assertion,crash.on_another_cpu,crash.read_null", "", WIDE, 3),
    "grace-late": Set("kern.grace_crowd,kern.handed_grace", machine=WIDE),
    "posts-late": Set("kern.handed_posts,events.works,events.posted_together", machine=WIDE),
    "works-late": Set("kern.handed_works,events.posted_together", machine=WIDE),
    "model": Set("race.pt_install,race.vmalloc", "sanitize=on"),
    "model-old": Set("race.pt_install,race.vmalloc", "sanitize=on", OLD),
    "crowd-rmw": Set("kern.grace_crowd,kern.handed_grace", machine=RMW),
    "cookie-rmw": Set("kern.grace_crowd/cookie", machine=RMW + " irq=0"),
    "calls-rmw": Set("kern.call*,kern.handed_calls,kern.lock_waiters_serve", machine=RMW),
    "locks-rmw": Set("kern.handed_tried,kern.rwlock_excludes", machine=RMW + " atomics=1"),
    "tries": Set("kern.rwlock_try"),
    "tries-rmw": Set("kern.rwlock_try", machine=OLD + " atomics=1"),
    "posts-rmw": Set("kern.handed_posts,events.works,sched.two_posts", machine=RMW),
    "frag-rmw": Set("frag.space_lifetime,gup.fragments_blind,frag.crowd", machine=RMW),
    "moves-rmw": Set("hotplug.migrate_live,direct.window", machine=RMW),
    "start-wide": Set("boot.cpus,boot.ticks,boot.one_root", machine="pause=16"),
}

# The runs of a place: every set of the first row that fits, in this order, by seed 1, then
# all of them by seed 2, and so on.
CHOICES = {
    "arm64": (
        ("arch/arm64/tlb_forms.c", "conform"),
        ("arch/arm64/tlb_ipi.c", "moves-ipi fire-ipi seldom-ipi moves-ipi-old"),
        ("arch/arm64/tlb_range.c", "tlb-range tables-range tlb-range-1"),
        ("arch/arm64/tlb_*.c", "tlb tables spaces tables-ipi tlb-ipi tlb-full seldom fire-ipi"),
        ("arch/arm64/idmap.S", "start restart start-el2 restart-el2 restart-walks spin-restart"),
        ("arch/arm64/spin_table.c", "spin spin-restart"),
        ("arch/arm64/cache.c", "leaves spin-restart"),
        ("arch/arm64/cache*", "start restart start-moved tlb code spin-restart"),
        ("arch/arm64/mmu.c", "start restart spaces seldom spaces-wide"),
        ("arch/arm64/irq*", "start calls-wide"),
        ("arch/arm64/arch_inline.h", "calls uart virtio"),
        ("arch/arm64/probe.S", "tlb"),
        ("arch/*", "start calls restart start-wide"),
        ("kern/lock.c", "handed handed-wide tries lock trylock"),
        ("kern/grace.c", "handed-grace crowd-rmw grace-old grace handed-all-wide grace-late "
         "answered-late barrier-views"),
        ("kern/park.c", "restart crash"),
        ("kern/log.c", "start crash"),
        ("kern/backtrace.c", "crash-old crash crash-late"),
        ("kern/crash.c", "crash"),
        ("kern/cpu*.c", "start features start-wide crash start-8"),
        ("kern/ipi.c", "handed-calls calls-rmw handed-all-wide grace-loads calls-old calls "
         "moves-ipi moves-ipi-old"),
        ("kern/work.c", "handed-works handed-all-wide posts-old calls-old works-late"),
        ("kern/worker.c", "handed-posts handed-all-wide calls-old install-old"),
        ("kern/*", "start calls restart"),
        ("mm/study/aspace.c", "spaces"),
        ("mm/study/fragment*", "frag-old frag frag-short"),
        ("mm/pt/*", "install-wide install-old seldom moves-old"),
        ("mm/page/buddy_*", "late-wide late-old late"),
        ("mm/vmalloc/vmalloc_lazy.c", "lazy-short vmalloc"),
        ("mm/hotplug/event.c", "handed-posts posts-old posts posts-late"),
        ("mm/live/live_split.c", "windows moves-wide twins"),
        ("mm/kernel/kpt_sanitize.c", "model model-old"),
        ("mm/live/break_window.c", "moves-wide moves-old twins"),
        ("mm/hotplug/memory_block.c", "blocks"),
        ("drivers/virtio/*", "virtio virtio-mmio"),
        ("*", "moves-wide moves-old install-old"),
    ),
    "riscv64": (
        ("arch/riscv64/tlb_forms.c", "conform"),
        ("arch/riscv64/tlb_svinval.c", "moves-svinval"),
        ("arch/riscv64/tlb_*.c", "reach-ipi moves"),
        ("arch/riscv64/space.c", "roots"),
        ("arch/riscv64/switch.S", "start-walks restart-text"),
        ("arch/riscv64/probe.S", "probes"),
        ("arch/riscv64/smp.c", "start-text"),
        ("arch/riscv64/arch_inline.h", "calls virtio"),
        ("arch/riscv64/trap.c", "calls-text"),
        ("arch/riscv64/cache.c", "leaves-short"),
        ("arch/riscv64/cache_block.h", "probes leaves-short"),
        ("arch/riscv64/mmu.c", "seldom-short moves tlb"),
        ("kern/lock.c", "handed-old handed-wide tries-rmw locks-rmw lock tried-short "
         "read-short excludes"),
        ("kern/grace.c", "crowd-both crowd-rmw grace-old handed-grace period-views cookie-views "
         "answered-late answered-old barrier-views"),
        ("kern/park.c", "restart-text crash crash-old"),
        ("kern/log.c", "calls crash crash-old"),
        ("kern/backtrace.c", "crash crash-old"),
        ("kern/crash.c", "crash crash-old"),
        ("kern/cpu*.c", "start-pause calls crash"),
        ("kern/ipi.c", "handed-calls calls-rmw calls calls-text crowd-both crash-old"),
        ("kern/work.c", "handed-works posts-short"),
        ("kern/worker.c", "handed-posts posts-rmw posts-short"),
        ("kern/*", "calls"),
        ("mm/study/aspace.c", "roots"),
        ("mm/study/fragment*", "frag-short frag-rmw frag-old"),
        ("mm/page/buddy_*", "late-short late-pause late"),
        ("mm/vmalloc/vmalloc_lazy.c", "lazy-short"),
        ("mm/hotplug/event.c", "posts-short"),
        ("mm/hotplug/memory_block.c", "blocks"),
        ("mm/live/live_split.c", "moves-rmw windows"),
        ("mm/kernel/kpt_sanitize.c", "model model-old"),
        ("mm/live/break_window.c", "moves windows-pause again"),
        ("mm/hotplug/movable_evacuate.c", "moves moves-rmw windows-pause"),
        ("mm/pt/*", "seldom-short install-pause"),
        ("drivers/virtio/*", "virtio virtio-mmio"),
        ("*", "moves windows-pause"),
    ),
}


def choices(file: str, arch: str) -> list[str]:
    """Names of sets."""
    return next(sets.split() for pattern, sets in CHOICES[arch] if fnmatch(file, pattern))


def boot_words(name: str, arch: str) -> list[str]:
    words = SETS[name].boot.replace(TWO, TWO + GEOMETRIES[arch]).split()
    return words + ["run=" + SETS[name].tests]
