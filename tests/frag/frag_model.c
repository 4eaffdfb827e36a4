/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S3-02, S3-12, S3-13, S3-17, S3-18, S3-22: a page of two tables in every reachable state, with
 * every operation from there, is compared with a model.  The model has three states for each half;
 * for each design it defines when there is room, what a grace period frees, and the use of the one
 * link in struct page.
 */
#include <lib/string.h>
#include <mm/study/fragment.h>
#include <tests/harness/test.h>

enum half { H_FREE, H_USED, H_PENDING };
enum op { OP_ALLOC, OP_FREE_0, OP_FREE_1, OP_DEFER_0, OP_DEFER_1, OP_GRACE, OP_NR };

struct model {
	bool there;
	enum half half[2];
};

/* The properties of each design, from the mailing-list thread S3 (CATALOGUE.md). */
static const struct rules {
	const char *name;
	bool reuses_beside_pending; /* a free half is allocated while the other is pending */
	bool needs_neighbour;       /* ... but only beside an allocated one */
	bool ends_whole;            /* a grace period frees nothing while a half is used */
	bool in_words;              /* the list is in the tables, not in struct page */
} rules[] = {
	{ "listed", true, true, false, false },
	{ "in-table", true, true, false, true },
	{ "whole-page", false, false, true, false },
	{ "relist", false, false, false, false },
};

static const struct rules *rule;

static bool has(const struct model *m, enum half h)
{
	return m->there && (m->half[0] == h || m->half[1] == h);
}

static bool model_room(const struct model *m)
{
	if (!has(m, H_FREE) || (rule->needs_neighbour && !has(m, H_USED)))
		return false;
	return rule->reuses_beside_pending || !has(m, H_PENDING);
}

static void model_settle(struct model *m)
{
	if (!has(m, H_USED) && !has(m, H_PENDING))
		*m = (struct model) { 0 };
}

/* False: the operation is refused and changes nothing. */
static bool model_do(struct model *m, enum op op)
{
	unsigned i = op == OP_FREE_1 || op == OP_DEFER_1;

	if (op == OP_ALLOC) {
		if (m->there && !model_room(m))
			return false; /* another page is used */
		m->there = true;
		m->half[m->half[0] == H_FREE ? 0 : 1] = H_USED;
		return true;
	}
	if (op == OP_GRACE) {
		for (i = 0; i < 2; i++)
			if (m->half[i] == H_PENDING && !(rule->ends_whole && has(m, H_USED)))
				m->half[i] = H_FREE;
	} else if (!m->there || m->half[i] != H_USED) {
		return false;
	} else {
		m->half[i] = op >= OP_DEFER_0 ? H_PENDING : H_FREE;
	}
	model_settle(m);
	return true;
}

static enum frag_link model_link(const struct model *m)
{
	bool ends = has(m, H_PENDING) && !(rule->ends_whole && has(m, H_USED));
	bool heads_elsewhere = rule->needs_neighbour && !rule->in_words;

	if (ends && !heads_elsewhere)
		return FRAG_WAITS;
	if (rule->in_words || !has(m, H_FREE))
		return heads_elsewhere && has(m, H_USED) && has(m, H_PENDING) ? FRAG_LISTED
									      : FRAG_LOOSE;
	if (rule->ends_whole && has(m, H_PENDING))
		return FRAG_LOOSE;
	return heads_elsewhere && !has(m, H_USED) ? FRAG_LOOSE : FRAG_LISTED;
}

/* ---- the implementation ---- */

static struct frag_class halves;
static struct {
	struct frag_space space;
	struct page *page; /* the first page; NULL: it was freed */
	u64 pages;         /* before */
} real;

static void *half_ptr(unsigned i)
{
	return (u8 *)page_ptr(real.page) + i * halves.bytes;
}

static void real_alloc(struct test_run *t, const struct model *before)
{
	void *f = frag_alloc(&real.space);
	struct page *p = pa_page(linear_pa(ptr_va(f)));

	if (!CHECK(t, f != NULL))
		return;
	if (!before->there) {
		real.page = p;
		return;
	}
	CHECK_EQ(t, p == real.page, model_room(before));
	if (p == real.page) /* never one that is pending or in use (S3-12, S3-13) */
		CHECK_EQ(t, before->half[f != half_ptr(0)], H_FREE);
	else
		CHECK(t, frag_free(&real.space, f));
}

static void real_do(struct test_run *t, const struct model *before, enum op op, bool may)
{
	switch (op) {
	case OP_ALLOC:
		real_alloc(t, before);
		break;
	case OP_GRACE:
		frag_barrier();
		break;
	case OP_FREE_0:
	case OP_FREE_1:
		if (before->there)
			CHECK_EQ(t, frag_free(&real.space, half_ptr(op - OP_FREE_0)), may);
		break;
	default:
		if (before->there)
			CHECK_EQ(t, frag_defer(&real.space, half_ptr(op - OP_DEFER_0)), may);
	}
}

/* Count how often the page is on the list of the space (S3-18, S3-22). */
static unsigned times_listed(void)
{
	unsigned n = 0;

	list_for_each (&real.space.room, it)
		n += real.space.how->in_table ? linear_pa(ptr_va(it)) / page_size() ==
							page_pa(real.page) / page_size()
					      : it == &real.page->lru;
	return n;
}

static u16 bits_with(const struct model *m, enum half h)
{
	return (u16)((m->half[0] == h) | (m->half[1] == h) << 1);
}

static void compare_states(struct test_run *t, const struct model *m)
{
	struct frag_stats stats;
	struct frag_bits b;

	frag_stats_read(&stats);
	CHECK_EQ(t, stats.pages - real.pages, m->there);
	if (!m->there || stats.pages == real.pages) {
		real.page = NULL;
		return;
	}
	b = frag_bits_of(real.page);
	CHECK_EQ(t, b.allocated, bits_with(m, H_USED));
	CHECK_EQ(t, b.pending, bits_with(m, H_PENDING));
	CHECK_EQ(t, b.link, model_link(m));
	if (!rule->in_words)
		CHECK_EQ(t, times_listed(), b.link == FRAG_LISTED);
	else
		CHECK_EQ(t, times_listed(),
			 has(m, H_USED) ? !!has(m, H_FREE) + !!has(m, H_PENDING) : 0);
}

/* ---- every state and every operation ---- */

#define STATES 10 /* nine of two halves, and one without a page */
#define STEPS 8   /* the longest way to a state */

static struct state_way {
	bool known;
	unsigned nr;
	u8 op[STEPS];
} ways[STATES];

static unsigned state_nr(const struct model *m)
{
	return m->there ? 1u + m->half[0] + 3u * m->half[1] : 0;
}

/* Start without a page, follow the way, then do the operation; each step is compared. */
static void try_way(struct test_run *t, const struct state_way *w, enum op last, unsigned *steps)
{
	struct model m = { 0 }, before;
	struct state_way next = *w;

	next.op[next.nr++] = (u8)last;
	for (unsigned i = 0; i < next.nr && !t->failed; i++) {
		before = m;
		real_do(t, &before, next.op[i], model_do(&m, next.op[i]));
		compare_states(t, &m);
		++*steps;
	}
	if (t->failed)
		test_fail(t, __FILE__, __LINE__, "operations %u%u%u%u%u%u, the last is number %u",
			  next.op[0], next.op[1], next.op[2], next.op[3], next.op[4], next.op[5],
			  next.nr);
	if (!ways[state_nr(&m)].known && next.nr < STEPS) {
		ways[state_nr(&m)] = next;
		ways[state_nr(&m)].known = true;
	}
	for (unsigned i = 0; i < 2 && m.there; i++)
		if (m.half[i] == H_USED)
			frag_free(&real.space, half_ptr(i));
	frag_barrier();
}

static unsigned explore_states(struct test_run *t, unsigned *steps)
{
	unsigned tried = 0, before;
	bool done[STATES] = { false };

	memset(ways, 0, sizeof(ways));
	ways[0].known = true;
	do {
		before = tried;
		for (unsigned s = 0; s < STATES && !t->failed; s++) {
			if (!ways[s].known || done[s])
				continue;
			done[s] = true;
			for (unsigned op = 0; op < OP_NR && !t->failed; op++, tried++)
				try_way(t, &ways[s], op, steps);
		}
	} while (tried != before && !t->failed);
	return tried;
}

TEST(frag, bits,
     .claim = "two tables in a page pass through every reachable state as their design defines",
     .rows = "S3-01 S3-02 S3-03 S3-12 S3-13 S3-17 S3-18 S3-22", .params = PARAMS_OF(rules))
{
	struct frag_stats stats;
	struct why why = { 0 };
	unsigned steps = 0, tried, states = 0;

	rule = &rules[t->param_at];
	halves.bytes = (u32)page_size() / 2;
	frag_stats_read(&stats);
	real.pages = stats.pages;
	frag_space_begin(&real.space, &halves, frag_scheme_find(rule->name, &why), NULL);
	tried = explore_states(t, &steps);
	frag_space_end(&real.space);
	for (unsigned s = 0; s < STATES; s++)
		states += ways[s].known;
	test_key(t, "states=%u", states);
	test_key(t, "transitions=%u", tried);
	test_key(t, "steps=%u", steps);
	frag_stats_read(&stats);
	CHECK_EQ(t, stats.pages, real.pages);
	CHECK(t, states >= 6);
}
