/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/kern_internal.h - shared between the files of kern/ alone.
 */
#pragma once
#include <kern/lock.h>
#include <lib/reg.h>

/* ---- cpu_record.c ---- */
struct cpu *cpu_record(u64 hwid); /* the next record; the caller has checked that there is room */

void cpu_enter_online(struct cpu *);
cpumask_t cpus_listening(void); /* online and not stopped by a crash */
void cpu_stop_listening(struct cpu *);

/* ---- ipi.c: serve requests that are pending for this CPU, with interrupts off.  `calls`: also a
 * call, whose function may take the log's lock; `frame`: where a backtrace starts, NULL: here. ----
 */
struct trap_frame;
struct ipi_handler {
	enum ipi what;
	void (*answer)(const struct trap_frame *); /* interrupts off; NULL: here */
};
REG_DECLARE(ipi_handlers, struct ipi_handler);
void ipi_poll(bool calls, const struct trap_frame *frame);
/* Around a wait with interrupts off that calls cpu_serve() in every round: other CPUs then send no
 * interrupt, which would stay pending and end every sleep of this CPU at once. */
bool ipi_polling_begin(void);
void ipi_polling_end(bool was);

/* ---- lock_held.c: the locks of one CPU; a nested interrupt restores it.  A line of its own: a
 * reader stores to no line of another CPU (S1-04). ---- */
struct lock_held {
	u32 classes; /* bit c: nr[c] > 0; one comparison decides the common case */
	u32 writing; /* the same for locks held for writing */
	u8 nr[LOCK_LOG + 1];
	const char *name[LOCK_LOG + 1];
} __attribute__((aligned(LOCK_LINE)));
extern struct lock_held lock_held[CPUS_MAX];
/* When a CPU gets its record: it holds no lock. */
void lock_cpu_init(unsigned cpu);

/* ---- lock.c: after a crash one CPU reports, and no lock blocks it any more ---- */
void lock_emergency(void);

/* ---- backtrace.c ---- */
void backtrace_from(u64 pc, u64 fp);
void backtrace_frame(const struct trap_frame *); /* of a trap, from its pc on */
void backtrace_others(void);

/* ---- clock.c ---- */
bool clock_running(void);   /* this CPU's timer interrupts: it may sleep */
void clock_poll(void);      /* does the work of ticks on a machine that has none */
u64 clock_us_ticks(u64 us); /* in ticks of arch_counter() */

/* ---- crash.c ---- */
NORETURN void crash_in_frame(const struct trap_frame *, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* ---- park.c ---- */
void cpu_quiesce(void);               /* this CPU: no interrupt claimed, none pending */
NORETURN void cpu_wait_for_end(void); /* spin with interrupts off until the leader decides */
bool cpus_off(void);                  /* every other CPU but 0 is off; false: one is not */
bool cpus_all_off(void);              /* the same with CPU 0 */
/* On another CPU than 0, the others being off: CPU 0 takes over and this one turns itself off.
 * Returns if CPU 0 does not answer. */
void cpu_boot_leads(void);
void cpus_halt(void); /* there is no restart: CPUs in cpu_wait_for_end() halt */
