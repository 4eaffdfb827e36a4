/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/sanitize.h - `sanitize=1`: the page-table sanitizer observes what the CPUs execute.
 *
 * The same source as in the kernel (mm/pt/taps/sanitize.h) is compiled into this program.  There it
 * gets the events of the engine.  Here it gets the operations that CPUs execute, and nothing from
 * the engine.  So it also notices a store for which the engine has no event, a barrier that a back
 * end omits after its event, and a wrong operand.
 *
 * Events of the model, and the operations that cause them:
 *   - ROOT_LOAD: a root is in use: satp; TTBR0 or TTBR1 with SCTLR.M and without TCR.EPD
 *   - SET: an executed store of 8 bytes or less to a table that a root leads to.  Stores of a CPU
 *     to consecutive entries are one SET; another store to a table, a fence or an invalidation of
 *     the CPU ends it
 *   - PUBLISH: a fence that orders stores; an acquire after a release; RISC-V: a fence of loads
 *     after an AMO with release.  These order the stores that are po-before the release.  A release
 *     alone is a PUBLISH only for its own store
 *   - SYNC: Arm: DSB for stores.  RISC-V: the SFENCE.VMA itself, SFENCE.W.INVAL
 *   - TLBI: the instruction with its operand, on the CPUs in its scope.  Invalidations in equal
 *     steps are one TLBI, of the leaves of that size
 *   - WAIT: Arm: DSB for loads and stores.  RISC-V: the SFENCE.VMA itself, SFENCE.INVAL.IR
 *   - CTX: Arm: ISB, exception entry and return, if a TLBI was completed before
 *   - san_cpu_off(), which is no event: power-on, PSCI CPU_OFF, HSM hart_stop
 *
 * The model's memory is in program order: a store counts when it is executed.  The machine also
 * knows when it is performed, so an invalidation of one CPU covers a store of another CPU only if
 * the store is before it in the global memory order (in the kernel the model assumes that).
 *
 * WHAT THE MACHINE CANNOT KNOW
 *   - the owner of a frame, the writer of a store, and the release of a lock that protects entries.
 *     The kernel reports these while one of its taps is on (for example sanitize=on): the machine
 *     finds the function that reports to taps by its name in elf=, and takes from its calls the
 *     events of frames (R1 to R5, M2 to M4, O1, O2 when a frame changes its owner), UNLOCK (the
 *     same at the end of the actor's time), the writer of a SET, and nothing else.  Without these,
 *     the rules are checked when a frame becomes a table.
 *   - that a test makes its mistakes on purpose: known by calls of sanitize_mute().
 *   - the locks that a store needs (S2), software's walkers (O3), the bytes that a reader of a
 *     frame expects (P2), stores that are meant as one (O4: a run is stored entry by entry), frames
 *     that software treats as tables though no pointer leads to them (O5).  S1 does not apply.
 *   - order by a dependency alone: a table's contents, an AMO with release, and a pointer that
 *     depends on the value that the AMO read (RVWMO rules 9 to 11); an answer of another CPU that
 *     was read without an acquire.
 *   - that a break and a make are one change: the kernel's B1, where a break was not waited for, is
 *     B2 here.
 *   - tables of a root that is in no CPU's register, except a root with an ASID if the kernel
 *     reports frames from the start (sanitize=on in args=).
 */
#pragma once
#include <lib/types.h>

/* sanitize=1: start the sanitizer. */
void observe_begin(void);
/* At power-on and at each reset: discard all state. */
void observe_power_on(void);
/* The machine has ended: print a summary on stderr.  True: there were reports. */
bool observe_end(void);

/* ---- defined by an architecture: <arch>/sanitize.c ---- */
struct core_root {
	u64 root, first; /* first: the first address that it translates */
	u32 asid;
	bool high; /* it translates the high half: on Arm only that, on RISC-V both halves */
	char format[16];
};
/* It executes a program (EL0, U-mode). */
bool core_in_program(unsigned cpu);
/* Such a change may be the walker's own, of the access flag or dirty state (ad=1). */
bool core_walker_writes(u64 old, u64 new);
unsigned core_pa_bits(void);
/* The roots in use on a CPU; returns their number, two at most. */
unsigned core_roots(unsigned cpu, struct core_root root[2]);
/* Stores of other CPUs up to this time are ordered before the CPU's next invalidation. */
u64 core_ordered(unsigned cpu);
unsigned core_bbm(void);
/* The CPU's pc and frame pointer; the offsets of the next frame pointer and of the return address
 * in a frame. */
void core_frame(unsigned cpu, u64 *pc, u64 *fp);
extern const s64 core_frame_next, core_frame_return;
/* The operation is the first of an observed function: call execution->called() each time that it
 * runs. */
void core_observe_call(void *operation, unsigned function);
#define OBSERVED_FUNCTIONS 2u
