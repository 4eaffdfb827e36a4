// SPDX-License-Identifier: BSD-2-Clause
/*
 * kern/work.c - the one queue: many post, one takes.
 *
 * Posting pushes onto a stack with one compare-and-exchange; the consumer takes the whole stack at
 * once and turns it around, so works come out in the order of their exchanges.  There is no lock
 * that an interrupt could find held, and nothing to overflow.  While events are held, works of the
 * machine's devices are laid aside as they come out, and go first afterwards.
 */
#include <mm/hotplug/event_internal.h>
#include <kern/cpu.h>
#include <kern/trap.h>
#include <lib/assert.h>
#include <lib/atomic.h>
#include <lib/fail.h>

static struct event_work *posted;  /* atomic: newest first */
static struct event_work *taken;   /* the consumer's: oldest first */
static struct event_work *delayed; /* the consumer's: waiting for their time, in no order */
static struct event_work *aside;   /* the consumer's: waiting for the end of a test, oldest first */
static struct event_work **aside_end = &aside;
static bool held;
static u64 looked, ahead; /* event_clock() when it was looked at last; of clock_ns() */

void event_work_init(struct event_work *w, void (*fn)(struct event_work *))
{
	*w = (struct event_work) { .fn = fn, .machine = !held };
}

bool events_held(void)
{
	return held;
}

static bool has_to_wait(const struct event_work *w)
{
	return held && w->machine;
}

void events_hold(bool on)
{
	ASSERT_OP(this_cpu()->nr, ==, 0);
	held = on;
	if (on || !aside)
		return;
	*aside_end = taken;
	taken = aside;
	aside = NULL;
	aside_end = &aside;
}

static void lay_aside(struct event_work *w)
{
	w->next = NULL;
	*aside_end = w;
	aside_end = &w->next;
}

static bool claim(struct event_work *w)
{
	/* acquire: the consumer's last look at the work comes before anything the poster writes */
	return !atomic_exchange_acquire(&w->posted, 1);
}

static void push(struct event_work *w)
{
	w->next = atomic_load_relaxed(&posted);
	fail_here(FAIL_POST);
	/* release: what the poster wrote into the event is read after the pointer to it */
	while (!atomic_cas_release(&posted, &w->next, w))
		;
	if (this_cpu()->nr) /* here the interrupt that brought us ends the consumer's sleep */
		ipi_send(cpu_bit(0), IPI_WAKE);
}

bool event_work_post(struct event_work *w)
{
	if (!claim(w))
		return false;
	push(w);
	return true;
}

bool event_work_after(struct event_work *w, u64 ms)
{
	ASSERT_OP(this_cpu()->nr, ==, 0);
	if (!claim(w))
		return false;
	w->due = event_clock() + ms * 1000000;
	w->next = delayed;
	delayed = w;
	return true;
}

/* A machine that comes out of a snapshot may have its time set back, by as much as it lived since;
 * what waits for its time does not wait for that as well. */
u64 event_clock(void)
{
	u64 now = clock_ns() + ahead;

	if ((s64)(now - looked) < 0) {
		ahead += looked - now;
		now = looked;
	}
	looked = now;
	return now;
}

void event_time_passes(s64 ms)
{
	ahead += (u64)(ms * 1000000);
}

static bool one_is_due(void)
{
	u64 now = event_clock();

	for (const struct event_work *w = delayed; w; w = w->next)
		if (w->due <= now)
			return true;
	return false;
}

static void release_due(void)
{
	u64 now = event_clock();

	for (struct event_work **at = &delayed; *at;) {
		struct event_work *w = *at;

		if (w->due > now) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		push(w);
	}
}

static void take_all(void)
{
	/* acquire: pairs with the release of push() */
	struct event_work *w = atomic_exchange_acquire(&posted, NULL), *next;

	for (; w; w = next) {
		next = w->next;
		w->next = taken;
		taken = w;
	}
}

static struct event_work *pop(void)
{
	struct event_work *w;

	if (!taken)
		take_all();
	w = taken;
	if (w)
		taken = w->next;
	return w;
}

struct event_work *event_queue_next(void)
{
	struct event_work *w;

	release_due();
	while ((w = pop()) && has_to_wait(w))
		lay_aside(w); /* it stays posted */
	if (w)                /* release: who posts it again finds `next` free */
		atomic_store_release(&w->posted, 0);
	return w;
}

bool event_queue_empty(void)
{
	return !taken && !atomic_load_relaxed(&posted) && !one_is_due();
}
