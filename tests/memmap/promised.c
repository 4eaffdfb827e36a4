/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Promises of placements of the memmap (tests/harness/promises.c), tested on every scheme that
 * makes the promise, or on the one that memmap= names.
 */
#include <tests/harness/promises.h>
#include <tests/harness/util.h>

/* The next scheme that makes the promise, with an absent range to test it on; NULL: no more. */
static const struct memmap_scheme *next_promising(struct test_run *t, unsigned *at, u32 promise,
						  struct range *r)
{
	unsigned nr = 0;

	reg_for_each (memmap, it) {
		if (nr++ < *at || !promise_under_test(&(*it)->s, promise, ARG_MEMMAP))
			continue;
		*at = nr;
		if (!range_get(t, r, 2, "block"))
			return NULL;
		r->opts.memmap = *it;
		test_key(t, "%s=asked", (*it)->s.name);
		return *it;
	}
	if (!*at)
		test_skip(t, "no scheme in force promises it");
	return NULL;
}

TEST(memmap, promised_identity,
     .claim = "placements that promise identity: add, online, offline, remove leave no trace",
     .rows = "S0-01", .needs = NEED_RANGE)
{
	struct digest before, after;
	struct why why = { 0 };
	u64 free, tables;
	unsigned at = 0;
	struct range r;

	while (next_promising(t, &at, PROMISE_IDENTITY, &r)) {
		free = buddy_free_total();
		tables = table_pages();
		digest_take(&before);
		if (range_up(t, &r, ZONE_MOVABLE))
			range_down(t, &r);
		range_reset(&r);
		digest_take(&after);
		CHECK_OK(t, digest_compare(&before, &after, &why), &why);
		CHECK_EQ(t, buddy_free_total() + table_pages(), free + tables);
	}
}

static paddr_t memmap_frame(const struct range *r, u64 page)
{
	u64 each = page_size() / sizeof(struct page);

	return pt_translate(&kpt, memmap_va((r->pa >> page_shift()) + page * each));
}

/* Count the wrongly marked pages of the range; *inside: those that hold struct pages. */
static u64 not_set_apart(const struct range *r, u64 *inside)
{
	u64 nr = memmap_bytes(r->len >> page_shift()) >> page_shift(), wrong = 0;

	*inside = 0;
	for (u64 i = 0; i < nr; i++) {
		paddr_t pa = memmap_frame(r, i);

		if (pa == PA_NONE)
			wrong++;
		else if (pa - r->pa < r->len) {
			wrong += page_state(pa_page(pa)) != PAGE_MEMMAP;
			(*inside)++;
		}
	}
	return wrong;
}

TEST(memmap, promised_apart,
     .claim = "placements that promise it: pages of the range that hold struct pages are marked, "
	      "and onlining frees all others and none of them",
     .rows = "S2-10 S2-33", .rev = 2, .needs = NEED_RANGE)
{
	u64 before, inside, shadow;
	unsigned at = 0;
	struct range r;

	while (next_promising(t, &at, PROMISE_SET_APART, &r)) {
		if (range_add(t, &r) && CHECK_EQ(t, not_set_apart(&r, &inside), 0)) {
			before = buddy_free_total();
			shadow = range_shadow_pages(&r);
			range_online(t, &r, ZONE_MOVABLE);
			CHECK_EQ(t, buddy_free_total() - before,
				 (r.len >> page_shift()) - inside - shadow);
			CHECK_EQ(t, not_set_apart(&r, &inside), 0);
		}
		range_reset(&r);
	}
}

TEST(memmap, promised_alone,
     .claim = "placements that promise it: the first of two blocks is removed completely, the "
	      "second and its struct pages stay",
     .rows = "S2-12", .needs = NEED_RANGE)
{
	unsigned at = 0;
	struct range r, first;

	while (next_promising(t, &at, PROMISE_ALONE, &r)) {
		first = r;
		first.len = layout.block_bytes;
		if (range_add(t, &r) && range_remove(t, &first)) {
			CHECK(t, !range_block(&r, 0));
			CHECK_EQ(t, pt_translate(&kpt, linear_va(r.pa)), PA_NONE);
			CHECK(t, range_block(&r, 1) != NULL);
			CHECK(t, memmap_frame(&r, memmap_bytes(block_pages()) >> page_shift()) !=
					 PA_NONE);
		}
		range_reset(&r);
	}
}

TEST(memmap, promised_no_old,
     .claim = "placements that promise it: an add takes pages of old memory only for tables",
     .rows = "S2-02", .needs = NEED_RANGE)
{
	u64 free, tables;
	unsigned at = 0;
	struct range r;

	while (next_promising(t, &at, PROMISE_NO_OLD, &r)) {
		free = buddy_free_total();
		tables = table_pages();
		if (range_add(t, &r)) {
			CHECK_EQ(t, free - buddy_free_total(), table_pages() - tables);
			CHECK_EQ(t, r.report.memmap_host_bytes, 0);
		}
		range_reset(&r);
	}
}

TEST(memmap, promised_usable,
     .claim = "placements that promise it: onlining frees every added page to the allocator",
     .rows = "S2-33", .rev = 2, .needs = NEED_RANGE)
{
	unsigned at = 0;
	u64 before, shadow;
	struct range r;

	while (next_promising(t, &at, PROMISE_USABLE, &r)) {
		if (range_add(t, &r)) {
			before = buddy_free_total();
			shadow = range_shadow_pages(&r);
			range_online(t, &r, ZONE_MOVABLE);
			CHECK_EQ(t, buddy_free_total() - before, (r.len >> page_shift()) - shadow);
		}
		range_reset(&r);
	}
}
