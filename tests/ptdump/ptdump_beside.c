/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-05: every CPU dumps, counts and audits the kernel's tree, and between two dumps changes it by
 * vmalloc, ioremap and set_direct, while one CPU adds, uses and removes a block.
 *
 * Each dump is checked by mappings that always exist: the image, a page in use, and for each leaf
 * of the linear map the target of its address.
 *
 * rounds=N continues until N dumps were made.
 */
#include <lib/atomic.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/kernel/ptdump.h>
#include <mm/study/set_direct.h>
#include <mm/vmalloc/ioremap.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/util.h>

#define BESIDE_NS 400000000
#define ONLINE_NS 20000000
#define PAGES 3

static struct {
	struct range r;
	paddr_t keep; /* a page in use that each dump must find */
	u64 image;    /* leaves of the image */
	u64 rounds, end_ns;
	u64 wrong, wx, other;  /* atomic */
	u64 changes, mappings; /* atomic */
	u64 dumps[CPUS_MAX];   /* atomic */
	u64 cycles;
	bool over; /* atomic */
} churn NOINIT;

struct view {
	u64 wrong;
	bool kept;
};

/* Check that a leaf of the linear map maps the target of its address, and that the page in use is
 * among them. */
static int check_linear(const struct ptdump_run *r, void *arg)
{
	struct view *v = arg;

	v->wrong += r->other || r->pa != linear_pa(r->va) || r->attr & PT_X;
	v->kept |= churn.keep - r->pa < r->len;
	return 0;
}

static int check_finding(const struct ptdump_run *r, void *arg)
{
	(void)r;
	(*(u64 *)arg)++;
	return 0;
}

static u64 image_leaves(void)
{
	const struct va_region *image = &layout.r[REGION_IMAGE];
	struct ptdump_counts c = { 0 };
	u64 sum = 0;

	if (image->len)
		ptdump_count(&kpt, image->va, image->len, &c);
	for (unsigned l = 0; l < PT_LEVELS_MAX; l++)
		sum += c.leaves[l];
	return sum;
}

static void dump_once(void)
{
	const struct va_region *linear = &layout.r[REGION_LINEAR];
	u64 half = 1ul << kpt.fmt->half_bits, wx = 0;
	struct ptdump_counts c = { 0 };
	struct view v = { 0 };
	bool wrong =
		ptdump_runs(&kpt, linear->va, linear->len, check_linear, &v) || v.wrong || !v.kept;

	ptdump_count(&kpt, 0 - half, half, &c);
	ptdump_audit_kernel(check_finding, &wx);
	wrong |= image_leaves() != churn.image;
	atomic_fetch_add_relaxed(&churn.wrong, wrong);
	atomic_fetch_add_relaxed(&churn.other, c.other);
	atomic_fetch_add_relaxed(&churn.wx, wx + c.wx);
	atomic_fetch_add_relaxed(&churn.dumps[this_cpu()->nr], 1);
}

static void toggle_rights(struct page *p)
{
	if (p && page_pa(p) - churn.r.pa < churn.r.len && !set_direct(p, DIRECT_READ, NULL)) {
		set_direct(p, DIRECT_DEFAULT, NULL);
		atomic_fetch_add_relaxed(&churn.changes, 1);
	}
	if (p)
		page_free(p, 0);
}

/* Change a page of the block, if it is online and has a free page. */
static void toggle_rights_once(void)
{
	toggle_rights(page_alloc(churn.r.node, ZONE_MOVABLE, 0, "ptdump"));
}

/* The block is online, so this changes one for certain. */
static void toggle_rights_in_block(void)
{
	pfn_t lo = churn.r.pa >> page_shift();

	toggle_rights(page_alloc_in(lo, lo + (churn.r.len >> page_shift()), "ptdump"));
}

/* The frame that is used in place of registers is the caller's, and is never accessed through this
 * mapping. */
static void change_mappings_once(void)
{
	struct page *p = page_alloc_any(0, ZONE_NORMAL, 0, "ptdump");
	volatile void *regs = p ? ioremap(page_pa(p), page_size()) : NULL;
	void *area = vmalloc(PAGES, 0, "ptdump");

	if (area && regs)
		atomic_fetch_add_relaxed(&churn.mappings, 1);
	if (area)
		vfree(area, PAGES);
	if (regs)
		iounmap(regs);
	if (p)
		page_free(p, 0);
}

static u64 dumps_of_all(void)
{
	u64 sum = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		sum += atomic_load_relaxed(&churn.dumps[c]);
	return sum;
}

static bool each_cpu_dumped(void)
{
	for (unsigned c = 0; c < cpus_nr; c++)
		if (other_cpus() & cpu_bit(c) && !atomic_load_relaxed(&churn.dumps[c]))
			return false;
	return true;
}

static void dumps_and_changes(void *arg)
{
	(void)arg;
	while (!atomic_load_relaxed(&churn.over)) {
		dump_once();
		toggle_rights_once();
		change_mappings_once();
		cpu_serve();
	}
}

/* Have other CPUs mapped and changed rights?  With page leaves nothing is split, so no change is
 * refused.
 */
static bool seen_at_work(void)
{
	return atomic_load_relaxed(&churn.mappings) &&
	       (churn.r.opts.leaf || atomic_load_relaxed(&churn.changes));
}

static bool churned_enough(void)
{
	if (test_aborted())
		return true;
	if (!churn.cycles || !each_cpu_dumped() || !seen_at_work())
		return false;
	return churn.rounds ? dumps_of_all() >= churn.rounds : clock_ns() > churn.end_ns;
}

/* Keep the block online, for a limited time, until a page of it got other rights. */
static void wait_for_rights(void)
{
	u64 before = atomic_load_relaxed(&churn.changes);
	struct await w = { .most_ns = ONLINE_NS };

	while (atomic_load_relaxed(&churn.changes) == before && await_step(&w))
		;
}

/* An offline is refused while another CPU has a page of the block. */
static void add_use_remove(void)
{
	struct range *r = &churn.r;
	int err;

	while (!churned_enough()) {
		if (hotplug_add(r->pa, r->len, r->node, &r->opts, NULL, NULL))
			break;
		if (hotplug_online(r->pa, r->len, ZONE_MOVABLE, NULL, NULL))
			break;
		toggle_rights_in_block();
		wait_for_rights();
		while ((err = hotplug_offline(r->pa, r->len, NULL, NULL)) == -EBUSY &&
		       !test_aborted())
			cpu_serve();
		if (err)
			break;
		if (hotplug_remove(r->pa, r->len, &r->opts, NULL, NULL))
			break;
		churn.cycles++;
	}
	atomic_store_relaxed(&churn.over, true);
}

static const char *const by[] = { "large", "pages", NULL };

TEST(ptdump, beside,
     .claim = "dumps of all CPUs during add, remove, vmalloc, ioremap and set_direct report the "
	      "mappings right",
     .rows = "S0-13 S1-05 S1-18", .needs = NEED_RANGE | NEED_SMP, .params = by, .timeout_s = 900,
     .could = COULD_YES)
{
	struct page *p = page_alloc_any(0, ZONE_NORMAL, 0, "ptdump");

	memset(&churn, 0, sizeof(churn));
	if (!CHECK(t, p))
		return;
	if (!range_get(t, &churn.r, 1, "host")) {
		page_free(p, 0);
		return;
	}
	churn.r.opts.leaf = t->param_at ? 0 : -1;
	churn.keep = page_pa(p);
	churn.image = image_leaves();
	churn.rounds = arg_given(&boot_args, ARG_ROUNDS) ? arg_number(&boot_args, ARG_ROUNDS) : 0;
	churn.end_ns = clock_ns() + BESIDE_NS;
	cpu_post(other_cpus(), dumps_and_changes, NULL);
	add_use_remove();
	cpu_wait(other_cpus());
	CHECK_EQ(t, churn.wrong, 0);
	CHECK_EQ(t, churn.wx, 0);
	CHECK_EQ(t, churn.other, 0);
	CHECK(t, churn.cycles > 0);
	CHECK(t, churn.mappings > 0);
	if (t->param_at) /* with page leaves nothing is split, so no change is refused */
		CHECK(t, churn.changes > 0);
	CHECK(t, dumps_of_all() >= cpus_online_nr() - 1);
	test_key(t, "dumps=%lu cycles=%lu rights=%lu", dumps_of_all(), churn.cycles, churn.changes);
	range_reset(&churn.r);
	page_free(p, 0);
	tables_free_empty(layout.r[REGION_DEVICE].va, layout.r[REGION_DEVICE].len);
}
