/* SPDX-License-Identifier: BSD-2-Clause */
/* S1-05: ptdump of the kernel's own tree, compared with the test's own walk, and with an entry that
 * the test plants. */
#include <mm/kernel/ptdump.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/util.h>

/* ---- the test's own walk, by raw words ---- */

struct raw_counts {
	u64 tables[PT_LEVELS_MAX], leaves[PT_LEVELS_MAX], other;
};

static void raw_cell(u64 value, unsigned level, struct raw_counts *c);

static void raw_table(paddr_t table, unsigned level, unsigned from, unsigned to,
		      struct raw_counts *c)
{
	const u64 *cells = pa_ptr(table);

	for (unsigned i = from; i < to; i++)
		if (cells[i])
			raw_cell(cells[i], level, c);
}

static void raw_cell(u64 value, unsigned level, struct raw_counts *c)
{
	const struct pt_fmt *f = kpt.fmt;
	enum pt_kind kind = f->kind(value, level);

	if (kind == PT_TABLE) {
		c->tables[level - 1]++;
		raw_table(f->next(value, level), level - 1, 0, pt_entries(f, level - 1), c);
	} else if (kind == PT_LEAF) {
		c->leaves[level]++;
	} else {
		c->other++;
	}
}

TEST(ptdump, counts_live, .claim = "counts of the kernel's tree equal those of an independent walk",
     .rows = "S1-05")
{
	unsigned top = kpt.fmt->levels - 1u;
	u64 half = 1ul << kpt.fmt->half_bits;
	struct ptdump_counts c = { 0 };
	struct raw_counts raw = { 0 };

	/* The kernel's half of the root: all of it, or the upper slots. */
	hotplug_read_lock();
	raw_table(kpt.root, top, pt_index(kpt.fmt, top, 0 - half), pt_entries(kpt.fmt, top), &raw);
	CHECK_EQ(t, ptdump_count(&kpt, 0 - half, half, &c), 0);
	hotplug_read_unlock();
	for (unsigned l = 0; l <= top; l++) {
		CHECK_EQ(t, c.tables[l], raw.tables[l]);
		CHECK_EQ(t, c.leaves[l], raw.leaves[l]);
	}
	CHECK_EQ(t, c.other, raw.other);
	CHECK(t, c.leaves[0] > 0 && c.tables[0] > 0);
	test_key(t, "tables=%lu leaves=%lu", c.tables[0], c.leaves[0]);
}

/* ---- a planted entry ---- */

struct findings {
	u64 runs, leaves;
	struct ptdump_run last;
};

static int count_finding(const struct ptdump_run *r, void *arg)
{
	struct findings *f = arg;

	f->runs++;
	f->leaves += r->n;
	f->last = *r;
	return 0;
}

static struct findings audit_all(struct test_run *t)
{
	struct findings f = { 0 };

	CHECK_EQ(t, ptdump_audit_kernel(count_finding, &f), 0);
	return f;
}

TEST(ptdump, audit_live, .mutes_sanitizer = true,
     .claim = "the audit reports a page that is mapped writable and executable, and nothing else",
     .rows = "S1-05 S4-13")
{
	struct page *p = page_alloc_any(0, ZONE_NORMAL, 0, "ptdump");
	vaddr_t va = vmalloc_va_alloc(3);
	struct findings f;
	paddr_t pa;

	if (!CHECK(t, p) || !CHECK(t, va))
		return;
	pa = page_pa(p);
	CHECK_EQ(t, audit_all(t).runs, 0);
	CHECK_EQ(t, vmalloc_map(va, &pa, 1, PT_R | PT_X | PT_GLOBAL), 0);
	CHECK_EQ(t, vmalloc_map(va + 2 * page_size(), &pa, 1, PT_R | PT_W | PT_GLOBAL), 0);
	CHECK_EQ(t, audit_all(t).runs, 0);
	CHECK_EQ(t, vmalloc_map(va + page_size(), &pa, 1, PT_R | PT_W | PT_X | PT_GLOBAL), 0);
	f = audit_all(t);
	CHECK_EQ(t, f.runs, 1);
	CHECK_EQ(t, f.leaves, 1);
	CHECK_EQ(t, f.last.va, va + page_size());
	CHECK_EQ(t, f.last.pa, pa);
	vmalloc_unmap(va, 3);
	CHECK_EQ(t, audit_all(t).runs, 0);
	vmalloc_va_free(va, 3);
	page_free(p, 0);
}
