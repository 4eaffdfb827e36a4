/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The letter's claims about who may change kernel tables, judged from the log of every store
 * (tests/harness/owners.h) while all actors are at work: S1-07, S1-08, S1-16, S1-17, S1-18.
 */
#include <lib/atomic.h>
#include <lib/string.h>
#include <mm/hotplug/movable.h>
#include <mm/vmalloc.h>
#include <mm/writer.h>
#include <tests/harness/owners.h>

#define CYCLES 3
#define MOST_ROUNDS 1000 /* of all other CPUs: their stores fit into the log */
#define PAGES 3

static struct {
	u32 stop;
	u64 rounds[CPUS_MAX];
} busy;

static u64 busy_rounds(void)
{
	u64 sum = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		sum += atomic_load_relaxed(&busy.rounds[c]);
	return sum;
}

static int count_leaf(const struct pt_slot *slot, void *arg)
{
	(void)slot;
	(*(u64 *)arg)++;
	return 0;
}

/* vmalloc, pages that hot-plug may move, and a walk of what is added, until told to stop. */
static void others_work(void *arg)
{
	unsigned cpu = this_cpu()->nr;
	const struct range *r = arg;
	struct movable page;
	u64 leaves;

	while (!atomic_load_acquire(&busy.stop)) {
		void *area;

		if (atomic_load_relaxed(&busy.rounds[cpu]) >= MOST_ROUNDS / cpus_online_nr()) {
			cpu_serve(); /* the log of stores has room for no more */
			continue;
		}
		area = vmalloc(PAGES, 0, "own");

		if (area)
			vfree(area, PAGES);
		if (!movable_alloc(&page, 0, "own", NULL))
			movable_free(&page);
		leaves = 0;
		hotplug_read_lock();
		hotplug_walk(linear_va(r->pa), r->len, PT_ON_LEAF, count_leaf, &leaves);
		hotplug_read_unlock();
		atomic_fetch_add_relaxed(&busy.rounds[cpu], 1);
	}
}

static void cycles(struct test_run *t, struct range *r)
{
	for (unsigned i = 0; i < CYCLES && !t->failed && !test_aborted(); i++)
		if (!range_up(t, r, i % 2 ? ZONE_NORMAL : ZONE_MOVABLE) || !range_down(t, r))
			return;
}

/* `work` on this CPU, everything else on the others. */
static void beside_others(struct test_run *t, struct range *r,
			  void (*work)(struct test_run *, struct range *))
{
	cpumask_t others = other_cpus();

	memset(&busy, 0, sizeof(busy));
	if (others) {
		cpu_post(others, others_work, r);
		await_work(busy_rounds);
	}
	work(t, r);
	atomic_store_release(&busy.stop, 1);
	if (others)
		cpu_wait(others);
}

TEST(own, entries,
     .claim = "no entry is changed by two actors, except by one while its memory is in use and by "
	      "hot-plug while it is not",
     .rows = "S1-03 S1-07 S1-08 S1-16", .could = COULD_TRACE, .needs = NEED_RANGE,
     .params = memmap_names)
{
	struct owners_seen s;
	struct range r;

	if (!owners_room(t) || !range_get(t, &r, 1, t->param))
		return;
	owners_begin();
	beside_others(t, &r, cycles);
	owners_end(&s);
	range_reset(&r);
	owners_judge(t, &s);
	CHECK_EQ(t, s.by_region[REGION_LINEAR], BIT(PT_WRITER_HOTPLUG));
	CHECK_EQ(t, s.by_region[REGION_VMEMMAP], BIT(PT_WRITER_HOTPLUG));
	CHECK(t, s.stores && s.locks);
	test_key(t, "stores=%u shared=%u walks=%u rounds=%lu", s.stores, s.shared, s.walks,
		 busy_rounds());
}

/* Adds alone: ends are made while the log is off, for theorem 1 is about hot-add. */
static void own_add(struct test_run *t, struct range *r)
{
	range_add(t, r);
}

static const struct {
	const char *name;
	int leaf;
} leaves_of[] = { { "large", -1 }, { "pages", 0 } };

TEST(own, theorem1, .claim = "what a hot-add stores, in large leaves or pages, no other actor does",
     .rows = "S1-16", .could = COULD_TRACE, .needs = NEED_RANGE, .params = PARAMS_OF(leaves_of))
{
	struct owners_seen s;
	struct range r;

	if (!owners_room(t) || !range_get(t, &r, 1, NULL))
		return;
	r.opts.leaf = leaves_of[t->param_at].leaf;
	owners_begin();
	beside_others(t, &r, own_add);
	owners_end(&s);
	range_reset(&r);
	owners_judge(t, &s);
	CHECK_EQ(t, s.by_region[REGION_LINEAR] | s.by_region[REGION_VMEMMAP],
		 BIT(PT_WRITER_HOTPLUG));
	CHECK_EQ(t, s.by_region[REGION_VMALLOC] & BIT(PT_WRITER_HOTPLUG), 0);
	test_key(t, "stores=%u shared=%u", s.stores, s.shared);
}

TEST(own, walkers,
     .claim = "each walk of a range that hot-plug changes holds the hotplug lock, the digest's too",
     .rows = "S0-13 S1-18", .could = COULD_TRACE, .needs = NEED_RANGE)
{
	struct owners_seen s;
	struct digest d;
	struct why why = { 0 };
	struct range r;

	if (!owners_room(t) || !range_get(t, &r, 1, NULL))
		return;
	owners_begin();
	beside_others(t, &r, cycles);
	digest_take(&d);
	digest_range(boot_ram(layout.block_bytes), layout.block_bytes);
	hotplug_read_lock();
	CHECK(t, !layout.disjoint || CHECK_OK(t, layout_check_sharing(&kpt, &why), &why));
	hotplug_read_unlock();
	owners_end(&s);
	range_reset(&r);
	owners_judge(t, &s);
	CHECK(t, s.walks >= REGION_NR);
	CHECK(t, s.locks >= s.walks);
	test_key(t, "walks=%u", s.walks);
}
