/* SPDX-License-Identifier: BSD-2-Clause */
/* Mappings that are replaced: a cached entry of the former one must not be used for the next. */
#include <arch/arch.h>
#include <lib/init.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/util.h>

struct remap {
	struct page *page[2];
	vaddr_t va;
	struct probes p;
};
static struct remap m NOINIT;

static bool vmalloc_map_one(struct test_run *t, unsigned i)
{
	paddr_t pa = page_pa(m.page[i]);

	return CHECK_EQ(t, vmalloc_map(m.va, &pa, 1, PT_R | PT_W | PT_GLOBAL), 0);
}

static bool vmalloc_begin(struct test_run *t)
{
	m.p.nr = 0;
	m.va = vmalloc_va_alloc(1);
	for (u64 i = 0; i < 2; i++) {
		m.page[i] = page_alloc_any(0, ZONE_NORMAL, 0, "tlb test");
		if (!m.va || !m.page[i])
			return CHECK(t, !"memory for the test");
		*(u64 *)page_ptr(m.page[i]) = 0xaaaa0000 + i;
	}
	probes_add(&m.p, m.va);
	if (!vmalloc_map_one(t, 0))
		return false;
	return PROBES_ALL_PRIMED(t, &m.p); /* now every CPU has the entry */
}

static void end(void)
{
	vmalloc_va_free(m.va, 1);
	page_free(m.page[0], 0);
	page_free(m.page[1], 0);
}

static unsigned cpus_that_read(u64 value)
{
	unsigned n = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		n += cpus_online() & cpu_bit(c) && !m.p.kind[c][0] && m.p.value[c][0] == value;
	return n;
}

TEST(tlb, vmalloc_unmap,
     .claim = "after an unmap every CPU faults, after the next map every CPU reads the new page",
     .rows = "S0-50 S1-43", .needs = NEED_LEAF_TLB, .rev = 2)
{
	if (!vmalloc_begin(t))
		return;
	vmalloc_unmap(m.va, 1);
	PROBES_ALL_FAULT(t, &m.p);
	if (vmalloc_map_one(t, 1)) {
		probes_run(&m.p, cpus_online());
		CHECK_EQ(t, cpus_that_read(0xaaaa0001), cpus_online_nr());
		vmalloc_unmap(m.va, 1);
	}
	end();
}

TEST(tlb, vmalloc_unmap_twin,
     .claim = "without the invalidation CPUs still read the old page, so vmalloc_unmap can fail "
	      "here",
     .rows = "S0-50", .needs = NEED_LEAF_TLB, .rev = 2)
{
	unsigned stale;

	if (!vmalloc_begin(t))
		return;
	omit_begin(OMIT_ALL);
	vmalloc_unmap(m.va, 1);
	probes_run(&m.p, cpus_online());
	omit_end();
	stale = cpus_that_read(0xaaaa0000);
	omit_flush();
	PROBES_ALL_FAULT(t, &m.p);
	omit_stale(t, stale, cpus_online_nr());
	end();
}

static bool vmalloc_is_tlbi(const struct pt_event *e)
{
	return e->kind == PT_EV_TLBI;
}

/* Different rights keep the leaves apart: three stores, one gather, one invalidation for all. */
TEST(tlb, gather_hull,
     .claim = "one invalidation for several runs of leaves covers the first page and the last",
     .rows = "S0-50 S0-35", .needs = NEED_LEAF_TLB, .rev = 2)
{
	static const enum pt_prot rights[] = { PT_R | PT_W | PT_GLOBAL, PT_R | PT_GLOBAL,
					       PT_R | PT_W | PT_GLOBAL };
	struct page *page = page_alloc_any(0, ZONE_NORMAL, 0, "tlb test");
	vaddr_t va = vmalloc_va_alloc(ARRAY_SIZE(rights));
	static struct probes p NOINIT;
	paddr_t pa;

	if (!CHECK(t, page && va))
		return;
	pa = page_pa(page);
	p.nr = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(rights); i++) {
		CHECK_EQ(t, vmalloc_map(va + i * page_size(), &pa, 1, rights[i]), 0);
		probes_add(&p, va + i * page_size());
	}
	PROBES_ALL_PRIMED(t, &p);
	record_begin(&recorded, vmalloc_is_tlbi);
	vmalloc_unmap(va, ARRAY_SIZE(rights));
	record_end();
	if (CHECK_EQ(t, recorded.nr, 1)) /* emulators may invalidate more than requested */
		CHECK(t, recorded.ev[0].va <= va &&
				 recorded.ev[0].va + recorded.ev[0].len >= va + p.nr * page_size());
	PROBES_ALL_FAULT(t, &p);
	vmalloc_va_free(va, ARRAY_SIZE(rights));
	page_free(page, 0);
}

TEST(tlb, negative_cache,
     .claim = "a CPU that has just faulted on an address can use it as soon as it is added",
     .rows = "S1-52", .needs = NEED_RANGE | NEED_NEGATIVE_TLB, .rev = 2)
{
	static struct probes p NOINIT;
	struct range r;

	if (!range_get(t, &r, 1, "block"))
		return;
	p.nr = 0;
	probes_spread(&p, linear_va(r.pa), r.len, 4);
	probes_add(&p, ptr_va(pa_page(r.pa)) + 8);
	for (int i = 0; i < 4; i++) {
		PROBES_ALL_FAULT(t, &p);
		if (!range_add(t, &r))
			return;
		PROBES_ALL_READ(t, &p);
		range_remove(t, &r);
	}
	range_reset(&r);
}
