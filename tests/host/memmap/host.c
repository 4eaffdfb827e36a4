/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/memmap/host.c - struct pages in old memory: chunks that describe a section or a unit,
 * single pages from the first failure on, a list that grows, and a refusal that leaves nothing.
 */
#include "fake.h"
#include <lib/fail.h>
#include <want.h>

struct take {
	u32 nr, unit;             /* pages */
	unsigned chunks, singles; /* that there are, of several pages and of one */
	unsigned got[3];          /* chunks of 4, 2 and 1 pages */
	unsigned asks;            /* arrays for the list */
	const char *text;         /* of the refusal */
	unsigned spans_fail;
};

#define ALL CHUNKS
static const struct take takes[] = {
	{ 2048, 512, ALL, ALL, { 8 }, 1 },
	{ 2048, 256, ALL, ALL, { 8 }, 1 },
	{ 2048, 128, ALL, ALL, { 0, 16 }, 1 },
	{ 512, 64, ALL, ALL, { 0, 0, 8 }, 1 },
	{ 384, 384, ALL, ALL, { 1, 1 }, 1 },
	{ 448, 448, ALL, ALL, { 1, 1, 1 }, 1 },
	{ 64, 64, ALL, ALL, { 0, 0, 1 }, 1 },
	/* no chunk, no second one, no fourth one */
	{ 2048, 512, 0, ALL, { 0, 0, 32 }, 1 },
	{ 2048, 512, 1, ALL, { 1, 0, 28 }, 1 },
	{ 2048, 512, 3, ALL, { 3, 0, 20 }, 1 },
	{ 448, 448, 1, ALL, { 1, 0, 3 }, 1 },
	{ 512, 512, 1, ALL, { 1, 0, 4 }, 1 },
	/* just enough, and not quite */
	{ 512, 512, 2, 0, { 2 }, 1 },
	{ 512, 512, 1, 4, { 1, 0, 4 }, 1 },
	{ 512, 512, 1, 3, { 1, 0, 3 }, 1, "needs 32 KiB of old memory, only 28 KiB are free" },
	{ 512, 512, 1, 0, { 1 }, 1, "needs 32 KiB of old memory, only 16 KiB are free" },
	{ 512, 512, 0, 8, { 0, 0, 8 }, 1 },
	{ 512, 512, 0, 7, { 0, 0, 7 }, 1, "needs 32 KiB of old memory, only 28 KiB are free" },
	{ 512, 512, 0, 1, { 0, 0, 1 }, 1, "needs 32 KiB of old memory, only 4 KiB are free" },
	{ 512, 512, 0, 0, { 0 }, 1, "needs 32 KiB of old memory, only 0 KiB are free" },
	/* a page has 256 places of the list; the next one has more than a page */
	{ 16384, 512, 0, ALL, { 0, 0, 256 }, 1 },
	{ 16448, 512, 0, ALL, { 0, 0, 257 }, 2 },
	{ 20480, 64, 0, ALL, { 0, 0, 320 }, 2 },
	/* no memory for the list, none for a larger one */
	{ 512, 512, ALL, ALL, { 0 }, 2, "needs 32 KiB of old memory, only 0 KiB are free", ~0u },
	{ 16384, 512, 0, ALL, { 0, 0, 256 }, 1, NULL, 2 },
	{ 16448,
	  512,
	  0,
	  ALL,
	  { 0, 0, 256 },
	  2,
	  "needs 1028 KiB of old memory, only 1024 KiB are free",
	  2 },
};

static const struct take *now;

static struct memmap_plan plan_of(void)
{
	return (struct memmap_plan) { .scheme = fake_scheme("host"),
				      .pfn = PFN(OLD),
				      .nr = now->nr,
				      .unit = now->unit,
				      .users = 1,
				      .provenance = PAGE_BUDDY,
				      .node = NODE,
				      .max_level = 1 };
}

static u32 pages_got(void)
{
	return 4 * now->got[0] + 2 * now->got[1] + now->got[2];
}

/* Large ones are requested first, and the plan has the chunks that the buddy allocated. */
static void check_chunks(void)
{
	unsigned n[3] = { now->got[0], now->got[1], now->got[2] }, at = 0;

	WANT(fake.nr_chunks == n[0] + n[1] + n[2]);
	for (unsigned i = 0; i < fake.nr_chunks; i++) {
		while (at < 2 && !n[at])
			at++;
		WANT(fake.chunks[i].nr == 4u >> at);
		n[at]--;
	}
}

/* Frames are queried in ascending order, once. */
static void check_frames(struct memmap_plan *p)
{
	u64 n, index = 0;

	WANT(p->nr_frames == fake.nr_chunks && p->host_bytes == pages_got() * PAGE);
	for (unsigned i = 0; i < fake.nr_chunks; i++, index += n) {
		WANT(p->scheme->frame(p, index, &n) == fake.chunks[i].pa);
		WANT(n == fake.chunks[i].nr && p->frames[i].provenance == PAGE_BUDDY);
	}
}

static bool is_off(enum fail_point point, u64 about)
{
	WANT(point == FAIL_SPANS && !about);
	return true;
}

static void check_take(const struct take *t)
{
	struct memmap_plan p;
	struct why why = { 0 };
	char text[100];

	now = t;
	fake_begin(7);
	p = plan_of();
	fake.chunks_most = t->chunks;
	fake.singles_most = t->singles;
	fake.spans_fail = t->spans_fail == ~0u ? 0 : t->spans_fail;
	fail_hook = t->spans_fail == ~0u ? is_off : NULL;
	WANT(memmap_plan(&p, &why) == (t->text ? -ENOMEM : 0));
	check_chunks();
	WANT(fake.spans_asks == (t->spans_fail == ~0u ? 0 : t->asks));
	if (t->text) {
		snprintf(text, sizeof(text), "memmap %s", t->text);
		WANT_TEXT(why.text, text);
		WANT(!p.frames && !p.nr_frames && !p.host_bytes && !fake.plans);
	} else {
		WANT(p.scattered == (t->chunks < ALL && t->unit > 64 && t->got[2]));
		WANT(fake.planned_level == !p.scattered && p.pt.max_level == 1);
		check_frames(&p);
		memmap_plan_end(&p);
	}
	fail_hook = NULL;
	fake_at_rest(0);
	if (want_failed)
		printf("#   take %u\n", (unsigned)(t - takes));
}

/* No chunk is larger than the buddy has them: 4 MiB, for a section of 512 MiB. */
static void check_largest(void)
{
	static const struct take of = { 131072, 131072 };
	struct memmap_plan p;
	struct why why;

	now = &of;
	fake_begin(7);
	layout.section_bytes = 512 * MiB;
	layout.r[REGION_VMEMMAP].len = 8 * MiB;
	fake.chunks_most = fake.singles_most = 0;
	p = plan_of();
	WANT(memmap_plan(&p, &why) == -ENOMEM && fake.order_asked == BUDDY_MAX_ORDER);
	fake_at_rest(0);
}

/* Adjacent chunks are one frame; single pages are not joined. */
static void check_adjacent(void)
{
	static const struct take chunks = { 4096, 512 }, pages = { 1024, 512 };
	static const u8 lowest[] = { [UP] = 0, [DOWN] = 15, [HALVES] = 14 };

	for (unsigned place = UP; place <= HALVES; place++)
		for (unsigned single = 0; single < 2; single++) {
			struct memmap_plan p;
			struct why why;
			u64 n;

			now = single ? &pages : &chunks;
			fake_begin(7);
			fake.place = place;
			fake.chunks_most = single ? 0 : 16;
			p = plan_of();
			WANT(!memmap_plan(&p, &why) && fake.nr_chunks == 16);
			WANT(p.nr_frames == (single ? 16 : 1));
			if (!single) {
				WANT(p.scheme->frame(&p, 0, &n) == fake.chunks[lowest[place]].pa);
				WANT(n == 64);
			}
			memmap_plan_end(&p);
			fake_at_rest(0);
		}
}

/* ---- the list itself ---- */
static void check_grow(void)
{
	static const struct {
		u32 want, max;
	} rows[] = { { 1, 256 }, { 256, 256 }, { 257, 512 }, { 512, 512 }, { 513, 768 } };
	struct pt_span old[3] = { { 1, 2, 3 }, { 4, 5, 6 }, { 7, 8, 9 } }, *more;

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		for (u32 nr = 0; nr <= 3; nr++) {
			u32 max = 77;

			fake_begin(7);
			more = memmap_spans_grow(nr ? old : NULL, nr, &max, rows[i].want);
			WANT(more && max == rows[i].max && fake.spans_out == 1);
			if (!more)
				return;
			WANT(!memcmp(more, old, nr * sizeof(*old)));
			memset(more, 1, max * sizeof(*more));
			memmap_spans_free(more, max);
			fake_at_rest(0);
			fake.spans_asks = 0;
			fake.spans_fail = 1;
			WANT(!memmap_spans_grow(old, nr, &max, rows[i].want));
			WANT(max == rows[i].max && old[0].pa == 1 && old[2].nr == 8);
			fake_at_rest(0);
		}
	memmap_spans_free(NULL, 0);
	memmap_spans_free(NULL, 300);
	fake_at_rest(0);
}

void check_host(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(takes); i++)
		check_take(&takes[i]);
	check_largest();
	check_adjacent();
	check_grow();
}
