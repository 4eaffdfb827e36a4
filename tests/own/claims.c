/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-07, S1-08, S1-16, S1-17, S1-18: which actors may change kernel tables, checked by the log of
 * every store (tests/harness/owners.h) while all actors work.
 */
#include <lib/atomic.h>
#include <lib/string.h>
#include <mm/hotplug/movable.h>
#include <mm/kernel/ptdump.h>
#include <mm/kernel/range_apply.h>
#include <mm/kernel/writer.h>
#include <mm/memmap/memmap_optimise.h>
#include <mm/study/set_direct.h>
#include <mm/vmalloc/ioremap.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/owners.h>

#define CYCLES 2        /* zones Movable and Normal */
#define MOST_ROUNDS 64  /* of all other CPUs; a shootdown is slow on a host with few CPUs */
#define MOST_CHANGES 16 /* of pages in use; each split stores several runs */
#define PAGES 3

static struct {
	u32 stop, changes;
	u64 rounds[CPUS_MAX];
} busy;

static u64 busy_rounds(void)
{
	u64 sum = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		sum += atomic_load_relaxed(&busy.rounds[c]);
	return sum;
}

/* ---- one round of each actor ---- */

static int apply_map_one(struct pt_page_entry *e, void *arg)
{
	e->mapped = true;
	e->pa = *(paddr_t *)arg;
	e->prot = PT_R | PT_GLOBAL;
	return 0;
}

static int apply_unmap_one(struct pt_page_entry *e, void *arg)
{
	(void)arg;
	e->mapped = false;
	return 0;
}

/* Map a frame as registers, which no CPU accesses, and by a function for each page. */
static void maps_a_frame(void)
{
	struct page *p = page_alloc_any(0, ZONE_NORMAL, 0, "own");
	vaddr_t va = vmalloc_va_alloc(1);
	volatile void *regs;
	paddr_t pa;

	if (p && va) {
		pa = page_pa(p);
		regs = ioremap(pa, page_size());
		if (regs)
			iounmap(regs);
		if (!range_apply(va, page_size(), 0, apply_map_one, &pa, NULL))
			range_apply_existing(va, page_size(), apply_unmap_one, NULL, NULL);
	}
	if (va)
		vmalloc_va_free(va, 1);
	if (p)
		page_free(p, 0);
}

static void maps_areas(void)
{
	void *area = vmalloc(PAGES, 0, "own");
	struct movable page;

	if (area)
		vfree(area, PAGES);
	if (!movable_alloc(&page, 0, "own", NULL))
		movable_free(&page);
}

/* Dump the range, which is added and removed, as runs and counts; audit the whole tree. */
static int count_claims(const struct ptdump_run *r, void *arg)
{
	*(u64 *)arg += r->n;
	return 0;
}

static void dumps_range(const struct range *r)
{
	struct ptdump_counts c = { 0 };
	u64 leaves = 0;

	ptdump_runs(&kpt, linear_va(r->pa), r->len, count_claims, &leaves);
	ptdump_count(&kpt, linear_va(r->pa), r->len, &c);
	ptdump_audit_kernel(count_claims, &leaves);
}

/* Change pages of memory in use: their rights, and their struct pages to share a frame. */
static void changes_pages(struct page *page, struct page *chunk)
{
	if (page && !set_direct(page, DIRECT_READ, NULL))
		set_direct(page, DIRECT_DEFAULT, NULL);
	if (chunk && !memmap_optimise(chunk, NULL))
		memmap_unoptimise(chunk, NULL);
}

static bool is_of(const struct page *p, const struct range *r)
{
	return p && page_pa(p) - r->pa < r->len;
}

/* Allocate from zone Movable: while the range is online there, its pages. */
static void changes_pages_in_use(const struct range *r)
{
	unsigned order = memmap_optimise_order();
	struct page *page = page_alloc(r->node, ZONE_MOVABLE, 0, "own");
	struct page *chunk =
		order <= BUDDY_MAX_ORDER ? page_alloc(r->node, ZONE_MOVABLE, order, "own") : NULL;

	if (is_of(page, r) && atomic_fetch_add_relaxed(&busy.changes, 1) < MOST_CHANGES)
		changes_pages(page, is_of(chunk, r) ? chunk : NULL);
	if (chunk)
		page_free(chunk, order);
	if (page)
		page_free(page, 0);
}

/* Struct pages share frames only with memmap=host, and if the buddy has an order that large. */
static bool can_optimise(const struct range *r)
{
	return r->opts.memmap->where == MEMMAP_IN_OLD_MEMORY &&
	       memmap_optimise_order() <= BUDDY_MAX_ORDER;
}

static void optimises_a_chunk(struct test_run *t, const struct range *r)
{
	unsigned order = memmap_optimise_order();
	struct page *chunk = page_alloc(r->node, ZONE_MOVABLE, order, "own");
	struct why why = { 0 };

	if (is_of(chunk, r) && CHECK_OK(t, memmap_optimise(chunk, &why), &why))
		memmap_unoptimise(chunk, NULL);
	if (chunk)
		page_free(chunk, order);
}

/* The same on the CPU that adds and removes, where it succeeds for certain. */
static void changes_one_for_sure(struct test_run *t, const struct range *r)
{
	pfn_t lo = r->pa >> page_shift();
	struct page *page = page_alloc_in(lo, lo + (r->len >> page_shift()), "own");
	struct why why = { 0 };

	if (!CHECK(t, page))
		return;
	if (CHECK_OK(t, set_direct(page, DIRECT_READ, &why), &why))
		set_direct(page, DIRECT_DEFAULT, NULL);
	page_free(page, 0);
	if (can_optimise(r))
		optimises_a_chunk(t, r);
}

/* ---- all actors, until a stop is requested ---- */

static void others_work(void *arg)
{
	unsigned cpu = this_cpu()->nr;
	const struct range *r = arg;

	while (!atomic_load_acquire(&busy.stop)) {
		if (atomic_load_relaxed(&busy.rounds[cpu]) >= MOST_ROUNDS / cpus_online_nr()) {
			cpu_serve(); /* the log of stores has no room for more */
			continue;
		}
		maps_areas();
		maps_a_frame();
		dumps_range(r);
		changes_pages_in_use(r);
		atomic_fetch_add_relaxed(&busy.rounds[cpu], 1);
	}
}

/* Retry the offline, which is refused while another CPU has a page of the range. */
static bool down_beside(struct test_run *t, struct range *r)
{
	struct why why = { 0 };
	int err;

	while ((err = hotplug_offline(r->pa, r->len, NULL, &why)) == -EBUSY && !test_aborted())
		cpu_serve();
	return CHECK_OK(t, err, &why) && range_remove(t, r);
}

/* The range has a page in use, so the offline migrates it. */
static bool down_with_a_page(struct test_run *t, struct range *r)
{
	pfn_t lo = r->pa >> page_shift();
	struct movable page;
	struct why why = { 0 };
	bool down;

	if (!CHECK_OK(t, movable_alloc_in(&page, lo, lo + (r->len >> page_shift()), "own", &why),
		      &why))
		return false;
	down = down_beside(t, r);
	movable_free(&page);
	return down;
}

static void cycles(struct test_run *t, struct range *r)
{
	for (unsigned i = 0; i < CYCLES && !t->failed && !test_aborted(); i++) {
		enum zone_id zone = i % 2 ? ZONE_NORMAL : ZONE_MOVABLE;

		if (!range_up(t, r, zone))
			return;
		changes_one_for_sure(t, r);
		changes_pages_in_use(r);
		maps_a_frame();
		dumps_range(r);
		if (!(zone == ZONE_MOVABLE ? down_with_a_page(t, r) : down_beside(t, r)))
			return;
	}
}

/* Run `work` on this CPU and the other actors on the other CPUs. */
static void beside_others(struct test_run *t, struct range *r,
			  void (*work)(struct test_run *, struct range *))
{
	cpumask_t others = other_cpus();

	memset(&busy, 0, sizeof(busy));
	if (others) {
		cpu_post(others, others_work, r);
		await_work(busy_rounds);
	}
	work(t, r);
	atomic_store_release(&busy.stop, 1);
	if (others)
		cpu_wait(others);
	tables_free_empty(layout.r[REGION_DEVICE].va, layout.r[REGION_DEVICE].len);
}

/* In the regions of hot-plug, only actors that change memory in use may store as well. */
static void check_regions(struct test_run *t, const struct owners_seen *s)
{
	CHECK_EQ(t, s->by_region[REGION_LINEAR] & ~BIT(PT_WRITER_DIRECT), BIT(PT_WRITER_HOTPLUG));
	CHECK_EQ(t, s->by_region[REGION_VMEMMAP] & ~BIT(PT_WRITER_OPTIMISE),
		 BIT(PT_WRITER_HOTPLUG));
	CHECK_EQ(t, s->by_region[REGION_VMALLOC] & BIT(PT_WRITER_HOTPLUG), 0);
}

TEST(own, entries,
     .claim = "no two actors change one entry, except one while its memory is in use and hot-plug "
	      "while it is not",
     .rows = "S1-03 S1-07 S1-08 S1-16 X-08", .could = COULD_TRACE, .needs = NEED_RANGE,
     .params = memmap_names)
{
	struct owners_seen s;
	struct range r;

	if (!range_get(t, &r, 1, t->param))
		return;
	owners_begin();
	beside_others(t, &r, cycles);
	owners_end(&s);
	range_reset(&r);
	owners_judge(t, &s);
	check_regions(t, &s);
	CHECK_EQ(t, s.by_region[REGION_DEVICE], BIT(PT_WRITER_DEVICE));
	CHECK(t, s.by_region[REGION_LINEAR] & BIT(PT_WRITER_DIRECT));
	CHECK(t, s.by_region[REGION_VMALLOC] & BIT(PT_WRITER_APPLY));
	CHECK(t, s.by_region[REGION_VMALLOC] & BIT(PT_WRITER_MIGRATE));
	CHECK_EQ(t, (s.by_region[REGION_VMEMMAP] & BIT(PT_WRITER_OPTIMISE)) != 0, can_optimise(&r));
	CHECK_EQ(t, s.by_region[REGION_SHADOW],
		 layout.r[REGION_SHADOW].len ? BIT(PT_WRITER_SHADOW) : 0);
	CHECK(t, s.stores && s.locks);
	test_key(t, "stores=%u entry_conflicts=%u table_conflicts=%u walks=%u rounds=%lu actors=%x",
		 s.stores, s.clashes, s.tables, s.walks, busy_rounds(), s.writers);
}

/* Log only adds: theorem 1 is about hot-add, so the log is off during the rest. */
static void own_add(struct test_run *t, struct range *r)
{
	range_add(t, r);
}

static const struct {
	const char *name;
	int leaf;
} leaves_of[] = { { "large", -1 }, { "pages", 0 } };

TEST(own, theorem1,
     .claim = "no other actor stores to an entry to which a hot-add stores, in large leaves or "
	      "pages",
     .rows = "S1-16 X-08", .could = COULD_TRACE, .needs = NEED_RANGE,
     .params = PARAMS_OF(leaves_of))
{
	struct owners_seen s;
	struct range r;

	if (!range_get(t, &r, 1, NULL))
		return;
	r.opts.leaf = leaves_of[t->param_at].leaf;
	owners_begin();
	beside_others(t, &r, own_add);
	owners_end(&s);
	range_reset(&r);
	owners_judge(t, &s);
	check_regions(t, &s);
	test_key(t, "stores=%u entry_conflicts=%u table_conflicts=%u", s.stores, s.clashes,
		 s.tables);
}

TEST(own, walkers,
     .claim = "each walk of a range that hot-plug changes, also the digest's, holds the hotplug "
	      "lock",
     .rows = "S0-13 S1-18", .could = COULD_TRACE, .needs = NEED_RANGE)
{
	struct owners_seen s;
	struct digest d;
	struct why why = { 0 };
	struct range r;

	if (!range_get(t, &r, 1, NULL))
		return;
	owners_begin();
	beside_others(t, &r, cycles);
	digest_take(&d);
	digest_range(boot_ram(layout.block_bytes), layout.block_bytes);
	hotplug_read_lock();
	CHECK(t, !layout.disjoint || CHECK_OK(t, layout_check_sharing(&kpt, &why), &why));
	hotplug_read_unlock();
	owners_end(&s);
	range_reset(&r);
	owners_judge(t, &s);
	CHECK(t, s.walks >= REGION_NR);
	CHECK(t, s.locks >= s.walks);
	test_key(t, "walks=%u", s.walks);
}
