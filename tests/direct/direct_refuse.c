/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-06, S1-07, S1-08: pages that the caller does not own, and leaves that must not be broken, are
 * refused; every failure in the middle is undone; and a block with such a page is not offlined.
 */
#include <lib/string.h>
#include <mm/hotplug/movable.h>
#include <mm/live/live_split.h>
#include <mm/pt/taps/inject.h>
#include <tests/direct/direct.h>

static const char *const one_shape[] = { "large", NULL };

static void unchanged(struct test_run *t, const struct digest *before)
{
	struct digest after;
	struct why why = { 0 };

	digest_take(&after);
	CHECK_OK(t, digest_compare(before, &after, &why), &why);
	CHECK_EQ(t, live_splits(), 0);
}

TEST(direct, not_the_owner,
     .claim = "free pages, tails and movable pages are refused, and nothing changes",
     .rows = "S1-06", .needs = NEED_RANGE, .params = one_shape)
{
	struct digest before;
	struct why why = { 0 };
	struct movable m;
	struct direct d;
	pfn_t lo;

	if (!direct_get(t, &d))
		return;
	lo = d.r.pa >> page_shift();
	if (CHECK_OK(t, movable_alloc_in(&m, lo, lo + block_pages(), "direct", &why), &why)) {
		digest_take(&before);
		CHECK_REFUSED(t, set_direct(m.page, DIRECT_READ, &why), EINVAL, &why);
		CHECK_REFUSED(t, set_direct(d.page + 2, DIRECT_READ, &why), EINVAL, &why);
		unchanged(t, &before);
		movable_free(&m);
	}
	direct_put(t, &d);
}

TEST(direct, boot_memory,
     .claim = "a page of boot memory changes only if its leaf is split without a break",
     .rows = "S1-06")
{
	struct page *p = page_alloc(0, ZONE_NORMAL, 0, "tests/direct");
	struct digest before, after;
	struct direct d = { .page = p };
	struct why why = { 0 };
	struct pt_slot slot;

	if (!p || !block_find(page_to_pfn(p)) || !block_find(page_to_pfn(p))->boot) {
		if (p)
			page_free(p, 0);
		test_skip(t, "no free page of boot memory on node 0");
		return;
	}
	d.va = ptr_va(page_ptr(p));
	pt_lookup(&kpt, d.va, &slot);
	d.level = slot.level;
	d.whole_len = pt_span(kpt.fmt, slot.level) << kpt.fmt->run_shift(slot.val, slot.level);
	d.whole = align_down(d.va, d.whole_len);
	digest_take(&before);
	if (direct_owes_break(&d)) {
		CHECK_REFUSED(t, set_direct(p, DIRECT_READ, &why), EBUSY, &why);
		CHECK(t, strstr(why.text, "invalid for a moment"));
	} else {
		CHECK_OK(t, set_direct(p, DIRECT_READ, &why), &why);
		CHECK_OK(t, set_direct(p, DIRECT_DEFAULT, &why), &why);
	}
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	test_key(t, "level=%u break=%s", d.level, direct_owes_break(&d) ? "owed" : "no");
	page_free(p, 0);
}

TEST(direct, veto,
     .claim = "a block with a page whose rights were changed stays online, and the owner is named",
     .rows = "S1-07 S1-08", .needs = NEED_RANGE, .params = direct_shapes)
{
	struct digest before, after;
	struct why why = { 0 };
	struct direct d;

	if (!direct_get(t, &d))
		return;
	CHECK_OK(t, set_direct(d.page, DIRECT_NONE, &why), &why);
	digest_take(&before);
	CHECK_REFUSED(t, hotplug_offline(d.r.pa, d.r.len, NULL, &why), EBUSY, &why);
	CHECK(t, strstr(why.text, "tests/direct"));
	CHECK_REFUSED(t, hotplug_remove(d.r.pa, d.r.len, &d.r.opts, NULL, &why), EBUSY, &why);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	CHECK_EQ(t, page_provenance(d.page), PAGE_REMAPPED);
	CHECK_OK(t, set_direct(d.page, DIRECT_DEFAULT, &why), &why);
	direct_put(t, &d);
}

TEST(direct, failures, .claim = "each failure of a split leaves the map as it was", .rows = "S1-06",
     .needs = NEED_RANGE, .params = direct_split_shapes)
{
	struct inject_count count = { .failed = 1 };
	struct digest before;
	struct why why = { 0 };
	unsigned refused = 0;
	struct direct d;

	if (inject_on()) {
		test_skip(t, "bug= makes mistakes already");
		return;
	}
	if (!direct_get(t, &d))
		return;
	digest_take(&before);
	for (u64 n = 1; count.failed && n < 100; n++) {
		int err;

		inject_begin(&(struct inject) { .at = n,
						.points = BIT(FAIL_PAGE) | BIT(FAIL_PAGES) |
							  BIT(FAIL_TABLE) | BIT(FAIL_PLAN) });
		err = set_direct(d.page, DIRECT_READ, &why);
		inject_end(&count);
		if (err)
			CHECK_EQ(t, err, -ENOMEM);
		refused += err != 0;
		CHECK_OK(t, set_direct(d.page, DIRECT_DEFAULT, &why), &why);
		unchanged(t, &before);
	}
	CHECK(t, refused > 0);
	test_key(t, "refused=%u", refused);
	direct_put(t, &d);
}

static const char *const run_shape[] = { "page-runs", NULL };

TEST(direct, failures_half,
     .claim = "a failure after the first of two runs was split leaves both whole", .rows = "S1-06",
     .needs = NEED_RANGE, .params = run_shape)
{
	struct inject_count count;
	struct digest before;
	struct why why = { 0 };
	struct page *two = NULL;
	struct direct d;
	unsigned order;

	if (inject_on()) {
		test_skip(t, "bug= makes mistakes already");
		return;
	}
	if (!direct_get(t, &d))
		return;
	order = log2_u64(d.whole_len >> page_shift()) + 1;
	if (order <= BUDDY_MAX_ORDER)
		two = page_alloc(d.r.node, ZONE_MOVABLE, order, "tests/direct");
	if (two && page_pa(two) - d.r.pa < d.r.len) {
		digest_take(&before);
		inject_begin(&(struct inject) { .at = 2, .points = BIT(FAIL_PLAN) });
		CHECK_REFUSED(t, set_direct(two, DIRECT_READ, &why), ENOMEM, &why);
		inject_end(&count);
		CHECK_EQ(t, count.failed, 1);
		unchanged(t, &before);
	} else {
		test_skip(t, "no chunk of two runs in the block");
	}
	if (two)
		page_free(two, order);
	direct_put(t, &d);
}
