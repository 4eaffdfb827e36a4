/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/audit.c - the audit after each test: it names every resource that the test left
 * behind.
 *
 * Three things may grow and do not count as lost memory, because the design keeps them: tables of
 * the vmalloc region, those of root slots that are never cleared, and leaves of the block table.
 * Any other table of the linear map or the vmemmap that stays is a leak, except with schemes of
 * vmalloc= that keep those of the vmemmap: the audit frees these, so that tests do not depend on
 * earlier tests.
 */
#include <kern/grace.h>
#include <lib/hash.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/hotplug/devmem.h>
#include <mm/hotplug/movable.h>
#include <mm/hotplug/subsection.h>
#include <mm/kernel/kpt.h>
#include <mm/page/region.h>
#include <mm/pt/taps/inject.h>
#include <mm/study/aspace.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/run.h>
#include <tests/harness/util.h>

struct audit {
	u64 free[NODES_MAX][ZONE_NR], free_total;
	u64 tables[REGION_NR], root_tables, table_pages, kept_bytes;
	u64 gathers, reserved, movable, vmalloc, registry, blocks_hash, nr_blocks, spaces;
	u64 subsections, devices; /* digests of them; 0: none */
	u32 taps;
};

static struct audit before, after;

struct tally {
	struct audit *a;
	enum region_id region;
};

/* A root slot that several regions share is counted with the one it begins in. */
static int count_table(const struct pt_slot *slot, void *arg)
{
	struct tally *t = arg;

	if (!kpt.root_append || slot->level + 1 < kpt.fmt->levels)
		t->a->tables[t->region]++;
	else if (slot->va >= layout.r[t->region].va)
		t->a->root_tables++;
	return 0;
}

static void take_tables(struct audit *a)
{
	hotplug_read_lock();
	for (unsigned r = 0; r < REGION_NR; r++) {
		struct tally t = { a, r };

		if (layout.r[r].len)
			hotplug_walk(layout.r[r].va, layout.r[r].len, PT_ON_TABLE, count_table, &t);
	}
	hotplug_read_unlock();
	a->table_pages = table_pages();
}

static void take_blocks(struct audit *a)
{
	for (const struct block *b = block_next(NULL); b; b = block_next(b)) {
		u64 word = (u64)b->state | (u64)b->zone << 8 | (u64)b->node << 16 |
			   (u64)b->held << 24 | (u64)b->isolated << 25;

		a->blocks_hash = hash_u64(hash_u64(a->blocks_hash, b->first_pfn), word);
		a->nr_blocks++;
	}
	a->subsections = subsection_digest(0);
	a->devices = devmem_digest(0);
}

static void audit_take(struct audit *a)
{
	memset(a, 0, sizeof(*a));
	vmalloc_purge(); /* pages that it caches count as free */
	take_tables(a);
	take_blocks(a);
	for (unsigned n = 0; n < NODES_MAX; n++)
		for (unsigned z = 0; z < ZONE_NR; z++)
			a->free[n][z] = buddy_free_pages(n, z);
	a->free_total = buddy_free_total();
	a->kept_bytes = block_table_bytes();
	a->gathers = kpt.nr_gathers;
	a->reserved = kpt.nr_reserved;
	a->movable = movable_in_use();
	a->vmalloc = vmalloc_in_use();
	a->spaces = aspaces_in_use();
	a->registry = region_digest();
}

void audit_before(void)
{
	kept_tables_free();
	for (const struct block *b = block_next(NULL); b; b = block_next(b))
		block_find(b->first_pfn)->stays = true;
	audit_take(&before);
	before.taps = pt_taps_on;
}

/* Remove blocks that the test left, so that the next test does not fail too.  Blocks from before
 * the test, of a device or the operator, stay; no device adds any during a test (work_hold()). */
static unsigned remove_added_blocks(void)
{
	unsigned nr = 0;
	const struct block *next;

	for (const struct block *b = block_next(NULL); b; b = next) {
		u64 pa = b->first_pfn << page_shift();

		next = block_next(b);
		if (b->boot || b->stays)
			continue;
		if (b->state == BLOCK_ONLINE)
			hotplug_offline(pa, layout.block_bytes, NULL, NULL);
		nr += hotplug_remove(pa, layout.block_bytes, NULL, NULL, NULL) == 0;
	}
	return nr;
}

/* Sub-sections from before the test stay. */
static unsigned remove_subsections(void)
{
	const struct subsection_range *r;
	unsigned nr = 0;

	while (!before.subsections && (r = subsection_nth(0)) &&
	       !subsection_remove(r->pfn << page_shift(), r->nr << page_shift(), NULL, NULL, NULL))
		nr++;
	return nr;
}

/* The same for ranges that belong to devices; their blocks, if any, are removed already. */
static unsigned remove_devices(void)
{
	const struct devmem *d;
	unsigned nr = 0;

	while (!before.devices && (d = devmem_nth(0)) && !devmem_remove(d->pa, d->len, NULL, NULL))
		nr++;
	return nr;
}

static void leak(struct test_run *t, unsigned *nr, const char *what, u64 was, u64 is)
{
	if (was == is)
		return;
	++*nr;
	test_fail(t, "audit", 0, "left behind: %s %lu, was %lu", what, is, was);
}

/* Tables of the vmemmap that the test allocated and vmalloc= keeps; no scheme ever frees such a
 * table. */
static u64 kept_tables(void)
{
	u64 was = before.tables[REGION_VMEMMAP], is = after.tables[REGION_VMEMMAP];

	return vmalloc_keeps_tables() && is > was ? is - was : 0;
}

/* Pages that the design keeps, see the head of the file. */
static u64 kept_pages(void)
{
	u64 tables = after.tables[REGION_VMALLOC] - before.tables[REGION_VMALLOC] +
		     after.root_tables - before.root_tables + kept_tables();
	u64 bytes = after.kept_bytes - before.kept_bytes;

	return tables + (bytes + page_size() - 1) / page_size();
}

static void free_pages(struct test_run *t, unsigned *nr)
{
	char what[64];

	if (after.free_total + kept_pages() == before.free_total)
		return;
	for (unsigned n = 0; n < NODES_MAX; n++)
		for (unsigned z = 0; z < ZONE_NR; z++) {
			snprintf(what, sizeof(what), "free pages of node %u zone %s", n,
				 zone_name(z));
			leak(t, nr, what, before.free[n][z], after.free[n][z]);
		}
}

/* A block that is left explains all other differences, so only that is printed. */
static unsigned blocks_left(struct test_run *t)
{
	unsigned removed;

	if (after.blocks_hash == before.blocks_hash)
		return 0;
	if (after.nr_blocks == before.nr_blocks)
		test_fail(t, "audit", 0, "left behind: a memory block in another state");
	else
		test_fail(t, "audit", 0, "left behind: %lu memory blocks, was %lu", after.nr_blocks,
			  before.nr_blocks);
	removed = remove_added_blocks();
	if (removed)
		kprintf("  # removed %u blocks that the test left behind\n", removed);
	return 1;
}

/* Report and remove the leftovers of one kind that has a digest and a function that removes it. */
static unsigned ranges_left(struct test_run *t, const char *what, u64 was, u64 is,
			    unsigned (*remove)(void))
{
	unsigned removed;

	if (is == was)
		return 0;
	test_fail(t, "audit", 0, "left behind: %s", what);
	removed = remove();
	if (removed)
		kprintf("  # removed %u %s that the test left behind\n", removed, what);
	return 1;
}

static u64 callbacks_waiting(void)
{
	struct grace_stats s;

	grace_stats_read(&s);
	return s.deferred - s.ran;
}

static unsigned numbers_left(struct test_run *t)
{
	const struct audit *b = &before, *a = &after;
	unsigned nr = 0;

	leak(t, &nr, "tables of the linear map", b->tables[REGION_LINEAR],
	     a->tables[REGION_LINEAR]);
	leak(t, &nr, "tables of the vmemmap", b->tables[REGION_VMEMMAP] + kept_tables(),
	     a->tables[REGION_VMEMMAP]);
	leak(t, &nr, "callbacks that wait for a grace period", 0, callbacks_waiting());
	leak(t, &nr, "open gathers", b->gathers, a->gathers);
	leak(t, &nr, "table pages reserved by open plans", b->reserved, a->reserved);
	leak(t, &nr, "movable pages", b->movable, a->movable);
	leak(t, &nr, "pages of vmalloc", b->vmalloc, a->vmalloc);
	leak(t, &nr, "address spaces", b->spaces, a->spaces);
	leak(t, &nr, "digest of the region registry", b->registry, a->registry);
	free_pages(t, &nr);
	return nr;
}

/* Report and detach taps that the test attached: they would act in the next test.  `sanitize` is
 * attached from boot on. */
static unsigned taps_left(struct test_run *t)
{
	struct inject_count none;
	bool injecting = inject_on();

	if (injecting)
		inject_end(&none);
	if (!injecting && pt_taps_on == before.taps && !fail_hook)
		return 0;
	test_fail(t, "audit", 0, "left behind: a tap or a failure point that is on");
	reg_for_each (taps, it)
		if (!(before.taps >> (it - __start_reg_taps) & 1))
			pt_tap_enable((*it)->name, false);
	fail_hook = NULL;
	return 1;
}

unsigned audit_after(struct test_run *t)
{
	unsigned nr = taps_left(t), left;

	if (!cpus_idle()) {
		test_fail(t, "audit", 0, "left behind: a CPU that still works");
		nr++;
	}
	audit_take(&after);
	left = blocks_left(t); /* before the device ranges that contain them */
	left += ranges_left(t, "ranges of sub-sections", before.subsections, after.subsections,
			    remove_subsections);
	left += ranges_left(t, "ranges of devices", before.devices, after.devices, remove_devices);
	if (left)
		return nr + 1;
	return nr + numbers_left(t);
}
