/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmalloc-lazy=: vfree() defers invalidations.  Until the purge neither the frames nor the
 * addresses are reused; after it no CPU reads a freed page.
 */
#include <kern/probe.h>
#include <lib/init.h>
#include <mm/hotplug/subblock.h>
#include <mm/pt/taps/inject.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/order.h>

#define PAGES 6
#define RUN 3                     /* pages; a run of a page more or less still overlaps it */
#define WORD 0x1a2b000000000000ul /* ... plus the number of the page */

static u64 max_before;

static void lazy_begin(u64 max)
{
	vmalloc_purge();
	max_before = vmalloc_lazy_max;
	vmalloc_lazy_max = max;
}

static void lazy_end(void)
{
	vmalloc_purge();
	vmalloc_lazy_max = max_before;
}

static u64 *filled(struct test_run *t, u64 pages)
{
	u64 *p = vmalloc(pages, 0, "lazy");

	for (u64 i = 0; p && i < pages; i++)
		p[i * page_size() / 8] = WORD + i;
	CHECK(t, p != NULL);
	return p;
}

static struct probes probes NOINIT;

static void probe_pages(const u64 *p, u64 pages)
{
	for (u64 i = 0; i < pages; i++)
		probes_add(&probes, ptr_va(p) + i * page_size());
}

/* Count reads of a freed page that returned another value than the page held. */
static u64 strange_reads(void)
{
	u64 wrong = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		for (unsigned i = 0; i < probes.nr && cpus_online() & cpu_bit(c); i++)
			wrong += !probes.kind[c][i] && probes.value[c][i] != WORD + i % PAGES;
	return wrong;
}

TEST(alloc, lazy_stale,
     .claim = "before the purge a CPU reads the freed page as it was or faults, after it every CPU "
	      "faults",
     .rows = "S0-35 S0-50", .needs = NEED_LEAF_TLB)
{
	u64 *p, *q;

	lazy_begin(2 * PAGES);
	probes.nr = 0;
	p = filled(t, PAGES);
	q = filled(t, PAGES);
	if (p && q) {
		probe_pages(p, PAGES);
		probe_pages(q, PAGES);
		PROBES_ALL_PRIMED(t, &probes);
		vfree(p, PAGES);
		vfree(q, PAGES);
		probes_run(&probes, cpus_online());
		CHECK_EQ(t, strange_reads(), 0);
		test_key(t, "stale=%u", probes_hits(&probes, cpus_online()));
		CHECK_EQ(t, vmalloc_lazy_pages(), 2 * PAGES);
		vmalloc_purge();
		PROBES_ALL_FAULT(t, &probes);
	}
	lazy_end();
}

TEST(alloc, lazy_once,
     .claim = "one purge invalidates once for all deferred pages; at most the maximum is deferred",
     .rows = "S0-35")
{
	struct tlb_stats before, after;
	u64 in_use, free = buddy_free_total(), *p[PAGES];

	lazy_begin(PAGES - 1);
	in_use = vmalloc_in_use();
	for (unsigned i = 0; i < PAGES; i++)
		p[i] = filled(t, 1);
	tlb_stats_read(&before);
	for (unsigned i = 0; i < PAGES - 1; i++)
		vfree(p[i], 1);
	tlb_stats_read(&after);
	CHECK_EQ(t, after.waits - before.waits, 0);
	CHECK_EQ(t, vmalloc_lazy_pages(), PAGES - 1);
	CHECK_EQ(t, vmalloc_in_use(), in_use + 2 * PAGES); /* each area with its guard page */
	vfree(p[PAGES - 1], 1);                            /* one more than the maximum */
	tlb_stats_read(&after);
	CHECK_EQ(t, after.waits - before.waits, 1);
	CHECK_EQ(t, vmalloc_lazy_pages(), 0);
	CHECK_EQ(t, vmalloc_in_use(), in_use);
	CHECK(t, !vmalloc_purge());
	lazy_end();
	CHECK(t, buddy_free_total() <= free); /* a new table may stay */
}

/* ---- order, checked by events (tests/harness/order.h) ---- */

#define HOLES 512 /* each CPU that did not start leaves one */

static struct {
	vaddr_t va[HOLES]; /* all other addresses, in runs as large as possible */
	u64 pages[HOLES];
	unsigned nr;
	paddr_t frame;
} full NOINIT;

static bool frames_act(struct test_run *t)
{
	u64 *p = filled(t, PAGES);

	if (p)
		vfree(p, PAGES);
	vmalloc_purge();
	return p != NULL;
}

/* Single pages may stay free: each run has a guard page. */
static void take_all_addresses(void)
{
	u64 pages = layout.r[REGION_VMALLOC].len >> page_shift();

	for (full.nr = 0; pages && full.nr < ARRAY_SIZE(full.va);) {
		vaddr_t va = vmalloc_va_alloc(pages);

		if (!va) {
			pages /= 2;
			continue;
		}
		full.va[full.nr] = va;
		full.pages[full.nr++] = pages;
	}
}

static void free_all_addresses(void)
{
	while (full.nr--)
		vmalloc_va_free(full.va[full.nr], full.pages[full.nr]);
}

static int map_run(vaddr_t va, enum pt_prot prot)
{
	const paddr_t pa[RUN] = { full.frame, full.frame, full.frame };

	return vmalloc_map(va, pa, RUN, prot);
}

/* The only free run is mapped, unmapped lazily and mapped again.  A free page beside it may shift
 * it by one. */
static bool addresses_act(struct test_run *t)
{
	vaddr_t va = vmalloc_va_alloc(RUN);
	bool ok = CHECK(t, va != 0);

	take_all_addresses();
	ok = ok && CHECK_EQ(t, vmalloc_va_alloc(RUN), 0) &&
	     CHECK_EQ(t, map_run(va, PT_R | PT_W | PT_GLOBAL), 0);
	if (ok) {
		vaddr_t was = va;

		vmalloc_unmap_lazy(was, RUN);
		CHECK_EQ(t, vmalloc_lazy_pages(), RUN);
		va = vmalloc_va_alloc(RUN);
		CHECK_EQ(t, vmalloc_lazy_pages(), 0);
		ok = CHECK(t, va && va + page_size() - was <= 2 * page_size()) &&
		     CHECK_EQ(t, map_run(va, PT_R | PT_GLOBAL), 0);
		if (ok)
			vmalloc_unmap(va, RUN);
	}
	if (va)
		vmalloc_va_free(va, RUN);
	free_all_addresses();
	return ok;
}

static const struct lazy_way {
	const char *name;
	bool (*act)(struct test_run *);
} lazy_ways[] = { { "frames", frames_act }, { "addresses", addresses_act } };

static bool lazy_no_wait(struct pt_event *e)
{
	return e->kind != PT_EV_WAIT || e->pt != &kpt;
}

static bool check_order(struct test_run *t, const struct lazy_way *way, bool waits,
			struct order_seen *seen)
{
	struct inject_count bent;
	bool ok;

	lazy_begin(2 * PAGES);
	if (!waits)
		inject_begin(&(struct inject) { .bend = lazy_no_wait });
	order_begin();
	ok = way->act(t);
	order_end(seen);
	if (!waits) {
		inject_end(&bent);
		tlb_invalidate(&kpt, &(struct pt_inval) { .global = true, .walk = true });
	}
	lazy_end();
	return ok;
}

TEST(alloc, lazy_order, .mutes_sanitizer = true,
     .claim = "deferred frames and addresses are reused only after the invalidation completed; a "
	      "missing wait is noticed",
     .rows = "S0-35 S0-50", .could = COULD_TRACE, .params = PARAMS_OF(lazy_ways))
{
	const struct lazy_way *way = &lazy_ways[t->param_at];
	struct page *p = page_alloc_any(0, ZONE_NORMAL, 0, "lazy");
	struct order_seen seen;

	if (inject_on()) {
		test_skip(t, "bug= makes another mistake already");
	} else if (CHECK(t, p != NULL)) {
		full.frame = page_pa(p);
		if (check_order(t, way, true, &seen) && seen.alarms)
			test_fail(t, __FILE__, __LINE__, "%u alarms: %s", seen.alarms, seen.what);
		CHECK(t, seen.removed > 0);
		if (check_order(t, way, false, &seen))
			CHECK(t, seen.alarms > 0);
		test_key(t, "noticed=%u", seen.alarms);
	}
	if (p)
		page_free(p, 0);
}

/* ---- failures ---- */

static bool while_put_off(enum fail_point point, u64 about)
{
	(void)point;
	(void)about;
	return vmalloc_lazy_pages() != 0;
}

TEST(alloc, lazy_shortage,
     .claim = "vmalloc that finds no frame purges and uses the deferred ones; without any it fails "
	      "and leaves no trace",
     .rows = "S0-35")
{
	struct inject_count met;
	u64 *p, *q, in_use;

	if (inject_on()) {
		test_skip(t, "bug= makes another mistake already");
		return;
	}
	lazy_begin(2 * PAGES);
	in_use = vmalloc_in_use();
	p = filled(t, 1);
	if (p) {
		vfree(p, 1);
		inject_begin(&(struct inject) { .at = 1,
						.onwards = true,
						.points = BIT(FAIL_PAGE),
						.mine = while_put_off });
		q = vmalloc(1, 0, "lazy");
		inject_end(&met);
		CHECK(t, met.failed > 0);
		CHECK_EQ(t, vmalloc_lazy_pages(), 0);
		if (CHECK(t, q != NULL))
			vfree(q, 1);
		vmalloc_purge();
		inject_begin(
			&(struct inject) { .at = 1, .onwards = true, .points = BIT(FAIL_PAGE) });
		CHECK(t, vmalloc(1, 0, "lazy") == NULL);
		inject_end(&met);
		CHECK_EQ(t, vmalloc_in_use(), in_use);
	}
	lazy_end();
}

/* ---- memory that is removed ---- */

/* Map a page of that block in vmalloc's region and write its word. */
static vaddr_t map_in_block(struct test_run *t, const struct range *r)
{
	pfn_t lo = r->pa >> page_shift();
	struct page *p = page_alloc_in(lo, lo + block_pages(), "lazy");
	vaddr_t va = vmalloc_va_alloc(1);
	paddr_t pa;

	if (!CHECK(t, p && va))
		return 0;
	pa = page_pa(p);
	CHECK_EQ(t, vmalloc_map(va, &pa, 1, PT_R | PT_W | PT_GLOBAL), 0);
	*(u64 *)va_ptr(va) = WORD;
	return va;
}

static struct subblock_map parts;
static u64 part_bits[64];

/* Describe the range as a block with its first part alone. */
static bool first_part(struct test_run *t, struct range *r)
{
	u64 each = 2 * MiB;

	parts = (struct subblock_map) { r->pa >> page_shift(), each >> page_shift(), r->len / each,
					part_bits };
	if (parts.nr > 64 * ARRAY_SIZE(part_bits)) {
		test_skip(t, "a block of this size has too many parts for this test");
		return false;
	}
	part_bits[0] = 1;
	r->opts.subblocks = &parts;
	return true;
}

static int conceal_first(const struct range *r, struct why *why)
{
	u64 moved = 0;

	return subblock_remove(r->pa, 2 * MiB, &moved, why);
}

static int offline_all(const struct range *r, struct why *why)
{
	return hotplug_offline(r->pa, r->len, NULL, why);
}

static const struct lazy_leave {
	const char *name;
	int (*act)(const struct range *, struct why *);
} leaves[] = { { "offline", offline_all }, { "conceal", conceal_first } };

TEST(alloc, lazy_leave,
     .claim = "memory is offlined and parts are concealed while vfree() of their frames is "
	      "deferred; no CPU reads them after that",
     .rows = "S0-35 S0-50", .identity = true, .needs = NEED_RANGE | NEED_LEAF_TLB,
     .params = PARAMS_OF(leaves))
{
	const struct lazy_leave *way = &leaves[t->param_at];
	struct why why = { 0 };
	struct range r;
	vaddr_t va;

	if (!range_get(t, &r, 1, "host") || (t->param_at && !first_part(t, &r)) ||
	    !range_up(t, &r, ZONE_NORMAL))
		return;
	lazy_begin(2 * PAGES);
	va = map_in_block(t, &r);
	if (va) {
		probes.nr = 0;
		probe_pages(va_ptr(va), 1);
		PROBES_ALL_PRIMED(t, &probes);
		vfree(va_ptr(va), 1);
		CHECK_EQ(t, vmalloc_lazy_pages(), 1);
		CHECK_OK(t, way->act(&r, &why), &why);
		CHECK_EQ(t, vmalloc_lazy_pages(), 0);
		PROBES_ALL_FAULT(t, &probes);
	}
	lazy_end();
	range_reset(&r);
}
