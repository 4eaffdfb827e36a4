/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/memory/region.c - the registry against single cases and a byte-per-page model. */
#include "memory.h"
#include <mm/page/region.h>
#include <stdio.h>
#include <string.h>

#define PAGES 512
#define AT(page) (0x40000000ul + (page)*4096ul)

static void check_range(enum region_kind array, unsigned n, u64 page, u64 nr, unsigned kind)
{
	const struct mem_range *r = region_nth(array, n);

	assert_non_null(r);
	assert_int_equal(r->pa, AT(page));
	assert_int_equal(r->len, nr * 4096);
	assert_int_equal(r->kind, kind);
}

static void neighbours_merge(void **state)
{
	(void)state;
	region_reset();
	assert_int_equal(region_add(AT(4), 4096, MEM_RAM, 0, NULL), 0);
	assert_int_equal(region_add(AT(6), 4096, MEM_RAM, 0, NULL), 0);
	assert_int_equal(region_add(AT(5), 4096, MEM_RAM, 0, NULL), 0);
	check_range(MEM_RAM, 0, 4, 3, MEM_RAM);
	assert_null(region_nth(MEM_RAM, 1));
	assert_int_equal(region_add(AT(7), 4096, MEM_HOTADDED, 0, NULL), 0); /* another kind */
	assert_int_equal(region_add(AT(3), 4096, MEM_RAM, 1, NULL), 0);      /* another node */
	check_range(MEM_RAM, 0, 3, 1, MEM_RAM);
	check_range(MEM_RAM, 1, 4, 3, MEM_RAM);
	check_range(MEM_RAM, 2, 7, 1, MEM_HOTADDED);
}

static void bad_ranges_are_refused(void **state)
{
	u64 before;

	(void)state;
	region_reset();
	assert_int_equal(region_add(AT(0), 8 * 4096, MEM_RAM, 0, NULL), 0);
	before = region_digest();
	assert_int_equal(region_add(AT(9), 0, MEM_RAM, 0, NULL), -EINVAL);
	assert_int_equal(region_add(~4095ul, 8192, MEM_RAM, 0, NULL), -EINVAL);
	assert_int_equal(region_add(AT(7), 8192, MEM_RAM, 0, NULL), -EEXIST);
	assert_int_equal(region_remove(AT(7), 8192, MEM_RAM, NULL), -ENOENT);
	assert_int_equal(region_remove(AT(1), 4096, MEM_HOTADDED, NULL), -ENOENT);
	assert_int_equal(region_digest(), before);
	assert_int_equal(region_add(AT(0), 4096, MEM_DTB, 0, NULL), 0); /* another array */
}

/* A refusal names the requested range and the range that conflicts with it. */
static void refusals_name_the_ranges(void **state)
{
	struct why why;

	(void)state;
	region_reset();
	assert_int_equal(region_add(AT(8), 8 * 4096, MEM_HOTADDED, 0, &why), 0);
	assert_int_equal(region_add(AT(9), 0, MEM_RAM, 0, &why), -EINVAL);
	assert_string_equal(why.text, "0x40009000+0x0: the range is empty or wraps around");
	assert_int_equal(region_remove(~4095ul, 8192, MEM_RAM, &why), -EINVAL);
	assert_string_equal(why.text, "0xfffffffffffff000+8K: the range is empty or wraps around");
	assert_int_equal(region_add(AT(4), 8 * 4096, MEM_RAM, 0, &why), -EEXIST);
	assert_string_equal(why.text, "0x40004000+32K overlaps hot-added RAM at 0x40008000+32K");
	assert_int_equal(region_remove(AT(14), 4 * 4096, MEM_HOTADDED, &why), -ENOENT);
	assert_string_equal(why.text, "0x4000e000+16K is not hot-added RAM as a whole");
	for (unsigned n = 0; n < 128; n++)
		assert_int_equal(region_add(AT(4 * n), 3 * 4096, MEM_NOMAP, 0, &why), 0);
	assert_int_equal(region_add(AT(1024), 8192, MEM_NOMAP, 0, &why), -ENOMEM);
	assert_string_equal(why.text, "0x40400000+8K: the registry holds 128 ranges and is full");
	assert_int_equal(region_remove(AT(5), 4096, MEM_NOMAP, &why), -ENOMEM);
	assert_string_equal(why.text, "0x40005000+4K: the registry holds 128 ranges and is full");
}

static void a_full_array_refuses(void **state)
{
	unsigned n = 0;

	(void)state;
	region_reset();
	while (!region_add(AT(2 * n), 4096, MEM_RESERVED, 0, NULL))
		n++;
	assert_int_equal(n, 128);
	assert_int_equal(region_room(MEM_RESERVED), 0);
	assert_int_equal(region_add(AT(1), 4096, MEM_RESERVED, 0, NULL),
			 0); /* merges, so a slot is free again */
	assert_int_equal(region_remove(AT(0), 4096, MEM_RESERVED, NULL), 0);
	assert_int_equal(region_total(MEM_RESERVED), 128 * 4096);
}

/* A removal that leaves a piece on both sides needs a slot; one that leaves one piece or none does
 * not. */
static void a_full_array_gives_up_edges(void **state)
{
	unsigned n = 0;

	(void)state;
	region_reset();
	while (!region_add(AT(2 * n), 4096, MEM_RESERVED, 0, NULL))
		n++;
	assert_int_equal(region_remove(AT(2) + 1, 4094, MEM_RESERVED, NULL), -ENOMEM);
	assert_int_equal(region_total(MEM_RESERVED), n * 4096);
	assert_int_equal(region_remove(AT(2), 1, MEM_RESERVED, NULL), 0);
	assert_int_equal(region_remove(AT(3) - 1, 1, MEM_RESERVED, NULL), 0);
	assert_int_equal(region_total(MEM_RESERVED), n * 4096 - 2);
	assert_int_equal(region_room(MEM_RESERVED), 0);
	assert_int_equal(region_remove(AT(2) + 1, 4094, MEM_RESERVED, NULL), 0);
	assert_int_equal(region_room(MEM_RESERVED), 1);
}

static void alloc_goes_down_and_to_the_node(void **state)
{
	(void)state;
	region_reset();
	region_add(AT(0), 64 * 4096, MEM_RAM, 0, NULL);
	region_add(AT(64), 64 * 4096, MEM_RAM, 1, NULL);
	region_add(AT(60), 2 * 4096, MEM_NOMAP, 0, NULL);
	assert_int_equal(region_alloc(2 * 4096, 4096, 0, 0), AT(62));
	assert_int_equal(region_alloc(2 * 4096, 4096, 0, 0), AT(58));
	assert_int_equal(region_alloc(8 * 4096, 8 * 4096, 0, 0), AT(48));
	assert_int_equal(region_alloc(4096, 8 * 4096, 0, 0), AT(56)); /* little, aligned to more */
	assert_int_equal(region_alloc(4096, 4096, 1, 0), AT(127));
	assert_int_equal(region_alloc(4096, 4096, 1, AT(100)), AT(99));
	assert_int_equal(region_alloc(4096, 4096, 1, AT(10)), AT(9)); /* none on node 1 there */
	assert_int_equal(region_alloc(63 * 4096, 4096, 0, 0), PA_NONE);
	assert_int_equal(region_alloc_within(4096, 4096, AT(20), AT(21)), AT(20));
	assert_int_equal(region_alloc_within(4096, 4096, AT(20), AT(21)), PA_NONE);
	assert_int_equal(region_alloc_within(1, 1, AT(22), AT(22) + 1), AT(22)); /* one byte */
	assert_int_equal(region_alloc_within(1, 1, AT(22), AT(22) + 1), PA_NONE);
	region_close_boot();
	expect_assert_failure(region_alloc(4096, 4096, 0, 0));
}

static void ram_at_zero_is_ram(void **state)
{
	(void)state;
	region_reset();
	assert_int_equal(region_lowest(), PA_NONE);
	region_add(0, 4096, MEM_RAM, 0, NULL);
	assert_int_equal(region_lowest(), 0);
	assert_int_equal(region_alloc(4096, 4096, 0, 0), 0);
	assert_int_equal(region_alloc(4096, 4096, 0, 0), PA_NONE);
}

/* ---- a byte per page ---- */

static u8 model[2][PAGES]; /* memory, reserved: kind + 1, 0 = nothing */
static u8 seen[PAGES];

static bool all(const u8 *m, u64 page, u64 nr, u8 value)
{
	for (u64 i = page; i < page + nr; i++)
		if (m[i] != value)
			return false;
	return true;
}

static void one_change(struct rng *rng)
{
	static const enum region_kind kinds[2][2] = { { MEM_RAM, MEM_HOTADDED },
						      { MEM_RESERVED, MEM_NOMAP } };
	unsigned a = rng_below(rng, 2);
	enum region_kind kind = kinds[a][rng_below(rng, 2)];
	u64 page = rng_below(rng, PAGES - 40), nr = 1 + rng_below(rng, 40);
	u8 *m = model[a];

	if (rng_below(rng, 2)) {
		bool free = all(m, page, nr, 0);
		int err = region_add(AT(page), nr * 4096, kind, 0, NULL);

		assert_true(err == -ENOMEM || (err == 0) == free);
		if (!err)
			memset(m + page, kind + 1, nr);
	} else {
		bool there = all(m, page, nr, kind + 1);
		int err = region_remove(AT(page), nr * 4096, kind, NULL);

		assert_true(err == -ENOMEM || (err == 0) == there);
		if (!err)
			memset(m + page, 0, nr);
	}
}

static void note_free(paddr_t pa, u64 len, unsigned node, void *arg)
{
	(void)node;
	(void)arg;
	for (; len; len -= 4096, pa += 4096)
		seen[(pa - AT(0)) / 4096]++;
}

static void compare(void)
{
	u64 total[2] = { 0, 0 };

	memset(seen, 0, sizeof(seen));
	region_each_free(4096, note_free, NULL);
	for (u64 p = 0; p < PAGES; p++) {
		const struct mem_range *r = region_find(MEM_RESERVED, AT(p), 4096);

		assert_int_equal(seen[p], model[0][p] == MEM_RAM + 1 && !model[1][p]);
		assert_int_equal(r ? r->kind + 1 : 0, model[1][p]);
		assert_int_equal(region_is_ram(AT(p), 4096), model[0][p] != 0);
		total[0] += model[0][p] ? 4096 : 0;
		total[1] += model[1][p] ? 4096 : 0;
	}
	assert_int_equal(region_total(MEM_RAM), total[0]);
	assert_int_equal(region_total(MEM_RESERVED), total[1]);
}

static void agrees_with_the_model(void **state)
{
	struct rng rng = { machine_seed() };

	(void)state;
	region_reset();
	memset(model, 0, sizeof(model));
	for (unsigned i = 0; i < 200000; i++) {
		one_change(&rng);
		if (i % 100 == 0)
			compare();
	}
}

static u64 digest_of(u64 page, u64 nr, enum region_kind kind, unsigned node)
{
	region_reset();
	assert_int_equal(region_add(AT(page), nr * 4096, kind, node, NULL), 0);
	return region_digest();
}

/* Same registry, same digest; whatever differs of one range is seen. */
static void a_digest_sees_each_part(void **state)
{
	u64 is = digest_of(4, 2, MEM_RAM, 0);

	(void)state;
	assert_int_equal(digest_of(4, 2, MEM_RAM, 0), is);
	assert_int_not_equal(digest_of(5, 2, MEM_RAM, 0), is);
	assert_int_not_equal(digest_of(4, 3, MEM_RAM, 0), is);
	assert_int_not_equal(digest_of(4, 2, MEM_HOTADDED, 0), is);
	assert_int_not_equal(digest_of(4, 2, MEM_RAM, 1), is);
	assert_int_equal(region_add(AT(9), 4096, MEM_RAM, 0, NULL), 0);
	assert_int_not_equal(region_digest(), is);
}

#define NAMES (48 * KiB) /* bytes of names that the registry keeps, with their ends */

static const char *claimed_as(const char *name)
{
	unsigned n = 0;

	assert_int_equal(region_claim(AT(0), 4096, CLAIM_REGISTERS, name), 0);
	while (region_claim_nth(n + 1))
		n++;
	return region_claim_name(region_claim_nth(n));
}

/* Names are kept up to the last byte; what finds no room is a device. */
static void names_of_claims_fill_their_room(void **state)
{
	char name[1024];

	(void)state;
	region_reset();
	memset(name, 'x', sizeof(name));
	for (unsigned i = 0; i < NAMES / sizeof(name); i++) {
		name[0] = (char)('A' + i);
		name[sizeof(name) - 1 - (i == NAMES / sizeof(name) - 1)] = 0; /* a byte is left */
		assert_string_equal(claimed_as(name), name);
	}
	assert_string_equal(claimed_as("y"), "a device");
	assert_string_equal(claimed_as(""), "");
	assert_string_equal(claimed_as("z"), "a device");
	assert_int_equal(region_claim_name(region_claim_nth(0))[0], 'A');
	region_reset();
}

/* The first of these kinds that has a byte of the range. */
static void a_range_has_an_owner(void **state)
{
	const unsigned both = CLAIM_REGISTERS | CLAIM_PMEM;

	(void)state;
	region_reset();
	assert_int_equal(region_claim(AT(2), 4096, CLAIM_PMEM, "pmem"), 0);
	assert_int_equal(region_claim(AT(1), 8192, CLAIM_REGISTERS, "uart"), 0);
	assert_string_equal(region_owner(AT(1), 1, both), "uart");
	assert_string_equal(region_owner(AT(3) - 1, 1, both), "pmem");
	assert_string_equal(region_owner(AT(3) - 1, 1, CLAIM_REGISTERS), "uart");
	assert_string_equal(region_owner(AT(0), 4097, both), "uart");
	assert_null(region_owner(AT(0), 4096, both));
	assert_null(region_owner(AT(3), 4096, both));
	assert_null(region_owner(AT(1), 8192, CLAIM_KEPT));
	region_reset();
}

/* ---- whole pages of each geometry, against a model of frames of 4 KiB ---- */

#define FRAMES (5 * 16ul) /* 5 pages of 64 KiB */

enum { F_NONE, F_NODE0, F_NODE1, F_NOMAP, F_KEPT };

static u8 frames[FRAMES];
static u64 dropped; /* bytes, by the lines */

static void read_dropped(const char *line)
{
	u64 kib, page;

	assert_int_equal(sscanf(line, "memory: %*[^+]+%luK left out:%*[^0-9]%lu KiB", &kib, &page),
			 2);
	dropped += kib * KiB;
}

/* Frames [from, to), which were RAM. */
static void set_frames(u64 from, u64 to, u8 what)
{
	static const u8 kinds[] = { [F_NOMAP] = MEM_NOMAP, [F_KEPT] = MEM_RESERVED };

	if (from >= to)
		return;
	memset(frames + from, what, to - from);
	if (what >= F_NOMAP)
		assert_int_equal(region_add(AT(from), (to - from) * 4096, kinds[what], 0, NULL), 0);
	else
		assert_int_equal(region_remove(AT(from), (to - from) * 4096, MEM_RAM, NULL), 0);
	if (what == F_NODE1)
		assert_int_equal(region_add(AT(from), (to - from) * 4096, MEM_RAM, 1, NULL), 0);
}

/* Is this page in the linear map?  All frames are RAM of one node, and all or none are no-map. */
static bool is_whole(u64 page, u64 nr)
{
	unsigned seen = 0;

	for (u64 i = 0; i < nr; i++)
		seen |= 1u << frames[page * nr + i];
	if (seen & 1 << F_KEPT) /* RAM of node 0 */
		seen = (seen & ~(1u << F_KEPT)) | 1 << F_NODE0;
	return seen == 1 << F_NODE0 || seen == 1 << F_NODE1 || seen == 1 << F_NOMAP;
}

static bool is_free(u64 page, u64 nr)
{
	return is_whole(page, nr) && frames[page * nr] != F_NOMAP &&
	       !memchr(frames + page * nr, F_KEPT, nr);
}

static void count_free(paddr_t pa, u64 len, unsigned node, void *arg)
{
	u64 nr = *(u64 *)arg;

	(void)node;
	for (u64 at = pa; at < pa + len; at += nr * 4096) {
		assert_true(is_aligned(at, nr * 4096));
		assert_true(is_free((at - AT(0)) / 4096 / nr, nr));
		dropped++;
	}
}

/* Which pages are mapped, free and allocated, and how much is reported. */
static void check_whole(u64 nr)
{
	u64 page = nr * 4096, lost = 0, free = 0, before = region_total(MEM_RAM);

	dropped = 0;
	region_whole_pages(page, read_dropped);
	for (u64 i = 0; i < FRAMES; i++) {
		bool whole = is_whole(i / nr, nr);

		lost += frames[i] != F_NONE && !whole;
		assert_int_equal(region_is_ram(AT(i), 4096), whole);
		assert_int_equal(region_is_mapped(AT(i), 4096), whole && frames[i] != F_NOMAP);
	}
	assert_int_equal(dropped, lost * 4096);
	assert_int_equal(region_total(MEM_RAM), before - lost * 4096);
	for (u64 i = 0; i < FRAMES / nr; i++)
		free += is_free(i, nr);
	dropped = 0;
	region_each_free(page, count_free, &nr);
	assert_int_equal(dropped, free);
	for (paddr_t pa; (pa = region_alloc(page, page, 0, 0)) != PA_NONE; free--)
		assert_true(is_aligned(pa, page) && is_free((pa - AT(0)) / page, nr));
	assert_int_equal(free, 0);
}

/* RAM that begins and ends at every offset of a page, with a part of each kind in the middle. */
static void ram_is_whole_pages(void **state)
{
	static const u8 at[] = { 0, 1, 2, 4, 8, 15 }; /* frames past a page of 64 KiB */
	const u64 middle = 32;

	(void)state;
	for (u64 n = 0; n < 3 * 6 * 6 * 5 * 6 * 6; n++) {
		u64 nr = 1ul << 2 * (n % 3), begin = at[n / 3 % 6], end = FRAMES - at[n / 18 % 6];
		u8 what = (u8)(n / 108 % 5);
		u64 from = middle + at[n / 540 % 6], to = middle + 16 + at[n / 3240];

		region_reset();
		memset(frames, F_NODE0, FRAMES);
		assert_int_equal(region_add(AT(0), FRAMES * 4096, MEM_RAM, 0, NULL), 0);
		set_frames(0, begin, F_NONE);
		set_frames(end, FRAMES, F_NONE);
		if (what != F_NODE0)
			set_frames(from, to, what);
		check_whole(nr);
	}
	region_reset();
}

int run_region_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbours_merge),
		cmocka_unit_test(bad_ranges_are_refused),
		cmocka_unit_test(refusals_name_the_ranges),
		cmocka_unit_test(a_full_array_refuses),
		cmocka_unit_test(a_full_array_gives_up_edges),
		cmocka_unit_test(ram_at_zero_is_ram),
		cmocka_unit_test(agrees_with_the_model),
		cmocka_unit_test(alloc_goes_down_and_to_the_node),
		cmocka_unit_test(a_digest_sees_each_part),
		cmocka_unit_test(names_of_claims_fill_their_room),
		cmocka_unit_test(a_range_has_an_owner),
		cmocka_unit_test(ram_is_whole_pages),
	};

	return cmocka_run_group_tests_name("region", tests, NULL, NULL);
}
