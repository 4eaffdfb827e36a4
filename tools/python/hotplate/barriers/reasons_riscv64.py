# SPDX-License-Identifier: BSD-2-Clause
"""reasons_riscv64 - why the machine, or the tests, cannot show a place of riscv64, or why nothing
can fail: file or file:function, kinds or parts of them (rules.taken), reason.  The first that
fits."""

TWICE = "in an interrupt the bit was read by grace_answer(), whose full fence is before the"
TWICE += " next section; in answer_late() an interrupt has to clear the bit for somebody"
TWICE += " else's request, a period to end and the next one to begin, all between the look at"
TWICE += " `qs_due` and this instruction, and a load of the next section to be older than both:"
TWICE += " these seeds do not meet it"
# Why an order has no effect: other rules of RVWMO order the same accesses, or nothing is there.
# gcc 12 for riscv64 makes a full fence of an acquire load, and an AMO of a relaxed store.
BOTH = "what has to be in front are AMOs (gcc 12 makes one of a relaxed store), each a load and"
BOTH += " a store: either set orders them (RVWMO, rule 4)"
WALKED = "the window's last store may be late (an AMO of gcc 12), but the walk to the entry loads"
WALKED += " each table's cell by acquire (pt_cell_load), which gcc 12 makes a full fence, between"
WALKED += " the window and the entry (rule 4); a compiler that makes less of an acquire needs this"
WALKED += " one"
DEFERRED = "fn is read behind the period, which this CPU has answered by a release (quiescent)"
DEFERRED += " unless it is the runner itself"
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
SERVED = "a request that is not seen so is served at that CPU's next IPI or look"
SERVED += " (cpu_serve() where it waits, in the idle loop), so it is late, and lost only for who"
SERVED += " neither waits nor is interrupted within hang="
SECOND = "who misses an open window of slot 0 has a full fence of gcc 12 behind each acquire of the"
SECOND += " slots (waited_for), and trap_recovered() looks a second time behind those"
PUBLISHES = "it publishes, and nothing is read behind it: gcc 12 sets the .aq (lib/atomic.h)"
NEXT_IN_MODEL = "another CPU has to change an entry of the same word of the model, or to read it,"
NEXT_IN_MODEL += " while the last one's store waits; the lock of the tree is between most of them:"
NEXT_IN_MODEL += " these seeds do not meet it"
# Of fences of riscv64 with one set less.
MEMORY = "it is of an order of memory (lib/atomic.h); gcc 12 names devices in every fence"
AT_DEVICES = "accesses to the machine's devices happen at once, in program order"
CLEARS = "what is needed is o,r: the clear is of a CSR, device output for a fence (unprivileged"
CLEARS += ' spec, "CSR Access Ordering"); this machine takes CSR accesses in program order'
AS_ASKED = "r,rw is left, which is all of an acquire: gcc 12 makes a full fence of one"
BRANCHED = "r,r is left, and stores behind the load are behind a branch on its value (rule 11)"
NEWER = "w,r is left: a load behind it is newer than this hart's last store, which is some"
NEWER += " instructions before, and what is acquired has to be published between the two: these"
NEWER += " seeds do not meet it"
TOUCHED = "w,w is left: only a load that nothing has touched may be late (machine/late.h), and"
TOUCHED += " these tests store what they compute from what they load, or branch on it, before the"
TOUCHED += " release (rules 9 to 11)"
ACQUIRES = ("kern/grace.c:unanswered", "kern/grace.c:grace_barrier", "kern/worker.c:has_work")
RELEASES = ("kern/ipi.c:call_post", "kern/lock.c:spin_unlock_irqrestore",
            "kern/lock.c:write_unlock", "kern/work.c:push", "kern/worker.c:post_one",
            "mm/live/break_window.c:window_*", "mm/page/buddy_late.c:late_write")

ROWS = (
    # Of a fence whose whole is shown: FENCE.TSO (tso), or one set less (r-before, w-before,
    # r-behind, w-behind, devices)
    ("arch/riscv64/trap.c:trap_interrupt", "r-before w-behind w-before devices", CLEARS),
    ("arch/riscv64/smp.c:arch_secondary_prepare", "r-before r-behind",
     "what is in front is stored, and what starts the hart is a store or a device's register: w,w "
     "and w,o are left, all that is needed"),
    ("arch/riscv64/smp.c:arch_secondary_prepare", "w-behind",
     "w,r is left, for which this machine lets every store leave; by the manual a store behind, or "
     "a device's register, may be before the record"),
    ("arch/riscv64/smp.c:arch_secondary_prepare", "devices",
     "firmware of this machine starts a hart by no device"),
    ("kern/ipi.c:send_interrupts", "devices", AT_DEVICES),
    ("kern/*", "devices", MEMORY),
    ("mm/*", "devices", MEMORY),
    ("kern/lock.c:read_try", "r-before",
     "of the mark: an AMO (gcc 12) is a store, too; of the acquire: " + NEWER),
    ("kern/lock.c:read_try", "w-before",
     "of the mark: an AMO (gcc 12) is a load, too (rule 4); of the acquire: " + AS_ASKED),
    ("kern/lock.c:read_try", "r-behind",
     "of the mark: this machine performs a late AMO before it goes on behind any fence that has it "
     "in front, so the look can only be old, by a writer's mark of the two instructions in front "
     "of it; by the manual rw,w leaves the look before the AMO"),
    ("kern/lock.c:read_try", "w-behind",
     "of the mark: rw,r is left, all that is needed of it; of the acquire: " + BRANCHED),
    ("kern/worker.c:worker_run", "r-before w-before", BOTH),
    ("kern/grace.c:period_end", "r-before w-before", BOTH),
    ("kern/grace.c:grace_defer", "r-before", BOTH),
    ("kern/grace.c:grace_defer", "w-before", "of `next`: " + BOTH + "; " + DEFERRED),
    ("kern/ipi.c:call_serve", "r-before",
     "of the acquire: " + NEWER + "; of the release: " + BOTH),
    ("kern/ipi.c:call_serve", "w-before",
     "of the acquire: " + AS_ASKED + "; of the release: " + BOTH),
    ("kern/ipi.c:call_serve", "w-behind", BRANCHED),
    ("kern/ipi.c:call_serve", "tso", AS_ACQUIRE),
    *((function, "w-before", AS_ASKED) for function in ACQUIRES),
    *((function, "w-behind", BRANCHED) for function in ACQUIRES),
    *((function, "r-before", NEWER) for function in ACQUIRES),
    *((function, "r-before", TOUCHED) for function in RELEASES),
    ("kern/lock.c:read_unlock", "w-before", "a reader stores nothing under the lock"),
    ("kern/backtrace.c:backtrace_answer", "tso", "of the release: " + AS_RELEASE +
     "; of the acquire: " + AS_ACQUIRE),
    ("arch/riscv64/smp.c:arch_secondary_prepare", "tso",
     "the record is still before any store by which firmware starts the hart (w,w); here firmware "
     "needs none, but the buffer is full (stack_alloc fills pages), and the youngest store in "
     "front of a w,w leaves first (machine/order.c, buffer_drain_one): the stores up to the call "
     "push it out"),
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
    ("kern/grace.c:quiescent", "aq", TWICE),
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
     "the store that unhooks (an AMO of gcc 12) may be late, and `begun` old since this CPU's last "
     "acquire; who fails: a period begins, another CPU answers its request and finds the old "
     "object then, all before this CPU answers (fence rw,rw of trap_interrupt()) or looks at "
     "`ended` (an acquire, a full fence of gcc 12), some ten instructions, and keeps it until the "
     "period is over: these seeds do not meet it"),
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
     "of the device: the ECALL that sends orders all of its sender's accesses here, and with "
     "firmware=text, where it does not, the interrupt may be served before the request is "
     "visible; of `polling`: its value is old only since this CPU's last acquire, some thirty "
     "instructions before (cpus_listening(), call_try()), or the request's AMO is late behind the "
     "look at it; in all of them " + SERVED),
    ("kern/ipi.c:ipi_send", "fence", LISTENING),
    ("kern/ipi.c:ipi_polling_end", "fence",
     "the request has to be stored between the LR of spin_try() or call_try() and the look behind "
     "it, some fifteen instructions of a CPU that waited with interrupts off; and " + SERVED),
    ("mm/live/break_window.c:break_window_fault", "fence tso",
     "of the first: " + SECOND + "; of the second: a page has to begin to move between the look at "
     "the slots and is_mapped(), and once more in the same place of the second look"),
    ("mm/study/fragment.c:bits_clear", "fence",
     "the owner's stores are in front of the release of bits_set(), which pend() calls first; what "
     "the destructor stores then (AMOs in these tests, gcc 12) may be late up to the next release, "
     "of the space's lock or of the callbacks' list: in these instructions another CPU has to "
     "clear the page's last bit and to give the page away, and a third to store to it: these seeds "
     "do not meet it"),
    ("mm/page/buddy_late.c:late_taken", "fence",
     "of the acquire: only stores to these struct pages follow under the lock, behind a branch on "
     "its value (rule 11); of the release: it matters when `left` falls to 0, once in a boot, "
     "until the fence of the pool's unlock, some thirty instructions, and to who asks in that time "
     "for the node of a page of this very window (page_alloc_in): these seeds do not meet it"),
    ("mm/page/buddy_late.c:late_settle_at", "fence",
     "its caller calls block_find() before it reads a struct page: the acquires of slot() "
     "(mm/hotplug/memory_block.c) are full fences of gcc 12"),
    ("mm/kernel/kpt_sanitize.c", "fence", NEXT_IN_MODEL),
    ("arch/riscv64/switch.S:idmap_enter", "sfence.vma",
     "with an operand this machine orders all stores with all walks; by the manual those to leaf "
     "entries of the address alone, or of the ASID (no kept entry has to go here)"),
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
     "kept entries of the trampoline page table map the image at the same addresses, with more "
     "rights; other fences are executed before a test uses these"),
    ("arch/riscv64/tlb_local.c:tlb_sync", "fence",
     "firmware that promises no fence of the sender is not used for remote fences "
     "(tlb_firmware.c usable()), and with tlb=ipi call_post() orders the same stores"),
    ("arch/riscv64/cache_block.h:local_flush_icache", "fence",
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
    ("kern/persist.c", "fence",
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
     "and hart_stop lets its stores leave here (machine/MODEL.md, not modelled)"),
    ("kern/work.c:work_claim", "aq", RULE_11),
    ("kern/work.c:push", "aq", PUBLISHES),
    ("kern/work.c:take_all", "aq", RULE_9),
    ("kern/work.c:work_next", "fence",
     "only the load of `next` is before it, and the machine performs a load before an instruction "
     "that takes its value"),
    ("kern/grace.c:period_advance", "aq", RULE_9),
    ("kern/grace.c:grace_defer", "aq", RULE_11),
    ("kern/grace.c:period_begin", "fence",
     "`begun` and `waits` are stored by AMOs (gcc 12), which may be late, up to the full fences of "
     "cpus_listening() (ipi_send), in front of each request: who fails meets `waits` before "
     "`begun` in these instructions, and in them one CPU clears its bit for somebody else's "
     "request and finds an old object, and another takes a cookie behind its unhooking: these "
     "seeds do not meet it"),
    ("kern/grace.c:period_end", "fence",
     "of `next`: a late load of `next` is of the same word, and fn is called before it can be "
     "stored again"),
    ("kern/grace.c:grace_poll", "fence",
     "behind its last plain store period_advance() has a fence already: the releases of each "
     "head (period_end), the full fence of the requests (send_interrupts); behind those come AMOs "
     "of `ran` and of the queue alone, which may be late: the next runner does the same to both"),
    ("kern/grace.c:wake_waiter", "fence",
     "what the sections did is behind the acquire of `waits` (period_advance), a full fence; the "
     "head's `next`, an AMO (gcc 12), may be late up to the release of `ran` behind it, some five "
     "instructions, and in them the waiter has to see `over` and to use that word of its stack "
     "again: these seeds do not meet it"),
    ("kern/ipi.c:call_serve", "aq",
     "a full fence follows where the caller's `asleep` is read; who is not the last needs nothing"),
    ("kern/ipi.c:call_serve", "fence", "around `asleep`: " + NAP),
    ("kern/ipi.c:ipi_poll", "aq",
     "call_serve() and the handlers read what they need behind an acquire of their own"),
    ("kern/ipi.c:call_try", "aq", RULE_11),
    ("kern/ipi.c:call_unlock", "fence",
     "call_finished() in front of it has a full fence behind its load (gcc 12)"),
    ("kern/ipi.c:call_finished", "fence",
     "before they read an answer these tests ask which CPUs are online: an acquire, a full fence "
     "of gcc 12"),
    ("kern/ipi.c:call_wait", "fence", NAP),
    ("kern/lock.c:write_*", "fence",
     "of the acquire: a branch on the readers' marks orders the writer's stores (rule 11), its "
     "loads are behind the full fence of its own mark, and no reader here stores under the lock; "
     "of the mark: the look at CPU 0's is an acquire, a full fence of gcc 12 in front of the looks "
     "at the others', so a reader of CPU 0 alone can be missed, whose mark comes between the "
     "writer's last acquire and that look: these seeds do not meet it; of the mark as FENCE.TSO: "
     "this machine performs LR and SC as one access, and TSO orders the load of it; by the manual "
     "SC alone may come later"),
    ("kern/lock.c:read_try", "tso", TSO),
    ("kern/grace.c:unanswered", "fence", TSO),
    ("kern/worker.c:has_work", "fence", TSO),
    ("kern/worker.c:work_finished", "fence", TSO),
    ("mm/live/break_window.c:window_open", "fence",
     "both callers have a full fence behind it, before an entry is cleared; who comes for another "
     "reason waits or retries once more"),
    ("mm/live/break_window.c:waited_for", "fence",
     "the fence of break_window_fault() has ordered all of an open window behind the fault; of "
     "another one it makes at most one retry more"),
    ("mm/hotplug/movable_evacuate.c:migrate", "fence", WALKED),
    ("mm/live/live_split.c:live_window_open", "fence", WALKED),
    ("mm/hotplug/memory_block.c:make_child", "fence",
     "a page of the table is new where no block was; who looks up a block that is there reads "
     "other words"),
    ("mm/study/fragment.c:bits_set", "fence aq",
     "every caller holds the lock of the space, whose acquire and release are around it, or has "
     "the page alone"),
    ("mm/study/fragment.c:bits_clear", "aq",
     "who gives the page back does it behind a branch on this value: rule 11 for its stores"),
    ("mm/study/fragment.c:space_put", "fence aq",
     "gone() of these tests counts, and frees nothing that another CPU may still use"),
    ("mm/page/buddy_late.c:late_write", "fence",
     "of the count: the release of `private` in front of it has ordered the struct pages already"),
    ("mm/page/buddy_zone.h:late_settle", "fence", RULE_11 + "; the pool's lock is held"),
    ("mm/pt/pt_cell.h:pt_cell_install", "fence",
     "the table's words are behind the fence w,w of PT_DUTY_PUBLISH in front of it (pt_store.c)"),
    ("mm/vmalloc/vmalloc_lazy.c", "fence",
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
    ("mm/study/aspace.c:start", "fence",
     "what it stored is read under `space_lock`, which it has released; `asids.nr` alone without"),
    ("arch/riscv64/cache.c", "*", "the machine has no caches: all of memory is coherent"),
    ("arch/riscv64/cache_block.h", "fence", "the machine has no caches: all of memory is coherent"),
    ("arch/riscv64/probe.S", "*", "a probe at boot, of one CPU"),
)
