/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S2-19, S2-20, S2-21: with memmap=device the first blocks hold the struct pages of all:
 * if they are removed first, the memmap of the others must stay mapped, and its memory must not be
 * freed yet.
 */
#include <lib/hash.h>
#include <tests/harness/util.h>

#define BLOCKS 8

static u64 hash_pages(pfn_t pfn, u64 nr)
{
	const u64 *word = (const u64 *)pfn_to_page(pfn);
	u64 h = 0;

	for (u64 i = 0; i < nr * sizeof(struct page) / 8; i++)
		h = hash_u64(h, word[i]);
	return h;
}

static bool add_device(struct test_run *t, struct range *r, u64 blocks)
{
	return range_get(t, r, blocks, "device") && range_add(t, r);
}

static int remove_one(struct range *r, u64 i, struct why *why)
{
	return hotplug_remove(r->pa + i * layout.block_bytes, layout.block_bytes, &r->opts, NULL,
			      why);
}

TEST(memmap, device_defer,
     .claim = "removing the block that holds the memmap leaves the others' struct pages unchanged",
     .rows = "S2-19 S2-20 S2-21", .needs = NEED_RANGE)
{
	struct why why = { 0 };
	struct range r;
	pfn_t second;
	u64 before, users;

	if (!add_device(t, &r, 2))
		return;
	second = (r.pa + layout.block_bytes) >> page_shift();
	users = pa_page(r.pa)->refcount;
	before = hash_pages(second, block_pages());
	CHECK_OK(t, remove_one(&r, 0, &why), &why);
	CHECK_EQ(t, pa_page(r.pa)->refcount, users - layout.block_bytes / layout.section_bytes);
	CHECK_EQ(t, hash_pages(second, block_pages()), before);
	CHECK_REFUSED(t, hotplug_may_release(r.pa, layout.block_bytes, &why), EBUSY, &why);
	CHECK_REFUSED(t, hotplug_add(r.pa, layout.block_bytes, r.node, &r.opts, NULL, &why), EBUSY,
		      &why);
	CHECK_OK(t, remove_one(&r, 1, &why), &why);
	CHECK_OK(t, hotplug_may_release(r.pa, r.len, &why), &why);
	range_reset(&r);
}

TEST(memmap, device_refuse,
     .claim = "device-remove=refuse: the block that holds the memmap is removed last",
     .rows = "S2-19 S2-21", .needs = NEED_RANGE)
{
	struct why why = { 0 };
	struct digest before, after;
	struct range r;

	if (!add_device(t, &r, 2))
		return;
	r.opts.device_refuse = true;
	digest_take(&before);
	CHECK_REFUSED(t, remove_one(&r, 0, &why), EBUSY, &why);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	CHECK_OK(t, remove_one(&r, 1, &why), &why);
	CHECK_OK(t, remove_one(&r, 0, &why), &why);
	range_reset(&r);
}

/* Order k: rotations of 0..7 for k < 8, reversed rotations after that. */
static u64 nth(unsigned k, u64 i)
{
	return k < BLOCKS ? (i + k) % BLOCKS : (2 * BLOCKS - 1 - i - k % BLOCKS) % BLOCKS;
}

TEST(memmap, device_orders,
     .claim = "all rotations and reversed rotations of 8 removals restore the state",
     .rows = "S2-20 S2-28 L-06", .needs = NEED_GIB, .timeout_s = 300)
{
	struct digest before, after;
	struct why why = { 0 };
	struct range r;

	if (layout.block_bytes * BLOCKS > GiB) {
		test_skip(t, "needs %d blocks in 1 GiB; blocks here have %lu MiB", BLOCKS,
			  (layout.block_bytes / MiB));
		return;
	}
	digest_take(&before);
	for (unsigned k = 0; k < 2 * BLOCKS && !test_aborted(); k++) {
		if (!add_device(t, &r, BLOCKS))
			return;
		for (u64 i = 0; i < BLOCKS; i++)
			CHECK_OK(t, remove_one(&r, nth(k, i), &why), &why);
		digest_take(&after);
		if (!CHECK_OK(t, digest_compare(&before, &after, &why), &why))
			break;
	}
	range_reset(&r);
}

/* The merged scheme and the other proposals, as the mailing list describes them. */
static const struct merged {
	const char *name;
	bool at_once; /* the first of two blocks may be unplugged while the other stays */
} first_block[] = { { "host", true }, { "block", true }, { "device", false } };

TEST(memmap, first_block,
     .claim = "of two blocks that are added together the first may be unplugged alone, unless it "
	      "holds the struct pages of both",
     .rows = "S2-20 S2-22 L-06", .needs = NEED_RANGE, .params = PARAMS_OF(first_block))
{
	const struct merged *m = &first_block[t->param_at];
	u64 len = layout.block_bytes;
	struct why why = { 0 };
	struct range r;

	if (!range_get(t, &r, 2, m->name) || !range_add(t, &r))
		return;
	CHECK_OK(t, remove_one(&r, 0, &why), &why);
	if (m->at_once)
		CHECK_OK(t, hotplug_may_release(r.pa, len, &why), &why);
	else
		CHECK_REFUSED(t, hotplug_may_release(r.pa, len, &why), EBUSY, &why);
	CHECK_OK(t, remove_one(&r, 1, &why), &why);
	CHECK_OK(t, hotplug_may_release(r.pa, r.len, &why), &why);
	range_reset(&r);
}

/* If the memmap is longer than a block, a later block holds part of it (numbers.c). */
TEST(memmap, device_earlier_stays,
     .claim = "the policy counts remaining blocks below the removed ones as well as above",
     .rows = "S2-19 S2-21", .needs = NEED_RANGE)
{
	const struct block *low, *high;
	struct why why = { 0 };
	struct range r;

	if (!range_get(t, &r, 2, "device") || !range_add(t, &r))
		return;
	low = range_block(&r, 0);
	high = range_block(&r, 1);
	CHECK_REFUSED(t, r.opts.memmap->may_remove(low, low, &why), EBUSY, &why);
	CHECK_REFUSED(t, r.opts.memmap->may_remove(high, high, &why), EBUSY, &why);
	CHECK_OK(t, r.opts.memmap->may_remove(low, high, &why), &why);
	range_remove(t, &r);
	range_reset(&r);
}
