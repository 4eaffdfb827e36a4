/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-14: mappings of registers and of a caller's frames, and their removal.  Withheld memory that
 * is absent is used in place of registers: it has no other mapping whose type could conflict, and a
 * load has no side effect.
 */
#include <kern/probe.h>
#include <mm/pt/taps/inject.h>
#include <mm/vmalloc/ioremap.h>
#include <tests/harness/owners.h>

static vaddr_t va_of(volatile void *p)
{
	return (vaddr_t)(uintptr_t)p;
}

/* iounmap() keeps tables; this frees those that a test made. */
static void device_tables_free(void)
{
	tables_free_empty(layout.r[REGION_DEVICE].va, layout.r[REGION_DEVICE].len);
}

TEST(alloc, ioremap_gone,
     .claim =
	     "unmapped registers fault on every CPU, as does the guard page above them at any time",
     .rows = "S1-14", .needs = NEED_RANGE | NEED_LEAF_TLB)
{
	static struct probes p NOINIT, guard NOINIT;
	u64 before = ioremap_pages();
	struct owners_seen s;
	volatile void *regs;
	struct range r;

	if (!range_get(t, &r, 1, NULL))
		return;
	owners_begin();
	regs = ioremap(r.pa + 8, page_size()); /* unaligned, so it covers two pages */
	if (!CHECK(t, regs))
		return;
	CHECK_EQ(t, ioremap_pages(), before + 2);
	CHECK_EQ(t, pt_translate(&kpt, va_of(regs)), r.pa + 8);
	p.nr = guard.nr = 0;
	probes_add(&p, va_of(regs) - 8);
	probes_add(&p, va_of(regs) - 8 + page_size());
	probes_add(&guard, va_of(regs) - 8 + 2 * page_size());
	PROBES_ALL_PRIMED(t, &p);
	PROBES_ALL_FAULT(t, &guard);
	iounmap(regs);
	PROBES_ALL_FAULT(t, &p);
	owners_end(&s);
	CHECK_EQ(t, s.by_region[REGION_DEVICE], BIT(PT_WRITER_DEVICE));
	CHECK_EQ(t, ioremap_pages(), before);
	regs = ioremap(r.pa, page_size());
	CHECK_EQ(t, va_of(regs) & (page_size() - 1), 0);
	iounmap(regs);
	device_tables_free();
}

TEST(alloc, ioremap_shared, .claim = "a mapping with two owners stays until both have unmapped it",
     .rows = "S1-14", .needs = NEED_RANGE | NEED_LEAF_TLB)
{
	static struct probes p NOINIT;
	volatile void *whole, *part;
	u64 before = ioremap_pages();
	struct range r;

	if (!range_get(t, &r, 1, NULL))
		return;
	whole = ioremap(r.pa, 4 * page_size());
	part = ioremap(r.pa + 2 * page_size() + 16, 8);
	if (!CHECK(t, whole && part))
		return;
	CHECK_EQ(t, va_of(part), va_of(whole) + 2 * page_size() + 16);
	CHECK_EQ(t, ioremap_pages(), before + 4);
	p.nr = 0;
	probes_add(&p, va_of(whole));
	PROBES_ALL_PRIMED(t, &p);
	iounmap(whole);
	PROBES_ALL_READ(t, &p);
	iounmap(part);
	PROBES_ALL_FAULT(t, &p);
	CHECK_EQ(t, ioremap_pages(), before);
	device_tables_free();
}

#define MANY 160 /* more than the table has entries */

TEST(alloc, ioremap_full,
     .claim = "a full table of mappings refuses the next one, and freed entries are reused",
     .rows = "S1-14", .needs = NEED_RANGE)
{
	static volatile void *at[MANY] NOINIT;
	u64 before = ioremap_pages();
	unsigned n = 0, hole;
	vaddr_t va;
	struct range r;

	if (!range_get(t, &r, 1, NULL))
		return;
	/* every second page, so that no mapping is part of another */
	while (n < MANY && (at[n] = ioremap(r.pa + 2 * n * page_size(), page_size())))
		n++;
	CHECK(t, n > 0 && n < MANY);
	if (!n)
		return;
	hole = n / 2;
	va = va_of(at[hole]);
	iounmap(at[hole]);
	at[hole] = ioremap(r.pa + 2 * MANY * page_size(), page_size());
	CHECK_EQ(t, va_of(at[hole]), va);
	for (unsigned i = 0; i < n; i++)
		iounmap(at[i]);
	CHECK_EQ(t, ioremap_pages(), before);
	device_tables_free();
	test_key(t, "mappings=%u", n);
}

TEST(alloc, ioremap_injected, .claim = "an ioremap that fails leaves no trace", .rows = "S1-14",
     .needs = NEED_RANGE)
{
	u64 before = ioremap_pages();
	volatile void *regs = NULL;
	struct inject_count n = { .failed = 1 };
	unsigned refused = 0;
	struct range r;

	if (inject_on()) {
		test_skip(t, "bug= makes mistakes already");
		return;
	}
	if (!range_get(t, &r, 1, NULL))
		return;
	for (u64 at = 1; n.failed && at < 32; at++) {
		inject_begin(&(struct inject) { .at = at });
		regs = ioremap(r.pa, page_size());
		inject_end(&n);
		refused += !regs;
		CHECK_EQ(t, ioremap_pages(), before + (regs != NULL));
		if (regs)
			iounmap(regs);
	}
	CHECK(t, refused > 0);
	CHECK(t, regs != NULL);
	device_tables_free();
	test_key(t, "refused=%u", refused);
}

/* ---- frames of the caller ---- */

TEST(alloc, vmap,
     .claim = "the caller's frames are mapped side by side, with its rights, until vunmap",
     .rows = "S1-14", .needs = NEED_LEAF_TLB)
{
	static struct probes p NOINIT;
	paddr_t pa[3];
	struct page *page[3];
	void *at;

	for (unsigned i = 0; i < 3; i++) {
		page[i] = page_alloc_any(0, ZONE_NORMAL, 0, "vmap");
		if (!CHECK(t, page[i]))
			return;
		pa[2 - i] = page_pa(page[i]); /* not in the order of their addresses */
	}
	for (unsigned i = 0; i < 3; i++)
		*(u64 *)pa_ptr(pa[i]) = 0x6a90 + i;
	at = vmap(pa, 3, PT_R | PT_GLOBAL);
	if (!CHECK(t, at))
		return;
	p.nr = 0;
	for (unsigned i = 0; i < 3; i++)
		probes_add(&p, ptr_va(at) + i * page_size());
	PROBES_ALL_PRIMED(t, &p);
	for (unsigned i = 0; i < 3; i++)
		CHECK_EQ(t, p.value[0][i], 0x6a90 + i);
	CHECK(t, probe_store64(ptr_va(at), 1));
	vunmap(at, 3);
	PROBES_ALL_FAULT(t, &p);
	for (unsigned i = 0; i < 3; i++)
		CHECK_EQ(t, *(u64 *)pa_ptr(pa[i]), 0x6a90 + i);
	for (unsigned i = 0; i < 3; i++)
		page_free(page[i], 0);
}
