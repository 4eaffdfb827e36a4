/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/removal_set/main.c - mm/hotplug/hotplug_removal_set.c against sets of blocks: which
 * blocks a removal tears down and which it keeps (S2-19, S2-20), for each span in each state that
 * some adds can be in.
 *
 * A set has bit i for block i.  The first blocks of an add by memmap=device hold the memmap of all:
 * they stay until its last block is removed.
 */
#include <asserts.h>
#include <kern/cpu.h>
#include <mm/hotplug/hotplug_removal_set.h>
#include <unistd.h>

#define PAGES 64u /* of a block */
#define FIRST 0x4000u
#define BLOCKS 9u
#define SECTIONS 2u /* of a block */

static struct block blocks[BLOCKS];
static unsigned there; /* that the table finds */
static struct page heads[BLOCKS];
static struct why why;

/* ---- the adds: a letter for each block ---- */
static const char *const layouts[] = {
	"aaabddddc", /* a and d by memmap=device, b carries its own, c has it in old memory */
	"ccaaeaabb", /* e was added where a block of a was */
	"ddddaaaaa",
};

static unsigned asked, refused; /* by may_remove() */
static const struct block *told_last;

static int may_remove(const struct block *first, const struct block *last, struct why *w)
{
	unsigned bit = 1u << (first - blocks);

	WANT(!told_last || told_last == last);
	told_last = last;
	asked |= bit;
	return refused & bit ? refuse(w, EBUSY, "block %ld", first - blocks) : 0;
}

static const struct memmap_scheme in_each = { .where = MEMMAP_IN_EACH_BLOCK };
static const struct memmap_scheme in_old = { .where = MEMMAP_IN_OLD_MEMORY };
static const struct memmap_scheme in_first = { .where = MEMMAP_IN_FIRST_BLOCKS,
					       .may_remove = may_remove };

static const struct memmap_scheme *scheme_of(char add)
{
	return add == 'a' || add == 'd' ? &in_first : add == 'b' ? &in_each : &in_old;
}

/* The blocks of an add, and those of them that hold the memmap of all. */
static unsigned set_of(const char *adds, char add)
{
	unsigned set = 0;

	for (unsigned i = 0; i < BLOCKS; i++)
		set |= (unsigned)(adds[i] == add) << i;
	return set;
}

static unsigned lowest(unsigned set)
{
	return (unsigned)__builtin_ctz(set);
}

static unsigned holders(const char *adds, char add)
{
	unsigned first = lowest(set_of(adds, add));

	return add == 'a' ? 1u << first : add == 'd' ? 3u << first : 0;
}

/* Removed blocks that are held: those with the memmap of blocks that are present. */
static unsigned held_with(const char *adds, unsigned present)
{
	unsigned held = 0;

	for (const char *add = "ad"; *add; add++)
		if (set_of(adds, *add) & present)
			held |= holders(adds, *add) & ~present;
	return held;
}

/* ---- the table ---- */
struct block *block_find(pfn_t pfn)
{
	u64 i = (pfn - FIRST) / PAGES;

	WANT(pfn % PAGES == 0);
	return pfn >= FIRST && i < BLOCKS && there & 1u << i ? &blocks[i] : NULL;
}

struct block *block_after(const struct block *b)
{
	return block_find(b->first_pfn + PAGES);
}

struct block *block_first_in(pfn_t pfn, pfn_t end)
{
	struct block *b = NULL;

	for (; pfn < end && !b; pfn += PAGES)
		b = block_find(pfn);
	return b;
}

struct page *memmap_head(const struct block *b)
{
	WANT(b->memmap == &in_first);
	return &heads[b->altmap_pfn];
}

u64 memmap_sections_per_block(void)
{
	return SECTIONS;
}

bool memmap_put(struct block *b)
{
	heads[b->altmap_pfn].refcount -= SECTIONS;
	return !heads[b->altmap_pfn].refcount;
}

static void lay_out(const char *adds, unsigned present)
{
	unsigned held = held_with(adds, present);

	there = present | held;
	memset(heads, 0, sizeof(heads));
	for (unsigned i = 0; i < BLOCKS; i++) {
		unsigned set = set_of(adds, adds[i]), bit = 1u << i;
		unsigned first = lowest(set), last = 31 - (unsigned)__builtin_clz(set);
		bool holds = adds[i] == 'b' || holders(adds, adds[i]) & bit;

		blocks[i] = (struct block) { .state = held & bit ? BLOCK_ABSENT : BLOCK_OFFLINE,
					     .held = (held & bit) != 0,
					     .memmap = scheme_of(adds[i]),
					     .first_pfn = FIRST + i * PAGES,
					     .altmap_pfn = first,
					     .altmap_pages = holds ? 4 : 0,
					     .range_pfn = FIRST + first * PAGES,
					     .range_blocks = last - first + 1 };
		heads[first].refcount += present & bit ? SECTIONS : 0;
	}
}

static unsigned runs_in(unsigned set)
{
	return (unsigned)__builtin_popcount(set & ~(set << 1));
}

static unsigned marked(void)
{
	unsigned set = 0;

	for (unsigned i = 0; i < BLOCKS; i++)
		set |= (unsigned)blocks[i].removing << i;
	return set;
}

/* ---- runs ---- */
static struct {
	unsigned set, runs, ends_at; /* the run whose visit ends all */
	bool destroys;
} visit;

static int visited(pfn_t pfn, u64 nr, void *arg)
{
	unsigned first = (unsigned)((pfn - FIRST) / PAGES), n = (unsigned)(nr / PAGES);
	unsigned run = ((1u << n) - 1) << first;

	WANT(arg == &visit && pfn % PAGES == 0 && nr % PAGES == 0 && first + n <= BLOCKS);
	WANT(!(visit.set & ~(run - 1) & ~run) && !(visit.set & (run | run >> 1)));
	visit.set |= run;
	if (visit.destroys) {
		memset(&blocks[first], 0x5a, n * sizeof(blocks[0]));
		there &= ~run;
	}
	return ++visit.runs == visit.ends_at ? -EIO : 0;
}

static int go_through(const struct removal_set *g, unsigned ends_at, bool destroys)
{
	memset(&visit, 0, sizeof(visit));
	visit.ends_at = ends_at;
	visit.destroys = destroys;
	return removal_set_each(g, visited, &visit);
}

static void check_visits(const struct removal_set *g, unsigned departs)
{
	unsigned runs = runs_in(departs);

	WANT(!go_through(g, 0, false) && visit.set == departs && visit.runs == runs);
	for (unsigned end = 1; end <= runs; end++)
		WANT(go_through(g, end, false) == -EIO && visit.runs == end);
}

/* ---- device-remove=refuse ---- */
static void check_refusals(const struct removal_set *g, unsigned span, unsigned kept)
{
	asked = refused = 0;
	told_last = NULL;
	WANT(!removal_set_refuse(g, &why) && asked == kept);
	WANT(!kept || told_last == &blocks[31 - __builtin_clz(span)]);
	if (!kept)
		return;
	for (unsigned i = 0; i < BLOCKS; i++) {
		refused = kept & 1u << i;
		asked = 0;
		if (!refused)
			continue;
		WANT(removal_set_refuse(g, &why) == -EBUSY);
		WANT(asked == (kept & (refused | (refused - 1))));
	}
}

/* ---- one removal ---- */
static void check(const char *adds, unsigned present, unsigned first, unsigned n)
{
	unsigned span = ((1u << n) - 1) << first, stay = present & ~span;
	unsigned was = present | held_with(adds, present);
	unsigned departs = was & ~(stay | held_with(adds, stay)), kept = span & ~departs;
	struct block_span s = { .pfn = FIRST + first * PAGES, .nr = n * PAGES, .blocks = n };
	struct removal_set g;

	lay_out(adds, present);
	memset(&g, 0x5a, sizeof(g));
	removal_set_mark(&g, &s);
	WANT(marked() == departs && g.runs == runs_in(departs));
	WANT(g.span == &s && g.held == (u64)__builtin_popcount(kept));
	check_visits(&g, departs);
	check_refusals(&g, span, kept);
	removal_set_unmark(&g);
	WANT(!marked() && there == was);

	lay_out(adds, present);
	removal_set_mark(&g, &s);
	removal_set_commit(&g);
	for (unsigned i = 0; i < BLOCKS;
	     i++) /* a block that is removed is not held because of that */
		if (span & departs & 1u << i)
			WANT(blocks[i].state == BLOCK_OFFLINE && !blocks[i].held);
	for (unsigned i = 0; i < BLOCKS; i++)
		if (set_of(adds, adds[i]) & was && lowest(set_of(adds, adds[i])) == i)
			WANT(heads[i].refcount ==
			     SECTIONS * (u32)__builtin_popcount(set_of(adds, adds[i]) & stay));
	WANT(!go_through(&g, 0, true) && visit.set == departs);
	WANT(there == (stay | held_with(adds, stay)));
	for (unsigned i = 0; i < BLOCKS; i++)
		if (there & 1u << i) {
			WANT(blocks[i].held == !(stay & 1u << i) && !blocks[i].removing);
			WANT(blocks[i].state == (blocks[i].held ? BLOCK_ABSENT : BLOCK_OFFLINE));
		}
}

int main(void)
{
	static const struct pt_fmt fmt = { .page_shift = 12 };
	unsigned removals = 0;

	alarm(60); /* a loop without an end is a failure */
	layout.fmt = &fmt;
	layout.block_bytes = PAGES * 4096ul;
	for (unsigned l = 0; l < ARRAY_SIZE(layouts); l++)
		for (unsigned present = 0; present < 1u << BLOCKS; present++)
			for (unsigned first = 0; first < BLOCKS; first++)
				for (unsigned n = 1; first + n <= BLOCKS; n++) {
					unsigned span = ((1u << n) - 1) << first;

					if ((present & span) != span || want_failed > 20)
						continue;
					check(layouts[l], present, first, n);
					removals++;
				}
	printf("removal_set: %u removals, %u not so\n", removals, want_failed);
	return want_failed != 0;
}
