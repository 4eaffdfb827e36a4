/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/detect.c - detectors of mistakes in a removal.
 *
 *   probe   every CPU loads addresses of the range that it had loaded before: they must fault
 *   order   recorded events (tests/harness/order.h): the duty of each store by its old and new
 * value, a barrier, an invalidation that covers it on every CPU, its completion, and only then the
 * free of a frame; contents before the pointer to a table
 *
 * Neither uses the engine's own duties: one tests the CPUs, the other has a table of its own.
 */
#include <lib/init.h>
#include <lib/string.h>
#include <tests/harness/bug.h>
#include <tests/harness/order.h>

static struct probes probes NOINIT;

static struct order_seen order;

/* ---- the detectors ---- */

static u32 probe_alarms(void)
{
	return probes_hits(&probes, cpus_online());
}

static u32 order_alarms(void)
{
	return order.alarms;
}

const struct detector detectors[] = {
	{ "probe", "loads of removed memory that did not fault, of addresses that a CPU had used",
	  probe_alarms },
	{ "order",
	  "stores and frees of the event record without the invalidation or barrier that "
	  "they need",
	  order_alarms },
};
const unsigned detectors_nr = ARRAY_SIZE(detectors);
_Static_assert(ARRAY_SIZE(detectors) == DETECTORS, "bug.c keeps so many figures of a bug");

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
	probes_prime(&probes, cpus_online());
}

/* Page leaves, so that tables are installed and freed. */
bool detect_round(struct test_run *t, const struct bug *b)
{
	struct range r;
	bool ok;

	if (!range_get(t, &r, 1, "block"))
		return false;
	r.opts.leaf = 0;
	order_begin();
	if (b)
		bug_begin(b);
	ok = range_add(t, &r);
	if (ok)
		prime(&r);
	ok = ok && range_remove(t, &r);
	if (b)
		bug_end();
	order_end(&order);
	probes_run(&probes, cpus_online());
	tlb_invalidate(&kpt, &(struct pt_inval) { .global = true, .walk = true });
	range_reset(&r);
	return ok;
}
