/* SPDX-License-Identifier: BSD-2-Clause */
/* S0-08, L-01: schemes of vmalloc= that keep the vmemmap's tables, which the test counts in the
 * tree itself. */
#include <lib/string.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/util.h>

static int count_kept(const struct pt_slot *slot, void *arg)
{
	(void)slot;
	++*(u64 *)arg;
	return 0;
}

static u64 vmemmap_tables(void)
{
	const struct va_region *r = &layout.r[REGION_VMEMMAP];
	u64 nr = 0;

	hotplug_read_lock();
	hotplug_walk(r->va, r->len, PT_ON_TABLE, count_kept, &nr);
	hotplug_read_unlock();
	return nr;
}

/* Count tables of the vmemmap: before, with the range, without it, with it again. */
static void count_cycle(struct test_run *t, struct range *r, u64 nr[static 4])
{
	nr[0] = vmemmap_tables();
	if (!range_add(t, r))
		return;
	nr[1] = vmemmap_tables();
	if (!range_remove(t, r))
		return;
	nr[2] = vmemmap_tables();
	if (!range_add(t, r))
		return;
	nr[3] = vmemmap_tables();
	range_remove(t, r);
}

static bool share_a_table(const struct range *a, const struct range *b)
{
	u64 span = pt_span(kpt.fmt, 1);

	return memmap_va(a->pa >> page_shift()) / span == memmap_va(b->pa >> page_shift()) / span;
}

static const char *const keeping[] = { "keep", "overlap-flag", NULL };

TEST(hotplug, kept_tables,
     .claim = "a removal leaves every table of the vmemmap; the same range again needs none",
     .rows = "S0-08 S0-18 L-01", .needs = NEED_RANGE, .params = keeping)
{
	const struct vmalloc_scheme *before = vmalloc_selected();
	u64 nr[4] = { 0 };
	struct range r;

	if (layout.disjoint && !strcmp(t->param, "overlap-flag")) {
		test_skip(t, "placement=disjoint: the flag states that no table is shared");
		return;
	}
	if (!range_get(t, &r, 1, "host"))
		return;
	r.opts.leaf = 0;
	vmalloc_select(vmalloc_scheme_find(t->param, NULL));
	count_cycle(t, &r, nr);
	CHECK_EQ(t, nr[2], nr[1]);
	CHECK_EQ(t, nr[3], nr[1]);
	test_key(t, "kept=%lu", nr[2] - nr[0]);
	if (nr[1] == nr[0])
		test_skip(t, "its memmap is under tables that boot memory uses");
	kept_tables_free();
	CHECK_EQ(t, vmemmap_tables(), nr[0]);
	vmalloc_select(before);
	range_reset(&r);
}

TEST(hotplug, kept_for_others,
     .claim = "tables that a removal kept serve no range whose memmap is under another table",
     .rows = "S0-08 L-01", .needs = NEED_RANGE)
{
	const struct vmalloc_scheme *before = vmalloc_selected();
	struct range r, other;
	u64 nr[4] = { 0 };

	if (!range_get(t, &r, 2, "host"))
		return;
	r.len /= 2;
	other = r;
	other.pa += r.len;
	r.opts.leaf = other.opts.leaf = 0;
	vmalloc_select(vmalloc_scheme_find("keep", NULL));
	count_cycle(t, &r, nr);
	if (nr[1] == nr[0] || share_a_table(&r, &other)) {
		test_skip(t, "a table of the vmemmap covers more than a block here");
	} else if (range_add(t, &other)) {
		CHECK(t, vmemmap_tables() > nr[1]); /* tables of higher levels may be shared */
		range_remove(t, &other);
	}
	kept_tables_free();
	CHECK_EQ(t, vmemmap_tables(), nr[0]);
	vmalloc_select(before);
	range_reset(&r);
	range_reset(&other);
}
