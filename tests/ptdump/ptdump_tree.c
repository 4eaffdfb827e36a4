/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-05: ptdump of a tree whose every entry is known, compared with a table of the mapped runs. The
 * tree is the test's own; no CPU translates by it.
 */
#include <lib/assert.h>
#include <lib/init.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/ptdump.h>
#include <mm/pt/taps/inject.h>
#include <tests/harness/own_tree.h>
#include <tests/harness/util.h>

#define POOL 16
#define ROWS_MAX 64
#define MANY 40                           /* more runs than ptdump collects at a time */
#define INVALID_WORD 0x6b6b6b6b6b6b6b6aul /* bit 0 clear: not valid in any format */

enum { RW = PT_R | PT_W | PT_GLOBAL, RX = PT_R | PT_X | PT_GLOBAL, RO = PT_R | PT_GLOBAL };
#define RWX (RW | PT_X)

static struct known_tree {
	struct pt pt;
	struct pt_env env;
	paddr_t table[POOL];
	unsigned allocated, freed;
	struct known_run {
		u64 at, n; /* page of the range; leaves */
		unsigned level;
		u32 attr; /* enum pt_prot, perhaps with PTDUMP_CONTIG */
		paddr_t pa;
	} row[ROWS_MAX];
	unsigned rows;
	/* The runs that the dump reported. */
	struct ptdump_run reported[ROWS_MAX];
	unsigned nr;
} known NOINIT;

static paddr_t known_alloc(struct pt *pt, unsigned node)
{
	(void)pt;
	(void)node;
	return known.allocated < POOL ? known.table[known.allocated++] : PA_NONE;
}

static void known_free(struct pt *pt, paddr_t pa)
{
	(void)pt;
	(void)pa;
	known.freed++;
}

static vaddr_t range_va(void)
{
	return layout.r[REGION_LINEAR].va; /* the base of the half, with the largest alignment */
}

static u64 slot_pages(void)
{
	return pt_span(kpt.fmt, 1) >> page_shift();
}

static u64 range_len(void)
{
	return 8 * pt_span(kpt.fmt, 1);
}

static void expect_run(u64 at, u64 n, unsigned level, u32 attr, paddr_t pa)
{
	known.row[known.rows++] = (struct known_run) { at, n, level, attr, pa };
}

/* Each row differs from the previous one in one property, so that no two form one run. */
static void known_rows(void)
{
	u64 slot = slot_pages(), page = page_size();
	paddr_t f = 4 * GiB, large = 8 * GiB, span = pt_span(kpt.fmt, 1);

	known.rows = 0;
	expect_run(0, 3, 0, RW, f);
	expect_run(3, 2, 0, RX, f + 3 * page);             /* rights */
	expect_run(5, 1, 0, RW, f + 5 * page);             /* rights */
	expect_run(6, 1, 0, RW, f + 9 * page);             /* target */
	expect_run(8, 1, 0, RW, f + 11 * page);            /* a hole: page 7 */
	expect_run(slot - 2, 4, 0, RO, f + GiB);           /* continues in the next table */
	expect_run(2 * slot, 2, 1, RO, large);             /* larger leaves */
	expect_run(4 * slot, 1, 1, RWX, large + 2 * span); /* rights of larger leaves */
	expect_run(5 * slot, 2, 0, RWX, large + 3 * span); /* only the level differs */
	for (unsigned i = 0; i < MANY; i++)
		expect_run(5 * slot + 2 + i, 1, 0, i % 2 ? RO : RW, f + i * page);
	if (kpt.caps & PT_CAP_CONTIG && kpt.fmt->run[0])
		expect_run(6 * slot, 1ul << kpt.fmt->run[0], 0, RW | PTDUMP_CONTIG, large);
}

static bool known_map(struct test_run *t)
{
	struct why why = { 0 };
	struct pt_plan plan;

	for (unsigned i = 0; i < known.rows; i++) {
		const struct known_run *r = &known.row[i];
		u64 len = r->n * pt_span(kpt.fmt, r->level);
		vaddr_t va = range_va() + r->at * page_size();

		if (!CHECK_OK(t, pt_plan(&known.pt, &plan, PT_OP_MAP, va, len, r->level, 0, &why),
			      &why))
			return false;
		plan.contig = r->attr & PTDUMP_CONTIG;
		pt_map(&plan, r->pa, (enum pt_prot)(r->attr & ~(u32)PTDUMP_CONTIG));
		pt_plan_end(&plan);
	}
	return true;
}

static void known_end(void)
{
	for (unsigned i = 0; i < POOL && known.table[i]; i++) {
		table_free(known.table[i]);
		known.table[i] = 0;
	}
}

static bool known_begin(struct test_run *t)
{
	known.allocated = known.freed = 0;
	for (unsigned i = 0; i < POOL; i++)
		known.table[i] = 0;
	for (unsigned i = 0; i < POOL; i++)
		if ((known.table[i] = table_alloc(0)) == PA_NONE) {
			known.table[i] = 0;
			known_end();
			test_skip(t, "no memory for the tables");
			return false;
		}
	own_tree_init(&known.pt, &known.env, "known", kpt.fmt, known_alloc, known_free);
	known.pt.caps = kpt.caps;
	known_rows();
	if (known_map(t))
		return true;
	known_end();
	return false;
}

static int keep_run(const struct ptdump_run *r, void *arg)
{
	struct known_tree *k = arg;

	if (k->nr < ROWS_MAX)
		k->reported[k->nr] = *r;
	k->nr++;
	return 0;
}

static bool same_run(const struct ptdump_run *r, const struct known_run *want)
{
	return r->va == range_va() + want->at * page_size() && r->n == want->n &&
	       r->len == want->n * pt_span(kpt.fmt, want->level) && r->pa == want->pa &&
	       r->level == want->level && r->attr == want->attr && !r->other;
}

/* Check that exactly the rows with all `mask` bits were reported, in order. */
static void check_reported(struct test_run *t, u32 mask)
{
	unsigned n = 0;

	for (unsigned i = 0; i < known.rows; i++) {
		if ((known.row[i].attr & mask) != mask)
			continue;
		if (n < known.nr && !same_run(&known.reported[n], &known.row[i]))
			test_fail(t, __FILE__, __LINE__, "run %u at page %lu is reported wrongly",
				  i, known.row[i].at);
		n++;
	}
	CHECK_EQ(t, known.nr, n);
}

TEST(ptdump, runs, .claim = "a dump reports each run of equal leaves, in order, and nothing else",
     .rows = "S1-05")
{
	if (!known_begin(t))
		return;
	known.nr = 0;
	CHECK_EQ(t, ptdump_runs(&known.pt, range_va(), range_len(), keep_run, &known), 0);
	check_reported(t, 0);
	test_key(t, "runs=%u", known.nr);
	known_end();
}

TEST(ptdump, audit,
     .claim = "the audit reports leaves that are writable and executable, and nothing else",
     .rows = "S1-05")
{
	if (!known_begin(t))
		return;
	known.nr = 0;
	CHECK_EQ(t, ptdump_audit(&known.pt, range_va(), range_len(), keep_run, &known), 0);
	check_reported(t, PT_W | PT_X);
	CHECK_EQ(t, known.nr, 2);
	known_end();
}

/* Find an empty cell of the first page table by its raw words: page 8 has an entry, page 7 has
 * none. */
static u64 *empty_cell(void)
{
	struct pt_slot slot;

	pt_lookup(&known.pt, range_va() + 8 * page_size(), &slot);
	for (unsigned i = 0; i < known.allocated; i++) {
		u64 *cells = pa_ptr(known.table[i]);

		if (cells[8] == slot.val)
			return &cells[7];
	}
	return NULL;
}

TEST(ptdump, other,
     .claim = "an entry that is neither leaf nor table is reported in a line of its own, and "
	      "counted",
     .rows = "S1-05")
{
	static struct ptdump_counts c NOINIT;
	u64 *cell;

	if (!known_begin(t))
		return;
	cell = empty_cell();
	if (CHECK(t, cell && !*cell)) {
		*cell = INVALID_WORD;
		known.nr = 0;
		c = (struct ptdump_counts) { 0 };
		CHECK_EQ(t, ptdump_runs(&known.pt, range_va(), 9 * page_size(), keep_run, &known),
			 0);
		CHECK_EQ(t, ptdump_count(&known.pt, range_va(), range_len(), &c), 0);
		CHECK_EQ(t, known.nr, 6);
		CHECK_EQ(t, known.reported[4].va, range_va() + 7 * page_size());
		CHECK(t, known.reported[4].other && known.reported[4].raw == INVALID_WORD);
		CHECK_EQ(t, c.other, 1);
		*cell = 0;
	}
	known_end();
}

static int end_at_third(const struct ptdump_run *r, void *arg)
{
	(void)r;
	return ++*(unsigned *)arg == 3 ? -ECANCELED : 0;
}

TEST(ptdump, stops,
     .claim = "a dump ends when its callback requests it, and a bad range is refused",
     .rows = "S1-05")
{
	unsigned calls = 0;

	if (!known_begin(t))
		return;
	CHECK_EQ(t, ptdump_runs(&known.pt, range_va(), range_len(), end_at_third, &calls),
		 -ECANCELED);
	CHECK_EQ(t, calls, 3);
	CHECK_EQ(t, ptdump_runs(&known.pt, range_va() + 1, page_size(), end_at_third, &calls),
		 -EINVAL);
	CHECK_EQ(t, ptdump_audit(&known.pt, range_va(), 0, end_at_third, &calls), -EINVAL);
	CHECK_EQ(t, calls, 3);
	known_end();
}

static u64 kind_of(const struct ptdump_counts *c, u32 attr, unsigned level)
{
	for (unsigned i = 0; i < c->kinds; i++)
		if (c->kind[i].attr == attr)
			return c->kind[i].leaves[level];
	return 0;
}

/* Count leaves of these attributes at this level in the table. */
static u64 known_leaves(u32 attr, unsigned level)
{
	u64 sum = 0;

	for (unsigned i = 0; i < known.rows; i++)
		if (known.row[i].attr == attr && known.row[i].level == level)
			sum += known.row[i].n;
	return sum;
}

TEST(ptdump, counts,
     .claim = "counts by level and attributes are those of the mapped runs; each table counts once",
     .rows = "S1-05")
{
	static const u32 attrs[] = { RW, RX, RO, RWX, RW | PTDUMP_CONTIG };
	static struct ptdump_counts c NOINIT;
	u64 tables = 0, leaves = 0;

	if (!known_begin(t))
		return;
	c = (struct ptdump_counts) { 0 };
	CHECK_EQ(t, ptdump_count(&known.pt, range_va(), range_len(), &c), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(attrs); i++)
		for (unsigned l = 0; l < 2; l++) {
			CHECK_EQ(t, kind_of(&c, attrs[i], l), known_leaves(attrs[i], l));
			leaves += known_leaves(attrs[i], l);
		}
	CHECK_EQ(t, c.leaves[0] + c.leaves[1], leaves);
	CHECK_EQ(t, c.wx, 3);
	CHECK_EQ(t, c.other + c.rest, 0);
	for (unsigned l = 0; l < PT_LEVELS_MAX; l++)
		tables += c.tables[l];
	CHECK_EQ(t, tables, known.allocated - 1 - known.freed); /* without the root */
	CHECK_EQ(t, c.tables[0], kpt.caps & PT_CAP_CONTIG && kpt.fmt->run[0] ? 4 : 3);
	test_key(t, "tables=%lu leaves=%lu", tables, leaves);
	known_end();
}
