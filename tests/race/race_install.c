/* SPDX-License-Identifier: BSD-2-Clause */
/* S0-05, S0-17, S4-02: operations at the same time on several CPUs. */
#include <lib/atomic.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/util.h>

static struct {
	vaddr_t va[CPUS_MAX];
	paddr_t pa[CPUS_MAX];
	int err[CPUS_MAX];
	u32 ready, go;
} race;

/* All CPUs map their own page below one absent table, as simultaneously as possible. */
static void map_one(void *arg)
{
	unsigned cpu = this_cpu()->nr;

	(void)arg;
	atomic_add_fetch_acq_rel(&race.ready, 1);
	while (atomic_load_acquire(&race.ready) < cpus_online_nr())
		cpu_serve();
	race.err[cpu] = vmalloc_map(race.va[cpu], &race.pa[cpu], 1, PT_R | PT_W | PT_GLOBAL);
}

#define ROUNDS 64

static void map_together(vaddr_t base)
{
	race.ready = 0;
	for (unsigned c = 0; c < cpus_nr; c++)
		race.va[c] = base + c * page_size();
	cpu_run(cpus_online(), map_one, NULL);
}

/* Every CPU's leaf exists, in one table that was absent before. */
static u64 install_one_round(struct test_run *t, vaddr_t base)
{
	u64 tables = table_pages(), wrong = 0;

	map_together(base);
	CHECK(t, table_pages() - tables <= kpt.fmt->levels - 1u);
	for (unsigned c = 0; c < cpus_nr; c++)
		if (cpus_online() & cpu_bit(c))
			wrong += race.err[c] || pt_translate(&kpt, race.va[c]) != race.pa[c];
	for (unsigned c = 0; c < cpus_nr; c++)
		if (!race.err[c] && (cpus_online() & cpu_bit(c)))
			vmalloc_unmap(race.va[c], 1);
	return wrong;
}

TEST(race, pt_install,
     .claim = "CPUs that need the same absent table install one; no leaf is lost, no table leaks",
     .rows = "S0-05 S1-10 S1-11 S1-14", .needs = NEED_SMP)
{
	u64 span = pt_span(kpt.fmt, 1), rounds = layout.r[REGION_VMALLOC].len / span / 2, wrong = 0;
	u64 pages, tables;
	vaddr_t all, base;

	rounds = min_u64(rounds, ROUNDS);
	pages = (rounds + 1) * span / page_size();
	all = vmalloc_va_alloc(pages);
	base = align_up(all, span);
	if (!CHECK(t, all != 0))
		return;
	for (unsigned c = 0; c < cpus_nr; c++)
		race.pa[c] = page_pa(page_alloc_any(0, ZONE_NORMAL, 0, "pt_install"));
	install_one_round(t, base); /* makes the tables above */
	tables_free_empty(base, span);
	tables = table_pages();
	for (unsigned i = 0; i < rounds && !wrong && !test_aborted(); i++)
		wrong = install_one_round(t, base + i * span);
	CHECK_EQ(t, wrong, 0);
	tables_free_empty(base, rounds * span);
	CHECK(t, table_pages() <= tables);
	for (unsigned c = 0; c < cpus_nr; c++)
		page_free(pa_page(race.pa[c]), 0);
	vmalloc_va_free(all, pages);
}

static struct {
	struct range r;
	u32 stop, most;
	int done[CPUS_MAX];
} removers;

static void race_cycle(void *arg)
{
	unsigned cpu = this_cpu()->nr;
	struct range *r = arg;

	for (int i = 0; i < 8; i++) {
		if (!hotplug_add(r->pa, layout.block_bytes, r->node, &r->opts, NULL, NULL) &&
		    !hotplug_remove(r->pa, layout.block_bytes, &r->opts, NULL, NULL))
			removers.done[cpu]++;
		cpu_serve();
	}
}

static void teardown_watch(const struct pt_event *e)
{
	u32 n = hotplug_in_teardown();

	(void)e;
	if (n > removers.most)
		removers.most = n;
}

static const struct pt_tap watch_tap = { .name = "test.teardown", .after = teardown_watch };
PT_TAP(test_teardown, watch_tap);

TEST(race, exclusive,
     .claim = "removals on several CPUs are serialised: never two are in teardown, and nothing is "
	      "lost",
     .rows = "S0-17 X-01", .identity = true, .needs = NEED_RANGE | NEED_SMP)
{
	u32 done = 0;

	if (!range_get(t, &removers.r, 1, "block"))
		return;
	removers.most = 0;
	for (int c = 0; c < CPUS_MAX; c++)
		removers.done[c] = 0;
	pt_tap_enable("test.teardown", true);
	cpu_run(cpus_online(), race_cycle, &removers.r);
	pt_tap_enable("test.teardown", false);
	range_reset(&removers.r);
	for (int c = 0; c < CPUS_MAX; c++)
		done += (u32)removers.done[c];
	CHECK(t, done > 0);
	CHECK_EQ(t, removers.most, 1);
}
