# SPDX-License-Identifier: BSD-2-Clause
"""reasons_arm64 - why the machine, or the tests, cannot show a place of arm64, or why nothing can
fail: file or file:function, kinds, reason.  The first that fits."""
from hotplate.barriers.reasons_riscv64 import NEXT_IN_MODEL, SERVED, TWICE

TOUCHED = "this machine performs a late load when its register is touched (machine/late.h); by the"
TOUCHED += " manual a data dependency orders it with that store alone (B2.3)"
RELEASE = "lib/atomic.h asks for a release here; the pair that the compiler makes has the acquire"
RELEASE += " as well, and nothing needs it"
OVERLAP = "two requests must meet: the acquire of ipi_poll() orders what came with the one that is"
OVERLAP += " answered, this what came with another one, whose unhooking falls between the exchange"
OVERLAP += " in ipi_poll() and this instruction: some tens of instructions of one CPU"
WINDOW = "it fails only if a CPU's walk reads the cleared entry before it can observe"
WINDOW += " the word of the window: within some tens of instructions, up to the DSB of the"
WINDOW += " invalidation; and its fault handler, which takes as long, has to read the window while"
WINDOW += " it is open"
ONCE = "the number falls to 0 once in a boot: who reads a struct page of the last window just then"
ONCE += " can fail, in the instructions that the last struct pages take to leave"
ADDRESS = "an address dependency orders the load behind it by itself (B2.3; RVWMO rule 9); C has"
ADDRESS += " only the acquire for that"
BRANCH = "a branch on the value orders the stores behind it by itself (B2.3, control dependency)"
WAITED = "who waits asks for `runner` by LDAXR in each round (grace_poll()), and takes interrupts,"
WAITED += " which have DSB SY: the last answer and the end of the period must both come between two"
WAITED += " of them, and " + BRANCH
TAKEN = "up to the release of the pool's lock struct pages of the window are only stored to, and "
TAKEN += BRANCH + "; loads come behind that release and an acquire, but for `head` of a page that"
TAKEN += " is handed over while pages are poisoned, where no old value is the mark"
ONE_BY_ONE = "CPUs are started one by one: firmware's call and the wait of CPU 0 lie between"
GONE = "memory that left does not come back here, so no old line of it is met, and none is dropped"
GONE += " unwritten (machine/MODEL.md, caches, not modelled)"
IN_ORDER = "a DC by address is in program order with later accesses of its line to write-back"
IN_ORDER += " memory (D7.5.9), as the look of spin_table.c at a CPU that waits; other CPUs, and"
IN_ORDER += " memory that has just come, have only this DSB, and " + GONE
FETCH = "once the IC is complete, this machine keeps old instructions only of the frame that a CPU"
FETCH += " executes (machine/arm64/fetch.c); the manual whatever it fetched until ISB (B2.7.4.2)"
PHYSICAL = "this machine keeps instructions by their physical address; IC is for caches with"
PHYSICAL += " virtual tags (CTR_EL0.L1Ip)"
ENTERED = "who is entered invalidates before it turns the MMU on (idmap_switch), and is this kernel"
ENTERED += " on this machine"
STEP = "the machine has this register in force at once; the manual promises that only behind a"
STEP += " context synchronization (D24.1.2.2)"
SAME_CODE = "what the tests execute behind it lies in a frame that was not executed before, or is"
SAME_CODE += " the same code again (tlblab/): this machine has old bytes of frames that a CPU"
SAME_CODE += " executed alone (machine/text.c), the manual whatever it fetched before (B2.7.4.2)"

ROWS = (
    ("arch/arm64/arch_inline.h:mmio_*", "acquire release", "runs where a row of errata is in force"
     " (device-load, device-store)"),
    ("arch/arm64/idmap.S:secondary_entry", "dsb", "an erratum wants it (AmpereOne AC04_CPU_23)"),
    ("arch/arm64/arch_inline.h:arch_wait", "dsb", "a store to Normal memory completes in finite"
     " time without it (Arm ARM, \"Normal memory\"), here within age="),
    ("arch/arm64/arch_inline.h:arch_counter", "isb", "the machine reads the counter in program"
     " order; the manual lets it be read early (Arm ARM, \"The virtual counter\")"),
    ("arch/arm64/time.c:counter_now", "isb", "the machine counts events in program order"),
    ("arch/arm64/counter.c:*", "isb", "runs where an erratum of the counter is in force"),
    ("arch/arm64/time.c", "isb", STEP + "; late, the interrupt comes once more"),
    ("arch/arm64/cpu.c:arch_cpu_init", "isb", "VBAR_EL1 is in force at the next ISB at the latest,"
     " and neither an interrupt nor an SError is taken before"),
    ("arch/arm64/cpu.c", "isb", STEP),
    ("arch/arm64/mmu.c:set_ttbr0", "isb", "this machine's TLB keeps no field of TCR_EL1, and"
     " invalidate_here() drops what a walk between the steps has kept; by the manual EPD0 and T0SZ"
     " may be cached (TCR_EL1), and such a walk reads anywhere"),
    ("arch/arm64/mmu.c:invalidate_here", "isb", "the ISB behind the opening of the half follows"
     " before an access through it; by the manual a CPU's own TLBI is complete for that CPU only"
     " behind DSB and a context synchronization (D8.17.8, R_BLDZX), and the half must not be opened"
     " before"),
    ("arch/arm64/mmu.c:arch_pt_visible", "isb", "tests/system/planted.py, visible-without-isb:"
     " boot.wx fails by seeds 1 to 3, since the machine translates ahead of a DSB"),
    ("arch/arm64/tlb_ops.c:tlbi_ctx", "isb", "tests/system/planted.py, tlbi-without-isb:"
     " tlb.profile_forbidden fails by seeds 1 to 3, since the machine translates ahead of a CPU's"
     " own TLBI"),
    ("arch/arm64/tlb_ipi.c:invalidate_here", "dsb", "stores made through the entry are before the"
     " answer by its release (call_serve()), and the TLBI is complete when the interrupt ends: the"
     " controller is asked once more, behind DSB SY (gic_handle()); a CPU that serves the call by"
     " polling has no such DSB, and must use the mapping before its next one"),
    ("arch/arm64/tlb_ipi.c:invalidate_here", "isb", "an interrupt ends by ERET, which is a context"
     " synchronization, too (D1.4), and so does a fault whose handler serves the call by polling;"
     " neither handler uses such a mapping before"),
    ("arch/arm64/cache*:arch_mem_*", "dsb", IN_ORDER),
    ("arch/arm64/cache*:dcache_clean_invalidate", "dsb", IN_ORDER),
    ("arch/arm64/cache_line.h:dc_sync", "dsb", "as DMB it orders each DC by address with later"
     " accesses of memory (D7.5.9), and this machine has done it by then; a call of firmware (PSCI)"
     " and SEV, which start a CPU, are no accesses: before them the manual wants it complete"),
    ("arch/arm64/cache*:dc_ivac", "*", GONE),
    ("mm/hotplug/hotplug_caches.c", "dmb", "before a DC by address of a line that another CPU"
     " stored to an acquire is no barrier, DMB is (D7.5.9); the machine's DC acts when it is"
     " executed (machine/MODEL.md)"),
    ("arch/arm64/irq_gicv3.c", "*", "the machine's GIC acts at once, in program order; IHI 0069"
     " promises that only behind ISB or DSB"),
    ("arch/arm64/spin_table.c:start", "dsb", "cache_clean() and arch_dcache_clean_inval() in front of it end"
     " with DSB SY (dc_sync()); alone it orders only a release word without caches"),
    ("arch/arm64/idmap.S:idmap_switch", "ic", PHYSICAL),
    ("arch/arm64/idmap.S:idmap_halt", "*", "runs where firmware cannot turn a CPU off"),
    ("arch/arm64/idmap.S:idmap_leave", "ic", PHYSICAL),
    ("arch/arm64/idmap.S:idmap_leave", "tlbi", ENTERED),
    ("arch/arm64/idmap.S:idmap_leave", "dsb", ENTERED),
    ("arch/arm64/idmap.S:idmap_switch", "dsb", "of line 19: the DSB of line 26 is between these"
     " stores and this CPU's first walk, too; of line 36: " + PHYSICAL),
    ("arch/arm64/idmap.S:idmap_switch", "isb", "of line 22: for an erratum (Falkor 1041) alone; of"
     " line 24: a walk would have to lie in three instructions of a restart; of line 27: behind a"
     " DSB nothing alters state before it is complete; of line 32: no fetch is translated again"
     " within the frame that a CPU executes here; of 34 and 37: the page is at its own"
     " address, with the MMU on and off"),
    ("arch/arm64/idmap.S:secondary_entry", "isb", STEP + "; SCTLR_EL1 has that value already where"
     " firmware enters, MMU off"),
    ("arch/arm64/idmap.S:idmap_wait", "ic", PHYSICAL),
    ("arch/arm64/idmap.S:idmap_wait", "tlbi", ENTERED),
    ("arch/arm64/idmap.S:idmap_wait", "dsb", "of the exit: " + ENTERED + "; of the report: the next"
     " boot stores the address long after the report, and a store waits for age= instructions at"
     " most here; the manual bounds it by no number"),
    ("arch/arm64/probe.S", "isb", FETCH),
    ("arch/arm64/cache_line.h:icache_inval_all", "isb", FETCH),
    ("arch/arm64/cache_line.h:icache_inval_all", "dsb ic", SAME_CODE),
    ("arch/arm64/cache_line.h:dc_cvau", "dc", SAME_CODE),
    ("arch/arm64/tlb_ops.c:tlbi_repeat", "dsb", "runs where a completion erratum is in force"),
    ("kern/cpu.c:park", "release", "runs on a CPU that lacks what CPU 0 has: here all are alike"),
    ("kern/cpu_record.c:cpu_stop_listening", "release", "who no longer counts a CPU that has"
     " stopped reads nothing that it stored"),
    ("kern/cpu_record.c:cpus_listening", "acquire", "who no longer counts a CPU that has stopped"
     " reads nothing that it stored"),
    ("kern/cpu*.c", "acquire release", ONE_BY_ONE),
    ("kern/errata.c", "release", "one CPU applies the words of errata=, at boot or in a test"),
    ("kern/backtrace.c:backtrace_answer", "acquire", "only stores to this CPU's own stack matter"
     " behind the loop, and a branch on the value orders them (B2.3, control dependency)"),
    ("kern/backtrace.c:wait_answer", "acquire", "pc and frames are read when a line has been"
     " printed: the UART's reads have DMB OSHLD (mmio_read32()), which orders this load with later"
     " ones"),
    ("kern/backtrace.c:print_other", "release", "what is read of the other CPU is printed before,"
     " digit by digit, and a branch on it orders the store (B2.3, control dependency)"),
    ("kern/grace.c:grace_poll", "release", "of a period that begins, DSB SY of ipi_send() is behind"
     " its stores; of one that ends, LDAXR of the queue is behind the last STLXR of `ran`, and has"
     " all in front of that visible (B2.3, release and then acquire); what that pair stores to the"
     " queue leaves before another CPU's exchange"),
    ("kern/grace.c:quiescent", "acquire", TWICE),
    ("kern/grace.c:grace_answer", "dmb", OVERLAP),
    ("kern/grace.c:grace_answer", "release", "DSB SY behind the acknowledge (irq_gicv3.c) is"
     " between the sections and this store; a CPU that answers by polling waits for a lock or a"
     " call, and the sections of these tests have ended long before such a wait"),
    ("kern/grace.c:grace_sync_irqs", "dmb", "an answer to another request must be counted: the"
     " unhooking waits while the numbers are read, up to DSB SY of ipi_send(), some tens of"
     " instructions, and in them another CPU answers somebody and begins a section"),
    ("kern/grace.c:period_begin", "dmb", "`waits` must be visible before the number, up to DSB SY"
     " of ipi_send(), some tens of instructions, and in them one CPU clears its bit for somebody"
     " else's request and another takes a cookie behind its unhooking"),
    ("kern/grace.c:grace_barrier", "dmb", "the pair that pushed (grace_defer()) has LDAXR where"
     " lib/atomic.h asks for a release: each head in front was counted before it was pushed, by"
     " STLXR, and the count is loaded behind that LDAXR (B2.3); this CPU's own push may wait, but"
     " who pushes behind it has it leave first, and it is counted"),
    ("kern/grace.c:period_end", "release", "of h->next: the load of `next` is of the same word; fn"
     " is touched by the next instruction, and who defers the head again within it stores the same"
     " fn in these tests"),
    ("kern/grace.c:period_advance", "acquire", "of `waits`: grace_poll() has LDAXR of `runner`"
     " in front of it, so the last answer must come between the two, and " + BRANCH
     + "; of the queue: "
     + ADDRESS),
    ("kern/grace.c:grace_defer", "acquire", "behind that of the head fn and next are only"
     " stored, and " + BRANCH + "; of the push: " + RELEASE),
    ("kern/grace.c:grace_wait", "acquire", WAITED),
    ("kern/grace.c:grace_elapsed", "acquire", WAITED),
    ("kern/crash.c:claim_crash", "acquire release", "it decides which CPU reports, and publishes"
     " nothing"),
    ("kern/log.c", "acquire release", "it says who prints, and publishes nothing; a CPU that sees"
     " it late prints one line more, under the lock"),
    ("kern/park.c", "acquire release", "the phase publishes nothing but itself"),
    ("kern/ipi.c:ipi_polling_end", "dmb", "the LDAXR that took the lock, or the call, orders the"
     " poll behind every request until then; who sends one later, while the store that clears the"
     " mark waits (up to age=), sees the mark, and sends no interrupt: " + SERVED),
    ("kern/ipi.c:send_interrupts", "dsb", "as DMB it orders the request with the load of `polling`,"
     " and what is written to the interrupt controller depends on the value of that (data"
     " dependency); the manual orders memory and a system register by DSB alone (K11.4)"),
    ("kern/ipi.c:call_serve", "acquire", "of the pair: its STLXR and the LDARB behind it are in"
     " order without it (B2.3, release and then acquire), and nothing else follows; of LDARB: a"
     " wake-up that is lost costs a nap (NAP_US)"),
    ("kern/ipi.c:call_wait", "release", "a wake-up that is lost costs a nap (NAP_US)"),
    ("kern/ipi.c:call_try", "acquire", "the next caller stores fn, arg, `asleep` and"
     " `waiting`, and " + BRANCH + "; it loads nothing that the last one stored"),
    ("kern/ipi.c:call_unlock", "release", "the LDAR of call_finished() is in front of it, and has"
     " it behind (B2.3); of the stores before, DSB SY has completed all but `asleep`, which costs"
     " one wake-up if it lands late"),
    ("kern/ipi.c:call_finished", "acquire", "call_unlock() is an STLR behind it, and the next LDAR"
     " or LDAXR of this CPU is behind that (B2.3, release before acquire); the callers in these"
     " tests take a lock, or read the mask of CPUs, before they load what fn stored"),
    ("kern/work.c:push", "acquire", RELEASE),
    ("kern/work.c:work_claim", "acquire", "behind it `next`, `due` and what the work is about are"
     " stored, nothing that its consumer stored is loaded, and " + BRANCH),
    ("kern/work.c:take_all", "acquire", ADDRESS),
    ("kern/work.c:work_next", "release", "only the load of `next` is before it, whose value is"
     " stored to `taken` in front of it: " + TOUCHED),
    ("kern/lock.c:write_trylock", "acquire", "who reads stores nothing that its one caller loads"
     " (mm/vmalloc/vmalloc_large.c: tables and their walkers), and a branch on the value orders"
     " its stores"
     " (B2.3, control dependency); DMB in front of it is behind the last writer"),
    ("kern/persist.c", "dmb", "orders stores for whom a reset meets half way: here a reset loses"
     " nothing that was stored (machine/MODEL.md, not modelled)"),
    ("mm/study/aspace.c:start", "acquire release", "CPU 0 is the first caller, and posts work to"
     " the others behind it (kern/worker.c, release and acquire)"),
    ("mm/live/break_window.c:window_open", "release", "both callers have a full fence"
     " behind it, before an entry is cleared; who comes for another reason waits or"
     " retries once more"),
    ("mm/live/break_window.c:waited_for", "acquire", "the fence of break_window_fault() has"
     " ordered all of an open window behind the fault; of another one it makes at most one"
     " retry more"),
    ("mm/live/break_window.c:break_window_fault", "dmb", "of the second one: a window must open"
     " between the first look at `opened` and the walk of is_mapped(), which then meets the cleared"
     " entry: the walk of one fault, and the store of the number must leave behind the entry's"),
    ("mm/hotplug/movable_evacuate.c:migrate", "dmb", WINDOW),
    ("mm/live/live_split.c:live_window_open", "dmb", WINDOW),
    ("mm/page/buddy_late.c:late_settle_at", "acquire", ONCE),
    ("mm/page/buddy_late.c:late_taken", "release", ONCE),
    ("mm/page/buddy_late.c:late_write", "release", ONCE),
    ("mm/page/buddy_late.c:late_taken", "acquire", TAKEN),
    ("mm/page/buddy_zone.h:late_settle", "acquire", TAKEN),
    ("mm/vmalloc/vmalloc_lazy.c", "acquire release", "frames and addresses that are free are"
     " found under the locks of their allocators, which order them; the number only saves a purge"),
    ("mm/study/fragment.c:bits_set", "acquire release", "every caller holds the lock of the space,"
     " whose acquire and release are around it, or has the page alone"),
    ("mm/study/fragment.c:space_put", "acquire release", "every caller has released the lock of the"
     " space in front of it, and `gone` of the tests counts, or frees under the allocator's lock"),
    ("mm/study/fragment.c:bits_clear", "acquire", "who clears the last bit gives the page away,"
     " under the lock of its allocator, and " + BRANCH + "; of the page it loads the class, which"
     " has not changed since the page was taken"),
    ("mm/hotplug/event.c:event_answer_source", "release", "what is read of the event decides"
     " branches (B2.3, control dependency) or is stored to the record in front of it: " + TOUCHED
     + "; `source` of an event never changes"),
    ("mm/hotplug/event.c:event_*", "acquire", "the source stores the next event behind it, and "
     + BRANCH + "; it loads nothing that the consumer stored to the event"),
    ("mm/hotplug/memory_block.c:make_child", "release", "who fails looks up, without a lock, a"
     " block that is not there, while the first block of its page of the table is added: between"
     " the pointer and the zeroes, which age= bounds; a block that is there has its page already"),
    ("mm/hotplug/memory_block.c:slot", "acquire", ADDRESS),
    ("mm/pt/pt_cell.h:pt_cell_load", "acquire", ADDRESS),
    ("mm/pt/pt_cell.h:pt_cell_install", "release", "DMB ISHST of arch_pt_publish() is in front of"
     " it (mm/pt/pt_store.c install_table())"),
    ("mm/pt/pt_cell.h:pt_cell_install", "acquire", "who was second loads the cell again, by LDAR"
     " (pt_install()), and coherence gives it the winner's table (B2.3)"),
    ("mm/kernel/kpt_sanitize.c", "acquire release", NEXT_IN_MODEL),
    ("mm/pt/pt_tap.c", "*", "a tap's diagnosis, not of these tests"),
    ("mm/pt/taps/*", "*", "a tap's diagnosis, not of these tests"),
)
