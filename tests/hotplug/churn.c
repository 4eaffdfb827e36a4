// SPDX-License-Identifier: BSD-2-Clause
/*
 * Pages are taken and given back by other CPUs while their block goes offline: what is freed into a
 * leaving block must not be handed out again, what is in use moves, and the counts balance.
 */
#include <lib/atomic.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/movable.h>
#include <tests/util.h>

#define HELD 16
#define ROUNDS 16
#define ENOUGH_NS 1500000000ull

static struct churn {
	struct movable page[HELD];
	bool held[HELD];
	struct rng rng;
	u64 done, wrong;
} churn[CPUS_MAX] NOINIT;
static u32 stop;
static unsigned node;

static u64 tag(unsigned cpu, unsigned i)
{
	return 0xc0de0000 + cpu * HELD + i;
}

static void turn(struct churn *c, unsigned cpu, unsigned i)
{
	volatile u64 *word;

	if (!c->held[i]) {
		if (movable_alloc(&c->page[i], node, "churn", NULL))
			return;
		word = va_ptr(c->page[i].va);
		word[5] = tag(cpu, i);
	} else {
		word = va_ptr(c->page[i].va);
		c->wrong += word[5] != tag(cpu, i);
		movable_free(&c->page[i]);
	}
	c->held[i] = !c->held[i];
	c->done++;
}

static void churn_here(void *arg)
{
	unsigned cpu = this_cpu()->nr;
	struct churn *c = &churn[cpu];

	(void)arg;
	while (!atomic_load_acquire(&stop)) {
		turn(c, cpu, (unsigned)rng_below(&c->rng, HELD));
		cpu_serve();
	}
	for (unsigned i = 0; i < HELD; i++)
		if (c->held[i])
			turn(c, cpu, i);
}

static u64 turns_of_all(void)
{
	u64 done = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		done += atomic_load_relaxed(&churn[c].done);
	return done;
}

static unsigned in_turn(struct test_run *t, const struct range *r)
{
	u64 start = clock_ns(), block = layout.block_bytes;
	struct why why = { 0 };
	unsigned i;

	for (i = 0; i < ROUNDS && (i < 2 || clock_ns() - start < ENOUGH_NS) && !test_aborted();
	     i++) {
		paddr_t pa = r->pa + (i & 1) * block;

		if (!CHECK_OK(t, hotplug_offline(pa, block, NULL, &why), &why))
			break;
		CHECK_OK(t, hotplug_online(pa, block, ZONE_MOVABLE, NULL, &why), &why);
	}
	return i;
}

TEST(hotplug, offline_churn,
     .claim = "blocks go offline in turn while other CPUs take and give back their pages",
     .rows = "S2-33 S1-08", .needs = NEED_RANGE | NEED_SMP)
{
	cpumask_t others = cpus_online() & ~cpu_bit(this_cpu()->nr);
	u64 done = 0, wrong = 0, managed;
	struct why why = { 0 };
	unsigned rounds;
	struct range r;

	if (!range_get(t, &r, 2, "block") || !range_up(t, &r, ZONE_MOVABLE))
		return;
	managed = buddy_free_pages(r.node, ZONE_MOVABLE);
	memset(churn, 0, sizeof(churn));
	for (unsigned c = 0; c < CPUS_MAX; c++)
		churn[c].rng.state = rng_next(&t->rng);
	node = r.node;
	stop = 0;
	cpu_post(others, churn_here, NULL);
	await_work(turns_of_all);
	rounds = in_turn(t, &r);
	atomic_store_release(&stop, 1);
	cpu_wait(others);
	for (unsigned c = 0; c < CPUS_MAX; c++) {
		done += churn[c].done;
		wrong += churn[c].wrong;
	}
	CHECK_EQ(t, wrong, 0);
	CHECK(t, done > 0 && rounds > 0);
	CHECK_EQ(t, buddy_free_pages(r.node, ZONE_MOVABLE), managed);
	CHECK_OK(t, buddy_check(&why), &why);
	test_key(t, "rounds=%u turns=%llu", rounds, (unsigned long long)done);
	range_down(t, &r);
	range_reset(&r);
}
