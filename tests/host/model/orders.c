/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/model/orders.c - a range of one add is removed block by block, in every order
 * (S2-19, S2-20, S2-21).  A removed block is ejected at once: if its memory were still needed,
 * the next access to a struct page would be fatal.
 */
#include "model.h"
#include <stdlib.h>
#include <string.h>

#define BLOCKS 8

static const paddr_t hot = MODEL_HOT;

static paddr_t nth(unsigned i)
{
	return hot + i * layout.block_bytes;
}

/* Struct pages of the remaining blocks are unchanged. */
static void check_present(const bool *gone)
{
	for (unsigned i = 0; i < BLOCKS; i++) {
		const struct page *last = pa_page(nth(i) + layout.block_bytes - page_size());

		if (!gone[i])
			WANT_EQ(last->flags, PAGE_FLAGS(PAGE_BUDDY, PAGE_TAIL, 0, 1));
	}
}

static void check_count(const bool *gone, unsigned left)
{
	const struct block *first = block_find(hot >> page_shift());

	if (!left) {
		WANT(!first, "the last user is removed, so block 0 must be removed too");
		return;
	}
	WANT(first && first->held == gone[0], "block 0 stays until the last user is removed");
	WANT_EQ(pa_page(hot)->refcount, left);
}

static bool remove_one(unsigned i, const struct hotplug_opts *o)
{
	struct why why = { 0 };
	int err = hotplug_remove(nth(i), layout.block_bytes, o, NULL, &why);

	if (err)
		WANT(err == -EBUSY && i == 0 && o->device_refuse, "%s", why.text);
	return !err;
}

static void remove_in_order(const u8 *order, const struct hotplug_opts *o, bool device)
{
	bool gone[BLOCKS] = { 0 };
	unsigned left = BLOCKS, late = BLOCKS;

	for (unsigned k = 0; k < BLOCKS || late < BLOCKS; k++) {
		unsigned i = k < BLOCKS ? order[k] : late;

		if (!remove_one(i, o)) {
			late = i; /* refused: removed last */
			continue;
		}
		if (k >= BLOCKS)
			late = BLOCKS;
		gone[i] = true;
		left--;
		model_eject(nth(i), layout.block_bytes);
		check_present(gone);
		if (device)
			check_count(gone, left);
	}
}

static void swap(u8 *a, u8 *b)
{
	u8 t = *a;

	*a = *b;
	*b = t;
}

static bool next_permutation(u8 *a)
{
	int i = BLOCKS - 2, j = BLOCKS - 1;

	while (i >= 0 && a[i] > a[i + 1])
		i--;
	if (i < 0)
		return false;
	while (a[j] < a[i])
		j--;
	swap(&a[i], &a[j]);
	for (int l = i + 1, r = BLOCKS - 1; l < r; l++, r--)
		swap(&a[l], &a[r]);
	return true;
}

static void one_order(const u8 *order, const struct hotplug_opts *o, const struct digest *before,
		      bool device)
{
	struct digest after;

	OK(hotplug_add(hot, BLOCKS * layout.block_bytes, 1, o, NULL, why));
	remove_in_order(order, o, device);
	digest_take(&after);
	SAME(before, &after);
}

/* MODEL_ORDERS=N: every N-th order only, for a run of a minute. */
static unsigned every(void)
{
	const char *text = getenv("MODEL_ORDERS");

	return text && atoi(text) > 1 ? (unsigned)atoi(text) : 1;
}

static void all_orders(bool refuse)
{
	u8 order[BLOCKS] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	unsigned step = every();
	struct hotplug_opts o;
	struct digest before;
	unsigned nr = 0;

	model_boot((struct model_shape) { .section = SMALL, .hot = BLOCKS * SMALL });
	o = model_opts("device");
	o.device_refuse = refuse;
	digest_take(&before);
	do {
		if (nr++ % step == 0)
			one_order(order, &o, &before, true);
	} while (next_permutation(order));
	WANT_EQ(nr, 40320);
	model_audit();
}

CASE(device_orders_defer)
{
	all_orders(false);
}

CASE(device_orders_refuse)
{
	all_orders(true);
}

static void random_orders(const char *memmap, int leaf, const char *remove)
{
	struct hotplug_opts o;
	struct digest before;

	model_boot(
		(struct model_shape) { .section = SMALL, .hot = BLOCKS * SMALL, .disjoint = leaf });
	o = model_opts(memmap);
	o.leaf = leaf;
	o.remove = remove_scheme_find(remove, NULL);
	digest_take(&before);
	for (unsigned n = 0; n < 500; n++) {
		u8 order[BLOCKS] = { 0, 1, 2, 3, 4, 5, 6, 7 };

		for (unsigned i = BLOCKS - 1; i; i--)
			swap(&order[i], &order[rng_below(&model_rng, i + 1)]);
		one_order(order, &o, &before, !strcmp(memmap, "device"));
	}
	model_audit();
}

CASE(block_orders)
{
	random_orders("block", -1, "two-pass");
}

CASE(block_orders_pages_two_flush)
{
	random_orders("block", 0, "two-flush");
}

CASE(host_orders)
{
	random_orders("host", -1, "two-pass");
}

CASE(device_orders_pages_two_flush)
{
	random_orders("device", 0, "two-flush");
}

/* ---- the twin: no removal is deferred, and the first order that starts with block 0 must be
 * fatal ---- */

static struct memmap_scheme naive;

static void naive_order(unsigned first)
{
	struct hotplug_opts o;
	u8 order[BLOCKS] = { 0, 1, 2, 3, 4, 5, 6, 7 };

	model_boot((struct model_shape) { .section = SMALL, .hot = BLOCKS * SMALL });
	o = model_opts("device");
	naive = *o.memmap;
	naive.where = MEMMAP_IN_OLD_MEMORY; /* so that users of the reservation are not counted */
	o.memmap = &naive;
	order[0] = (u8)first;
	order[first] = 0;
	OK(hotplug_add(hot, BLOCKS * layout.block_bytes, 1, &o, NULL, why));
	remove_in_order(order, &o, false);
}

CASE(naive_free_of_block_0_faults, .dies = DIES_SEGV)
{
	naive_order(0);
}
