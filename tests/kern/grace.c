/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/grace.h on real CPUs: an object that a section has found is unchanged until the section
 * ends, and callbacks of unlinked objects run once, in order, afterwards.
 */
#include <kern/grace.h>
#include <lib/atomic.h>
#include <lib/init.h>
#include <lib/string.h>
#include <tests/harness/util.h>

#define HOLD_NS 3000000 /* duration of a section that is held open */
#define UNTIL_MS 700    /* duration of a round in which all CPUs look */
#define ROUNDS 60       /* objects replaced in a round */
#define LINGER 200      /* loops between two reads of one object ... */
#define LONGER 30000    /* ... and sometimes longer: interrupts are taken between them */
#define GOOD 0x600dul
#define GONE 0xdeadul

/* ---- the two kinds of section ---- */

static u64 read_begin(void)
{
	grace_read_enter();
	return 0;
}

static void read_end(u64 flags)
{
	(void)flags;
	grace_read_leave();
}

static const struct style {
	const char *name;
	u64 (*enter)(void);
	void (*leave)(u64);
} styles[] = {
	{ "read-section", read_begin, read_end },
	{ "interrupts-off", grace_irq_enter, grace_irq_leave },
};

/* ---- objects that are replaced under readers ---- */

static struct looked_at {
	u64 word;
} objects[2];

static struct {
	struct looked_at *published; /* atomic */
	const struct style *style;
	u32 stop;
	u64 looks[CPUS_MAX], wrong[CPUS_MAX]; /* atomic; each CPU stores to its own */
} shared NOINIT;

static void look(unsigned cpu, unsigned linger)
{
	u64 flags = shared.style->enter();
	/* acquire: the object's word after the pointer to it */
	const struct looked_at *o = atomic_load_acquire(&shared.published);
	bool wrong = atomic_load_relaxed(&o->word) != GOOD;

	for (volatile unsigned n = linger; n; n--)
		;
	wrong |= atomic_load_relaxed(&o->word) != GOOD;
	shared.style->leave(flags);
	atomic_store_relaxed(&shared.wrong[cpu], shared.wrong[cpu] + wrong);
	atomic_store_relaxed(&shared.looks[cpu], shared.looks[cpu] + 1);
}

static void grace_looker(void *arg)
{
	struct cpu_pause p = { 0 };

	(void)arg;
	for (u64 n = 1; !atomic_load_relaxed(&shared.stop); n++) {
		look(this_cpu()->nr, n % 16 ? LINGER : LONGER);
		if (!(n % 64))
			cpu_pause(&p);
		cpu_serve();
	}
}

static u64 summed(const u64 *of)
{
	u64 sum = 0;

	for (unsigned n = 0; n < CPUS_MAX; n++)
		sum += *(const volatile u64 *)&of[n];
	return sum;
}

/* Publish the other object, wait by `wait`, destroy the previous one. */
static void replace(void (*wait)(void))
{
	struct looked_at *old = shared.published, *new = &objects[old == objects];

	atomic_store_relaxed(&new->word, GOOD);
	atomic_store_release(&shared.published, new);
	wait();
	atomic_store_relaxed(&old->word, GONE);
}

static bool all_looked(cpumask_t others)
{
	for (unsigned n = 0; n < CPUS_MAX; n++)
		if (others & cpu_bit(n) && !*(const volatile u64 *)&shared.looks[n])
			return false;
	return true;
}

/* Returns the number of wrong reads; a twin ends after the first. */
static u64 replace_while_others_look(struct test_run *t, const struct style *style,
				     void (*wait)(void), bool twin)
{
	cpumask_t others = other_cpus();
	u64 rounds = 0, start = clock_ns(), wrong = 0;

	memset(&shared, 0, sizeof(shared));
	shared.style = style;
	shared.published = objects;
	objects[0].word = GOOD;
	cpu_post(others, grace_looker, NULL);
	/* A host may not run a CPU for long, so the time counts after each CPU has read. */
	while (!test_aborted() &&
	       (!all_looked(others) || clock_ns() - start < UNTIL_MS * 1000000ul)) {
		if (twin ? wrong != 0 : rounds >= ROUNDS && all_looked(others))
			break;
		replace(wait);
		wrong = summed(shared.wrong);
		rounds++;
	}
	atomic_store_relaxed(&shared.stop, 1);
	cpu_wait(others);
	test_key(t, "rounds=%lu", rounds);
	test_key(t, "looks=%lu", summed(shared.looks));
	test_key(t, "wrong=%lu", summed(shared.wrong));
	CHECK(t, rounds > 0 && summed(shared.looks) > 0);
	return summed(shared.wrong);
}

TEST(kern, grace_waits,
     .claim = "an object that a section found is unchanged until the section ends, on every CPU",
     .rows = "S3-20", .needs = NEED_SMP, .could = COULD_YES, .params = PARAMS_OF(styles))
{
	CHECK_EQ(t, replace_while_others_look(t, &styles[t->param_at], grace_wait, false), 0);
}

static void no_wait(void)
{
	cpu_serve();
}

TEST(kern, grace_waits_twin, .claim = "without the wait sections read destroyed objects",
     .rows = "S3-20", .needs = NEED_SMP, .could = COULD_YES, .params = PARAMS_OF(styles))
{
	if (!replace_while_others_look(t, &styles[t->param_at], no_wait, true))
		test_skip(t, "no read hit the race window");
}

TEST(kern, grace_sync_irqs,
     .claim = "a wait by interrupts alone lasts until sections with interrupts off end",
     .rows = "S3-20", .needs = NEED_SMP, .could = COULD_YES)
{
	CHECK_EQ(t, replace_while_others_look(t, &styles[1], grace_sync_irqs, false), 0);
}

/* ---- callbacks ---- */

#define HEADS 5

static struct note {
	struct grace_head head;
	u32 ran, place;
} notes[HEADS];
static u32 places;

static void log_callback(struct grace_head *h)
{
	struct note *n = container_of(h, struct note, head);

	n->ran++;
	n->place = ++places;
}

static void defer_notes(struct test_run *t)
{
	memset(notes, 0, sizeof(notes));
	places = 0;
	for (unsigned i = 0; i < HEADS; i++)
		CHECK(t, grace_defer(&notes[i].head, log_callback));
}

static void check_notes(struct test_run *t)
{
	for (unsigned i = 0; i < HEADS; i++) {
		CHECK_EQ(t, notes[i].ran, 1);
		CHECK_EQ(t, notes[i].place, i + 1);
	}
}

TEST(kern, grace_order,
     .claim = "callbacks run once each, in the order in which they were deferred", .rows = "S3-01")
{
	u64 before = grace_cookie();

	CHECK(t, !grace_elapsed(before));
	defer_notes(t);
	grace_barrier();
	check_notes(t);
	CHECK(t, grace_elapsed(before));
}

static struct {
	u32 inside, leave, left;
	u64 found; /* in objects[0], before the section ended */
} held_section;

static void hold_section(void *arg)
{
	(void)arg;
	grace_read_enter();
	grace_read_enter();
	grace_read_leave(); /* the outer one is still open */
	atomic_store_release(&held_section.inside, 1);
	await_word(&held_section.leave, 1, 0);
	held_section.found = atomic_load_relaxed(&objects[0].word);
	atomic_store_release(&held_section.left, 1);
	grace_read_leave();
}

static cpumask_t one_other(void)
{
	cpumask_t others = other_cpus();

	return others & -others;
}

static void post_holder(void (*holder)(void *))
{
	memset(&held_section, 0, sizeof(held_section));
	cpu_post(one_other(), holder, NULL);
	await_word(&held_section.inside, 1, 0);
}

TEST(kern, grace_holds,
     .claim = "no callback runs while a section is open that was open when it was deferred",
     .rows = "S3-06", .needs = NEED_SMP, .could = COULD_YES)
{
	u64 cookie;

	post_holder(hold_section);
	cookie = grace_cookie();
	defer_notes(t);
	grace_poll();      /* the period begins: every CPU gets a request ... */
	grace_sync_irqs(); /* ... and every CPU has taken the request, in a section or not */
	grace_poll();
	CHECK_EQ(t, places, 0);
	CHECK(t, !grace_elapsed(cookie));
	atomic_store_release(&held_section.leave, 1);
	grace_barrier();
	CHECK_EQ(t, atomic_load_acquire(&held_section.left), 1);
	CHECK(t, grace_elapsed(cookie));
	check_notes(t);
	cpu_wait(one_other());
}

TEST(kern, grace_sync_irqs_twin,
     .claim = "a wait by interrupts alone ends while a read section is open, which then reads a "
	      "destroyed object",
     .rows = "S3-20", .needs = NEED_SMP, .could = COULD_YES)
{
	objects[0].word = GOOD;
	post_holder(hold_section);
	grace_sync_irqs();
	CHECK_EQ(t, atomic_load_acquire(&held_section.left), 0);
	atomic_store_relaxed(&objects[0].word, GONE);
	atomic_store_release(&held_section.leave, 1);
	cpu_wait(one_other());
	CHECK_EQ(t, held_section.found, GONE);
}

static void hold_irqs(void *arg)
{
	u64 flags = grace_irq_enter();
	struct await w = { .most_ns = HOLD_NS, .deaf = true };

	(void)arg;
	atomic_store_release(&held_section.inside, 1);
	while (await_step(&w))
		;
	atomic_store_release(&held_section.left, 1);
	grace_irq_leave(flags);
}

TEST(kern, grace_holds_irqs, .claim = "both kinds of wait last until interrupts are on again",
     .rows = "S3-20", .needs = NEED_SMP, .could = COULD_YES)
{
	post_holder(hold_irqs);
	grace_sync_irqs();
	CHECK_EQ(t, atomic_load_acquire(&held_section.left), 1);
	cpu_wait(one_other());
	post_holder(hold_irqs);
	grace_wait();
	CHECK_EQ(t, atomic_load_acquire(&held_section.left), 1);
	cpu_wait(one_other());
}

/* ---- misuse ---- */

static void defer_again(struct grace_head *h)
{
	log_callback(h);
	if (container_of(h, struct note, head)->ran == 1)
		grace_defer(h, defer_again);
}

TEST(kern, grace_twice,
     .claim = "a head that is deferred already is refused, and its callback runs once",
     .rows = "S3-01")
{
	struct grace_stats before, after;

	memset(notes, 0, sizeof(notes));
	grace_stats_read(&before);
	CHECK(t, grace_defer(&notes[0].head, log_callback));
	CHECK(t, !grace_defer(&notes[0].head, defer_again));
	grace_barrier();
	CHECK_EQ(t, notes[0].ran, 1);
	CHECK(t, grace_defer(&notes[1].head, defer_again)); /* its callback may defer it again */
	grace_barrier();
	grace_barrier();
	CHECK_EQ(t, notes[1].ran, 2);
	grace_stats_read(&after);
	CHECK_EQ(t, after.refused - before.refused, 1);
	CHECK_EQ(t, after.deferred - before.deferred, after.ran - before.ran);
}

TEST(kern, grace_absent, .claim = "an offline CPU delays no period", .rows = "S3-20")
{
	u64 cookie = grace_cookie();

	if (cpus_online_nr() == cpus_nr) {
		test_skip(t, "every CPU is online; cpus=N leaves some out");
		return;
	}
	grace_wait();
	CHECK(t, grace_elapsed(cookie));
	grace_sync_irqs();
	test_key(t, "absent=%u", cpus_nr - cpus_online_nr());
}
