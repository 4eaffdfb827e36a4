/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Larger leaves in vmalloc: used where VA and frames allow, also in place of an empty page table;
 * pages are used while a walker is inside that table.
 */
#include <kern/probe.h>
#include <lib/init.h>
#include <mm/page/buddy.h>
#include <mm/pt/taps/inject.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/alloc/large_slot.h>
#include <tests/harness/order.h>

#define LARGE_WORD 0x3c5a000000000000ul

/* Log2 pages of the leaf or run that maps va: a leaf of level 1, a run, a page. */
static unsigned mapped_order(vaddr_t va)
{
	struct pt_slot slot;

	if (pt_lookup(&kpt, va, &slot) != PT_LEAF)
		return ~0u;
	return slot.level ? kpt.fmt->bits[0] : kpt.fmt->run_shift(slot.val, 0);
}

/* The largest order that format, CPUs and buddy allow, computed independently of vmalloc. */
static unsigned best_order(void)
{
	unsigned run = kpt.caps & PT_CAP_CONTIG ? kpt.fmt->run[0] : 0;

	return kpt.fmt->bits[0] <= BUDDY_MAX_ORDER ? kpt.fmt->bits[0] : run;
}

/*
 * By probes, as the stores: the twin of this test leaves out the invalidation of an empty table
 * that a larger leaf replaces, and a CPU that has cached both may abort (DDI 0487, I_HYQMB) or use
 * the table.
 */
static u64 wrong_words(vaddr_t va, u64 pages, u64 base)
{
	u64 wrong = 0, first, last;

	for (u64 i = 0; i < pages; i++, va += page_size())
		wrong += probe_load64(va, &first) || first != base + (base ? i : 0) ||
			 probe_load64(va + page_size() - 8, &last) || last;
	return wrong;
}

static u64 failed_stores(vaddr_t va, u64 pages, u64 base)
{
	u64 failed = 0;

	for (u64 i = 0; i < pages; i++)
		failed += probe_store64(va + (i << page_shift()), base + i) != 0;
	return failed;
}

static struct probes large_probes NOINIT;

TEST(alloc, large_leaves,
     .claim = "vmalloc_large() maps zeroed pages by the largest leaf, the rest by pages; freed, "
	      "every CPU faults",
     .rows = "S0-20", .needs = NEED_LEAF_TLB)
{
	u64 unit = 1ul << best_order(), pages = 2 * unit + 3, value;
	u64 before = buddy_free_total(), tables = table_pages();
	struct page *chunk = page_alloc_any(0, ZONE_NORMAL, best_order(), "large");
	vaddr_t va;
	void *p;

	if (!chunk) {
		test_skip(t, "no free chunk of %lu KiB", (page_size() << best_order()) / KiB);
		return;
	}
	page_free(chunk, best_order());
	p = vmalloc_large(pages, 0, "large");
	if (!CHECK(t, p != NULL))
		return;
	va = ptr_va(p);
	CHECK_EQ(t, wrong_words(va, pages, 0), 0);
	CHECK_EQ(t, failed_stores(va, pages, LARGE_WORD), 0);
	if (best_order())
		CHECK_EQ(t, mapped_order(va), best_order());
	CHECK_EQ(t, mapped_order(va + 2 * unit * page_size()), 0);
	CHECK_EQ(t, wrong_words(va, pages, LARGE_WORD), 0);
	CHECK(t, probe_load64(va + pages * page_size(), &value) != 0);
	large_probes.nr = 0;
	probes_spread(&large_probes, va, pages * page_size(), 8);
	PROBES_ALL_PRIMED(t, &large_probes);
	vfree(p, pages);
	vmalloc_purge();
	PROBES_ALL_FAULT(t, &large_probes);
	CHECK_EQ(t, buddy_free_total() + table_pages(), before + tables);
	test_key(t, "order=%u", best_order());
}

/* ---- in place of an empty table ---- */

/* Called when the walker has read the pointer to the slot's table. */
static int map_inside(const struct pt_slot *table, void *err)
{
	if (table->level != 1)
		return 0;
	*(int *)err = large_slot_map();
	return 1;
}

TEST(alloc, large_inhibited,
     .claim = "a larger leaf replaces an empty table; while a walker is inside, the table stays "
	      "and gets pages; a part of a leaf is not unmapped",
     .rows = "S0-27 S0-20")
{
	struct why why = { 0 };
	int err = -1;
	u64 tables;

	if (large_slot_begin(t)) {
		tables = table_pages();
		hotplug_read_lock();
		CHECK(t, hotplug_walk(large_slot.va, pt_span(kpt.fmt, 1), PT_ON_TABLE, map_inside,
				      &err) > 0);
		hotplug_read_unlock();
		CHECK_EQ(t, err, 0);
		CHECK_EQ(t, mapped_order(large_slot.va) < large_slot.order, 1);
		CHECK_EQ(t, table_pages(), tables);
		CHECK_EQ(t, large_slot_map(), -EEXIST); /* a table in use stays */
		CHECK(t, mapped_order(large_slot.va) < large_slot.order);
		CHECK_OK(t, vmalloc_unmap_whole(large_slot.va, large_slot_pages(), &why), &why);
		CHECK_EQ(t, large_slot_map(), 0);
		CHECK_EQ(t, mapped_order(large_slot.va), large_slot.order);
		CHECK_EQ(t, table_pages(), tables - 1);
		CHECK_REFUSED(t, vmalloc_unmap_whole(large_slot.va, large_slot_pages() / 2, &why),
			      EBUSY, &why);
		CHECK_EQ(t, mapped_order(large_slot.va + page_size()), large_slot.order);
		CHECK_OK(t, vmalloc_unmap_whole(large_slot.va, large_slot_pages(), &why), &why);
	}
	large_slot_end();
}

static bool large_no_wait(struct pt_event *e)
{
	return e->kind != PT_EV_WAIT || e->pt != &kpt;
}

TEST(alloc, large_order, .mutes_sanitizer = true,
     .claim = "an invalidation completes between the table and the leaf in its place; a missing "
	      "wait is noticed",
     .rows = "S0-48", .could = COULD_TRACE)
{
	struct order_seen seen[2];
	struct inject_count bent;

	if (inject_on()) {
		test_skip(t, "bug= makes another mistake already");
		return;
	}
	if (large_slot_begin(t)) {
		for (unsigned i = 0; i < 2; i++) {
			paddr_t pa = page_pa(large_slot.chunk);

			if (i)
				inject_begin(&(struct inject) { .bend = large_no_wait });
			order_begin();
			CHECK_EQ(t, large_slot_map(), 0);
			order_end(&seen[i]);
			if (i)
				inject_end(&bent);
			CHECK_EQ(t, vmalloc_unmap_whole(large_slot.va, large_slot_pages(), NULL),
				 0);
			CHECK_EQ(t, vmalloc_map(large_slot.va, &pa, 1, PT_R | PT_GLOBAL), 0);
			vmalloc_unmap(large_slot.va, 1);
		}
		if (seen[0].alarms)
			test_fail(t, __FILE__, __LINE__, "%s", seen[0].what);
		CHECK(t, seen[1].alarms > 0);
		test_key(t, "noticed=%u", seen[1].alarms);
	}
	large_slot_end();
}

TEST(alloc, large_failures,
     .claim = "vmalloc_large() that fails at any point leaves no trace; without a large chunk or a "
	      "plan it falls back to pages",
     .rows = "S0-20")
{
	u64 pages = (1ul << best_order()) + 3, in_use, free, met = 0, given = 0;
	struct inject_count count = { .failed = 1 };
	void *p;

	if (inject_on()) {
		test_skip(t, "bug= makes another mistake already");
		return;
	}
	p = vmalloc_large(pages, 0, "large");
	if (!CHECK(t, p != NULL))
		return;
	vfree(p, pages);
	vmalloc_purge();
	in_use = vmalloc_in_use();
	free = buddy_free_total() + table_pages();
	for (u64 n = 1; count.failed && !test_aborted(); n++) {
		inject_begin(&(struct inject) { .at = n, .points = ~(u32)BIT(FAIL_LOCK) });
		p = vmalloc_large(pages, 0, "large");
		inject_end(&count);
		met += count.failed;
		given += count.failed && p;
		if (p)
			vfree(p, pages);
		vmalloc_purge();
		CHECK_EQ(t, vmalloc_in_use(), in_use);
		CHECK_EQ(t, buddy_free_total() + table_pages(), free);
	}
	CHECK(t, met > 2);
	if (best_order())
		CHECK(t, given > 0);
	test_key(t, "points=%lu given=%lu", met, given);
}
