/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/kern_internal.h - shared between the files of kern/ alone.
 */
#pragma once
#include <kern/cpu.h>

/* ---- cpu_record.c ---- */
struct cpu *cpu_record(u64 hwid); /* the next; there is room */

/* ---- cpu.c ---- */
cpumask_t cpus_listening(void); /* online and not stopped by a crash */
void cpu_stop_listening(struct cpu *);

/* ---- ipi.c: serve what is pending for this CPU; interrupts are off.  Calls only where locks
 * permit; `frame` is where a backtrace starts, NULL: here. ---- */
struct trap_frame;
void ipi_poll(bool calls, const struct trap_frame *frame);
/* Around a wait with interrupts off that calls cpu_serve() in every round: others then need not
 * interrupt, and this CPU really sleeps between looks instead of tripping over a pending IPI. */
bool ipi_polling_begin(void);
void ipi_polling_end(bool was);

/* ---- lock.c: after a crash nobody else runs, so no lock blocks any more ---- */
void lock_emergency(void);

/* ---- lazy.c: `want` is one of PT_R, PT_W, PT_X, `kind` that of the fault ---- */
/* The tree permits the access by now; the entry goes to `slot`. */
bool lazy_permitted(vaddr_t, enum pt_prot want, int kind, struct pt_slot *slot);
/* And a CPU that was told nothing may still fault on such an entry. */
bool lazy_owed(vaddr_t, enum pt_prot want, int kind);
void lazy_settle(vaddr_t); /* invalidate on this CPU; complete on return */

/* ---- backtrace.c ---- */
void backtrace_from(u64 pc, u64 fp);
void backtrace_frame(const struct trap_frame *); /* of a trap, from its pc on */
void backtrace_others(void);
void backtrace_answer(struct cpu *, const struct trap_frame *); /* IPI_BACKTRACE */

/* ---- clock.c ---- */
bool clock_running(void);   /* this CPU has its timer: it may sleep */
void clock_poll(void);      /* what ticks do, where none come */
u64 clock_us_ticks(u64 us); /* in ticks of arch_counter() */

/* ---- crash.c ---- */
NORETURN void crash_in_frame(const struct trap_frame *, const char *fmt, ...) PRINTF_LIKE(2, 3);
NORETURN void cpu_stop(void); /* IPI_STOP */

/* ---- park.c ---- */
void cpu_quiesce(void);               /* this CPU: no interrupt in hand, none on its way */
NORETURN void cpu_wait_for_end(void); /* spin with interrupts off until the leader decides */
bool cpus_off(void);                  /* every other CPU but 0 is off; false: one is not */
bool cpus_all_off(void);              /* the same with CPU 0 */
/* On another CPU than 0, the others being off: CPU 0 takes over and this one turns itself off.
 * Comes back if CPU 0 does not answer. */
void cpu_boot_leads(void);
void cpus_halt(void); /* they may stop waiting: nobody leaves */
