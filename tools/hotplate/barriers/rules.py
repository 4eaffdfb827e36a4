# SPDX-License-Identifier: BSD-2-Clause
"""rules - which rule of the manuals a place serves, and why the machine cannot show some."""
from collections.abc import Iterable
from fnmatch import fnmatch

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

# Reasons that several places have.
TOUCHED = "this machine performs a late load when its register is touched (machine/late.h); by the"
TOUCHED += " manual a data dependency orders it with that store alone (B2.3)"
RELEASE = "lib/atomic.h asks for a release here; the pair that the compiler makes has the acquire"
RELEASE += " as well, and nothing needs it"
OVERLAP = "two requests must meet: the acquire of ipi_poll() orders what came with the one that is"
OVERLAP += " answered, this what came with another one, whose unhooking falls between the exchange"
OVERLAP += " in ipi_poll() and this instruction: some tens of instructions of one CPU"
WINDOW = "who fails is a CPU whose walk meets the cleared entry before the word of the window:"
WINDOW += " within some tens of instructions, up to the DSB of the invalidation, and looks at the"
WINDOW += " window before it has left, where a fault takes as long"
ONCE = "the number falls to 0 once in a boot: who reads a struct page of the last window just then"
ONCE += " can fail, in the instructions that the last struct pages take to leave"
AT_ONCE = "the store of an exclusive pair is visible at once on this machine, the manual lets it"
AT_ONCE += " wait (B2.3: only a release or a barrier orders it with later loads)"
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
GONE += " unwritten (docs/WORST.md, caches, not modelled)"
FETCH = "once the IC is complete, this machine keeps old instructions only of the frame that a CPU"
FETCH += " executes (machine/arm64/fetch.c); the manual, whatever it has fetched until ISB (B2.4.4)"
PHYSICAL = "this machine keeps instructions by their physical address; IC is for caches with"
PHYSICAL += " virtual tags (CTR_EL0.L1Ip)"
ENTERED = "who is entered invalidates before it turns the MMU on (idmap_switch), and is this kernel"
ENTERED += " on this machine"
STEP = "the machine has this register in force at once; the manual promises that only behind a"
STEP += " context synchronization (D19.1.2)"
SAME_CODE = "what the tests execute behind it lies in a frame that was not executed before, or is"
SAME_CODE += " the same code again (tests/lab/): this machine has old bytes of frames that a CPU"
SAME_CODE += " executed alone (machine/text.c), the manual whatever it fetched before (B2.4.4)"
# Why an order has no effect: other rules of RVWMO order the same accesses, or nothing is there.
# gcc 12 for riscv64 makes a full fence of an acquire load, and an AMO of a relaxed store.
AMOS = "what is stored in front of it is stored by AMOs (gcc 12), which are visible at once here"
AMOS += " (docs/WORST.md, not modelled); by the manual an AMO may be visible late"
TSO = "as FENCE.TSO it orders a load with all that follows, which an acquire is; and an AMO,"
TSO += " which gcc 12 makes of a relaxed store, is a load too (RVWMO, rule 4)"
NAP = "a wake-up that is lost costs a nap (NAP_US)"
AHEAD = "the machine fetches nothing ahead: it has old bytes of frames that were executed alone"
RULE_11 = "only stores follow that matter, behind a branch on its value (rule 11)"
RULE_9 = "what is read behind it is at the address that it gave: rule 9, address dependency"
AS_ACQUIRE = "as FENCE.TSO it orders the load before it with all that follows, as an acquire does"
AS_RELEASE = "as FENCE.TSO it orders all before with the store behind it, as a release does"
BY_AMO = "as FENCE.TSO: the store before it that matters is an AMO (gcc 12), which is a load too,"
BY_AMO += " and r,rw orders that with the loads behind (RVWMO, rule 4)"
LISTENING = "cpus_listening() in front of it loads two words by acquire, which gcc 12 makes full"
LISTENING += " fences: they order the same accesses (rule 4); with gcc 13 this one is needed"
SERVED = "a request that is not seen so is served at that CPU's next interrupt or look"
SERVED += " (cpu_serve() where it waits, in the idle loop), so it is late, and lost only for who"
SERVED += " neither waits nor is interrupted within hang="
SECOND = "who misses an open window of slot 0 has a full fence of gcc 12 behind each acquire of the"
SECOND += " slots (waited_for), and trap_recovered() looks a second time behind those"
PUBLISHES = "it publishes, and nothing is read behind it: gcc 12 sets the .aq (lib/atomic.h)"

# Why the machine, or these tests, cannot show a place, or why nothing can fail: file or
# file:function, kinds, reason.  The first that fits.
BLIND = (
    # riscv64 (its kinds are fence, aq, rl; tso is FENCE.TSO in place of a fence; those of arm64
    # have other names)
    # FENCE.TSO in place of a full fence
    ("kern/backtrace.c:backtrace_answer", "tso", "of the release: " + AS_RELEASE +
     "; of the acquire: " + AS_ACQUIRE),
    ("arch/riscv64/smp.c:arch_secondary_prepare", "tso",
     "the record is still before any store by which firmware starts the hart (w,w); here firmware "
     "needs none, but the buffer is full (stack_alloc fills pages), and the youngest store in "
     "front of a w,w leaves first (machine/order.c, leave_one): the stores up to the call push it "
     "out"),
    ("kern/grace.c:grace_answer", "tso", BY_AMO),
    ("kern/grace.c:period_advance", "tso", AS_ACQUIRE),
    ("kern/grace.c:grace_wait", "tso", AS_ACQUIRE),
    ("kern/grace.c:grace_elapsed", "tso", AS_ACQUIRE),
    ("kern/grace.c:grace_cookie", "tso", BY_AMO + "; who unhooks by a plain store needs w,r"),
    ("kern/grace.c:grace_barrier", "tso", "of the acquire: " + AS_ACQUIRE + "; of the first: the "
     ".aq of the LR in grace_defer() orders the count behind it (see removed)"),
    ("kern/ipi.c:send_interrupts", "tso", BY_AMO + "; the device needs w,o: " + SERVED),
    ("kern/ipi.c:ipi_polling_end", "tso", BY_AMO),
    ("mm/page/buddy_late.c:late_*", "tso", AS_ACQUIRE),
    # removed
    ("kern/backtrace.c:backtrace_answer", "fence",
     "of the release: the acquire of `backtrace_wanted` follows, a full fence of gcc 12, and the "
     "other CPU reads pc and fp behind a line on the console: this one would have to be held back "
     "between the two for as long; of the acquire: nothing is loaded behind it, and stores are "
     "behind a branch on its value (rule 11)"),
    ("kern/grace.c:quiescent", "aq",
     "a period that began meanwhile is read by the load of `waits` in grace_answer(), and the full "
     "fence at its end is between that load and the next section (rule 4); no period ends before "
     "its bit is cleared, so answer_late() clears the bit that was read then"),
    ("kern/grace.c:grace_answer", "fence",
     "of the release: fence rw,rw of trap_interrupt(), or the full fence behind the acquire of "
     "`call.waiting` where a wait polls, is between the sections and this store; of the full one: "
     "another CPU has to unhook and to read `heard` between the acquire of ipi_poll() and this "
     "AMO, some tens of instructions, and a load of this CPU's next section has to be old, before "
     "its next acquire: these seeds do not meet it"),
    ("kern/grace.c:grace_sync_irqs", "fence", LISTENING),
    ("kern/grace.c:period_advance", "fence",
     "stores behind it are behind a branch on the value (rule 11); a load of a callback is early "
     "only if the last section ends and answers between the LR of grace_poll() and the load of "
     "`waits`, some ten instructions: these seeds do not meet it"),
    ("kern/grace.c:grace_barrier", "fence",
     "of the first: the LR of grace_defer() has the .aq of seq_cst (lib/atomic.h, gcc 12): each "
     "head in front was counted before it was pushed (release), and the count is loaded behind "
     "that LR (rule 5)"),
    ("kern/grace.c:grace_cookie", "fence",
     "the store that unhooks is an AMO here, visible at once; `begun` is old only if a period "
     "begins between this CPU's last acquire and that AMO; a section has to answer its request and "
     "find the old object meanwhile, and to last until the period is over: these seeds do not meet "
     "it"),
    ("kern/grace.c:grace_elapsed", "fence",
     "stores behind it are behind a branch on the value (rule 11); a load is early only if the "
     "last section ends, answers, and another CPU ends the period, all between the LR of "
     "grace_poll() in this loop and the load of `ended`: these seeds do not meet it"),
    ("kern/grace.c:grace_wait", "fence",
     "stores behind it are behind a branch on the value (rule 11); a load is early only if the "
     "last section ends, answers, and another CPU wakes this one, all since this CPU's last "
     "acquire (grace_poll(), await_period()): these seeds do not meet it"),
    ("kern/grace.c:quiescent", "fence",
     "in an interrupt the section's accesses are behind fence rw,rw of trap_interrupt(); in "
     "answer_late() one of its loads has to be performed late, and the runner to end the period "
     "meanwhile, within the ten instructions until the value is used: these seeds do not meet it"),
    ("kern/ipi.c:send_interrupts", "fence",
     "the request is an AMO, visible at once here, and firmware=text alone has no fence of the "
     "sender; `polling` is old only since this CPU's last acquire, some thirty instructions before "
     "(cpus_listening(), call_try()): " + SERVED),
    ("kern/ipi.c:ipi_send", "fence", LISTENING),
    ("kern/ipi.c:ipi_polling_end", "fence",
     "the request has to be stored between the LR of spin_try() or call_try() and the look behind "
     "it, some fifteen instructions of a CPU that waited with interrupts off; and " + SERVED),
    ("mm/break_window.c:break_window_fault", "fence tso",
     "of the first: " + SECOND + "; of the second: a page has to begin to move between the look at "
     "the slots and is_mapped(), and once more in the same place of the second look"),
    ("mm/frag/fragment.c:bits_clear", "fence",
     "the owner's stores are in front of the release of bits_set(), which pend() calls first; "
     "what the destructor stores then are AMOs in these tests (gcc 12), visible at once here"),
    ("mm/page/buddy_late.c:late_taken", "fence",
     "of the acquire: only stores to these struct pages follow under the lock, behind a branch on "
     "its value (rule 11); of the release: it matters when `left` falls to 0, once in a boot, "
     "until the fence of the pool's unlock, some thirty instructions, and to who asks in that time "
     "for the node of a page of this very window (page_alloc_in): these seeds do not meet it"),
    ("mm/page/buddy_late.c:late_settle_at", "fence",
     "its caller calls block_find() before it reads a struct page: the acquires of slot() "
     "(mm/hotplug/memory_block.c) are full fences of gcc 12"),
    ("arch/riscv64/space.c", "sfence.vma", "for erratum CIP-1200, which this CPU has not"),
    ("arch/riscv64/probe.S:probe_svinval", "svinval", "executed to see if it traps"),
    ("arch/riscv64/*", "fence.i", AHEAD),
    ("arch/riscv64/switch.S:secondary_entry", "sfence.vma",
     "a failed walk of the next fetch leads to stvec, where the code goes on; a leaf that was "
     "kept of the link addresses says what these tables say"),
    ("arch/riscv64/switch.S:idmap_change", "sfence.vma",
     "satp was Bare since the old mode, and the maps of all modes share their tables below the "
     "root: what was kept says the same"),
    ("arch/riscv64/switch.S:idmap_leave", "sfence.vma",
     "translation stays off until the entry's own SFENCE.VMA (idmap_enter)"),
    ("arch/riscv64/switch.S:mmu_switch_mode", "sfence.vma",
     "what is kept of the throw-away map is of the image, at the same addresses with more rights; "
     "other fences come before a test tries them"),
    ("arch/riscv64/tlb_local.c:tlb_sync", "fence",
     "firmware that promises no fence of the sender is not used for remote fences "
     "(tlb_firmware.c usable()), and with tlb=ipi call_post() orders the same stores"),
    ("arch/riscv64/cache_block.h:fetch_again", "fence",
     "the call that tells other harts (kern/ipi.c) orders the same stores; for its own fetches a "
     "hart's stores leave here"),
    ("kern/cpu.c:has_arrived", "fence",
     "the starter reads only `caps` behind it, and no test judges a capability that is lost"),
    ("kern/cpu.c:decide_arrival", "fence aq",
     "the exchange itself decides; no other memory is handed over by it"),
    ("kern/cpu.c:park", "fence", "of a CPU that lacks capabilities: the machine's CPUs are alike"),
    ("kern/cpu_record.c:cpu_enter_online", "fence",
     "what others read of the record was stored by CPU 0 before it started the CPU"),
    ("kern/cpu_record.c:cpus_online", "fence",
     "what is read behind it of a record was stored by CPU 0 before it started the CPU"),
    ("kern/cpu_record.c:cpus_listening", "fence",
     "what is read behind it of a record was stored by CPU 0 before it started the CPU"),
    ("kern/errata.c", "fence", "a word of the command line: one CPU runs"),
    ("kern/kept.c", "fence",
     "its reader is the next kernel: the machine has no reset between two stores"),
    ("kern/log.c:log_enter", "fence", "`emergency` is set in a crash only"),
    ("kern/log.c:log_emergency", "fence", "it says who prints, and publishes nothing"),
    ("kern/crash.c:claim_crash", "fence aq",
     "it decides which CPU reports, and publishes nothing"),
    ("kern/cpu_record.c:cpu_stop_listening", "fence",
     "it publishes nothing: who reads `stopped` sends that CPU no request more"),
    ("kern/backtrace.c:wait_answer", "fence",
     "the line that is printed first reads `emergency` by an acquire (log_enter), a full fence of "
     "gcc 12; only then are pc, fp and the stack read"),
    ("kern/backtrace.c:print_other", "fence",
     "a branch on what was read last ends the walk of the stack: rule 11, control dependency"),
    ("kern/park.c", "fence aq",
     "what the leader prepares is read behind cpus_all_off(): firmware says that it has stopped, "
     "and hart_stop lets its stores leave here (docs/WORST.md, not modelled)"),
    ("kern/work.c:work_claim", "aq", RULE_11),
    ("kern/work.c:push", "aq", PUBLISHES),
    ("kern/work.c:take_all", "aq", RULE_9),
    ("kern/work.c:work_next", "fence",
     "only the load of `next` is before it, and the machine performs a load before an instruction "
     "that takes its value"),
    ("kern/grace.c:period_advance", "aq", RULE_9),
    ("kern/grace.c:grace_defer", "aq", RULE_11),
    ("kern/grace.c:grace_defer", "fence",
     "fn is read behind the period, which this CPU has answered by a release (quiescent) unless "
     "it is the runner itself; `next` is stored by an AMO, visible at once here"),
    ("kern/grace.c:period_begin", "fence", AMOS + ": `begun` before `waits` and the requests"),
    ("kern/grace.c:period_end", "fence",
     "of `ended`: the acquire of `waits` in front of it is a full fence (gcc 12); of `next`: a "
     "late load of `next` is of the same word, and fn is called before it can be stored again; "
     "of `ran`: what these callbacks store are AMOs, visible at once here"),
    ("kern/grace.c:grace_poll", "fence",
     "behind its last plain store period_advance() has a fence already: the releases of each "
     "head (period_end), the full fence of the requests (send_interrupts)"),
    ("kern/grace.c:wake_waiter", "fence",
     "what the sections did is behind the acquire of `waits` (period_advance), a full fence; the "
     "head's `next` is stored by an AMO, visible at once here"),
    ("kern/ipi.c:call_serve", "aq",
     "a full fence follows where the caller's `asleep` is read; who is not the last needs nothing"),
    ("kern/ipi.c:call_serve", "fence", "of the release: " + AMOS + "; around `asleep`: " + NAP),
    ("kern/ipi.c:ipi_poll", "aq",
     "call_serve() and the handlers read what they need behind an acquire of their own"),
    ("kern/ipi.c:call_try", "aq", RULE_11),
    ("kern/ipi.c:call_unlock", "fence",
     "call_finished() in front of it has a full fence behind its load (gcc 12)"),
    ("kern/ipi.c:call_finished", "fence",
     "before they read an answer these tests ask which CPUs are online: an acquire, a full fence "
     "of gcc 12"),
    ("kern/ipi.c:call_wait", "fence", NAP),
    ("kern/worker.c:worker_run", "fence", AMOS),
    ("kern/lock.c:write_*", "fence",
     "of the acquire: a branch on the readers' marks orders the writer's stores (rule 11), its "
     "loads are behind the full fence of its own mark, and no reader here stores under the lock; "
     "of the mark as FENCE.TSO: this machine performs LR and SC as one access, and TSO orders "
     "the load of it; by the manual SC alone may come later"),
    ("kern/lock.c:read_try", "fence", TSO),
    ("kern/grace.c:unheard", "fence", TSO),
    ("kern/worker.c:has_work", "fence", TSO),
    ("kern/worker.c:work_finished", "fence", TSO),
    ("mm/break_window.c:window_open", "fence",
     "both callers have a full fence behind it, before an entry is cleared; who comes for another "
     "reason waits or retries once more"),
    ("mm/break_window.c:waited_for", "fence",
     "the fence of break_window_fault() has ordered all of an open window behind the fault; of "
     "another one it makes at most one retry more"),
    ("mm/hotplug/movable_evacuate.c:migrate", "fence", AMOS + ": the window before the entries"),
    ("mm/live_split.c:live_window_open", "fence", AMOS + ": the window before the entries"),
    ("mm/hotplug/memory_block.c:make_child", "fence",
     "a page of the table is new where no block was; who looks up a block that is there reads "
     "other words"),
    ("mm/frag/fragment.c:bits_set", "fence aq",
     "every caller holds the lock of the space, whose acquire and release are around it, or has "
     "the page alone"),
    ("mm/frag/fragment.c:bits_clear", "aq",
     "who gives the page back does it behind a branch on this value: rule 11 for its stores"),
    ("mm/frag/fragment.c:space_put", "fence aq",
     "gone() of these tests counts, and frees nothing that another CPU may still use"),
    ("mm/page/buddy_late.c:late_write", "fence",
     "of the count: the release of `private` in front of it has ordered the struct pages already"),
    ("mm/page/buddy_zone.h:late_settle", "fence", RULE_11 + "; the pool's lock is held"),
    ("mm/pt/pt_cell.h:pt_cell_install", "fence",
     "the table's words are behind the fence w,w of PT_DUTY_PUBLISH in front of it (publish_owed)"),
    ("mm/vmalloc_lazy.c", "fence",
     "frames and addresses that are free are found under the locks of their allocators, which "
     "order them; the number only saves a purge"),
    ("mm/hotplug/event.c:event_post", "aq", RULE_11),
    ("mm/hotplug/event.c:event_pending", "fence", RULE_11),
    ("mm/hotplug/event.c:event_answer_source", "fence",
     "only loads of the event are before it, and branches took their values (rule 11)"),
    ("mm/hotplug/memory_block.c:slot", "fence", RULE_9),
    ("mm/pt/pt_cell.h", "aq",
     "who was second loads the cell again (pt_install()), and coherence gives it the winner's "
     "table (rule 2); " + RULE_9),
    ("mm/pt/pt_cell.h:pt_cell_load", "fence", RULE_9),
    ("mm/aspace.c:start", "fence",
     "what it stored is read under `space_lock`, which it has released; `asids.nr` alone without"),
    ("drivers/virtio/*", "*", "the machine has no virtio device"),
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
    ("arch/arm64/mmu.c:invalidate_here", "isb", "set_ttbr0() has an ISB behind it before the half"
     " is used, and a half that stays closed is not used"),
    ("arch/arm64/mmu.c:arch_pt_visible", "isb", "this machine translates an access when it"
     " executes it, behind what the DSB has completed, and keeps no walk that fails; by the manual"
     " an instruction behind the DSB may have been translated before, until ISB"),
    ("arch/arm64/tlb_ops.c:tlbi_ctx", "isb", "an invalidation that is done has also ordered later"
     " walks here (machine/arm64/tlbi.c, view), and the text that runs is not moved; by the manual"
     " an instruction behind the DSB may have been fetched and translated before, until ISB"),
    ("arch/arm64/tlb_ipi.c:invalidate_here", "dsb", "stores made through the entry are before the"
     " answer by its release (call_serve()), and the TLBI is complete when the interrupt ends: the"
     " controller is asked once more, behind DSB SY (gic_handle()); a CPU that serves the call by"
     " polling has no such DSB, and must use the mapping before its next one"),
    ("arch/arm64/tlb_ipi.c:invalidate_here", "isb", "an interrupt ends by ERET, which is a context"
     " synchronization, too (D1.4), and so does a fault whose handler serves the call by polling;"
     " neither handler uses such a mapping before"),
    ("arch/arm64/cache*:arch_mem_*", "dsb", "a DC by address is in program order with later"
     " accesses of its line to write-back memory (D7.5.9), as the look of spin_table.c at a CPU"
     " that waits; other CPUs, and memory that has just come, have only this DSB, and " + GONE),
    ("arch/arm64/cache_line.h:lines_done", "dsb", "as DMB it orders each DC by address with later"
     " accesses of memory (D7.5.9), and this machine has done it by then; a call of firmware (PSCI)"
     " and SEV, which start a CPU, are no accesses: before them the manual wants it complete"),
    ("arch/arm64/cache*:line_drop", "*", GONE),
    ("arch/*/arch_inline.h", "fence dmb", "accesses to the machine's devices happen at once, and"
     " none of them reads or writes memory"),
    ("arch/riscv64/cache.c", "*", "the machine has no caches: all of memory is coherent"),
    ("arch/riscv64/cache_block.h", "fence", "the machine has no caches: all of memory is coherent"),
    ("arch/arm64/irq_gicv3.c", "*", "the machine's GIC acts at once, in program order; IHI 0069"
     " promises that only behind ISB or DSB"),
    ("arch/arm64/spin_table.c:start", "dsb", "cache_clean() and arch_mem_leave() in front of it end"
     " with DSB SY (lines_done()); alone it orders only a release word without caches"),
    ("arch/arm64/idmap.S:idmap_switch", "ic", PHYSICAL),
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
    ("arch/arm64/idmap.S:idmap_wait", "dsb", "of line 69: " + ENTERED + "; of line 72: the next"
     " boot stores the address long after the report, and a store waits for age= instructions at"
     " most here; the manual bounds it by no number"),
    ("arch/arm64/probe.S", "isb", FETCH),
    ("arch/arm64/cache_line.h:fetch_again", "isb", FETCH),
    ("arch/arm64/cache_line.h:fetch_again", "dsb ic", SAME_CODE),
    ("arch/arm64/cache_line.h:line_unify", "dc", SAME_CODE),
    ("arch/riscv64/probe.S", "*", "a probe at boot, of one CPU"),
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
     " its stores; of one that ends, the last are exclusive pairs with release (`stats.ran`), and "
     + AT_ONCE),
    ("kern/grace.c:quiescent", "acquire", OVERLAP),
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
    ("kern/grace.c:grace_barrier", "dmb", AT_ONCE),
    ("kern/grace.c:period_end", "release", "of `ended`: period_advance() has read `waits` by a"
     " load-acquire, behind which this store is (B2.3); of h->next: the load of `next` is of the"
     " same word; fn is touched by the next instruction, and who defers the head again within it"
     " stores the same fn in these tests"),
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
     " poll behind every request until then: one must come between it and the clearing of the mark,"
     " some instructions; and " + AT_ONCE),
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
    ("kern/lock.c:write_*", "dmb", AT_ONCE),
    ("kern/lock.c:write_trylock", "acquire", "who reads stores nothing that its one caller loads"
     " (mm/vmalloc_large.c: tables and their walkers), and a branch on the value orders its stores"
     " (B2.3, control dependency); DMB in front of it is behind the last writer"),
    ("kern/kept.c", "dmb", "orders stores for whom a reset meets half way: here a reset loses"
     " nothing that was stored (docs/WORST.md, not modelled)"),
    ("mm/aspace.c:start", "acquire release", "CPU 0 is the first caller, and posts work to the"
     " others behind it (kern/worker.c, release and acquire)"),
    ("mm/break_window.c:window_open", "release", "both callers have a full fence behind it, before"
     " an entry is cleared; who comes for another reason waits or retries once more"),
    ("mm/break_window.c:waited_for", "acquire", "the fence of break_window_fault() has ordered"
     " all of an open window behind the fault; of another one it makes at most one retry more"),
    ("mm/break_window.c:break_window_fault", "dmb", "of the second one: a window must open between"
     " the first look at `opened` and the walk of is_mapped(), which then meets the cleared entry:"
     " the walk of one fault, and the store of the number must leave behind the entry's"),
    ("mm/hotplug/movable_evacuate.c:migrate", "dmb", WINDOW),
    ("mm/live_split.c:live_window_open", "dmb", WINDOW),
    ("mm/page/buddy_late.c:late_settle_at", "acquire", ONCE),
    ("mm/page/buddy_late.c:late_taken", "release", ONCE),
    ("mm/page/buddy_late.c:late_write", "release", ONCE),
    ("mm/page/buddy_late.c:late_taken", "acquire", TAKEN),
    ("mm/page/buddy_zone.h:late_settle", "acquire", TAKEN),
    ("mm/vmalloc_lazy.c", "acquire release", "frames and addresses that are free are found under"
     " the locks of their allocators, which order them; the number only saves a purge"),
    ("mm/frag/fragment.c:bits_set", "acquire release", "every caller holds the lock of the space,"
     " whose acquire and release are around it, or has the page alone"),
    ("mm/frag/fragment.c:space_put", "acquire release", "every caller has released the lock of the"
     " space in front of it, and `gone` of the tests counts, or frees under the allocator's lock"),
    ("mm/frag/fragment.c:bits_clear", "acquire", "who clears the last bit gives the page away,"
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
     " it (mm/pt/pt_store.c publish_owed())"),
    ("mm/pt/pt_cell.h:pt_cell_install", "acquire", "who was second loads the cell again, by LDAR"
     " (pt_install()), and coherence gives it the winner's table (B2.3)"),
    ("mm/pt/pt_tap.c", "*", "a tap's diagnosis, not of these tests"),
    ("mm/pt/taps/*", "*", "a tap's diagnosis, not of these tests"),
)


def fits(pattern: str, file: str, functions: Iterable[str]) -> bool:
    return any(fnmatch(file + ":" + f if ":" in pattern else file, pattern) for f in functions)


def blind(file: str, functions: Iterable[str], kind: str, how: str = "") -> str:
    names = {kind, "*"} | ({"tso"} if how == "as fence.tso" else set())
    rows = ((kinds.split(), why) for pattern, kinds, why in BLIND if fits(pattern, file, functions))
    return next((why for kinds, why in rows if names & set(kinds)), "")
