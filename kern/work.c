/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/work.c - the queue of deferred work: many producers, one consumer; see work.h.
 *
 * Posting pushes onto a stack with one compare-and-exchange; the consumer takes the whole stack at
 * once and reverses it, so works run in the order of their exchanges.  There is no lock that an
 * interrupt could find held, and nothing to overflow.  While works are held, those of the machine's
 * devices are moved to a list aside, and run first afterwards.
 */
#include <kern/cpu.h>
#include <kern/trap.h>
#include <kern/work.h>
#include <lib/assert.h>
#include <lib/atomic.h>
#include <lib/fail.h>

static struct work *posted;  /* atomic: newest first */
static struct work *taken;   /* the consumer's: oldest first */
static struct work *delayed; /* the consumer's: waiting for their time, in no order */
static struct work *aside;   /* the consumer's: waiting for the end of a test, oldest first */
static struct work **aside_end = &aside;
static bool held;
static u64 looked, ahead; /* last value of work_clock(); its offset to clock_ns() */

void work_init(struct work *w, void (*fn)(struct work *))
{
	*w = (struct work) { .fn = fn, .machine = !held };
}

bool work_held(void)
{
	return held;
}

static bool is_held(const struct work *w)
{
	return held && w->machine;
}

void work_hold(bool on)
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

static void defer_work(struct work *w)
{
	w->next = NULL;
	*aside_end = w;
	aside_end = &w->next;
}

/*
 * Unshown (acquire aq): later, `next`, `due` and the data of the work are only stored, and nothing
 * that its consumer stored is loaded: MODEL.md control.
 */
static bool work_claim(struct work *w)
{
	/* acquire: the consumer's last access to the work precedes the producer's */
	return !atomic_exchange_acquire(&w->posted, 1);
}

/*
 * Unshown (acquire aq): MODEL.md acquire-unneeded.
 * Unshown (r-before): MODEL.md fence-release.
 */
static void push(struct work *w)
{
	w->next = atomic_load_relaxed(&posted);
	fail_here(FAIL_POST);
	/* release: the producer's writes are visible before the pointer to the work */
	while (!atomic_cas_release(&posted, &w->next, w))
		;
	if (this_cpu()->nr) /* on CPU 0 the posting interrupt ends the consumer's sleep */
		ipi_wake(cpu_bit(0));
}

bool work_post(struct work *w)
{
	if (!work_claim(w))
		return false;
	push(w);
	return true;
}

bool work_post_after(struct work *w, u64 ms)
{
	ASSERT_OP(this_cpu()->nr, ==, 0);
	if (!work_claim(w))
		return false;
	w->due = work_clock() + ms * 1000000;
	w->next = delayed;
	delayed = w;
	return true;
}

/* Resuming from a snapshot may set the machine's time back; delayed works must not wait for the
 * lost time again. */
u64 work_clock(void)
{
	u64 now = clock_ns() + ahead;

	if ((s64)(now - looked) < 0) {
		ahead += looked - now;
		now = looked;
	}
	looked = now;
	return now;
}

void work_time_passes(s64 ms)
{
	ahead += (u64)(ms * 1000000);
}

static bool delayed_is_due(void)
{
	u64 now = work_clock();

	for (const struct work *w = delayed; w; w = w->next)
		if (w->due <= now)
			return true;
	return false;
}

/* Queue delayed works that are due, as if they were posted now. */
static void release_due(void)
{
	u64 now = work_clock();

	for (struct work **at = &delayed; *at;) {
		struct work *w = *at;

		if (w->due > now) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		push(w);
	}
}

/* Unshown (acquire aq): MODEL.md address. */
static void take_all(void)
{
	/* acquire: pairs with the release of push() */
	struct work *w = atomic_exchange_acquire(&posted, NULL), *next;

	for (; w; w = next) {
		next = w->next;
		w->next = taken;
		taken = w;
	}
}

static struct work *pop(void)
{
	struct work *w;

	if (!taken)
		take_all();
	w = taken;
	if (w)
		taken = w->next;
	return w;
}

/*
 * Unshown (release): only the load of `next` is before it, and its value is stored to `taken`
 * earlier: MODEL.md late-used.
 * Unshown (fence): only the load of `next` is before it, and the machine performs a load before an
 * instruction that uses its value.
 */
struct work *work_next(void)
{
	struct work *w;

	release_due();
	while ((w = pop()) && is_held(w))
		defer_work(w); /* `posted` stays set */
	if (w)                 /* release: the next producer finds `next` free */
		atomic_store_release(&w->posted, 0);
	return w;
}

bool work_due(void)
{
	return taken || atomic_load_relaxed(&posted) || delayed_is_due();
}

u64 work_run(u64 most)
{
	struct work *w;
	u64 ran = 0;

	ASSERT_OP(this_cpu()->nr, ==, 0);
	for (; ran < most && (w = work_next()); ran++)
		w->fn(w);
	return ran;
}
