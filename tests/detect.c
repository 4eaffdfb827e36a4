// SPDX-License-Identifier: BSD-2-Clause
/*
 * tests/detect.c - who notices a mistake in a removal.
 *
 *   probe   every CPU loads addresses of the range that it had loaded before: they must fault
 *   order   recorded events: a barrier, an invalidation that covers all that was cleared on every
 *           CPU, its completion, and only then a free; contents before the pointer to a table
 *
 * `order` knows what is owed from the stores it saw, not from the gather that asks for it.
 */
#include <lib/init.h>
#include <lib/string.h>
#include <tests/bug.h>

static struct probes probes NOINIT;

/* ---- order ---- */
static struct {
	vaddr_t lo, hi; /* leaves cleared since the last complete invalidation */
	bool leaves, tables;
	bool synced, issued;
	vaddr_t published;
	u8 published_level;
	u32 alarms;
} seen;

static bool owing(void)
{
	return seen.leaves || seen.tables || seen.issued;
}

static void saw_set(const struct pt_event *e)
{
	seen.synced = false;
	if (e->duty & PT_DUTY_PUBLISH &&
	    (seen.published != e->va || seen.published_level != e->level))
		seen.alarms++;
	if (e->duty & PT_DUTY_TLBI_WALK)
		seen.tables = true;
	if (!(e->duty & PT_DUTY_TLBI))
		return;
	seen.lo = seen.leaves ? min_u64(seen.lo, e->va) : e->va;
	seen.hi = seen.leaves ? max_u64(seen.hi, e->va + e->len) : e->va + e->len;
	seen.leaves = true;
}

/* Everything, or all that was cleared; on all CPUs that could have walked it. */
static bool covers(const struct pt_event *e)
{
	cpumask_t all = e->pt->walked & cpus_online();

	if (seen.tables && !e->walk)
		return false;
	if ((e->cpus & all) != all)
		return false;
	return !seen.leaves || !e->len || (e->va <= seen.lo && e->va + e->len >= seen.hi);
}

static void saw_tlbi(const struct pt_event *e)
{
	seen.alarms += !seen.synced;
	if (!covers(e)) {
		seen.alarms++;
		return;
	}
	seen.leaves = seen.tables = false;
	seen.issued = true;
}

static void order_after(const struct pt_event *e)
{
	if (e->kind == PT_EV_SET)
		saw_set(e);
	if (e->kind == PT_EV_PUBLISH) {
		seen.published = e->va;
		seen.published_level = e->level;
	}
	if (e->kind == PT_EV_SYNC)
		seen.synced = true;
	if (e->kind == PT_EV_TLBI)
		saw_tlbi(e);
	if (e->kind == PT_EV_WAIT)
		seen.issued = false;
	if (e->kind == PT_EV_PAGE_FREE && owing())
		seen.alarms++;
}

static const struct pt_tap order_tap = { .name = "test.order", .after = order_after };
PT_TAP(test_order, order_tap);

/* ---- the detectors ---- */

static u32 probe_alarms(void)
{
	return probes_hits(&probes, cpus_online());
}

static u32 order_alarms(void)
{
	return seen.alarms + owing();
}

const struct detector detectors[] = {
	{ "probe", "addresses that each CPU had used, after the removal", probe_alarms },
	{ "order", "recorded events: owed, invalidated, waited for, freed", order_alarms },
};
const unsigned detectors_nr = ARRAY_SIZE(detectors);

const struct detector *detector_find(const char *name)
{
	for (unsigned i = 0; i < detectors_nr; i++)
		if (!strcmp(detectors[i].name, name))
			return &detectors[i];
	return NULL;
}

static void prime(const struct range *r)
{
	probes.nr = 0;
	probes_spread(&probes, linear_va(r->pa), r->len, 4);
	probes_add(&probes, ptr_va(pa_page(r->pa)) + 8);
	probes_add(&probes, ptr_va(pa_page(r->pa + r->len - page_size())));
	probes_run(&probes, cpus_online());
}

/* Page leaves, so that tables come and go. */
bool detect_round(struct test_run *t, const struct bug *b)
{
	struct range r;
	bool ok;

	if (!range_get(t, &r, 1, "block"))
		return false;
	r.opts.leaf = 0;
	seen = (__typeof__(seen)) { .published = PA_NONE };
	pt_tap_enable("test.order", true);
	if (b)
		bug_begin(b);
	ok = range_add(t, &r);
	if (ok)
		prime(&r);
	ok = ok && range_remove(t, &r);
	if (b)
		bug_end();
	pt_tap_enable("test.order", false);
	probes_run(&probes, cpus_online());
	tlb_invalidate(&kpt, &(struct pt_inval) { .global = true, .walk = true });
	range_reset(&r);
	return ok;
}
