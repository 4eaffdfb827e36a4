/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/memmap_boot/main.c - mm/memmap/memmap_boot.c: every block that boot memory touches
 * gets all of its struct pages, once, in frames of its node; and each has the state of its page.
 */
#include "fake.h"
#include <mm/memmap/memmap.h>
#include <want.h>

#define KEEP 0xff /* of a block without struct pages */

static struct why why;

#define R(from, to, of)                                                                            \
	{                                                                                          \
		.pa = (from), .len = (to) - (from), .node = (of)                                   \
	}
#define MB(x) ((u64)((x)*1024) * KiB)

/* ---- which blocks, of which node ---- */
struct map_row {
	struct mem_range ram[5];
	u8 node[BLOCKS];
	unsigned runs;
};

#define NO KEEP
static const struct map_row rows[] = {
	{ { R(0, MB(8), 0) }, { 0, NO, NO, NO, NO, NO, NO, NO }, 1 },
	{ { R(0, MB(8) + PAGE, 1) }, { 1, 1, NO, NO, NO, NO, NO, NO }, 1 },
	{ { R(MB(16) - 1, MB(24), 2) }, { NO, 2, 2, NO, NO, NO, NO, NO }, 1 },
	{ { R(MB(3), MB(4), 3), R(MB(60), MB(61), 4) }, { 3, NO, NO, NO, NO, NO, NO, 4 }, 2 },
	/* one node, and no block between the two */
	{ { R(0, MB(4), 1), R(MB(12), MB(16), 1) }, { 1, 1, NO, NO, NO, NO, NO, NO }, 1 },
	{ { R(0, MB(4), 1), R(MB(16), MB(17), 1) }, { 1, NO, 1, NO, NO, NO, NO, NO }, 2 },
	/* two nodes: the first one that touches a block has it */
	{ { R(0, MB(16), 0), R(MB(16), MB(32), 1) }, { 0, 0, 1, 1, NO, NO, NO, NO }, 2 },
	{ { R(0, MB(12), 2), R(MB(12), MB(20), 1) }, { 2, 2, 1, NO, NO, NO, NO, NO }, 2 },
	{ { R(0, MB(12), 2), R(MB(12), MB(14), 1), R(MB(14), MB(30), 2) },
	  { 2, 2, 2, 2, NO, NO, NO, NO },
	  1 },
	{ { R(0, MB(8), 0), R(MB(8), MB(16), 1), R(MB(16), MB(24), 0) },
	  { 0, 1, 0, NO, NO, NO, NO, NO },
	  3 },
	{ { R(MB(9), MB(10), 5), R(MB(11), MB(12), 6), R(MB(40), MB(64), 5) },
	  { NO, 5, NO, NO, NO, 5, 5, 5 },
	  2 },
};

static void set_ram(const struct mem_range *ram)
{
	memcpy(fake.ram, ram, 5 * sizeof(*ram));
}

static bool disjoint(void)
{
	for (unsigned i = 0; i < MEMMAP_PAGES; i++)
		for (unsigned j = 0; j < i; j++)
			if (fake.frame[i] != PA_NONE && fake.frame[i] == fake.frame[j])
				return false;
	return true;
}

static void check_blocks(const struct map_row *row)
{
	for (unsigned i = 0; i < MEMMAP_PAGES; i++) {
		u8 node = row->node[i / MEMMAP_BLOCK];

		WANT((fake.frame[i] != PA_NONE) == (node != NO));
		WANT(node == NO || fake.node[i] == node);
	}
	WANT(disjoint());
	WANT(fake.trims == 1 && !fake.open_plans && !fake.closes);
	if (want_failed)
		printf("#   row %u\n", (unsigned)(row - rows));
}

static void check_maps(void)
{
	static const u64 mosts[] = { 0, 128 * KiB, 100 * KiB, 32 * KiB, 20 * KiB, PAGE };

	for (unsigned r = 0; r < ARRAY_SIZE(rows); r++)
		for (unsigned m = 0; m < ARRAY_SIZE(mosts); m++) {
			fake_begin(7, 4);
			set_ram(rows[r].ram);
			fake.level = 2;
			fake.frame_most = mosts[m];
			fake.contig = m % 2;
			WANT(!memmap_boot(&why));
			if (!mosts[m])
				WANT(fake.asks == rows[r].runs && fake.frames == fake.asks);
			check_blocks(&rows[r]);
		}
}

/* The largest leaf that describes at most one block: 128 KiB, level 2 here. */
static void check_level(unsigned leaf_ok, unsigned levels, const char *leaf, unsigned level)
{
	fake_begin(leaf_ok, levels);
	set_ram(rows[6].ram);
	fake.leaf = leaf;
	fake.level = level;
	WANT(!memmap_boot(&why));
	check_blocks(&rows[6]);
}

static void check_levels(void)
{
	check_level(7, 4, "auto", 2);
	check_level(0xf, 4, "auto", 2);
	check_level(0xf, 4, "page", 0);
	check_level(3, 4, "auto", 1);
	check_level(5, 4, "auto", 2);
	check_level(9, 4, "auto", 0);
	check_level(3, 2, "auto", 1);
	check_level(7, 3, "auto", 2);
	check_level(1, 3, "auto", 0);
}

static void check_short(void)
{
	static const unsigned left[] = { 512, 384, 288,
					 216 }; /* KiB: a quarter is used each time */
	char text[80];

	for (unsigned frames = 1; frames < 4; frames++) {
		fake_begin(7, 4);
		set_ram(rows[8].ram); /* 4 blocks: 512 KiB */
		fake.level = 2;
		fake.frame_most = 128 * KiB;
		fake.frames_most = frames;
		WANT(memmap_boot(&why) == -ENOMEM);
		snprintf(text, sizeof(text), "no boot memory for %u KiB of struct pages",
			 left[frames]);
		WANT_TEXT(why.text, text);
		WANT(!fake.trims && fake.frames == frames && fake.last_ask == PAGE);
	}
	for (unsigned plan = 1; plan < 4; plan++) {
		fake_begin(7, 4);
		set_ram(rows[9].ram);
		fake.level = 2;
		fake.plan_fails = plan;
		WANT(memmap_boot(&why) == -EEXIST && fake.plans == plan);
		WANT(!fake.trims && !fake.open_plans);
	}
}

/* ---- struct pages that are written ---- */
struct write_row {
	struct mem_range ram[5], reserved[5], free[4];
	struct mem_range late[3];
};

static const struct write_row writes[] = {
	{ { R(0, MB(8), 0) }, { R(0, PAGE, 0) }, { R(PAGE, MB(8), 0) }, { R(MB(4), MB(8), 0) } },
	{ { R(0, MB(16), 1) },
	  { R(MB(8) - 1, MB(8) + 1, 0), R(MB(15), MB(15) + PAGE, 0) },
	  { R(0, MB(8) - PAGE, 1), R(MB(8) + PAGE, MB(15), 1), R(MB(15) + PAGE, MB(16), 1) },
	  { R(0, MB(4), 1) } },
	/* holes at the ends, between, and of a part of a page */
	{ { R(MB(1), MB(2), 3), R(MB(2) + 3 * PAGE + 5, MB(5) + 7, 4), R(MB(17), MB(22), 2) },
	  { R(MB(1) - PAGE, MB(1) + 3 * PAGE, 0), R(MB(1) + 3 * PAGE, MB(1) + 4 * PAGE, 0),
	    R(MB(3), MB(3) + 1, 0), R(MB(5) - 1, MB(6), 0), R(MB(17) + 100, MB(17) + 200, 0) },
	  { R(MB(18), MB(22), 2) } },
	/* windows side by side, of two nodes, and one that begins where the run of blocks does */
	{ { R(0, MB(16), 0), R(MB(16), MB(40), 1) },
	  { R(MB(31), MB(32), 0) },
	  { R(0, MB(16), 0), R(MB(16), MB(31), 1), R(MB(32), MB(40), 1) },
	  { R(0, MB(16), 0), R(MB(16), MB(28), 1), R(MB(32), MB(40), 1) } },
	/* the last page of a block, and the first one */
	{ { R(MB(16) - PAGE, MB(16), 2), R(MB(40), MB(40) + PAGE, 3) } },
	{ { R(0, MB(10), 0), R(MB(48), MB(64), 7) },
	  { R(MB(62), MB(64), 0), R(MB(64), MB(65), 0) },
	  { R(MB(1), MB(10), 0), R(MB(49), MB(62), 7) },
	  { R(MB(4), MB(8), 0), R(MB(52), MB(60), 7) } },
};

static const struct write_row *now;
static bool is_late;

static bool in(const struct mem_range *r, unsigned n, u64 lo, u64 hi, unsigned *node)
{
	for (unsigned i = 0; i < n && r[i].len; i++)
		if (r[i].pa <= lo && hi <= r[i].pa + r[i].len) {
			*node = r[i].node;
			return true;
		}
	return false;
}

static bool touched(const struct mem_range *r, unsigned n, u64 lo, u64 hi)
{
	for (unsigned i = 0; i < n && r[i].len; i++)
		if (r[i].pa < hi && lo < r[i].pa + r[i].len)
			return true;
	return false;
}

static bool is_right(u64 i)
{
	const u64 *words = (const u64 *)fake_page(i);
	u64 lo = i * PAGE, block = align_down(lo, BLOCK), first, rest = 0;
	unsigned node = 0;

	if (!touched(now->ram, 5, block, block + BLOCK) ||
	    (is_late && in(now->late, 3, lo, lo + PAGE, &node))) {
		first = rest = GARBAGE;
	} else if (!in(now->ram, 5, lo, lo + PAGE, &node)) {
		first = PAGE_FLAGS(PAGE_NONE, PAGE_TAIL, 0, 0);
	} else if (touched(now->reserved, 5, lo, lo + PAGE)) {
		first = PAGE_FLAGS(PAGE_BOOT, PAGE_USED, 0, node) | 1ul << 32; /* one user */
	} else {
		first = PAGE_FLAGS(PAGE_BUDDY, PAGE_TAIL, 0, node);
	}
	for (unsigned w = 1; w < 8; w++)
		if (words[w] != rest)
			return false;
	return words[0] == first;
}

void fake_at_close(void)
{
	unsigned wrong = 0;

	for (u64 i = 0; i < BLOCKS * PER_BLOCK; i++)
		if (!is_right(i) && wrong++ < 3)
			printf("#   write %u, page %lu: flags %x\n", (unsigned)(now - writes), i,
			       fake_page(i)->flags);
	WANT(!wrong && !fake.closes);
}

static void check_write(const struct write_row *row, bool late, bool refuses)
{
	fake_begin(7, 4);
	now = row;
	is_late = late && !refuses;
	set_ram(row->ram);
	memcpy(fake.reserved, row->reserved, sizeof(row->reserved));
	memcpy(fake.free, row->free, sizeof(row->free));
	fake.refuses_late = refuses;
	memmap_boot_write(late);
	WANT(fake.closes == 1 && fake.begins == 1);
	for (unsigned i = 0; i < 3 && is_late; i++) {
		const struct mem_range *w = &row->late[i];

		WANT(fake.late[i] == (w->len ? (BASE + w->pa) / PAGE : 0));
		WANT(fake.late_nr[i] == w->len / PAGE && fake.late_node[i] == w->node);
	}
	if (!is_late)
		WANT(!fake.nr_late);
}

static void check_writes(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(writes); i++) {
		check_write(&writes[i], false, false);
		check_write(&writes[i], true, false);
		check_write(&writes[i], true, true);
	}
}

int main(void)
{
	check_maps();
	check_levels();
	check_short();
	check_writes();
	fake_base = 0; /* there is memory at 0 */
	check_maps();
	check_writes();
	printf("memmap_boot: %u not so\n", want_failed);
	return want_failed != 0;
}
