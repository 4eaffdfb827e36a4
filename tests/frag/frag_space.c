/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S3-04, S3-14 to S3-16, S3-24: address spaces that end while callbacks are pending, tables that
 * are deposited, and the pages that frag_alloc() finds on its list.
 */
#include <kern/lock.h>
#include <lib/string.h>
#include <mm/study/fragment.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/test.h>

#define TABLES 6

/* From the mailing-list thread S3 (CATALOGUE.md): does a callback need the address space, and does
 * an allocation scan pending tables? */
static const struct keeper {
	const char *name;
	bool keeps, meets;
} keepers[] = {
	{ "listed", false, true },
	{ "in-table", true, true },
	{ "whole-page", false, false },
	{ "relist", true, false },
};

static u32 dtors_seen, spaces_ended, ended_in_atomic;

static void count_dtor(void *fragment)
{
	(void)fragment;
	dtors_seen++;
}

/* The last reference is dropped: the end of an address space may wait here (S3-16). */
static void count_end(struct frag_space *s)
{
	(void)s;
	spaces_ended++;
	ended_in_atomic += !arch_irqs_on() || this_cpu()->irq_depth || locks_held();
}

static struct frag_class small = { .bytes = 1024, .dtor = count_dtor };
static struct frag_space space;
static void *table[TABLES];

static bool tables_begin_in(struct test_run *t, struct frag_space *s, const char *name)
{
	struct why why = { 0 };

	dtors_seen = spaces_ended = ended_in_atomic = 0;
	frag_space_begin(s, &small, frag_scheme_find(name, &why), count_end);
	for (unsigned i = 0; i < TABLES; i++)
		if (!CHECK(t, (table[i] = frag_alloc(s)) != NULL))
			return false;
	return true;
}

static bool tables_begin(struct test_run *t, const char *name)
{
	return tables_begin_in(t, &space, name);
}

static bool is_all(const void *p, u8 byte, size_t size)
{
	const u8 *b = p;

	for (size_t i = 0; i < size; i++)
		if (b[i] != byte)
			return false;
	return true;
}

/* The space has an area of its own, which is unmapped when the space ends: a callback that accesses
 * it faults. */
TEST(frag, space_lifetime,
     .claim = "an address space that ends with pending callbacks exists as long as they use it, "
	      "and its end may wait",
     .rows = "S3-15 S3-16 S3-23 S3-24", .params = PARAMS_OF(keepers))
{
	const struct keeper *k = &keepers[t->param_at];
	struct frag_space *own = vmalloc(1, 0, "space");
	struct frag_stats before, after;

	frag_stats_read(&before);
	if (!CHECK(t, own) || !tables_begin_in(t, own, k->name))
		return;
	for (unsigned i = 0; i < TABLES; i++)
		CHECK(t, frag_defer(own, table[i]));
	CHECK_EQ(t, dtors_seen, 0); /* all of them are pending */
	frag_space_end(own);
	CHECK_EQ(t, spaces_ended, !k->keeps);
	if (!k->keeps)
		vfree(own, 1); /* the callbacks do not access it (S3-15) */
	frag_barrier();
	if (k->keeps)
		vfree(own, 1);
	CHECK_EQ(t, spaces_ended, 1);
	CHECK_EQ(t, ended_in_atomic, 0);
	CHECK_EQ(t, dtors_seen, TABLES);
	frag_stats_read(&after);
	CHECK_EQ(t, after.pages, before.pages);
	CHECK_EQ(t, after.ctors - before.ctors, after.dtors - before.dtors);
	test_key(t, "callbacks=%lu", after.callbacks - before.callbacks);
	test_key(t, "frees=%u", TABLES);
}

TEST(frag, double_defer, .claim = "a table that is pending or free is not deferred or freed again",
     .rows = "S3-01", .params = PARAMS_OF(keepers))
{
	if (!tables_begin(t, keepers[t->param_at].name))
		return;
	CHECK(t, frag_defer(&space, table[1]));
	CHECK(t, !frag_defer(&space, table[1]));
	CHECK(t, !frag_free(&space, table[1]));
	CHECK(t, frag_defer(&space, table[0])); /* its neighbour shares the head of the callback */
	frag_barrier();
	for (unsigned i = 2; i < TABLES; i++)
		CHECK(t, frag_free(&space, table[i]));
	frag_barrier();
	CHECK_EQ(t, dtors_seen, TABLES);
	frag_space_end(&space);
}

TEST(frag, scan_len,
     .claim = "if pages are listed at once, an allocation scans pending tables, else none",
     .rows = "S3-14", .params = PARAMS_OF(keepers))
{
	const struct keeper *k = &keepers[t->param_at];
	unsigned pairs = frag_per_page(&small) / 2;
	void *more[2 * FRAG_MOST];

	if (!tables_begin(t, k->name))
		return;
	/* three pages whose first tables are pending, without free tables */
	for (unsigned i = 0; i < TABLES; i++)
		CHECK(t, frag_free(&space, table[i]));
	for (unsigned i = 0; i < 2 * pairs; i++)
		more[i] = frag_alloc(&space);
	CHECK(t, frag_defer(&space, more[0]));
	table[0] = frag_alloc(&space);
	test_key(t, "skipped=%lu/%lu", space.skipped, space.scanned);
	CHECK_EQ(t, space.skipped > 0, k->meets);
	CHECK(t, table[0] != more[0]);
	CHECK(t, frag_free(&space, table[0]));
	for (unsigned i = 1; i < 2 * pairs; i++)
		CHECK(t, frag_free(&space, more[i]));
	frag_barrier();
	frag_space_end(&space);
}

TEST(frag, deposit,
     .claim = "a deposited table counts as allocated, so no allocation returns it; withdrawn, it "
	      "is empty",
     .rows = "S3-04 S3-05", .params = PARAMS_OF(keepers))
{
	void *others[TABLES], *w;

	if (!tables_begin(t, keepers[t->param_at].name))
		return;
	frag_deposit(&space, table[1]);
	frag_deposit(&space, table[4]);
	for (unsigned i = 0; i < TABLES; i++) {
		others[i] = frag_alloc(&space);
		CHECK(t, others[i] && others[i] != table[1] && others[i] != table[4]);
	}
	list_for_each (&space.room, it)
		CHECK(t, (void *)it != table[1] && (void *)it != table[4]);
	w = frag_withdraw(&space);
	CHECK(t, w == table[4]);
	CHECK(t, is_all(w, 0, small.bytes));
	w = frag_withdraw(&space);
	CHECK(t, w == table[1]);
	CHECK(t, is_all(w, 0, small.bytes));
	CHECK(t, !frag_withdraw(&space));
	for (unsigned i = 0; i < TABLES; i++) {
		CHECK(t, frag_free(&space, table[i]));
		CHECK(t, frag_free(&space, others[i]));
	}
	frag_barrier();
	frag_space_end(&space);
}
