/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/bench_cycle.c - see tests/bench/bench_cycle.h. */
#include <lib/string.h>
#include <mm/kernel/kpt.h>
#include <tests/bench/bench_cycle.h>

bool cycle_range(u64 len, paddr_t *pa, unsigned *node)
{
	const struct mem_range *r;

	for (unsigned n = 0; (r = region_nth(MEM_WITHHELD, n)); n++) {
		paddr_t first = align_up(r->pa, GiB);

		if (first + len <= r->pa + r->len) {
			*pa = first;
			*node = r->node;
			return true;
		}
	}
	return false;
}

u64 cycle_median(const u64 v[CYCLE_ROUNDS])
{
	u64 lo = min_u64(v[0], v[1]), hi = max_u64(v[0], v[1]);

	return max_u64(lo, min_u64(hi, v[2]));
}

static int one_cycle(paddr_t pa, u64 len, unsigned node, const struct hotplug_opts *o, int round,
		     struct cycle_cost *c, struct why *why)
{
	u64 free_before = buddy_free_total(), tables = table_pages(), start = cost_now();
	int err;

	if ((err = hotplug_add(pa, len, node, o, &c->add, why)))
		return err;
	c->old_bytes = (free_before - buddy_free_total()) * page_size();
	c->tables = table_pages() - tables;
	if ((err = hotplug_online(pa, len, ZONE_MOVABLE, NULL, why)))
		return err;
	if (round >= 0)
		c->add_online[round] = cost_now() - start;
	start = cost_now();
	if ((err = hotplug_offline(pa, len, NULL, why)) ||
	    (err = hotplug_remove(pa, len, o, &c->remove, why)))
		return err;
	if (round >= 0)
		c->offline_remove[round] = cost_now() - start;
	return 0;
}

bool cycle_measure(const char *name, u64 len, int leaf, struct cycle_cost *c)
{
	struct why why = { 0 };
	struct hotplug_opts o = { .memmap = memmap_scheme_find("device", &why), .leaf = leaf };
	unsigned node;
	paddr_t pa;

	if (!cycle_range(len, &pa, &node)) {
		kprintf("# bench %s left out: no %lu GiB withheld and aligned to 1 GiB\n", name,
			len / GiB);
		return false;
	}
	for (int round = -1; round < CYCLE_ROUNDS; round++)
		if (one_cycle(pa, len, node, &o, round, c, &why)) {
			kprintf("# bench %s failed: %s\n", name, why.text);
			return false;
		}
	return true;
}
