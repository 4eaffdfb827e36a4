/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/grace.h - read sections without a lock, and grace periods that wait for their end.
 *
 * A CPU walks a structure that others change under it.  The CPU that unhooks an object may free it
 * only when no CPU can still hold a pointer to it.  Two ways to be such a walker, two ways to wait:
 *
 *                                  grace_wait(), grace_defer()     grace_sync_irqs()
 *   read section                   waited for                      NOT waited for
 *   interrupts off                 waited for                      waited for
 *
 * THE RULE FOR WALKERS: pointers are loaded and used inside one section, and not used after its
 * end.  A read section nests, may be interrupted, and may wait for locks and calls (cpu_serve()
 * answers inside it, and reports that this CPU reads).  A section with interrupts off does not
 * wait: a CPU that serves calls answers for it.
 *
 * THE RULE FOR CHANGERS: unhook, then wait or defer, then reuse.  Stores before grace_wait(),
 * grace_defer() or grace_sync_irqs() are visible to every section that these do not wait for.
 *
 * A QUIESCENT STATE is a moment in which a CPU is in no section (ENGINE 5.4).  A GRACE PERIOD
 * requests one from every CPU by IPI_GRACE.  A CPU outside a section answers at once; inside one it
 * answers at the end of the outermost.  A CPU that was never online, or is parked, gets no request.
 *
 * ORDER.  A section begins and ends with one store to a line of this CPU's own, without a barrier:
 * the only code that must see them in order is an interrupt of the same CPU.  Between CPUs these
 * order: unhook before the request (the fence before `waits`, release of the IPI's bit), the
 * request before the loads of later sections (acquire where a CPU clears its bit in `waits`, or the
 * fence after its answer), loads of earlier sections before the answer (release), the answer before
 * the reuse (acquire of `waits`).  Sources: Arm ARM B2.3.9 (ordered before), D1.4.6 "Asynchronous
 * exception types" (an interrupt is taken between two instructions); RISC-V unprivileged 17.1 (PPO
 * 5 to 7), privileged 3.1.9.
 *
 * CALLBACKS run one after the other, in the order in which they were deferred, each once, on a CPU
 * that calls grace_poll() or waits here, with interrupts on and no lock held, outside sections.
 * Nothing is allocated: the head is a member of the object.  The boot CPU polls at the prompt,
 * between tests and wherever it waits for events (mm/hotplug/event.h).
 */
#pragma once
#include <lib/types.h>

/* In the object that waits; 16 bytes, as a list node has.  Zeroed, or returned by a callback. */
struct grace_head {
	struct grace_head *next; /* atomic; NULL: not deferred */
	void (*fn)(struct grace_head *);
};

/* A read section.  Any context; calls nest. */
void grace_read_enter(void);
void grace_read_leave(void);
bool grace_reading(void); /* is this CPU inside one? */

/* The other kind of section: interrupts off until the outermost leave.  The caller passes `flags`
 * from one to the other. */
u64 grace_irq_enter(void);
void grace_irq_leave(u64 flags);

/*
 * Run fn(head) once every section that is open now has ended.  Any context, any lock held.  False:
 * the head is deferred already, nothing changed, and fn runs for the earlier call alone.  When fn
 * begins the head is no longer deferred: fn may free the object, or defer the head again.
 */
bool grace_defer(struct grace_head *, void (*fn)(struct grace_head *));

/* ---- interrupts on, no lock held, outside sections and callbacks (asserted) ---- */

/* Begin or end a period if that is due, and run callbacks whose period is over.  Does not wait. */
void grace_poll(void);
/* Return when every section that was open has ended. */
void grace_wait(void);
/* Return when every callback that was deferred before has returned. */
void grace_barrier(void);
/* Return when every CPU has taken an interrupt: sections with interrupts off have ended, read
 * sections have not. */
void grace_sync_irqs(void);

/* A period that has not begun yet, and: has it ended?  For assertions about an unhooked object; a
 * period begins only if something is deferred or waits. */
u64 grace_cookie(void);
bool grace_elapsed(u64 cookie);

struct grace_stats {
	u64 deferred, ran; /* callbacks */
	u64 refused;       /* heads that were deferred already */
	u64 periods;       /* that have ended */
	u64 most;          /* callbacks of one period */
	u64 syncs;         /* grace_sync_irqs() */
};
void grace_stats_read(struct grace_stats *);

/* The object of a wait, for schedules (lib/fail.h, FAIL_AWAIT). */
struct grace_await {
	u64 what;             /* the object of FAIL_UNLOCK when a section ends */
	cpumask_t unanswered; /* CPUs that have not taken the interrupt */
	cpumask_t reading;    /* CPUs that have, and are inside a read section */
};
