/* SPDX-License-Identifier: BSD-2-Clause */
/* S0-36, S0-45: the destructor of its class frees each page, and every count balances. */
#include <tests/harness/util.h>

TEST(alloc, ctor_dtor_balance,
     .claim = "an add and a remove destroy as many page tables as they made",
     .rows = "S0-45 S0-36 S1-37", .needs = NEED_RANGE)
{
	u64 ctor[2], dtor[2];
	struct range r;

	if (!needs_tables_freed(t) || !range_get(t, &r, 1, "host"))
		return;
	r.opts.leaf = 0;
	table_counts(&ctor[0], &dtor[0]);
	if (range_add(t, &r))
		range_remove(t, &r);
	table_counts(&ctor[1], &dtor[1]);
	CHECK(t, ctor[1] > ctor[0]);
	CHECK_EQ(t, ctor[1] - ctor[0], dtor[1] - dtor[0]);
	range_reset(&r);
}

TEST(alloc, buddy_check,
     .claim = "free lists, chunk heads and counts agree after a cycle of everything",
     .rows = "S0-36", .needs = NEED_RANGE)
{
	struct why why = { 0 };
	struct range r;

	if (!range_get(t, &r, 2, "device") || !range_add(t, &r) ||
	    !range_online(t, &r, ZONE_MOVABLE))
		return;
	CHECK_OK(t, buddy_check(&why), &why);
	for (int i = 0; i < 200; i++) {
		unsigned order = (unsigned)rng_below(&t->rng, 6);
		struct page *p = page_alloc(r.node, ZONE_MOVABLE, order, "buddy_check");

		if (p)
			page_free(p, order);
	}
	CHECK_OK(t, buddy_check(&why), &why);
	range_offline(t, &r);
	CHECK_OK(t, buddy_check(&why), &why);
	range_remove(t, &r);
	range_reset(&r);
}

TEST(alloc, table_failure,
     .claim = "an add that fails at its n-th page table is undone completely, for every n (large "
	      "blocks: for some)",
     .rows = "S0-01 B-11", .needs = NEED_RANGE, .params = memmap_names)
{
	struct digest before, after;
	struct why why = { 0 };
	struct range r;
	bool poison = buddy_poison;
	u64 n = 0;
	int err;

	if (!range_get(t, &r, 1, t->param))
		return;
	r.opts.leaf = 0;
	digest_take(&before);
	buddy_poison = false; /* else the frames of memmap=host would be filled each time */
	do {
		n += layout.block_bytes > layout.section_bytes ? 1 + n / 16 : 1;
		table_fail_at(n);
		err = hotplug_add(r.pa, r.len, r.node, &r.opts, NULL, &why);
		table_fail_at(0);
		if (!err)
			break;
		CHECK_EQ(t, err, -ENOMEM);
		digest_take(&after);
		if (!CHECK_OK(t, digest_compare(&before, &after, &why), &why))
			break;
	} while (n < 4096 && !test_aborted());
	buddy_poison = poison;
	CHECK(t, !err && n > 1);
	test_key(t, "failed_at=1..%lu", n - 1);
	if (!err)
		range_remove(t, &r);
	range_reset(&r);
}

TEST(alloc, poison,
     .claim = "a page is filled when it is freed, and nothing has written to it since",
     .rows = "S0-36")
{
	struct page *p = page_alloc_any(0, ZONE_NORMAL, 1, "poison");
	u64 *word, wrong = 0;

	if (!CHECK(t, p != NULL))
		return;
	word = page_ptr(p);
	for (u64 i = 0; i < 2 * page_size() / 8; i++)
		word[i] = i;
	page_free(p, 1);
	if (!buddy_poison) {
		test_skip(t, "booted with poison=off");
		return;
	}
	for (u64 i = 0; i < 2 * page_size() / 8; i++)
		wrong += word[i] != BUDDY_POISON;
	CHECK_EQ(t, wrong, 0);
}
