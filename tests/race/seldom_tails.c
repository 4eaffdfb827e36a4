/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Struct pages of compounds, filled in frames that are mapped afterwards, while other CPUs rarely
 * read them: they are unmapped, or have their final contents.  All pages of tails after the first
 * map one frame.
 */
#include <kern/probe.h>
#include <lib/string.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/devmem_fixture.h>
#include <tests/race/seldom.h>

#define COMPOUNDS 4
#define WORDS 32 /* words read per look */
#define PAUSE 64 /* idle rounds between two looks */

enum { HEAD, TAIL, PLACES };

static struct {
	struct devrange d;
	struct page is[COMPOUNDS][PLACES]; /* the final contents */
	paddr_t frame[COMPOUNDS][PLACES];
	unsigned nr;
} dev NOINIT;

/* The head of a compound, and the last page of its tails. */
static vaddr_t place_va(unsigned compound, unsigned place)
{
	pfn_t pages = dev.d.opts.compound >> page_shift();
	vaddr_t va = memmap_va(devrange_pfn(&dev.d) + (compound + place) * pages);

	return place == HEAD ? va : va - page_size();
}

static enum sight tails_look(struct rng *rng)
{
	unsigned c = (unsigned)rng_below(rng, dev.nr), place = (unsigned)rng_below(rng, PLACES);
	u64 words = (place == HEAD ? sizeof(struct page) : page_size()) / 8;
	const u64 *want = (const u64 *)&dev.is[c][place];
	enum sight seen = SIGHT_NONE;

	for (unsigned i = 0; i < WORDS; i++) {
		u64 value, word = rng_below(rng, words);

		if (probe_load64(place_va(c, place) + 8 * word, &value))
			break;
		if (value != want[word % (sizeof(struct page) / 8)])
			return SIGHT_WRONG;
		seen = SIGHT_RIGHT;
	}
	return seen;
}

/* Overwrite the frames of the device's own memory, which have the contents of the last round. */
static bool dirty(struct test_run *t)
{
	vaddr_t va = vmalloc_va_alloc(1);
	bool ok = CHECK(t, va != 0);

	for (unsigned i = 0; ok && i < dev.nr * PLACES; i++) {
		const paddr_t *frame = &dev.frame[i / PLACES][i % PLACES];

		ok = CHECK_EQ(t, vmalloc_map(va, frame, 1, PT_R | PT_W | PT_GLOBAL), 0);
		if (!ok)
			break;
		memset(va_ptr(va), 0x5a, page_size());
		vmalloc_unmap(va, 1);
	}
	if (va)
		vmalloc_va_free(va, 1);
	return ok;
}

static bool own_frames(void)
{
	return dev.d.opts.memmap->where != MEMMAP_IN_OLD_MEMORY;
}

static bool map_and_unmap_tails(struct test_run *t)
{
	if (!devrange_mode(&dev.d, DEVMEM_RAW) || (own_frames() && !dirty(t)) ||
	    !devrange_mode(&dev.d, DEVMEM_DAX))
		return false;
	seldom_show(&t->rng);
	return true;
}

static void record_contents(void)
{
	for (unsigned c = 0; c < dev.nr; c++)
		for (unsigned place = 0; place < PLACES; place++) {
			dev.is[c][place] = *(const struct page *)va_ptr(place_va(c, place));
			dev.frame[c][place] = pt_translate(&kpt, place_va(c, place));
		}
}

TEST(race, seldom_tails,
     .claim = "head and tails of a compound have their final contents, also for a CPU that reads "
	      "seldom",
     .rows = "S1-40", .needs = NEED_RANGE | NEED_SMP | NEED_MEMORY_ORDER,
     .params = devrange_min_names)
{
	static const struct seldom tails = { tails_look, map_and_unmap_tails, PAUSE };

	if (!devrange_get(t, &dev.d))
		return;
	dev.nr = min_u32(COMPOUNDS, devrange_compounds(&dev.d));
	dev.d.r.len = dev.nr * dev.d.opts.compound;
	if (devrange_up(&dev.d)) {
		record_contents();
		seldom_run(t, &tails);
	}
	devrange_reset(&dev.d);
}
