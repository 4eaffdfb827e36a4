/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/vmalloc_meter.c - see tests/bench/vmalloc_meter.h. */
#include <kern/cpu.h>
#include <kern/trap.h>
#include <lib/atomic.h>
#include <lib/init.h>
#include <mm/memmap/memmap.h>
#include <mm/page/buddy.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/bench/vmalloc_meter.h>
#include <tests/harness/util.h>

/* ---- a copy of the scheme that measures holds of its lock ---- */

struct hold {
	unsigned depth;
	u64 since, longest;
};

static struct {
	const struct vmalloc_scheme *of;
	struct vmalloc_scheme metered;
	struct hold by_vmalloc[CPUS_MAX], by_removal;
} watch NOINIT;

static void hold_begin(struct hold *h)
{
	if (!h->depth++)
		h->since = cost_now();
}

static void hold_end(struct hold *h)
{
	u64 now = cost_now();

	if (!--h->depth && now - h->since > h->longest)
		h->longest = now - h->since;
}

static void metered_enter(void)
{
	watch.of->enter();
	hold_begin(&watch.by_vmalloc[this_cpu()->nr]);
}

static void metered_leave(void)
{
	hold_end(&watch.by_vmalloc[this_cpu()->nr]);
	watch.of->leave();
}

static void metered_remove_enter(void)
{
	watch.of->remove_enter();
	hold_begin(&watch.by_removal);
}

static void metered_remove_leave(void)
{
	hold_end(&watch.by_removal);
	watch.of->remove_leave();
}

static void watch_begin(const struct vmalloc_scheme *s)
{
	watch.of = s;
	watch.metered = *s;
	watch.by_removal = (struct hold) { 0 };
	for (unsigned c = 0; c < CPUS_MAX; c++)
		watch.by_vmalloc[c] = (struct hold) { 0 };
	if (s->enter) {
		watch.metered.enter = metered_enter;
		watch.metered.leave = metered_leave;
	}
	if (s->remove_enter) {
		watch.metered.remove_enter = metered_remove_enter;
		watch.metered.remove_leave = metered_remove_leave;
	}
}

static u64 longest_by_vmalloc(void)
{
	u64 longest = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		longest = max_u64(longest, watch.by_vmalloc[c].longest);
	return longest;
}

/* ---- CPUs that allocate, and one that removes ---- */

static struct {
	const struct vmalloc_place *place;
	struct hotplug_opts opts;
	u64 start, budget, cost, cycles;
	u64 areas; /* atomic */
	bool over; /* atomic */
	int err;
	struct why why;
} work NOINIT;

static void allocate_one(void)
{
	void *p = vmalloc(1, this_cpu()->node, "meter");

	if (!p)
		return;
	vfree(p, 1);
	atomic_fetch_add_relaxed(&work.areas, 1);
}

static bool budget_is_spent(void)
{
	return cost_now() - work.start >= work.budget;
}

/* The lock of a scheme with .first is the hotplug lock, which the whole removal holds. */
static void remove_first_block(void)
{
	const struct vmalloc_place *at = work.place;

	work.err = hotplug_add(at->pa, layout.block_bytes, at->node, &work.opts, NULL, &work.why);
	if (work.err)
		return;
	if (watch.of->first)
		hold_begin(&watch.by_removal);
	work.err = hotplug_remove(at->pa, layout.block_bytes, &work.opts, NULL, &work.why);
	if (watch.of->first)
		hold_end(&watch.by_removal);
	work.cycles += !work.err;
}

static void meter_boot_cpu(void)
{
	work.start = cost_now();
	do {
		if (work.place)
			remove_first_block();
		else
			allocate_one();
		cpu_serve();
	} while (!work.err && !budget_is_spent());
	work.cost = cost_now() - work.start;
	atomic_store_release(&work.over, true);
}

static void meter_part(void *arg)
{
	(void)arg;
	if (!this_cpu()->nr) {
		meter_boot_cpu();
		return;
	}
	while (!atomic_load_acquire(&work.over)) {
		allocate_one();
		cpu_serve();
	}
}

static void opts_of_pages(struct hotplug_opts *o)
{
	hotplug_opts_default(o);
	o->memmap = memmap_scheme_find("host", NULL);
	o->leaf = 0; /* so that tables are made and freed */
}

/* Run under `s`: the scheme or its metered copy. */
static int run_once(const struct vmalloc_scheme *s, cpumask_t set)
{
	work.areas = work.cycles = 0;
	work.over = false;
	work.err = 0;
	vmalloc_select(s);
	cpu_run(set, meter_part, NULL);
	kept_tables_free();
	return work.err;
}

int vmalloc_meter_run(const struct vmalloc_scheme *s, unsigned cpus,
		      const struct vmalloc_place *place, u64 budget, struct vmalloc_meter *m,
		      struct why *why)
{
	const struct vmalloc_scheme *before = vmalloc_selected();
	cpumask_t set = cpus_first(cpus);
	int err;

	if (!set || (place && cpus < 2))
		return refuse(why, EINVAL, "%u CPUs are too few", cpus_online_nr());
	work.place = place;
	work.budget = budget;
	work.why = (struct why) { 0 };
	opts_of_pages(&work.opts);
	watch_begin(s);
	err = run_once(s, set);
	*m = (struct vmalloc_meter) { .areas = work.areas,
				      .cost = work.cost,
				      .cycles = work.cycles };
	if (!err && s->enter) {
		err = run_once(&watch.metered, set);
		m->held = longest_by_vmalloc();
		m->held_by_removal = watch.by_removal.longest;
	}
	vmalloc_select(before);
	if (err && why)
		*why = work.why;
	return err;
}

int vmalloc_meter_tables(const struct vmalloc_scheme *s, const struct vmalloc_place *place,
			 u64 *left, struct why *why)
{
	const struct vmalloc_scheme *before = vmalloc_selected();
	struct hotplug_opts opts;
	u64 tables = table_pages();
	int err = 0;

	opts_of_pages(&opts);
	vmalloc_select(s);
	for (u64 i = 0; !err && i < place->blocks; i++) {
		paddr_t pa = place->pa + i * layout.block_bytes;

		err = hotplug_add(pa, layout.block_bytes, place->node, &opts, NULL, why);
		if (!err)
			err = hotplug_remove(pa, layout.block_bytes, &opts, NULL, why);
	}
	*left = table_pages() - tables;
	kept_tables_free();
	vmalloc_select(before);
	return err;
}
