/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/memmap/removals.c - struct pages of memory that is removed: every frame is listed
 * once, with its destination, before anything is unmapped; and nothing is freed if a plan was
 * refused.
 */
#include "fake.h"
#include <want.h>

/* Pages [from, to) of the vmemmap map frames from `frame` on, of memory added with this scheme. */
struct piece {
	u32 from, to, frame;
	const char *scheme;
};

struct removal {
	struct piece piece[4];
	struct pt_span want[4]; /* pa: a frame */
	u32 level, run_most;
	u32 class; /* of the pages of old memory, if not PAGE_BUDDY */
};

/* Blocks have 8 pages of struct pages; blocks 2 and 3 are pages 16 to 31. */
static const struct removal rows[] = {
	{ { { 16, 24, 1024, "block" } }, { { 1024, 8, PAGE_ALTMAP } }, 0, 99 },
	{ { { 16, 24, 1024, "block" }, { 24, 32, 1536, "block" } },
	  { { 1024, 8, PAGE_ALTMAP }, { 1536, 8, PAGE_ALTMAP } },
	  0,
	  4 },
	{ { { 16, 32, 1024, "device" } }, { { 1024, 16, PAGE_ALTMAP } }, 2, 99 },
	{ { { 16, 32, 1024, "device" } }, { { 1024, 16, PAGE_ALTMAP } }, 1, 3 },
	{ { { 16, 24, 200, "host" }, { 24, 32, 208, "host" } }, { { 200, 16, PAGE_BUDDY } }, 0, 5 },
	{ { { 16, 24, 200, "host" }, { 24, 32, 300, "host" } },
	  { { 200, 8, PAGE_BUDDY }, { 300, 8, PAGE_BUDDY } },
	  1,
	  99 },
	{ { { 16, 32, 320, "host" } }, { { 320, 16, PAGE_BOOT } }, 2, 99, PAGE_BOOT },
	/* one run of leaves, and two schemes */
	{ { { 16, 24, 1016, "host" }, { 24, 32, 1024, "block" } },
	  { { 1016, 8, PAGE_BUDDY }, { 1024, 8, PAGE_ALTMAP } },
	  0,
	  99 },
	{ { { 16, 24, 1016, "host" }, { 24, 32, 1024, "block" } },
	  { { 1016, 8, PAGE_BUDDY }, { 1024, 8, PAGE_ALTMAP } },
	  1,
	  99 },
	{ { { 16, 17, 1022, "host" }, { 17, 18, 1023, "host" }, { 18, 20, 1024, "block" } },
	  { { 1022, 2, PAGE_BUDDY }, { 1024, 2, PAGE_ALTMAP } },
	  0,
	  99 },
};

static const struct piece *pieces;
static unsigned nr_pieces;

static const struct memmap_scheme *scheme_of(pfn_t pfn, pfn_t *end)
{
	for (unsigned i = 0; i < nr_pieces; i++)
		if (pfn - PFN(pieces[i].from * 64) < (pieces[i].to - pieces[i].from) * 64) {
			*end = PFN(pieces[i].to * 64);
			return fake_scheme(pieces[i].scheme);
		}
	WANT(!"memory that is there");
	*end = pfn + 64;
	return fake_scheme("host");
}

static void set_pieces(const struct piece *p, unsigned n)
{
	pieces = p;
	for (nr_pieces = 0; nr_pieces < n && p[nr_pieces].to; nr_pieces++) {
		const struct piece *at = &p[nr_pieces];

		for (u32 i = at->from; i < at->to; i++)
			fake_map(i, at->frame + i - at->from, true);
	}
}

static void begin(struct memmap_removal *r)
{
	memset(r, 0x5a, sizeof(*r));
	memmap_remove_begin(r, scheme_of);
	WANT(!r->compound && !r->altmap_pages && !r->host_pages && fake.gathers == 1);
}

static int plan(struct memmap_removal *r, u32 from, u32 to, struct why *why)
{
	int err = memmap_remove_plan(r, PFN(from * 64), (to - from) * 64, why);

	WANT(!fake.open_plans && !fake.removes && !fake.nr_freed);
	return err;
}

/* Nothing was freed, and nothing is kept. */
static void aborted(struct memmap_removal *r)
{
	memmap_remove_abort(r);
	WANT(!fake.nr_freed && fake.flushes == 1 && !r->gather.pt);
	fake_at_rest(0);
}

static void check_row(const struct removal *row)
{
	const struct piece *p = row->piece;
	struct memmap_removal r;
	struct why why;
	u32 last = 0, n = 0, pages[2] = { 0 };

	fake_begin(7);
	fake.level = row->level;
	fake.run_most = row->run_most;
	for (unsigned i = 0; i < OLD; i++)
		fake_page(i)->flags = PAGE_FLAGS(row->class ? row->class : PAGE_BUDDY, 0, 0, 0);
	set_pieces(p, ARRAY_SIZE(row->piece));
	for (unsigned i = 0; i < nr_pieces; i++)
		last = p[i].to;
	begin(&r);
	WANT(!plan(&r, p->from, last, &why) && fake.plans == 1);
	memmap_remove(&r, PFN(p->from * 64), (last - p->from) * 64, &fake_remover);
	memmap_remove_end(&r);
	WANT(fake.removes == 1);
	for (; n < ARRAY_SIZE(row->want) && row->want[n].nr; n++) {
		struct pt_span s = row->want[n];

		WANT(fake.freed[n].pa == BASE + s.pa * PAGE && fake.freed[n].nr == s.nr);
		WANT(fake.freed[n].provenance == s.provenance);
		pages[s.provenance == PAGE_ALTMAP] += s.nr;
	}
	WANT(fake.nr_freed == n && r.host_pages == pages[0] && r.altmap_pages == pages[1]);
	for (u32 i = VM_OLD; i < VM_PAGES; i++)
		WANT(!fake.map[i].there);
	fake_at_rest(0);
	if (want_failed)
		printf("#   removal %u\n", (unsigned)(row - rows));
}

/* ---- frames without a struct page ---- */
static void check_damaged(void)
{
	static const struct {
		struct piece piece[2];
		u32 bad; /* the frame that is named; 0: all is well */
	} damages[] = {
		{ { { 16, 24, 3000, "host" } }, 3000 },
		{ { { 17, 25, 1020, "host" } }, 1020 }, /* the last one has none */
		{ { { 16, 20, 1020, "host" } }, 0 },
		{ { { 16, 24, 3000, "block" } }, 0 },
		{ { { 18, 19, 65535, "host" } }, 65535 },
		{ { { 18, 20, 65535, "host" } }, 65535 }, /* beyond what can be mapped */
		{ { { 18, 20, 700000, "host" } }, 700000 },
		{ { { 16, 20, 3000, "host" }, { 20, 24, 3004, "block" } }, 3000 },
		{ { { 16, 20, 3000, "block" }, { 20, 24, 3004, "host" } }, 3004 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(damages); i++) {
		u32 last = damages[i].piece[1].to ? 24 : damages[i].piece[0].to,
		    bad = damages[i].bad;
		struct memmap_removal r;
		struct why why = { 0 };
		char text[100] = "";

		fake_begin(7);
		fake.run_most = 99;
		set_pieces(damages[i].piece, 2);
		begin(&r);
		WANT(plan(&r, damages[i].piece->from, last, &why) == (bad ? -EIO : 0));
		if (bad)
			snprintf(text, sizeof(text),
				 "the memmap holds frame %#lx, which has no struct page",
				 BASE + bad * PAGE);
		WANT_TEXT(why.text, text);
		aborted(&r);
		if (want_failed)
			printf("#   damage %u\n", i);
	}
}

/* The first frame has a struct page, and the last; the first has none, and the last. */
static void check_edge(void)
{
	static const struct piece all[] = { { 16, 18, 1086, "host" } };
	struct memmap_removal r;

	for (unsigned there = 0; there < 4; there++) {
		fake_begin(7);
		set_pieces(all, 1);
		fake_map(18, 50, true);
		/* struct pages of frames 1087 and 1088: in pages 16 and 17 */
		fake_map(16, 1087, true);
		fake_map(17, 1088, true);
		if (!(there & 1))
			fake.map[16].there = false;
		if (!(there & 2))
			fake.map[17].there = false;
		fake_map(18, 1087, true);
		fake_map(19, 1088, true);
		begin(&r);
		nr_pieces = 1;
		pieces = (const struct piece[]) { { 18, 20, 0, "host" } };
		WANT(plan(&r, 18, 20, NULL) == (there == 3 ? 0 : -EIO));
		aborted(&r);
	}
}

/* ---- long lists ---- */

/* n frames, no two of them side by side. */
static void set_many(u32 n)
{
	static struct piece piece = { 16, 0, 0, "host" };

	piece.to = 16 + n;
	pieces = &piece;
	nr_pieces = 1;
	for (u32 i = 0; i < n; i++)
		fake_map(16 + i, 20 + 2 * i, true);
	for (u32 i = 0; i < OLD; i++)
		fake_page(i)->flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_USED, 0, NODE);
}

static void check_many(u32 n, unsigned asks)
{
	struct memmap_removal r;
	struct why why;

	fake_begin(7);
	set_many(n);
	begin(&r);
	WANT(!plan(&r, 16, 16 + n, &why) && fake.spans_asks == asks);
	WANT(fake.spans_out == !!asks && r.host_pages == n);
	memmap_remove(&r, PFN(1024), n * 64, &fake_remover);
	memmap_remove_end(&r);
	WANT(fake.nr_freed == n);
	for (u32 i = 0; i < n; i++)
		WANT(fake.freed[i].pa == BASE + (20 + 2 * i) * PAGE && fake.freed[i].nr == 1);
	fake_at_rest(0);
	for (unsigned fail = 1; fail <= asks; fail++) {
		fake_begin(7);
		set_many(n);
		fake.spans_fail = fail;
		begin(&r);
		WANT(plan(&r, 16, 16 + n, &why) == -ENOMEM && why.code == -ENOMEM);
		WANT(fake.spans_out == (fail > 1));
		aborted(&r);
	}
}

/* ---- two runs with one gather, and a plan that is refused ---- */
static void check_runs(void)
{
	static const struct piece two[] = { { 16, 24, 1024, "block" }, { 32, 40, 400, "host" } };
	struct memmap_removal r;
	struct why why;

	for (unsigned refused = 0; refused < 3; refused++) {
		fake_begin(7);
		fake.plan_fails = refused;
		set_pieces(two, 2);
		memset(fake_page(400), 0, 8 * sizeof(struct page));
		begin(&r);
		WANT(plan(&r, 16, 24, &why) == (refused == 1 ? -EBUSY : 0));
		WANT(r.altmap_pages == (refused == 1 ? 0 : 8));
		if (refused != 1)
			WANT(plan(&r, 32, 40, &why) == (refused ? -EBUSY : 0));
		if (refused) {
			aborted(&r);
			continue;
		}
		memmap_remove(&r, PFN(1024), 512, &fake_remover);
		WANT(!fake.map[23].there && fake.map[32].there && !fake.nr_freed);
		memmap_remove(&r, PFN(2048), 512, &fake_remover);
		memmap_remove_end(&r);
		WANT(fake.removes == 2 && fake.nr_freed == 2);
		WANT(fake.freed[0].provenance == PAGE_ALTMAP && !fake.freed[1].provenance);
		fake_at_rest(0);
	}
}

/* ---- compounds ---- */

/* Struct pages of compounds of so many pages each, from page 16 on: the first page of one has a
 * frame of its own, the others share one. */
static void map_compounds(u32 pages, u32 n)
{
	for (u32 i = 0; i < n * pages; i++)
		fake_map(16 + i, 100 + 5 * (i / pages) + (i % pages ? 2 : 0), !(i % pages));
}

/* Two frames for each, whatever maps them how often. */
static void check_compounds_go(const char *scheme, u32 pages, u32 n)
{
	struct piece piece = { 16, 16 + n * pages, 0, scheme };
	bool own = strcmp(scheme, "host") != 0;
	struct memmap_removal r;
	struct why why;

	fake_begin(7);
	pieces = &piece;
	nr_pieces = 1;
	for (u32 i = 0; i < OLD; i++)
		fake_page(i)->flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_USED, 0, NODE);
	map_compounds(pages, n);
	begin(&r);
	r.compound = pages * 64;
	WANT(!plan(&r, 16, piece.to, &why) && r.altmap_pages == (own ? 2 * n : 0));
	WANT(r.host_pages == (own ? 0 : 2 * n));
	memmap_remove(&r, PFN(1024), n * pages * 64, &fake_remover);
	memmap_remove_end(&r);
	WANT(fake.nr_freed == 2 * n);
	for (u32 i = 0; i < 2 * n; i++)
		WANT(fake.freed[i].pa == BASE + (100 + 5 * (i / 2) + 2 * (i % 2)) * PAGE &&
		     fake.freed[i].nr == 1 &&
		     fake.freed[i].provenance == (own ? PAGE_ALTMAP : PAGE_BUDDY));
	fake_at_rest(0);
}

/* A frame without a struct page: the first or the second of the first compound or the last. */
static void check_compounds_damaged(void)
{
	static const struct piece piece = { 16, 28, 0, "host" };

	for (u32 bad = 0; bad < 6; bad++) {
		struct memmap_removal r;
		struct why why;

		fake_begin(7);
		pieces = &piece;
		nr_pieces = 1;
		map_compounds(4, 3);
		fake_map(16 + bad / 2 * 4 + bad % 2, 3000, true);
		begin(&r);
		r.compound = 256;
		WANT(plan(&r, 16, 28, &why) == -EIO && r.host_pages == bad);
		aborted(&r);
	}
}

void check_removals(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		check_row(&rows[i]);
	check_damaged();
	check_edge();
	check_many(16, 0);
	check_many(17, 1);
	check_many(256, 1);
	check_many(257, 2);
	check_many(300, 2);
	check_runs();
	check_compounds_go("host", 4, 3);
	check_compounds_go("device", 4, 3);
	check_compounds_go("host", 2, 1);
	check_compounds_go("host", 8, 20);
	check_compounds_damaged();
}
