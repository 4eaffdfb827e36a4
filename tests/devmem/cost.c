/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-40: the cost of a device range is computed in advance, exact to one table.  If memory is
 * short, the error names the need and nothing has changed.
 */
#include <lib/string.h>
#include <tests/harness/devmem_fixture.h>

static u64 movable_bytes(void)
{
	u64 pages = 0;

	for (unsigned node = 0; node < NODES_MAX; node++)
		pages += buddy_free_pages(node, ZONE_MOVABLE);
	return pages << page_shift();
}

TEST(devmem, cost, .claim = "an add uses exactly the tables and memmap that were computed before",
     .rows = "S1-40 S0-49", .needs = NEED_RANGE, .params = devrange_names)
{
	struct devmem_cost c;
	struct why why = { 0 };
	struct devrange d;
	u64 free;

	if (!needs_tables_freed(t) || !devrange_get(t, &d) || !devrange_claim(&d) ||
	    !CHECK_OK(t, devmem_cost(d.r.pa, d.r.len, d.r.node, &d.opts, &c, &why), &why))
		return;
	free = buddy_free_total() << page_shift();
	CHECK_EQ(t, c.free, free - movable_bytes());
	if (!devrange_mode(&d, DEVMEM_DAX))
		return;
	CHECK_EQ(t, c.tables, d.r.report.tables_new << page_shift());
	CHECK_EQ(t, c.memmap, d.r.report.memmap_pages << page_shift());
	CHECK_EQ(t, c.full, memmap_bytes(d.r.len >> page_shift()));
	CHECK_EQ(t, c.need, free - (buddy_free_total() << page_shift()));
	CHECK_EQ(t, d.r.report.memmap_host_bytes, c.need - c.tables);
	CHECK(t, c.reserved >= c.memmap - (c.need - c.tables) && c.reserved < d.r.len);
	test_key(t, "need=%lu", c.need);
	devrange_mode(&d, DEVMEM_RAW);
	CHECK_EQ(t, buddy_free_total() << page_shift(), free);
	devrange_release(&d);
	devrange_reset(&d);
}

/* Find a terabyte of address space; only its cost is computed. */
static bool terabyte(u64 *pa)
{
	paddr_t lo;
	u64 len;

	layout_mappable(&lo, &len);
	*pa = lo + 2 * TiB;
	return len >= 4 * TiB;
}

static const struct devmem_numbers {
	u64 page, memmap_tables, kept;
} numbers[] = {
	{ 4 * KiB, 8192, 8 * MiB },
	{ 16 * KiB, 128, 32 * MiB },
	{ 64 * KiB, 2, 128 * MiB },
};

TEST(devmem, terabyte_cost,
     .claim = "1 TiB in compounds of 1 GiB: 8 MiB of memmap and 8192 level-0 tables with 4K pages, "
	      "16 GiB of memmap without compounds",
     .rows = "S1-40 S1-45")
{
	struct devmem_opts o = { .memmap = test_memmap(t, "host"), .compound = GiB };
	struct devmem_cost c;
	struct why why = { 0 };
	u64 pa;

	if (!terabyte(&pa)) {
		test_skip(t, "the linear map of %s is smaller than that", layout.fmt->name);
		return;
	}
	if (!CHECK_OK(t, devmem_cost(pa, TiB, 0, &o, &c, &why), &why))
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (numbers[i].page != page_size())
			continue;
		CHECK_EQ(t, c.memmap, numbers[i].kept);
		CHECK_EQ(t, c.memmap_tables[0], numbers[i].memmap_tables);
	}
	CHECK_EQ(t, c.full, TiB / page_size() * 64);
	CHECK_EQ(t, c.linear_tables[0],
		 strcmp(arg_text(NULL, ARG_LEAF), "page") ? 0 : TiB / pt_span(layout.fmt, 1));
	test_key(t, "need=%lu", c.need);
	o.compound = 0;
	CHECK_OK(t, devmem_cost(pa, TiB, 0, &o, &c, &why), &why);
	CHECK_EQ(t, c.memmap, c.full);
}

TEST(devmem, too_much,
     .claim = "a range that needs more than the free memory is refused with the need in numbers",
     .rows = "S1-40 S2-01", .needs = NEED_RANGE, .params = devrange_names)
{
	struct digest before, after;
	struct why why = { 0 };
	struct devmem_cost c;
	struct devrange d;
	struct test_hog h;

	if (!devrange_get(t, &d) ||
	    !CHECK_OK(t, devmem_cost(d.r.pa, d.r.len, d.r.node, &d.opts, &c, &why), &why))
		return;
	if (!c.need) {
		test_skip(t, "the range needs no table here");
		return;
	}
	if (!devrange_claim(&d))
		return;
	hog_init(&h);
	for (unsigned zone = 0; zone < ZONE_NR; zone++)
		hog_orders(&h, zone, 0);
	digest_take(&before);
	CHECK_OK(t, devmem_cost(d.r.pa, d.r.len, d.r.node, &d.opts, &c, &why), &why);
	CHECK(t, c.need > c.free);
	CHECK_REFUSED(t, devmem_set_mode(d.r.pa, d.r.len, DEVMEM_DAX, NULL, &why), ENOMEM, &why);
	CHECK(t, strstr(why.text, "of old memory") && strstr(why.text, "are free"));
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	hog_drop(&h);
	devrange_release(&d);
	devrange_reset(&d);
}

/* ---- a real terabyte, if the machine has one ---- */

/* Find a whole withheld terabyte (NODE1=1T). */
static bool find_terabyte(struct devrange *d)
{
	unsigned node;

	d->opts = (struct devmem_opts) { .memmap = test_memmap(d->t, "host"), .compound = GiB };
	if (!d->opts.memmap ||
	    !test_range(d->t, TiB / layout.block_bytes, &d->r.pa, &d->r.len, &node))
		return false;
	d->r.node = node;
	return true;
}

TEST(devmem, terabyte,
     .claim = "on a machine of a few GiB, 1 TiB is added, used at both ends and removed without a "
	      "trace",
     .rows = "S1-40", .timeout_s = 300, .identity = true)
{
	struct devrange d = { .t = t };

	if (!find_terabyte(&d))
		return;
	if (!devrange_up(&d))
		return;
	for (unsigned i = 0; i < 2; i++) {
		volatile u64 *end = pa_ptr(i ? d.r.pa + d.r.len - 8 : d.r.pa);

		*end = ~d.r.pa;
		CHECK_EQ(t, *end, ~d.r.pa);
	}
	CHECK_EQ(t, d.r.report.memmap_pages, 2048);
	CHECK(t, pfn_to_page(devrange_pfn(&d) + (d.r.len >> page_shift()) - 1)->head ==
			 pfn_to_page(devrange_pfn(&d) + ((d.r.len - GiB) >> page_shift())));
	test_key(t, "tables=%lu", d.r.report.tables_new);
	devrange_mode(&d, DEVMEM_RAW);
	devrange_release(&d);
}
