/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S0-50: every CPU allocates and frees areas of random sizes in the kernel's own tree, while one
 * adds and removes a block.  Each page has its owner's word at both ends.  Freed frames are
 * poisoned (poison=), so a store through a stale translation is noticed when the frame is allocated
 * again, and a load through one reads the poison.
 *
 * It tests vfree()'s invalidations and each scheme's lock, not which tables a scheme frees: struct
 * pages of boot memory keep every shared table of this tree in use, so `unsafe` would pass.
 * race.vmalloc_schemes and race.vmalloc_twin test that in a tree whose shared table can become
 * empty.
 *
 * rounds=N continues until N areas were allocated.
 */
#include <kern/probe.h>
#include <lib/atomic.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/util.h>

#define AREAS 8         /* of a CPU at one time */
#define AREA_PAGES 24   /* at most */
#define LARGE_ONE_IN 64 /* allocations by larger leaves */
#define ALL_NS 250000000
#define LAZY_PAGES 64
#define PEEKS 16   /* loads of one address, on average */
#define PEEK_AT 64 /* offset in its page, which no CPU writes: 0 until the frame is free */

struct area {
	u64 *p; /* NULL: none; atomic, because other CPUs read it */
	u64 pages, word;
};

static struct {
	struct area area[CPUS_MAX][AREAS];
	struct rng rng[CPUS_MAX];
	struct range r;
	u64 rounds, end_ns;
	u64 nr_given, wrong, stale, cycles; /* atomic but for the last */
	bool over;                          /* atomic */
} all NOINIT;

static u64 *last_word(const struct area *a, u64 page)
{
	return a->p + (page + 1) * (page_size() / 8) - 1;
}

/* A fault counts as a wrong word; neither stops the machine. */
static bool holds(const u64 *at, u64 word)
{
	u64 value;

	return !probe_load64(ptr_va(at), &value) && value == word;
}

static void expect_words(const struct area *a, u64 first, u64 last)
{
	u64 wrong = 0;

	for (u64 i = 0; i < a->pages; i++)
		wrong += !holds(a->p + i * (page_size() / 8), first ? first + i : 0) +
			 !holds(last_word(a, i), last ? last + i : 0);
	if (wrong)
		atomic_fetch_add_relaxed(&all.wrong, wrong);
}

static void area_alloc(struct area *a, struct rng *rng, unsigned cpu)
{
	bool large = !rng_below(rng, LARGE_ONE_IN);
	u64 *p;

	a->pages = 1 + rng_below(rng, 1 + rng_below(rng, AREA_PAGES)); /* small ones more often */
	p = large ? vmalloc_large(a->pages, this_cpu()->node, "all")
		  : vmalloc(a->pages, this_cpu()->node, "all");
	if (!p)
		return;
	atomic_store_relaxed(&a->p, p);
	a->word = (u64)(cpu + 1) << 56 | atomic_fetch_add_relaxed(&all.nr_given, 1) << 8;
	expect_words(a, 0, 0);
	for (u64 i = 0; i < a->pages; i++) {
		a->p[i * (page_size() / 8)] = a->word + i;
		*last_word(a, i) = ~a->word + i;
	}
}

/* Load a word of any CPU's area, perhaps freed meanwhile: it faults or is zero.  The load returns
 * poison only through a translation that outlived its invalidation. */
static void peek(struct rng *rng, const u64 **at)
{
	const struct area *a = &all.area[rng_below(rng, cpus_nr)][rng_below(rng, AREAS)];
	u64 *p = atomic_load_relaxed(&a->p), value;

	if (!rng_below(rng, PEEKS) && p)
		*at = p;
	if (*at && !probe_load64(ptr_va(*at) + PEEK_AT, &value) && value == BUDDY_POISON)
		atomic_fetch_add_relaxed(&all.stale, 1);
}

static void area_free(struct area *a)
{
	u64 *p = a->p;

	expect_words(a, a->word, ~a->word);
	atomic_store_relaxed(&a->p, NULL);
	vfree(p, a->pages);
}

static void allocates(unsigned cpu)
{
	struct rng *rng = &all.rng[cpu];
	const u64 *at = NULL;

	while (!atomic_load_relaxed(&all.over)) {
		struct area *a = &all.area[cpu][rng_below(rng, AREAS)];

		if (a->p)
			area_free(a);
		else
			area_alloc(a, rng, cpu);
		peek(rng, &at);
		cpu_serve();
	}
	for (unsigned i = 0; i < AREAS; i++)
		if (all.area[cpu][i].p)
			area_free(&all.area[cpu][i]);
}

static bool enough(void)
{
	u64 nr_given = atomic_load_relaxed(&all.nr_given);

	if (test_aborted())
		return true;
	if (!all.cycles || !nr_given)
		return false;
	return all.rounds ? nr_given >= all.rounds : clock_ns() > all.end_ns;
}

static void adds_and_removes(void)
{
	struct range *r = &all.r;

	while (!enough())
		if (!hotplug_add(r->pa, r->len, r->node, &r->opts, NULL, NULL) &&
		    !hotplug_remove(r->pa, r->len, &r->opts, NULL, NULL))
			all.cycles++;
	atomic_store_relaxed(&all.over, true);
}

static void all_part(void *arg)
{
	(void)arg;
	if (this_cpu()->nr)
		allocates(this_cpu()->nr);
	else
		adds_and_removes();
}

/* Run with the scheme in force. */
static void all_run(struct test_run *t)
{
	for (unsigned c = 0; c < CPUS_MAX; c++) {
		all.rng[c].state = rng_next(&t->rng);
		memset(all.area[c], 0, sizeof(all.area[c]));
	}
	all.rounds = arg_given(&boot_args, ARG_ROUNDS) ? arg_number(&boot_args, ARG_ROUNDS) : 0;
	all.nr_given = all.wrong = all.stale = all.cycles = 0;
	all.over = false;
	all.end_ns = clock_ns() + ALL_NS;
	cpu_run(cpus_online(), all_part, NULL);
	vmalloc_purge();
	CHECK_EQ(t, all.wrong, 0);
	CHECK_EQ(t, all.stale, 0);
	test_could(t, buddy_poison);
	CHECK(t, all.nr_given > 0);
	CHECK(t, all.cycles > 0);
	test_key(t, "areas=%lu cycles=%lu", all.nr_given, all.cycles);
}

/* The safe schemes, and the first of them with deferred invalidations. */
static const char *const in_force[] = { "floor-ceiling", "overlap-flag", "lock-all", "hotplug-read",
					"keep",          "disjoint",     "lazy",     NULL };

TEST(race, vmalloc_all,
     .claim = "under each scheme no CPU reads or writes an area of vmalloc() after vfree(), while "
	      "a block is added and removed",
     .rows = "S0-50", .needs = NEED_RANGE | NEED_SMP, .params = in_force, .timeout_s = 900,
     .could = COULD_YES)
{
	bool lazy = !strcmp(t->param, "lazy");
	const struct vmalloc_scheme *before = vmalloc_selected(),
				    *s = vmalloc_scheme_find(lazy ? in_force[0] : t->param, NULL);
	u64 max = vmalloc_lazy_max;
	char reason[80] = "";

	if (!CHECK(t, s != NULL) || !range_get(t, &all.r, 1, "host"))
		return;
	if (!vmalloc_scheme_usable(s, reason, sizeof(reason))) {
		test_skip(t, "%s", reason);
		return;
	}
	all.r.opts.leaf = 0; /* so that tables are made and freed */
	vmalloc_select(s);
	vmalloc_lazy_max = lazy ? LAZY_PAGES : max;
	all_run(t);
	vmalloc_lazy_max = max;
	range_reset(&all.r);
	kept_tables_free();
	vmalloc_select(before);
}
