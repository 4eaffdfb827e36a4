/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/subsection/main.c - mm/hotplug/subsection.c against a list of sub-sections, each with
 * the options of its add: lookups, joins and cuts, for each range and each order of adds and
 * removals of a random generator.
 */
#include <asserts.h>
#include <kern/cpu.h>
#include <lib/assert.h>
#include <lib/fail.h>
#include <lib/rng.h>
#include <mm/hotplug/subsection_internal.h>

#define UNIT 512u /* pages of a sub-section */
#define UNITS 24u
#define FIRST 0x80000u /* page */

static struct page pages[UNITS * UNIT];
static struct why why;
static bool no_room;

static const struct memmap_scheme host = { .where = MEMMAP_IN_OLD_MEMORY };
static const struct memmap_scheme each = { .where = MEMMAP_IN_EACH_BLOCK };
static const struct memmap_scheme device = { .where = MEMMAP_IN_FIRST_BLOCKS };

static bool fail(enum fail_point point, u64 about)
{
	(void)about;
	return no_room && point == FAIL_RANGES;
}

static void begin(void)
{
	static const struct pt_fmt fmt = { .page_shift = 12 };

	layout.fmt = &fmt;
	layout.phys_base = (u64)FIRST << 12;
	layout.subsection_bytes = (u64)UNIT << 12;
	layout.r[REGION_VMEMMAP].va = ptr_va(pages);
	fail_hook = fail;
}

/* ---- the list ---- */
struct unit {
	const struct memmap_scheme *memmap; /* NULL: absent */
	u8 node, leaves;
	unsigned add; /* memmap=device: one add is one range */
};

static struct unit units[UNITS + 1]; /* the last one stays absent */

static bool continues(const struct unit *a, const struct unit *b)
{
	return a->memmap && a->memmap == b->memmap && a->node == b->node &&
	       a->leaves == b->leaves && (a->memmap != &device || a->add == b->add);
}

static struct subsection_range range(unsigned at, unsigned n, const struct unit *u)
{
	return (struct subsection_range) { FIRST + at * UNIT, (u64)n * UNIT, u->memmap, u->node,
					   u->leaves };
}

static bool equal(const struct subsection_range *is, struct subsection_range want)
{
	return is && is->pfn == want.pfn && is->nr == want.nr && is->memmap == want.memmap &&
	       is->node == want.node && is->leaves == want.leaves;
}

static void check_find(pfn_t pfn, u64 nr, unsigned lo, unsigned hi)
{
	const struct subsection_range *r = subsection_find(pfn, nr);

	while (lo < hi && !units[lo].memmap)
		lo++;
	if (lo == hi)
		WANT(!r);
	else
		WANT(r && r->pfn <= FIRST + lo * UNIT && r->pfn + r->nr > FIRST + lo * UNIT);
}

static void check_all(void)
{
	unsigned n = 0;

	for (unsigned at = 0, end; at < UNITS; at = end) {
		for (end = at + 1; continues(&units[at], &units[end]);)
			end++;
		if (units[at].memmap)
			WANT(equal(subsection_nth(n++), range(at, end - at, &units[at])));
	}
	WANT(!subsection_nth(n));
	for (unsigned lo = 0; lo < UNITS; lo++)
		for (unsigned hi = lo + 1; hi <= UNITS; hi++) {
			check_find(FIRST + lo * UNIT, (hi - lo) * UNIT, lo, hi);
			check_find(FIRST + (hi - 1) * UNIT + UNIT - 1, 1, hi - 1, hi);
			if (lo)
				check_find(FIRST + lo * UNIT - 1, 2, lo - 1, lo + 1);
		}
}

/* ---- adds and removals ---- */
static unsigned adds;

static void add(unsigned at, unsigned n, struct unit u)
{
	u.add = ++adds;
	for (unsigned i = at; i < at + n; i++)
		units[i] = u;
	subsection_insert(range(at, n, &u));
}

static void cut(unsigned at, unsigned n)
{
	for (unsigned i = at; i < at + n; i++)
		units[i].memmap = NULL;
	subsection_cut(FIRST + at * UNIT, n * UNIT);
}

static unsigned length(unsigned at, bool present)
{
	unsigned n = 0;

	while (at + n < UNITS && (units[at + n].memmap != NULL) == present)
		n++;
	return n;
}

/* A removal takes ranges of memmap=device as a whole. */
static bool may_cut(unsigned at, unsigned n)
{
	return !(at && units[at].memmap == &device && continues(&units[at - 1], &units[at])) &&
	       !(units[at + n - 1].memmap == &device &&
		 continues(&units[at + n - 1], &units[at + n]));
}

static void check_random(u64 seed)
{
	static const struct memmap_scheme *const schemes[] = { &host, &host, &each, &device };
	struct rng rng = { seed };

	for (unsigned step = 0; step < 400; step++) {
		unsigned at = (unsigned)(rng_next(&rng) % UNITS);
		bool present = units[at].memmap != NULL;
		unsigned n = 1 + (unsigned)(rng_next(&rng) % length(at, present));
		struct unit u = { .memmap = schemes[rng_next(&rng) % 4] };

		u.node = rng_next(&rng) % 4 == 0;
		u.leaves = rng_next(&rng) % 4 == 0;
		if (!present)
			add(at, n, u);
		else if (may_cut(at, n))
			cut(at, n);
		check_all();
	}
	for (unsigned at = 0; at < UNITS; at++)
		if (units[at].memmap)
			cut(at, length(at, true));
	check_all();
	WANT(!subsection_nth(0));
}

static void is_refused(struct subsection_range r)
{
	WANT_DEATH(subsection_insert(r));
}

/* One range, and each part of it that may be removed; a part that is present cannot be added again.
 */
static void check_cuts(void)
{
	struct unit u = { .memmap = &host };

	for (unsigned at = 2; at < 8; at++)
		for (unsigned n = 1; at + n <= 8; n++) {
			add(2, 6, u);
			cut(at, n);
			check_all();
			for (unsigned i = 2; i < 8; i++)
				if (i < at || i >= at + n)
					is_refused(range(i, 1, &u));
			add(at, n, u);
			check_all();
			WANT(subsection_nth(0) && !subsection_nth(1));
			cut(2, 6);
		}
}

/* An entry after the last one is unused, though the next add would use it. */
static void check_behind(void)
{
	struct unit u = { .memmap = &host };

	add(0, 1, u);
	add(5, 2, u);
	cut(0, 1);
	cut(5, 2);
	add(3, 2, u);
	check_all();
	cut(3, 2);
}

static void check_room(void)
{
	char text[80];

	for (unsigned i = 0; i < SUBSECTION_RANGES_MAX; i++) {
		WANT(!subsection_room(&why));
		subsection_insert((struct subsection_range) { i * 2ul * UNIT, UNIT, &host, 0, 0 });
	}
	WANT(subsection_room(&why) == -ENOMEM);
	snprintf(text, sizeof(text), "the registry of sub-sections holds %u ranges, no more fit",
		 SUBSECTION_RANGES_MAX);
	WANT_TEXT(why.text, text);
	is_refused((struct subsection_range) { SUBSECTION_RANGES_MAX * 2ul * UNIT, UNIT, &host, 0,
					       0 });
	for (unsigned i = 0; i < SUBSECTION_RANGES_MAX; i++) {
		const struct subsection_range *r = subsection_find(i * 2ul * UNIT, 1);

		WANT(r == subsection_nth(i) && r->pfn == i * 2ul * UNIT);
		WANT(!subsection_find(i * 2ul * UNIT + UNIT, UNIT));
	}
	subsection_cut(0, SUBSECTION_RANGES_MAX * 2ul * UNIT);
	WANT(!subsection_nth(0));
	no_room = true;
	WANT(subsection_room(&why) == -ENOMEM);
	no_room = false;
}

/* ---- the digest ---- */
static u64 digest(unsigned at, unsigned n, struct unit u)
{
	u64 h;

	add(at, n, u);
	h = subsection_digest(1);
	cut(at, n);
	WANT(subsection_digest(1) == 1);
	return h;
}

static void check_digest(void)
{
	static const struct memmap_scheme *const schemes[] = { &host, &each, &device };
	u64 seen[8];

	seen[0] = digest(2, 3, (struct unit) { .memmap = &host });
	seen[1] = digest(3, 3, (struct unit) { .memmap = &host });
	seen[2] = digest(2, 4, (struct unit) { .memmap = &host });
	seen[3] = digest(2, 3, (struct unit) { .memmap = &each });
	seen[4] = digest(2, 3, (struct unit) { .memmap = &device });
	seen[5] = digest(2, 3, (struct unit) { .memmap = &host, .node = 1 });
	for (unsigned i = 0; i < 6; i++)
		for (unsigned j = 0; j < i; j++)
			WANT(seen[i] != seen[j]);
	for (unsigned s = 0; s < 3; s++) {
		struct unit u = { .memmap = schemes[s] };
		u64 h = digest(2, 3, u);

		for (unsigned i = 1; i < 7; i++) { /* counts of each head of a memmap */
			struct page *p = &pages[i * UNIT];
			bool head = s == 1 ? i >= 2 && i < 5 : s == 2 && i == 2;

			p->refcount = 1;
			WANT((digest(2, 3, u) != h) == head);
			p->refcount = 0;
			p->private = 1;
			WANT((digest(2, 3, u) != h) == head);
			p->private = 0;
		}
	}
	add(0, 1, (struct unit) { .memmap = &host });
	seen[0] = subsection_digest(1);
	add(5, 1, (struct unit) { .memmap = &host });
	WANT(subsection_digest(1) != seen[0]);
	cut(5, 1);
	WANT(subsection_digest(1) == seen[0]);
	cut(0, 1);
}

int main(void)
{
	begin();
	check_cuts();
	check_behind();
	for (u64 seed = 1; seed < 6; seed++)
		check_random(seed * 0x9e3779b97f4a7c15ul);
	check_room();
	check_digest();
	printf("subsection: %u not so\n", want_failed);
	return want_failed != 0;
}
