/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages that are migrated while other CPUs rarely read them, each at a word of its own.  A store to
 * a page just migrated may also be lost, if a store of the copy becomes visible later.
 */
#include <lib/string.h>
#include <mm/hotplug/movable.h>
#include <tests/race/seldom.h>

#define PAGES 24
#define PAUSE 1024

static struct movable page[PAGES] NOINIT;
static u64 wrote[CPUS_MAX][PAGES] NOINIT; /* the last value of each CPU's word in each page */

static volatile u64 *word(unsigned i, unsigned cpu)
{
	return (volatile u64 *)va_ptr(page[i].va) + cpu;
}

static enum sight moved_look(struct rng *rng)
{
	unsigned cpu = this_cpu()->nr, i = (unsigned)rng_below(rng, PAGES);
	bool right = *word(i, cpu) == wrote[cpu][i];

	*word(i, cpu) = ++wrote[cpu][i];
	return right ? SIGHT_RIGHT : SIGHT_WRONG;
}

static bool move_one(struct test_run *t)
{
	struct why why = { 0 };

	return CHECK_OK(t, movable_move(&page[rng_below(&t->rng, PAGES)], &why), &why);
}

static bool take_pages(struct test_run *t, const struct range *r)
{
	struct why why = { 0 };

	memset(wrote, 0, sizeof(wrote));
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

TEST(race, seldom_moved,
     .claim = "a migrated page has the stores of each CPU, also for a CPU that reads seldom",
     .rows = "S1-10", .needs = NEED_RANGE | NEED_SMP | NEED_MEMORY_ORDER)
{
	static const struct seldom moved = { moved_look, move_one, PAUSE };
	u64 lost = 0;
	struct range r;

	if (!range_get(t, &r, 1, "block") || !range_up(t, &r, ZONE_MOVABLE) || !take_pages(t, &r))
		return;
	seldom_run(t, &moved);
	for (unsigned c = 0; c < CPUS_MAX; c++)
		for (unsigned i = 0; i < PAGES; i++)
			lost += *word(i, c) != wrote[c][i];
	CHECK_EQ(t, lost, 0);
	for (unsigned i = 0; i < PAGES; i++)
		movable_free(&page[i]);
	range_down(t, &r);
	range_reset(&r);
}
