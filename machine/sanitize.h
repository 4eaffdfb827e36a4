/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/sanitize.h - `sanitize=1`: the page-table sanitizer as an observer of the machine.
 *
 * The same source as in the kernel (mm/pt/taps/sanitize.h) is compiled into this program.  There it
 * hears the events of the engine.  Here it hears what CPUs execute, and takes nothing from the
 * engine: a store that the engine does not tell of, a barrier that a back end leaves out after its
 * event, and an operand that is wrong are seen here.
 *
 * What the machine knows becomes events of the model:
 *   - ROOT_LOAD: a root is in force: satp; TTBR0 or TTBR1 with SCTLR.M and without TCR.EPD
 *   - SET: an executed store of 8 bytes or less to a table that a root leads to.  Stores of a CPU
 *     that go on from entry to entry are one SET; another store to a table, a fence or an
 *     invalidation of the CPU ends it
 *   - PUBLISH: a fence that orders stores; an acquire after a release; RISC-V: a fence of loads
 *     after an AMO with release.  What was stored before the release is ordered then.  A release
 *     alone is one for its own store only
 *   - SYNC: Arm: DSB for stores.  RISC-V: the SFENCE.VMA itself, SFENCE.W.INVAL
 *   - TLBI: the instruction with its operand, on the CPUs that it is for.  Those that go on in
 *     equal steps are one TLBI, of the leaves that have this size
 *   - WAIT: Arm: DSB for loads and stores.  RISC-V: the SFENCE.VMA itself, SFENCE.INVAL.IR
 *   - CTX: Arm: ISB, exception entry and return, if a TLBI was completed before
 *   - and no event, but san_cpu_off(): power-on, PSCI CPU_OFF, HSM hart_stop
 *
 * Memory is that of program order: a store counts when it is executed.  When it is visible the
 * machine knows as well, so one CPU's invalidation reaches another CPU's store only if memory order
 * has the store before it (in a kernel the model takes that for granted).
 *
 * WHAT THE MACHINE CANNOT KNOW
 *   - who owns a frame, whose store it was, and when a lock is released that protects entries.  The
 *     kernel says it, while one of its taps is on (sanitize=on, for one): the machine looks for the
 *     name of the function that taps are told by, in elf=, and hears from it events of frames
 *     (R1 to R5, M2 to M4, O1, O2 at the moment a frame changes hands), UNLOCK (the same at the
 *     end of the actor's time), of SET the writer, and nothing else.  Without, those rules are
 *     asked when a frame becomes a table.
 *   - that a test makes its mistakes on purpose: by the name of sanitize_mute().
 *   - which locks a store needs (S2), software's walkers (O3), which bytes a reader of a frame
 *     wants to see (P2), stores that are meant as one (O4: a run is stored entry by entry), what
 *     software takes for a table when no pointer leads there (O5).  S1 has no sense here.
 *   - what a dependency alone orders: a table's contents, an AMO with release, and a pointer that
 *     depends on what that has read (RVWMO rules 9 to 11); an answer of another CPU that was read
 *     without an acquire.
 *   - that a break and a make are one change: what the kernel calls B1, because a break was not
 *     waited for, is B2 here.
 *   - tables of a root that is in no CPU's register, but of one with an ASID if frames are told
 *     from the start (sanitize=on in args=).
 */
#pragma once
#include <lib/types.h>

/* sanitize=1: start the observer; called again at a reset, it discards all state. */
void observe_begin(void);
void observe_power_on(void);
/* The machine has ended: a line on stderr.  True: there were reports. */
bool observe_end(void);

/* ---- an architecture gives: <arch>/sanitize.c ---- */
struct core_root {
	u64 root, first; /* first: what its first entry translates */
	u32 asid;
	bool high; /* it has the high half: Arm that alone, RISC-V both */
	char format[16];
};
/* Those in force on a CPU: their number, two at most. */
unsigned core_roots(unsigned cpu, struct core_root root[2]);
/* Stores of other CPUs up to this time are before what the CPU invalidates now. */
u64 core_ordered(unsigned cpu);
unsigned core_bbm(void);
/* Where the CPU is, its frame pointer, and where that has the next one and the return address. */
void core_frame(unsigned cpu, u64 *pc, u64 *fp);
extern const s64 core_frame_next, core_frame_return;
/* The operation is the first of a function: each time that it runs, executed->called() is told. */
void core_tell_call(void *operation, unsigned function);
#define OBSERVED_FUNCTIONS 2u
