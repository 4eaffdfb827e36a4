/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks of which only parts are present, as with virtio-mem: absent parts are never accessed,
 * parts are added and removed while the block is in use, and no state remains.
 */
#include <lib/string.h>
#include <mm/hotplug/movable.h>
#include <mm/hotplug/subblock.h>
#include <tests/harness/util.h>

#define PART (2 * MiB)
#define MARK 0x4e6f744865726521ul
#define USERS 24

static u64 bits[64]; /* 4096 parts: 8 GiB */
static struct subblock_map parts;
static struct movable users[USERS] NOINIT;

/* Add two blocks, offline, of which the first `there` parts are present. */
static bool parts_begin(struct test_run *t, struct range *r, u64 there)
{
	memset(bits, 0, sizeof(bits));
	if (!range_get(t, r, 2, "host"))
		return false;
	parts = (struct subblock_map) { r->pa >> page_shift(), PART >> page_shift(), r->len / PART,
					bits };
	if (parts.nr > 64 * ARRAY_SIZE(bits)) {
		test_skip(t, "a block of this size has too many parts for this test");
		return false;
	}
	for (u64 i = 0; i < there; i++)
		bits[i / 64] |= BIT(i % 64);
	r->opts.subblocks = &parts;
	return range_add(t, r);
}

/* Mark each page of the parts that are absent; no CPU may write to them. */
static void mark_absent(const struct range *r)
{
	for (u64 at = 0; at < r->len; at += page_size())
		if (!subblock_present(&parts, at / PART))
			*(volatile u64 *)pa_ptr(r->pa + at) = MARK;
}

static u64 marks_lost(const struct range *r)
{
	u64 lost = 0;

	for (u64 at = 0; at < r->len; at += page_size())
		if (!subblock_present(&parts, at / PART))
			lost += *(volatile u64 *)pa_ptr(r->pa + at) != MARK;
	return lost;
}

/* Allocate every page of the range, write to it, free it. */
static u64 use_all(const struct range *r)
{
	struct test_hog h;
	u64 pages = 0;

	hog_init(&h);
	while (hog_one(&h, r->node, ZONE_MOVABLE, 0)) {
		struct page *p = list_entry(h.pages.next, struct page, lru);

		if (page_pa(p) - r->pa < r->len) {
			pages++;
			memset(page_ptr(p), 0x5a, page_size());
		}
	}
	hog_drop(&h);
	return pages;
}

TEST(hotplug, parts_partial,
     .claim = "a block with one present part of 2 MiB provides exactly that part: 130 MiB of two "
	      "blocks are 65 parts, and no page of the others is accessed",
     .rows = "S1-26", .identity = true, .needs = NEED_RANGE)
{
	struct why why = { 0 };
	struct range r;
	u64 there;

	if (!range_get(t, &r, 2, "host"))
		return;
	there = layout.block_bytes / PART + 1; /* 65 with blocks of 128 MiB */
	if (!parts_begin(t, &r, there))
		return;
	mark_absent(&r);
	if (!range_online(t, &r, ZONE_MOVABLE))
		return;
	CHECK_EQ(t, r.report.usable_pages, there * parts.each);
	CHECK_EQ(t, block_usable(range_block(&r, 1)), parts.each);
	CHECK_EQ(t, use_all(&r), there * parts.each);
	CHECK_EQ(t, buddy_check(&why), 0);
	CHECK_EQ(t, marks_lost(&r), 0);
	test_key(t, "parts=%lu", there);
	range_down(t, &r);
}

static bool fill(struct test_run *t, pfn_t lo, pfn_t hi)
{
	struct why why = { 0 };

	for (unsigned i = 0; i < USERS; i++) {
		if (!CHECK_OK(t, movable_alloc_in(&users[i], lo, hi, "parts", &why), &why))
			return false;
		memset(va_ptr(users[i].va), (int)i + 1, page_size());
	}
	return true;
}

static unsigned damaged(void)
{
	unsigned bad = 0;

	for (unsigned i = 0; i < USERS; i++)
		for (u64 at = 0; at < page_size(); at += 64)
			bad += *(volatile u8 *)va_ptr(users[i].va + at) != i + 1;
	return bad;
}

TEST(hotplug, parts_conceal,
     .claim = "a part in use is removed from a block that stays online: its pages are migrated, "
	      "none is lost; with a pinned page the removal is refused and changes nothing",
     .rows = "S1-26", .needs = NEED_RANGE)
{
	struct digest before, after;
	struct why why = { 0 };
	struct range r;
	paddr_t third;
	u64 moved;

	if (!parts_begin(t, &r, 8) || !range_online(t, &r, ZONE_MOVABLE))
		return;
	third = r.pa + 3 * PART; /* its neighbours share the largest chunks with it */
	if (!fill(t, third >> page_shift(), (third + PART) >> page_shift()))
		return;
	movable_pin(&users[7]);
	digest_take(&before);
	CHECK_REFUSED(t, subblock_remove(third, PART, &moved, &why), EBUSY, &why);
	CHECK_EQ(t, moved, 0);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	movable_unpin(&users[7]);
	CHECK_OK(t, subblock_remove(third, PART, &moved, &why), &why);
	CHECK_EQ(t, moved, USERS);
	CHECK_EQ(t, damaged(), 0);
	for (unsigned i = 0; i < USERS; i++)
		CHECK(t, page_pa(users[i].page) - third >= PART);
	CHECK_EQ(t, block_usable(range_block(&r, 0)), 7 * parts.each);
	*(volatile u64 *)pa_ptr(third) = MARK;
	CHECK_EQ(t, use_all(&r), 7 * parts.each - USERS);
	CHECK_EQ(t, *(volatile u64 *)pa_ptr(third), MARK);
	CHECK_OK(t, subblock_add(third, PART, &why), &why);
	CHECK_EQ(t, buddy_check(&why), 0);
	for (unsigned i = 0; i < USERS; i++)
		movable_free(&users[i]);
	range_down(t, &r);
	range_reset(&r);
}

/* Choose a run of parts that are all present, or all absent. */
static u64 random_run(struct rng *rng, u64 *len)
{
	u64 at = rng_below(rng, parts.nr), n = 1 + rng_below(rng, 9);

	for (*len = 1; *len < n && at + *len < parts.nr &&
		       subblock_present(&parts, at + *len) == subblock_present(&parts, at);)
		++*len;
	return at;
}

TEST(hotplug, parts_random,
     .claim = "parts that are added and removed at random keep lists, counts and marks right, and "
	      "the digest is the same at the end",
     .rows = "S1-26", .identity = true, .needs = NEED_RANGE)
{
	u64 len, moved;
	struct why why = { 0 };
	struct range r;

	if (!parts_begin(t, &r, 5))
		return;
	mark_absent(&r);
	if (!range_online(t, &r, ZONE_MOVABLE))
		return;
	for (unsigned i = 0; i < 300 && !test_aborted(); i++) {
		u64 at = random_run(&t->rng, &len);
		bool there = subblock_present(&parts, at);
		paddr_t pa = r.pa + at * PART;

		if (there)
			CHECK_OK(t, subblock_remove(pa, len * PART, &moved, &why), &why);
		else
			CHECK_OK(t, subblock_add(pa, len * PART, &why), &why);
		for (u64 p = pa; there && p < pa + len * PART; p += page_size())
			*(volatile u64 *)pa_ptr(p) = MARK;
		if (i % 50 == 49)
			CHECK_OK(t, buddy_check(&why), &why);
	}
	CHECK_EQ(t, marks_lost(&r), 0);
	range_down(t, &r);
}

TEST(hotplug, parts_refused,
     .claim = "present parts cannot be added, absent ones cannot be removed; memmap=block needs "
	      "the part of its memmap; each refusal changes nothing",
     .rows = "S1-26 S2-06 S2-24 V-08", .needs = NEED_RANGE)
{
	struct digest before, after;
	struct why why = { 0 };
	struct range r, own;
	u64 moved;

	if (!range_get(t, &own, 2, "block"))
		return;
	if (!parts_begin(t, &r, 2))
		return;
	digest_take(&before);
	CHECK_REFUSED(t, subblock_add(r.pa, PART, &why), EEXIST, &why);
	CHECK(t, strstr(why.text, " is already there") != NULL);
	CHECK_REFUSED(t, subblock_add(r.pa + PART, 2 * PART, &why), EEXIST, &why);
	CHECK_REFUSED(t, subblock_add(r.pa + 4 * PART, PART / 2, &why), EINVAL, &why);
	CHECK(t, subblock_add(r.pa + r.len, PART, &why) != 0);
	CHECK_REFUSED(t, subblock_remove(r.pa + PART, 2 * PART, &moved, &why), ENXIO, &why);
	CHECK(t, strstr(why.text, " is not there") != NULL);
	CHECK_REFUSED(t, subblock_remove(r.pa, 0, &moved, &why), EINVAL, &why);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	if (!range_remove(t, &r))
		return;
	own.opts.subblocks = &parts; /* two parts in the first block, none in the second */
	digest_take(&before);
	CHECK_REFUSED(t, hotplug_add(own.pa, own.len, own.node, &own.opts, NULL, &why), ENXIO,
		      &why);
	CHECK(t, strstr(why.text, "memmap=block") != NULL);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	range_reset(&r);
}
