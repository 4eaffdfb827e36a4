/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/kern/handed.c - memory that is passed from CPU to CPU, with plain accesses on both sides:
 * only the primitive that passes it orders them.  The values that a section read are checked after
 * the section, so that a load that is performed after its end is noticed too.
 */
#include <arch/arch.h>
#include <kern/grace.h>
#include <kern/lock.h>
#include <kern/work.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <mm/hotplug/event.h>
#include <tests/harness/util.h>

#define WORDS 6
#define GONE 0xdeadul

/* Words on lines of their own, all with one value between two owners. */
struct parcel {
	struct {
		u64 value;
	} __attribute__((aligned(64))) word[WORDS];
};

struct contents {
	u64 value[WORDS];
};

static u64 wrong; /* atomic */

static void parcel_fill(struct parcel *p, u64 value)
{
	for (unsigned i = 0; i < WORDS; i++)
		atomic_store_relaxed(&p->word[i].value, value);
}

static inline struct contents parcel_read(const struct parcel *p)
{
	struct contents c;

#pragma GCC unroll 8
	for (unsigned i = 0; i < WORDS; i++)
		c.value[i] = atomic_load_relaxed(&p->word[i].value);
	return c;
}

static inline void check_contents(const struct contents *c, u64 wanted)
{
	bool bad = false;

#pragma GCC unroll 8
	for (unsigned i = 0; i < WORDS; i++)
		bad |= c->value[i] != wanted;
	if (bad)
		atomic_fetch_add_relaxed(&wrong, 1);
}

/* ---- to a worker and back ---- */

#define POSTS 300
static struct parcel sent[2];
static struct parcel answered[CPUS_MAX] NOINIT; /* each is filled before it is read */

static void work_on(u64 round)
{
	struct contents c = parcel_read(&sent[round % 2]);

	check_contents(&c, round);
	parcel_fill(&answered[this_cpu()->nr], round);
}

static void work_even(void *arg)
{
	work_on((u64)(uintptr_t)arg);
}

static void work_odd(void *arg)
{
	work_on((u64)(uintptr_t)arg);
	atomic_fetch_add_relaxed(&wrong, (u64)(uintptr_t)arg % 2 == 0);
}

TEST(kern, handed_posts,
     .claim = "a worker observes the stores before its work was posted, and its caller observes "
	      "the answer",
     .needs = NEED_SMP | NEED_MEMORY_ORDER)
{
	wrong = 0;
	for (u64 i = 1; i <= order_rounds(POSTS) && !test_aborted(); i++) {
		parcel_fill(&sent[i % 2], i);
		cpu_post(other_cpus(), i % 2 ? work_odd : work_even, (void *)(uintptr_t)i);
		for (unsigned n = 0; n < CPUS_MAX; n++)
			if (other_cpus() & cpu_bit(n)) {
				struct contents c;

				cpu_wait(cpu_bit(n));
				c = parcel_read(&answered[n]);
				check_contents(&c, i);
			}
	}
	CHECK_EQ(t, wrong, 0);
}

/* ---- to a called CPU and back ---- */

static u32 over; /* atomic */

#define LOOKS 4096

/* With interrupts off a call is found by polling, not by an interrupt.  Now and then an interrupt
 * is taken, because a CPU that takes none is reported (hang=). */
static void poll_for_calls(void *arg)
{
	(void)arg;
	while (!atomic_load_relaxed(&over) && !test_aborted()) {
		u64 flags = arch_irq_save();

		for (unsigned i = 0; i < LOOKS && !atomic_load_relaxed(&over); i++)
			cpu_serve();
		arch_irq_restore(flags);
	}
}

TEST(kern, handed_calls,
     .claim = "a called function observes the earlier stores of the caller, and the caller "
	      "observes the answer",
     .needs = NEED_SMP | NEED_MEMORY_ORDER)
{
	wrong = over = 0;
	cpu_post(other_cpus(), poll_for_calls, NULL);
	for (u64 i = 1; i <= order_rounds(POSTS) && !test_aborted(); i++) {
		parcel_fill(&sent[i % 2], i);
		ipi_call(other_cpus(), i % 2 ? work_odd : work_even, (void *)(uintptr_t)i);
		for (unsigned n = 0; n < CPUS_MAX; n++)
			if (other_cpus() & cpu_bit(n)) {
				struct contents c = parcel_read(&answered[n]);

				check_contents(&c, i);
			}
	}
	atomic_store_relaxed(&over, 1);
	cpu_wait(other_cpus());
	CHECK_EQ(t, wrong, 0);
}

/* ---- under a reader/writer lock ---- */

#define ROUNDS 1500
RWLOCK(shared, LOCK_HOTPLUG, "test handed");
static struct parcel under;
static u64 written; /* under the lock */
static u64 entered; /* atomic: by write_trylock() */

static void read_under(void)
{
	struct contents c;

	read_lock(&shared);
	c = parcel_read(&under);
	read_unlock(&shared);
	check_contents(&c, c.value[0]);
}

static void write_under(void)
{
	struct contents c = parcel_read(&under);

	check_contents(&c, written);
	written++;
	parcel_fill(&under, written);
	write_unlock(&shared);
	atomic_fetch_add_relaxed(&entered, 1);
}

static void try_rounds(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < ROUNDS && !test_aborted(); i++) {
		if ((i + this_cpu()->nr) % 4)
			read_under();
		else if (write_trylock(&shared))
			write_under();
	}
}

static void lock_rounds(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < ROUNDS && !test_aborted(); i++) {
		if ((i + this_cpu()->nr) % 8) {
			read_under();
		} else {
			write_lock(&shared);
			write_under();
		}
	}
}

static void rounds_of(struct test_run *t, void (*rounds)(void *))
{
	wrong = written = entered = 0;
	parcel_fill(&under, 0);
	cpu_run(cpus_online(), rounds, NULL);
	CHECK_EQ(t, wrong, 0);
	CHECK_EQ(t, written, entered);
	CHECK(t, entered > 0);
	test_key(t, "writes=%lu", entered);
}

TEST(kern, handed_tried,
     .claim = "a writer that gets the lock by a trylock is alone, and observes the stores of the "
	      "last writer",
     .rows = "S1-04", .needs = NEED_SMP | NEED_MEMORY_ORDER)
{
	rounds_of(t, try_rounds);
}

TEST(kern, handed_read,
     .claim = "loads of a reader under the lock are performed before the next writer's stores",
     .rows = "S1-04", .needs = NEED_SMP | NEED_MEMORY_ORDER)
{
	rounds_of(t, lock_rounds);
}

/* ---- to the consumer of works ---- */

static struct handed_work {
	struct work work;
	struct parcel parcel;
	u64 nr, seen;
} works[CPUS_MAX] NOINIT;
static u32 posters; /* atomic */

static void consume_parcel(struct work *w)
{
	struct handed_work *h = container_of(w, struct handed_work, work);
	struct contents c = parcel_read(&h->parcel);

	check_contents(&c, h->nr);
	atomic_store_release(&h->seen, h->nr);
}

static void post_rounds(void *arg)
{
	struct handed_work *h = &works[this_cpu()->nr];

	(void)arg;
	for (u64 i = 1; i <= order_rounds(POSTS) && !test_aborted(); i++) {
		struct cpu_pause p = { 0 };

		parcel_fill(&h->parcel, i);
		h->nr = i;
		if (!work_post(&h->work))
			atomic_fetch_add_relaxed(&wrong, 1);
		for (; atomic_load_acquire(&h->seen) != i && !test_aborted(); cpu_pause(&p))
			cpu_serve();
	}
	atomic_fetch_sub_relaxed(&posters, 1);
}

TEST(kern, handed_works, .claim = "a work observes the stores before it was posted",
     .needs = NEED_SMP | NEED_MEMORY_ORDER)
{
	struct cpu_pause p = { 0 };

	wrong = 0;
	memset(works, 0, sizeof(works));
	for (unsigned n = 0; n < CPUS_MAX; n++)
		works[n].work.fn = consume_parcel;
	posters = cpus_in(other_cpus());
	cpu_post(other_cpus(), post_rounds, NULL);
	for (; atomic_load_relaxed(&posters) && !test_aborted(); cpu_pause(&p))
		event_run();
	cpu_wait(other_cpus());
	CHECK_EQ(t, wrong, 0);
}

/* ---- after a grace period ---- */

#define PERIODS 60
static struct parcel objects[2][2];
static struct parcel *found[2]; /* atomic: by sections, by sections with interrupts off */

static void check_section(const struct contents *c)
{
	check_contents(c, c->value[0]);
	if (c->value[0] == GONE)
		atomic_fetch_add_relaxed(&wrong, 1);
}

static void read_sections(void *arg)
{
	(void)arg;
	while (!atomic_load_relaxed(&over) && !test_aborted()) {
		struct contents c;
		u64 flags;

		grace_read_enter();
		c = parcel_read(atomic_load_relaxed(&found[0]));
		grace_read_leave();
		check_section(&c);
		flags = grace_irq_enter();
		c = parcel_read(atomic_load_relaxed(&found[1]));
		grace_irq_leave(flags);
		check_section(&c);
	}
}

TEST(kern, handed_grace,
     .claim = "no section after a grace period reads an object that was unlinked before it",
     .needs = NEED_SMP | NEED_MEMORY_ORDER)
{
	wrong = over = 0;
	for (unsigned k = 0; k < 2; k++) {
		parcel_fill(&objects[k][0], 0);
		found[k] = &objects[k][0];
	}
	cpu_post(other_cpus(), read_sections, NULL);
	for (u64 i = 1; i <= PERIODS && !test_aborted(); i++)
		for (unsigned k = 0; k < 2; k++) {
			struct parcel *old = found[k];

			parcel_fill(&objects[k][i % 2], i);
			atomic_store_release(&found[k], &objects[k][i % 2]);
			if (k)
				grace_sync_irqs();
			else
				grace_wait();
			parcel_fill(old, GONE);
		}
	atomic_store_relaxed(&over, 1);
	cpu_wait(other_cpus());
	CHECK_EQ(t, wrong, 0);
}
