/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-06: CPUs use the other pages of a leaf all the time while it is split and joined.  No value is
 * wrong.  If the manuals require no break, no CPU ever faults; otherwise each fault is within a
 * published window and is retried.
 */
#include <lib/atomic.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/live/break_window.h>
#include <tests/direct/direct.h>

#define ROUNDS 200
#define ENOUGH_NS 400000000ul
#define LOOKS 64

static struct {
	struct direct d;
	struct page *own[CPUS_MAX]; /* each CPU stores to a page of its own */
	struct page *look[LOOKS];   /* pages that all CPUs read; NULL: in `own` or `look` already */
	u64 was[LOOKS];
	u32 stop;
	u64 rounds[CPUS_MAX], wrong[CPUS_MAX], faults[CPUS_MAX];
} load NOINIT;

/* Addresses spread over the leaf, in the upper half of a page of the test, which no CPU writes. */
static volatile u64 *read_place(unsigned i)
{
	u64 pages = load.d.whole_len >> page_shift(), at = i * (pages - 1) / (LOOKS - 1);
	vaddr_t va = load.d.whole + (at << page_shift());

	return va == load.d.va ? NULL : va_ptr(va + 2048);
}

/* The last value that this CPU stored must still be there. */
static void direct_hammer(void *arg)
{
	unsigned cpu = this_cpu()->nr;
	volatile u64 *word = page_ptr(load.own[cpu]);
	u64 faults, last = 0;

	(void)arg;
	/* Order earlier walks: one that failed before the block was added must not cause a fault
	 * below. */
	pt_visible_here(&kpt, load.d.whole, load.d.whole_len);
	faults = this_cpu()->faults_retried;
	*word = 0;
	while (!atomic_load_relaxed(&load.stop)) {
		load.wrong[cpu] += *word != last;
		*word = ++last;
		for (unsigned i = 0; i < LOOKS; i++)
			if (read_place(i))
				load.wrong[cpu] += *read_place(i) != load.was[i];
		atomic_store_relaxed(&load.rounds[cpu], load.rounds[cpu] + 1);
	}
	load.faults[cpu] = this_cpu()->faults_retried - faults;
}

static u64 rounds_done(void)
{
	u64 rounds = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		rounds += atomic_load_relaxed(&load.rounds[c]);
	return rounds;
}

static bool has_page(const struct page *p)
{
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (load.own[c] == p)
			return true;
	for (unsigned i = 0; i < LOOKS; i++)
		if (load.look[i] == p)
			return true;
	return false;
}

/* Allocate every page that the CPUs read.  False: one of them has another owner. */
static bool take_read_pages(void)
{
	bool all = true;

	for (unsigned i = 0; i < LOOKS; i++) {
		const volatile u64 *at = read_place(i);
		const struct page *p = at ? pa_page(linear_pa((u64)(uintptr_t)at)) : NULL;

		if (!p || has_page(p))
			continue;
		load.look[i] = page_alloc_in(page_to_pfn(p), page_to_pfn(p) + 1, "look");
		all = all && load.look[i];
	}
	return all;
}

static void readers_end(struct test_run *t)
{
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (load.own[c])
			page_free(load.own[c], 0);
	for (unsigned i = 0; i < LOOKS; i++)
		if (load.look[i])
			page_free(load.look[i], 0);
	direct_put(t, &load.d);
}

static bool readers_begin(struct test_run *t)
{
	pfn_t first;

	memset(&load, 0, sizeof(load));
	if (!direct_get(t, &load.d))
		return false;
	first = linear_pa(load.d.whole) >> page_shift();
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (cpus_online() & cpu_bit(c))
			load.own[c] = page_alloc_in(
				first, first + (load.d.whole_len >> page_shift()), "hammer");
	if (!CHECK(t, take_read_pages())) {
		readers_end(t);
		return false;
	}
	for (unsigned i = 0; i < LOOKS; i++)
		if (read_place(i))
			load.was[i] = *read_place(i);
	return true;
}

static bool all_have_pages(struct test_run *t)
{
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (cpus_online() & cpu_bit(c) && !load.own[c]) {
			test_skip(t, "fewer pages in a run than CPUs");
			return false;
		}
	return true;
}

static unsigned split_and_join(struct test_run *t)
{
	u64 start = clock_ns();
	struct why why = { 0 };
	unsigned n;

	for (n = 0; n < ROUNDS && (!n || clock_ns() - start < ENOUGH_NS) && !test_aborted(); n++) {
		enum direct_rights to = n & 1 ? DIRECT_NONE : DIRECT_READ;

		if (!CHECK_OK(t, set_direct(load.d.page, to, &why), &why) ||
		    !CHECK_OK(t, set_direct(load.d.page, DIRECT_DEFAULT, &why), &why))
			break;
	}
	return n;
}

static void readers_check(struct test_run *t, unsigned n, u64 waited)
{
	u64 wrong = 0, faults = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++) {
		wrong += load.wrong[c];
		faults += load.faults[c];
	}
	CHECK_EQ(t, wrong, 0);
	CHECK(t, n > 0 && rounds_done() > 0);
	if (!direct_owes_break(&load.d))
		CHECK_EQ(t, waited + faults, 0);
	test_key(t, "splits=%u rounds=%lu waited=%lu retried=%lu break=%s", n, rounds_done(),
		 waited, faults, direct_owes_break(&load.d) ? "owed" : "no");
}

TEST(direct, readers,
     .claim = "CPUs use the rest of a leaf while it is split and joined: no value is wrong, and no "
	      "fault occurs without a break",
     .rows = "S1-06", .needs = NEED_RANGE | NEED_SMP, .params = direct_split_shapes,
     .could = COULD_YES)
{
	cpumask_t others = other_cpus();
	u64 waited = break_window_faults();
	unsigned n;

	if (!readers_begin(t))
		return;
	if (all_have_pages(t)) {
		cpu_post(others, direct_hammer, NULL);
		await_work(rounds_done);
		n = split_and_join(t);
		atomic_store_release(&load.stop, 1);
		cpu_wait(others);
		readers_check(t, n, break_window_faults() - waited);
	}
	readers_end(t);
}

/* ---- the window itself: a CPU is held in it until another has faulted there ---- */

static struct {
	u64 faults; /* before */
	u32 held, met;
} moment;

/* Called after a break's invalidation: the entry is invalid for every CPU. */
static bool hold_in_window(struct pt_event *e)
{
	struct await w = { .most_ns = HANG_NS };
	struct pt_slot slot;

	if (e->kind != PT_EV_CTX || moment.held || pt_lookup(&kpt, load.d.va, &slot) == PT_LEAF)
		return true;
	moment.held = 1;
	while (break_window_faults() == moment.faults && await_step(&w))
		;
	moment.met = break_window_faults() != moment.faults;
	return true;
}

static const struct pt_tap moment_tap = { .name = "test.moment", .before = hold_in_window };
PT_TAP(test_moment, moment_tap);

TEST(direct, window,
     .claim = "a CPU that faults in a window waits there, and reads the right value afterwards",
     .rows = "S1-06", .needs = NEED_RANGE | NEED_SMP, .params = direct_split_shapes,
     .could = COULD_YES)
{
	cpumask_t others = other_cpus();
	struct why why = { 0 };

	if (!readers_begin(t))
		return;
	if (!direct_owes_break(&load.d)) {
		test_skip(t, "these CPUs change the shape of such a leaf without a break");
	} else if (all_have_pages(t)) {
		cpu_post(others, direct_hammer, NULL);
		await_work(rounds_done);
		moment = (__typeof__(moment)) { .faults = break_window_faults() };
		pt_tap_enable("test.moment", true);
		CHECK_OK(t, set_direct(load.d.page, DIRECT_READ, &why), &why);
		pt_tap_enable("test.moment", false);
		CHECK_OK(t, set_direct(load.d.page, DIRECT_DEFAULT, &why), &why);
		atomic_store_release(&load.stop, 1);
		cpu_wait(others);
		CHECK_EQ(t, moment.held, 1);
		CHECK_EQ(t, moment.met, 1);
		readers_check(t, 1, break_window_faults() - moment.faults);
	}
	readers_end(t);
}
