/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/bench_migrate.c - instructions per used page that is migrated out of a block while it
 * is taken offline. */
#include <kern/trap.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/hotplug/movable.h>
#include <mm/page/region.h>
#include <tests/harness/bench.h>

#define PAGES 1024

static struct movable pages[PAGES] NOINIT;

static u64 offline_cost(paddr_t pa, struct why *why)
{
	u64 start = cost_now();

	return hotplug_offline(pa, layout.block_bytes, NULL, why) ? 0 : cost_now() - start;
}

static unsigned migrate_fill_pages(pfn_t pfn, struct why *why)
{
	unsigned n = 0;

	while (n < PAGES && !movable_alloc_in(&pages[n], pfn, pfn + block_pages(), "bench", why))
		n++;
	return n;
}

static bool up(paddr_t pa, unsigned node, const struct hotplug_opts *o, struct why *why)
{
	return !hotplug_add(pa, layout.block_bytes, node, o, NULL, why) &&
	       !hotplug_online(pa, layout.block_bytes, ZONE_MOVABLE, NULL, why);
}

/* The cost of taking an idle block offline is subtracted; the rest is the cost of the pages. */
static void run(const struct bench *b)
{
	const struct mem_range *r = region_nth(MEM_WITHHELD, 0);
	struct why why = { 0 };
	struct hotplug_opts o = { .memmap = memmap_scheme_find("block", &why), .leaf = -1 };
	paddr_t pa = r ? align_up(r->pa, layout.block_bytes) : 0;
	u64 idle, used;
	unsigned n, node = r ? r->node : 0;

	if (!r || pa + layout.block_bytes > r->pa + r->len) {
		kprintf("# bench %s left out: no whole block is withheld\n", b->name);
		return;
	}
	if (!up(pa, node, &o, &why)) {
		kprintf("# bench %s failed: %s\n", b->name, why.text);
		return;
	}
	idle = offline_cost(pa, &why);
	hotplug_online(pa, layout.block_bytes, ZONE_MOVABLE, NULL, &why);
	n = migrate_fill_pages(pa >> page_shift(), &why);
	used = offline_cost(pa, &why);
	if (n == PAGES && idle && used > idle)
		bench_line(b->name, (used - idle) / PAGES, cost_unit());
	else
		kprintf("# bench %s failed: %u of %u pages, %s\n", b->name, n, PAGES, why.text);
	while (n)
		movable_free(&pages[--n]);
	hotplug_remove(pa, layout.block_bytes, &o, NULL, &why);
}

static const struct bench migrate_4k = {
	.name = "hotplug.migrate_4k",
	.what = "one used page that is migrated while its block is taken offline",
	.run = run,
};
BENCH(migrate_4k, migrate_4k);
