/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/trap.h - exceptions and interrupts as arch/ARCH delivers them; crash reports; time.
 *
 * Order in kern_fault(): a fault that a test expects (trap_expected), a probe's fixup, then a
 * published window (break_window_fault), then the lazily valid entry (spurious), then a window
 * published meanwhile, else the crash report: registers, cause, symbolised backtraces of all CPUs,
 * end line, power off if the run was unattended.
 */
#pragma once
#include <kern/cpu.h>
#include <lib/assert.h>
#include <lib/types.h>

struct trap_frame;

enum trap_kind { /* positive: also what arch_probe_* return */
		 TRAP_NONE,
		 TRAP_TRANSLATION, /* no valid entry */
		 TRAP_PERMISSION,
		 TRAP_ACCESS_FLAG,
		 TRAP_EXTERNAL, /* the bus reported an error */
		 TRAP_ALIGNMENT,
		 TRAP_UNDEFINED,
		 TRAP_BREAKPOINT,
		 TRAP_ASYNC, /* SError */
		 TRAP_OTHER,
		 TRAP_CALL, /* of the kernel: SVC */
};

struct trap_info {
	enum trap_kind kind;
	bool write, fetch, has_va, overflow; /* overflow: on the overflow stack, sp was bad */
	vaddr_t va;
	u64 raw;           /* ESR or scause */
	const char *cause; /* decoded: "data abort, translation fault level 2" */
};

const char *trap_kind_name(int kind);

/* An entry of a table can cause this fault; a TLB conflict abort is not such a fault. */
static inline bool trap_of_entry(int kind)
{
	return kind == TRAP_TRANSLATION || kind == TRAP_PERMISSION || kind == TRAP_ACCESS_FLAG;
}

/* True: resume (the frame may have been redirected).  Does not return otherwise.  Interrupts are
 * off; the frame is valid until the return. */
bool kern_fault(struct trap_frame *, const struct trap_info *);

/* Around the service of each interrupt, whatever its kind, and of a tick that is polled: code that
 * it interrupts must not be taken for its cause, and it must not sleep. */
static inline void irq_enter(void)
{
	this_cpu()->irq_depth++;
}

static inline void irq_exit(void)
{
	this_cpu()->irq_depth--;
}

void kern_irq(void);  /* one or more interrupts are pending: calls the interrupt driver */
void kern_tick(void); /* from the timer interrupt of this CPU, already re-armed by the caller */

/* Tests: called at the entry and before the return of every exception and interrupt, interrupts
 * off. NULL: off, which costs a load and a branch. */
extern void (*trap_watch)(bool leaving);

/* Tests that run code of others (tests/litmus/file.c): called first for each exception that is no
 * interrupt.  True: the exception was expected, and the frame has the address to continue at. NULL:
 * off. */
extern bool (*trap_expected)(struct trap_frame *, const struct trap_info *);

static inline void trap_watched(bool leaving)
{
	void (*watch)(bool) = *(void (*volatile *)(bool)) & trap_watch;

	if (watch)
		watch(leaving);
}

/* ---- crash (kern/crash.c) ---- */
/* Set by the runner: called once in a crash, prints verdict and end line. */
extern void (*crash_hook)(const char *reason);
void backtrace_here(void);
void backtrace_all(void); /* this CPU, then the others by IPI, waiting at most `hang=` */
/* "symbol+0x1c" into buf; hex when unknown.  Symbols are in the image (kern/symbols.c). */
const char *symbol_text(u64 pc, char *buf, size_t size);

/* ---- time and watchdog ---- */
#define TICK_HZ 50
u64 clock_ns(void);        /* since clock_init() */
void clock_init(void);     /* boot CPU, once */
void clock_cpu_init(void); /* this CPU: program the first tick */
bool clock_ticks_arrive(
	void);      /* boot CPU, after that: false = no tick arrives, so no CPU may sleep */
u64 cost_now(void); /* instructions of this CPU if they can be counted, else ns */
const char *cost_unit(void); /* "instructions" or "ns" */
/* Watchdog: report CPUs whose tick is older than hang= (checked by every other CPU's tick). */
void watchdog_check(void);
void watchdog_enable(bool);
/*
 * For waits that would otherwise never end, after each cpu_pause(): true after more than ten times
 * hang=, if the watchdog is armed.  Ten, because the CPU that is waited for may itself wait for a
 * slow console.  The wait begins anew if some CPU has called watchdog_touch() meanwhile.
 */
struct cpu_pause; /* kern/cpu.h */
bool watchdog_expired(struct cpu_pause *);
/* After each part of work that takes long while others wait for this CPU, and that has an end. */
void watchdog_touch(void);
/* Called by the boot CPU in watchdog_touch(), outside interrupts; the caller may hold the hotplug
 * lock.  NULL: nothing. */
extern void (*progress_hook)(void);
u64 watchdog_hang_ms(void); /* hang=, or 10 s under an emulator and 3 s on hardware */
