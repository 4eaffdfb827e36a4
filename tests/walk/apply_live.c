/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-10, S1-13 in the kernel's own tree: apply_to_page_range()'s two forms while every CPU accesses
 * the pages, and with each allocation failing in turn.
 */
#include <kern/probe.h>
#include <lib/atomic.h>
#include <mm/kernel/range_apply.h>
#include <mm/pt/taps/inject.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/owners.h>

static struct {
	vaddr_t va; /* one page on each side of an edge between two tables */
	vaddr_t all;
	u64 pages; /* of address space, to reach such an edge */
	paddr_t pa[2];
	u32 calls;
} two;

static bool apply_two_begin(struct test_run *t)
{
	u64 span = pt_span(kpt.fmt, 1);

	two.pages = 2 * span / page_size();
	two.all = vmalloc_va_alloc(two.pages);
	if (!CHECK(t, two.all))
		return false;
	two.va = align_up(two.all + 2 * page_size(), span) - page_size();
	for (unsigned i = 0; i < 2; i++) {
		struct page *p = page_alloc_any(0, ZONE_NORMAL, 0, "apply");

		if (!CHECK(t, p))
			return false;
		two.pa[i] = page_pa(p);
		*(u64 *)pa_ptr(two.pa[i]) = 0xa991 + i;
	}
	return true;
}

static void apply_two_end(void)
{
	tables_free_empty(two.all, two.pages * page_size());
	for (unsigned i = 0; i < 2; i++)
		page_free(pa_page(two.pa[i]), 0);
	vmalloc_va_free(two.all, two.pages);
}

static int map_both(struct pt_page_entry *e, void *arg)
{
	(void)arg;
	two.calls++;
	e->mapped = true;
	e->pa = two.pa[e->va != two.va];
	e->prot = PT_R | PT_W | PT_GLOBAL;
	return 0;
}

static int protect_both(struct pt_page_entry *e, void *arg)
{
	(void)arg;
	two.calls++;
	e->prot = PT_R | PT_GLOBAL;
	return 0;
}

static int unmap_both(struct pt_page_entry *e, void *arg)
{
	(void)arg;
	two.calls++;
	e->mapped = false;
	return 0;
}

static u32 stores_done;

static void store_both(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < 2; i++)
		if (!probe_store64(two.va + i * page_size() + 8, 1))
			atomic_fetch_add_relaxed(&stores_done, 1);
}

static u32 stores_of_all(void)
{
	stores_done = 0;
	cpu_run(cpus_online(), store_both, NULL);
	return stores_done;
}

TEST(walk, apply_live,
     .claim = "every CPU reads a page that the function maps; none writes a page that it makes "
	      "read-only, or reads one that it unmaps",
     .rows = "S1-10 S1-13", .needs = NEED_LEAF_TLB)
{
	static struct probes p NOINIT;
	struct owners_seen s;
	struct why why = { 0 };
	u64 len = 2 * page_size();

	if (!apply_two_begin(t))
		return;
	two.calls = 0;
	p.nr = 0;
	probes_add(&p, two.va);
	probes_add(&p, two.va + page_size());
	owners_begin();
	CHECK_OK(t, range_apply_existing(two.va, len, protect_both, NULL, &why), &why);
	CHECK_EQ(t, two.calls, 0);
	CHECK_OK(t, range_apply(two.va, len, 0, map_both, NULL, &why), &why);
	CHECK_EQ(t, two.calls, 2);
	PROBES_ALL_PRIMED(t, &p);
	CHECK_EQ(t, p.value[0][1], 0xa992);
	CHECK_EQ(t, stores_of_all(), 2 * cpus_online_nr());
	CHECK_OK(t, range_apply_existing(two.va, len, protect_both, NULL, &why), &why);
	CHECK_EQ(t, stores_of_all(), 0);
	PROBES_ALL_READ(t, &p);
	CHECK_OK(t, range_apply_existing(two.va, len, unmap_both, NULL, &why), &why);
	PROBES_ALL_FAULT(t, &p);
	owners_end(&s);
	CHECK_EQ(t, s.by_region[REGION_VMALLOC], BIT(PT_WRITER_APPLY));
	CHECK_EQ(t, s.foreign, 0);
	CHECK_EQ(t, two.calls, 6);
	apply_two_end();
}

TEST(walk, apply_injected,
     .claim = "each allocation of an apply fails in turn: the apply is refused, and nothing has "
	      "changed",
     .rows = "S1-10")
{
	struct inject_count n = { .failed = 1 };
	struct why why = { 0 };
	u32 tables, failed = 0;
	int err = -1;

	if (inject_on()) {
		test_skip(t, "bug= makes mistakes already");
		return;
	}
	if (!apply_two_begin(t))
		return;
	range_apply(two.va, 2 * page_size(), 0, map_both, NULL, NULL); /* makes the tables above */
	range_apply_existing(two.va, 2 * page_size(), unmap_both, NULL, NULL);
	tables_free_empty(two.all, two.pages * page_size());
	tables = kpt.nr_tables;
	for (u64 at = 1; err && at < 32; at++) {
		two.calls = 0;
		inject_begin(&(struct inject) { .at = at });
		err = range_apply(two.va, 2 * page_size(), 0, map_both, NULL, &why);
		inject_end(&n);
		if (!n.failed)
			break;
		if (!err) /* a lock that had to wait is no error */
			range_apply_existing(two.va, 2 * page_size(), unmap_both, NULL, NULL);
		tables_free_empty(two.all, two.pages * page_size());
		failed += err != 0;
		CHECK_EQ(t, kpt.nr_tables, tables);
		CHECK(t, !err || !two.calls);
		CHECK_EQ(t, pt_translate(&kpt, two.va), PA_NONE);
		err = -1;
	}
	CHECK_EQ(t, err, 0);
	CHECK(t, failed >= 2); /* the plan, a table */
	CHECK_OK(t, range_apply_existing(two.va, 2 * page_size(), unmap_both, NULL, &why), &why);
	test_key(t, "failed=%u", failed);
	apply_two_end();
}
