/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Other CPUs allocate and free pages while their block is taken offline: a page freed into the
 * block must not be allocated again, used pages are migrated, and the counts balance.
 */
#include <lib/atomic.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/hotplug/movable.h>
#include <tests/harness/util.h>

#define HELD 16
#define ROUNDS 16
#define APART 512
#define ENOUGH_NS 1000000000ul

/* Operations of a CPU between two pauses: spin locks are unfair, and an offline needs them. */
#define TURNS 32

static struct churn {
	struct movable page[HELD];
	bool held[HELD];
	struct rng rng;
	u64 done, wrong;
} churn[CPUS_MAX] NOINIT;
static struct movable apart[APART] NOINIT;
static u32 stop;
static unsigned node;
static u64 managed;

static u64 tag(unsigned cpu, unsigned i)
{
	return 0xc0de0000 + cpu * HELD + i;
}

static void alloc_or_free(struct churn *c, unsigned cpu, unsigned i)
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
	atomic_store_relaxed(&c->done, c->done + 1);
}

static void churn_here(void *arg)
{
	unsigned cpu = this_cpu()->nr;
	struct churn *c = &churn[cpu];
	struct cpu_pause pause = { 0 };

	(void)arg;
	for (u64 turns = 1; !atomic_load_acquire(&stop); turns++) {
		alloc_or_free(c, cpu, (unsigned)rng_below(&c->rng, HELD));
		cpu_serve();
		if (turns % TURNS == 0)
			cpu_pause(&pause);
	}
	for (unsigned i = 0; i < HELD; i++)
		if (c->held[i])
			alloc_or_free(c, cpu, i);
}

static u64 turns_of_all(void)
{
	u64 done = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		done += atomic_load_relaxed(&churn[c].done);
	return done;
}

static unsigned offline_in_turn(struct test_run *t, const struct range *r)
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

/* Use every second page of a run: each free page between them is a chunk of its own, and the
 * undo handles them in many steps. */
static unsigned scatter(struct test_run *t, pfn_t lo)
{
	struct why why = { 0 };
	unsigned n = 0;

	while (n < APART &&
	       CHECK_OK(t, movable_alloc_in(&apart[n], lo, lo + block_pages(), "churn", &why),
			&why))
		n++;
	for (unsigned i = 1; i < n; i += 2)
		movable_free(&apart[i]);
	return n;
}

/* After an undo no page may be isolated any more. */
static u64 count_isolated(pfn_t lo, pfn_t end)
{
	u64 n = 0;

	for (pfn_t pfn = lo; pfn < end; pfn++)
		n += page_state(pfn_to_page(pfn)) == PAGE_ISOLATED;
	return n;
}

/* A pinned page makes every offline fail and be undone; pages are freed on both sides of it. */
static unsigned count_undone(struct test_run *t, const struct range *r)
{
	pfn_t lo = r->pa >> page_shift();
	struct why why = { 0 };
	u64 start = clock_ns();
	unsigned i;

	movable_pin(&apart[0]);
	for (i = 0; (i < 2 || clock_ns() - start < ENOUGH_NS) && !t->failed && !test_aborted();
	     i++) {
		CHECK_REFUSED(t, hotplug_offline(r->pa, layout.block_bytes, NULL, &why), EBUSY,
			      &why);
		CHECK_EQ(t, count_isolated(lo, lo + block_pages()), 0);
	}
	movable_unpin(&apart[0]);
	return i;
}

static bool churn_begin(struct test_run *t, struct range *r)
{
	if (!range_get(t, r, 2, "block") || !range_up(t, r, ZONE_MOVABLE))
		return false;
	node = r->node;
	managed = buddy_free_pages(node, ZONE_MOVABLE);
	memset(churn, 0, sizeof(churn));
	for (unsigned c = 0; c < CPUS_MAX; c++)
		churn[c].rng.state = rng_next(&t->rng);
	return true;
}

/* Run `fn` while the other CPUs allocate and free. */
static void under_churn(struct test_run *t, const struct range *r,
			unsigned (*rounds_of)(struct test_run *, const struct range *))
{
	cpumask_t others = other_cpus();
	u64 done = 0, wrong = 0;
	unsigned rounds;

	stop = 0;
	cpu_post(others, churn_here, NULL);
	await_work(turns_of_all);
	rounds = rounds_of(t, r);
	atomic_store_release(&stop, 1);
	cpu_wait(others);
	for (unsigned c = 0; c < CPUS_MAX; c++) {
		done += churn[c].done;
		wrong += churn[c].wrong;
	}
	CHECK_EQ(t, wrong, 0);
	CHECK(t, done > 0 && rounds > 0);
	test_key(t, "rounds=%u turns=%lu", rounds, done);
}

static void churn_end(struct test_run *t, struct range *r)
{
	struct why why = { 0 };

	CHECK_EQ(t, buddy_free_pages(node, ZONE_MOVABLE), managed);
	CHECK_OK(t, buddy_check(&why), &why);
	range_down(t, r);
	range_reset(r);
}

TEST(hotplug, offline_churn,
     .claim = "blocks are offlined in turn while other CPUs allocate and free their pages",
     .rows = "S2-33 S1-08", .needs = NEED_RANGE | NEED_SMP)
{
	struct range r;

	if (!churn_begin(t, &r))
		return;
	under_churn(t, &r, offline_in_turn);
	churn_end(t, &r);
}

TEST(hotplug, undo_churn,
     .claim = "an offline that is undone loses no page that other CPUs free meanwhile",
     .rows = "S2-33 S1-08 V-03", .needs = NEED_RANGE | NEED_SMP)
{
	struct range r;
	unsigned n;

	if (!churn_begin(t, &r))
		return;
	n = scatter(t, r.pa >> page_shift());
	if (n)
		under_churn(t, &r, count_undone);
	for (unsigned i = 0; i < n; i += 2)
		movable_free(&apart[i]);
	churn_end(t, &r);
}
