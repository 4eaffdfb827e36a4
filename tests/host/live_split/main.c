/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/live_split/main.c - mm/live/live_split.c: a range gets single pages, with a window
 * over all that changes; the last user restores the larger leaves where frames and rights still
 * fit.
 */
#include "fake.h"
#include <fakes/arch.h>

static struct why why;

static int split(unsigned page, unsigned n)
{
	return live_split(VA(page), n * PAGE, 3, &why);
}

static void join(unsigned page, unsigned n)
{
	live_join(VA(page), n * PAGE);
}

static bool is(unsigned at, unsigned n, unsigned level, bool run)
{
	for (unsigned i = at; i < at + n; i++)
		if (fake.page[i].level != level || fake.page[i].run != run)
			return false;
	return true;
}

static void at_rest(unsigned splits)
{
	WANT(live_splits() == splits);
	WANT(!fake.open_plans && !fake.gathers && host_irqs && !fake.window_len);
}

/* The leaves that were split: pages [at, at + n), of a level, in runs or not; and the range. */
struct row {
	unsigned at, n, level;
	bool run;
	unsigned page, pages; /* the range */
	unsigned known, to;   /* the recorded split */
	unsigned single, end; /* the part with single pages afterwards */
};

static const struct row rows[] = {
	{ 4, 4, 1, false, 5, 1, 4, 8, 4, 8 },        { 4, 4, 1, false, 4, 2, 4, 8, 4, 8 },
	{ 4, 4, 1, false, 4, 4, 4, 8, 4, 8 },        { 0, 16, 1, false, 8, 8, 8, 16, 8, 16 },
	{ 0, 16, 1, false, 0, 16, 0, 16, 0, 16 },    { 16, 16, 2, false, 20, 1, 16, 32, 16, 32 },
	{ 16, 16, 2, false, 24, 8, 16, 32, 16, 32 }, { 16, 32, 2, false, 32, 16, 32, 48, 32, 48 },
	{ 8, 2, 0, true, 8, 1, 8, 10, 8, 10 },       { 8, 2, 0, true, 9, 1, 8, 10, 8, 10 },
	{ 8, 2, 0, true, 8, 2, 8, 10, 8, 10 },       { 8, 8, 0, true, 8, 4, 8, 12, 8, 12 },
	{ 8, 8, 0, true, 8, 8, 8, 16, 8, 16 },       { 8, 8, 1, true, 8, 1, 8, 16, 8, 12 },
	{ 8, 8, 1, true, 15, 1, 8, 16, 12, 16 },     { 8, 8, 1, true, 12, 4, 8, 16, 12, 16 },
	{ 8, 8, 1, true, 8, 8, 8, 16, 8, 16 },       { 16, 16, 1, true, 16, 16, 16, 32, 16, 32 },
	{ 40, 4, 0, false, 41, 1, 41, 42, 40, 44 },
};

static void check_known(const struct row *r)
{
	for (unsigned i = 0; i < 64; i++)
		WANT(live_split_known(VA(i)) == (i >= r->known && i < r->to));
	WANT(live_split_known(VA(r->to) - 1) && !live_split_known(VA(r->known) - 1));
}

static void check_row(const struct row *r)
{
	struct fake was;

	for (unsigned users = 1; users < 4; users++) {
		fake_begin();
		fake_map(r->at, r->n, r->level, r->run);
		was = fake;
		WANT(!split(r->page, r->pages));
		WANT(is(r->single, r->end - r->single, 0, false));
		WANT(is(r->at, r->single > r->at ? r->single - r->at : 0, r->level,
			r->run && r->known > r->at));
		for (unsigned u = 1; u < users; u++)
			WANT(!split(r->page, r->pages));
		check_known(r);
		for (unsigned u = 1; u < users; u++) {
			join(r->page, r->pages);
			WANT(is(r->single, r->end - r->single, 0, false) && !fake.joins);
		}
		at_rest(1);
		join(r->page, r->pages);
		at_rest(0);
		WANT(!memcmp(fake.page, was.page, sizeof(was.page)));
		WANT(!live_split_known(VA(r->page)));
	}
	if (want_failed)
		printf("#   row %u\n", (unsigned)(r - rows));
}

/* ---- leaves that do not fit stay pages ---- */
struct change {
	int there, prot, frame; /* of one page: removed, other rights, another frame */
	u32 by;                 /* all frames move */
	bool whole;             /* it fits nevertheless */
};

static const struct change changes[] = {
	{ -1, -1, -1, 0, true },  { -1, -1, -1, 16, true }, { -1, -1, -1, 1, false },
	{ -1, -1, -1, 4, false }, { -1, -1, -1, 8, false }, { 0, -1, -1, 0, false },
	{ 7, -1, -1, 0, false },  { 15, -1, -1, 0, false }, { -1, 0, -1, 0, false },
	{ -1, 5, -1, 0, false },  { -1, 15, -1, 0, false }, { -1, -1, 0, 0, false },
	{ -1, -1, 6, 0, false },  { -1, -1, 15, 0, false },
};

static void check_change(const struct change *c)
{
	fake_begin();
	fake_map(16, 16, 2, false);
	WANT(!split(17, 1));
	for (unsigned i = 16; i < 32; i++)
		fake.page[i].frame += c->by;
	if (c->there >= 0)
		fake.page[16 + c->there].there = false;
	if (c->prot >= 0)
		fake.page[16 + c->prot].prot = PT_R;
	if (c->frame >= 0)
		fake.page[16 + c->frame].frame += 160;
	join(17, 1);
	WANT(is(16, 16, c->whole ? 2 : 0, false) && fake.joins == c->whole);
	at_rest(0);
}

/* One leaf of a run, or one run of two, lines up and the other one does not. */
static void check_part(void)
{
	fake_begin();
	fake_map(8, 8, 1, true);
	WANT(!split(8, 8));
	fake.page[9].prot = PT_R;
	join(8, 8);
	WANT(is(8, 4, 0, false) && is(12, 4, 1, false));
	fake_begin();
	fake_map(8, 4, 0, true);
	WANT(!split(8, 4));
	fake.page[11].frame = 77;
	join(8, 4);
	WANT(is(8, 2, 0, true) && is(10, 2, 0, false));
	fake_begin();
	fake_map(4, 8, 1, false);
	WANT(!split(4, 4) && !split(8, 4)); /* two records */
	at_rest(2);
	join(4, 4);
	WANT(is(4, 4, 1, false) && is(8, 4, 0, false));
	join(8, 4);
	WANT(is(8, 4, 1, false));
	at_rest(0);
}

/* ---- failures ---- */
static void check_failures(void)
{
	static const struct {
		unsigned at, n, level;
		bool run;
		unsigned plans;
	} maps[] = { { 8, 4, 1, false, 1 }, { 8, 8, 0, true, 4 }, { 8, 8, 1, true, 1 } };

	for (unsigned m = 0; m < ARRAY_SIZE(maps); m++)
		for (unsigned at = 1; at <= maps[m].plans; at++) {
			struct fake was;

			fake_begin();
			fake_map(maps[m].at, maps[m].n, maps[m].level, maps[m].run);
			was = fake;
			fake.fail_at = at;
			WANT(split(maps[m].at, maps[m].n) == -ENOMEM);
			WANT_TEXT(why.text, "no tables");
			WANT(!memcmp(fake.page, was.page, sizeof(was.page)));
			WANT(fake.plans == at && fake.joins == (maps[m].level ? 0 : at - 1));
			at_rest(0);
		}
	fake_begin(); /* a second user is refused, and the first one has its pages */
	fake_map(4, 4, 1, false);
	WANT(!split(5, 1));
	fake.fail_at = 2;
	WANT(split(6, 1) == -ENOMEM && is(4, 4, 0, false) && !fake.joins);
	at_rest(1);
	join(5, 1);
	WANT(is(4, 4, 1, false));
	at_rest(0);
}

static void check_full(void)
{
	fake_begin();
	fake_map(0, PAGES, 1, false);
	for (unsigned i = 0; i < LIVE_SPLITS; i++)
		WANT(!split(4 * i, 1) && live_splits() == i + 1);
	WANT(split(4 * LIVE_SPLITS, 1) == -ENOMEM);
	WANT_TEXT(why.text, "64 leaves are split already, no room for 0xffffffc000100000");
	WANT(is(4 * LIVE_SPLITS, 4, 1, false));
	WANT(!split(4 * LIVE_SPLITS - 3, 1)); /* one more user needs no room */
	join(4 * LIVE_SPLITS - 3, 1);
	at_rest(LIVE_SPLITS);
	join(40, 1);
	WANT(!split(4 * LIVE_SPLITS, 1));
	for (unsigned i = 0; i <= LIVE_SPLITS; i++)
		if (i != 10)
			join(4 * i, 1);
	WANT(is(0, PAGES, 1, false));
	at_rest(0);
}

static void check_mistakes(void)
{
	fake_begin();
	fake_map(4, 4, 1, false);
	WANT_DEATH(split(5, 2));
	WANT_DEATH(join(4, 1));
	fake.unlocked = true;
	WANT_DEATH(split(4, 1));
	fake.unlocked = false;
	WANT(!split(4, 1));
	fake.unlocked = true;
	WANT_DEATH(join(4, 1));
	fake.unlocked = false;
	join(4, 1);
	fake.page[9].there = false;
	WANT_DEATH(split(9, 1));
	at_rest(0);
}

int main(void)
{
	host_irqs = true;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		check_row(&rows[i]);
	for (unsigned i = 0; i < ARRAY_SIZE(changes); i++)
		check_change(&changes[i]);
	check_part();
	check_failures();
	check_full();
	check_mistakes();
	printf("live_split: %u not so\n", want_failed);
	return want_failed != 0;
}
