// SPDX-License-Identifier: BSD-2-Clause
/*
 * Pages that move while other CPUs look at them seldom.
 *
 * A CPU that looks all the time meets the window of a page that moves, waits in the fault handler,
 * and leaves it with an order that the copy did not have.  One that looks seldom finds the new leaf
 * and walks to the new frame with nothing in between: what it reads there is what has arrived of
 * the copy (Arm ARM, B2.3 and D8.2; RISC-V unprivileged manual, "RVWMO": stores of one CPU to two
 * places may be seen in either order without a barrier).  Nothing here orders the lookers either.
 */
#include <lib/atomic.h>
#include <lib/hash.h>
#include <lib/string.h>
#include <mm/movable.h>
#include <tests/util.h>

#define PAGES 24
#define MOVES 3000    /* at most */
#define WHILE_MS 2000 /* a remote fence may wait until each CPU of a busy host has had its turn */
#define PAUSE 1024    /* at most so many rounds of nothing between two looks */

static struct movable page[PAGES] NOINIT;
static struct {
	u32 stop;
	u64 looks[CPUS_MAX], wrong[CPUS_MAX];
	u64 wrote[CPUS_MAX][PAGES]; /* by each CPU into its word of each page */
} look NOINIT;

static volatile u64 *word(unsigned i, unsigned cpu)
{
	return (volatile u64 *)va_ptr(page[i].va) + cpu;
}

static void look_seldom(void *arg)
{
	unsigned cpu = this_cpu()->nr;
	struct rng rng = { .state = hash_u64(*(const u64 *)arg, cpu) };

	while (!atomic_load_relaxed(&look.stop)) {
		unsigned i = (unsigned)rng_below(&rng, PAGES);

		for (volatile u64 n = rng_below(&rng, PAUSE); n; n--)
			; /* PAUSE of RISC-V is encoded as a fence */
		look.wrong[cpu] += *word(i, cpu) != look.wrote[cpu][i];
		*word(i, cpu) = ++look.wrote[cpu][i];
		look.looks[cpu]++;
	}
}

static bool take_pages(struct test_run *t, const struct range *r)
{
	struct why why = { 0 };

	for (unsigned i = 0; i < PAGES; i++) {
		if (!CHECK_OK(t, movable_alloc(&page[i], r->node, "seldom", &why), &why)) {
			while (i--)
				movable_free(&page[i]);
			return false;
		}
		memset(va_ptr(page[i].va), 0, page_size());
	}
	return true;
}

static u64 move_pages(struct test_run *t, cpumask_t others)
{
	u64 seed = t->rng.state, moves = 0, end = clock_ns() + WHILE_MS * 1000000ull;
	struct why why = { 0 };

	memset(&look, 0, sizeof(look));
	cpu_post(others, look_seldom, &seed);
	while (moves < MOVES && clock_ns() < end && !test_aborted() &&
	       CHECK_OK(t, movable_move(&page[rng_below(&t->rng, PAGES)], &why), &why))
		moves++;
	atomic_store_release(&look.stop, 1);
	cpu_wait(others);
	return moves;
}

TEST(race, seldom_moved,
     .claim = "a page that moved holds what each CPU wrote, also for one that looks seldom",
     .rows = "S2-33", .needs = NEED_RANGE | NEED_SMP | NEED_MEMORY_ORDER)
{
	cpumask_t others = cpus_online() & ~cpu_bit(this_cpu()->nr);
	u64 moves, wrong = 0, lost = 0, idle = 0;
	struct range r;

	if (!range_get(t, &r, 1, "block") || !range_up(t, &r, ZONE_MOVABLE) || !take_pages(t, &r))
		return;
	moves = move_pages(t, others);
	test_key(t, "moves=%lu", moves);
	for (unsigned c = 0; c < CPUS_MAX; c++) {
		if (!(others & cpu_bit(c)))
			continue;
		wrong += look.wrong[c];
		idle += !look.looks[c];
		for (unsigned i = 0; i < PAGES; i++)
			lost += *word(i, c) != look.wrote[c][i];
	}
	test_key(t, "looks=%lu", look.looks[cpus_nr - 1]);
	CHECK(t, moves > 0);
	CHECK_EQ(t, wrong, 0);
	CHECK_EQ(t, lost, 0);
	CHECK_EQ(t, idle, 0);
	for (unsigned i = 0; i < PAGES; i++)
		movable_free(&page[i]);
	range_down(t, &r);
	range_reset(&r);
}
