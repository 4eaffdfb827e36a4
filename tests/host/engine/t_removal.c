/* SPDX-License-Identifier: BSD-2-Clause */
/* t_removal.c - the two passes: leaves first, then those empty tables that may be freed. */
#include "engine.h"
#include <stdio.h>
#include <string.h>

#define CAPS_ALL (PT_CAP_CONTIG | PT_CAP_PBMT)

static unsigned count_of(const char *text, char c)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == c;
	return n;
}

/* Both passes with one gather, like a removal. */
static void remove_range(struct pt *pt, vaddr_t va, u64 len, vaddr_t floor, vaddr_t ceiling)
{
	struct pt_gather g;
	struct pt_plan p;

	assert_int_equal(pt_plan(pt, &p, PT_OP_UNMAP, va, len, 0, 0, NULL), 0);
	pt_gather_begin(&g, pt, NULL, 0);
	pt_unmap(&p, &g);
	pt_free_empty(pt, va, len, floor, ceiling, &g);
	pt_gather_flush(&g);
	bench_tlb_check();
	pt_gather_release(&g);
	pt_plan_end(&p);
}

/* S0-14, S0-34: leaves, then tables, then one invalidation, then the frees, in this order only. */
static void two_passes_then_flush_then_free(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		vaddr_t va = half_base(f) + pt_span(f, 1);
		u64 len = 2 * pt_span(f, 1);
		const char *o = bench.order;

		assert_int_equal(run_map(pt, va, len, 0, RWG, 0, false), 0);
		for (u64 i = 0; i < 32; i++)
			bench_prime(va + i * bench_page * 7);
		bench_order_reset();
		remove_range(pt, va, len, half_base(f), 0);
		assert_true(strrchr(o, 'C') < strchr(o, 'U'));
		assert_true(strrchr(o, 'U') < strchr(o, 'I'));
		assert_true(strrchr(o, 'I') < strchr(o, 'F'));
		assert_int_equal(count_of(o, 'I'), 1);
		assert_int_equal(count_of(o, 'F'), f->levels); /* 2 of level 0, one above each */
		assert_true(bench.last_inval.walk);
		assert_int_equal(bench.last_inval.levels, 1);
		assert_int_equal(bench_in_use(), 0);
		bench_audit();
	}
}

static unsigned asked;

static bool never(vaddr_t va, u64 span, vaddr_t floor, vaddr_t ceiling)
{
	(void)va;
	(void)span;
	(void)floor;
	(void)ceiling;
	asked++;
	return false;
}

/* Remove page leaves by pt_free_full(), and those that it leaves by pt_unmap(); returns how many
 * tables were unhooked. */
static u32 free_full(struct pt *pt, vaddr_t va, u64 len, vaddr_t floor, vaddr_t ceiling)
{
	struct pt_gather g;
	struct pt_plan p;
	u32 leaves, tables;

	assert_int_equal(pt_plan(pt, &p, PT_OP_UNMAP, va, len, 0, 0, NULL), 0);
	pt_gather_begin(&g, pt, NULL, 0);
	pt_free_full(&p, floor, ceiling, &g);
	leaves = g.nr_leaves;
	tables = g.nr_tables;
	assert_int_equal(leaves, tables * pt_entries(pt->fmt, 0));
	pt_unmap(&p, &g);
	assert_int_equal(g.nr_leaves, len / bench_page);
	pt_gather_flush(&g);
	bench_tlb_check();
	pt_gather_release(&g);
	pt_plan_end(&p);
	return tables;
}

/*
 * S0-34: a page table that the range covers whole is unhooked before any leaf is cleared, and freed
 * after the invalidation of its leaves and of the pointer to it.  One that the range covers in
 * part, or that the policy keeps, loses its leaves alone.
 */
static void full_tables_are_unhooked_with_their_leaves(void **state)
{
	static const struct {
		u64 head, tail; /* pages of the outer tables that the range leaves out */
		unsigned tables;
		bool kept;
	} ranges[] = { { 0, 0, 3, false },
		       { 1, 0, 2, false },
		       { 0, 1, 2, false },
		       { 3, 5, 1, false },
		       { 0, 0, 0, true } };

	(void)state;
	for_each_format(f) for (unsigned i = 0; i < ARRAY_SIZE(ranges); i++)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		u64 span = pt_span(f, 1), left = (ranges[i].head + ranges[i].tail) * bench_page;
		vaddr_t first = half_base(f) + 4 * span, va = first + ranges[i].head * bench_page;
		const char *o = bench.order;

		pt->may_free = ranges[i].kept ? never : NULL;
		assert_int_equal(run_map(pt, first, 3 * span, 0, RWG, 0, false), 0);
		for (u64 at = 0; at < 48; at++)
			bench_prime(va + at * (3 * span - left) / 48 / bench_page * bench_page);
		bench_order_reset();
		assert_int_equal(free_full(pt, va, 3 * span - left, half_base(f), 0),
				 ranges[i].tables);
		assert_int_equal(count_of(o, 'U'), ranges[i].tables);
		assert_int_equal(count_of(o, 'F'), ranges[i].tables);
		assert_int_equal(count_of(o, 'I'), 1);
		if (ranges[i].tables == 3)
			assert_int_equal(count_of(o, 'C'), 0);
		if (ranges[i].tables)
			assert_true(strrchr(o, 'U') < strchr(o, 'I') &&
				    strrchr(o, 'I') < strchr(o, 'F'));
		assert_int_equal(bench.last_inval.walk, ranges[i].tables > 0);
		assert_int_equal(bench.last_inval.levels, 1);
		assert_int_equal(walker_see(pt, va - bench_page).mapped, ranges[i].head > 0);
		assert_int_equal(walker_see(pt, first + 3 * span - bench_page).mapped,
				 ranges[i].tail > 0);
		pt->may_free = NULL;
		bench_audit();
	}
}

/* B-05: floor and ceiling hold for full tables as well, and larger leaves are no tables. */
static void full_tables_stay_inside_floor_and_ceiling(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		u64 span = pt_span(f, 1);
		vaddr_t va = half_base(f) + 4 * span;

		assert_int_equal(run_map(pt, va, 3 * span, 0, RWG, 0, false), 0);
		assert_int_equal(
			free_full(pt, va, 3 * span, va + bench_page, va + 3 * span - bench_page),
			1);
		bench_audit();
	}
}

/* S0-15: pass one clears leaves of every level, and neither unhooks nor frees a table. */
static void pass_one_alone(void **state)
{
	(void)state;
	for_each_format(f) for (unsigned max = 0; max < f->levels; max++)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		vaddr_t va = half_base(f) + upper_span(f);
		u64 len = pt_leaf_ok(f, max) && max == 2 ? 2 * upper_span(f) : 3 * pt_span(f, 1);
		unsigned tables;

		assert_int_equal(run_map(pt, va, len, upper_span(f), RWG, max, true), 0);
		tables = bench_in_use();
		for (u64 i = 0; i < 48; i++)
			bench_prime(va + i * len / 64);
		assert_int_equal(run_unmap(pt, va, len), 0);
		assert_int_equal(bench_in_use(), tables);
		assert_int_equal(walker_tables(pt, half_base(f), va + len - half_base(f)), tables);
		for (u64 i = 0; i < 64; i++)
			assert_false(walker_see(pt, va + i * len / 64).mapped);
		assert_int_equal(bench.invals, 1);
		assert_int_equal(bench.last_inval.lo, va);
		assert_int_equal(bench.last_inval.hi, va + len);
		assert_false(bench.last_inval.walk);
		bench_audit();
	}
}

/* S0-23: one block leaf, one invalidation for any size; afterwards none of four offsets is mapped.
 */
static void one_block_one_invalidation(void **state)
{
	(void)state;
	for_each_format(f) for (unsigned level = 0; level < f->levels; level++)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		u64 span = pt_span(f, level);
		vaddr_t va = f->half_bits > 40 ? -4 * pt_span(f, level) : half_base(f);

		if (!pt_leaf_ok(f, level) || level == 4)
			continue;
		assert_int_equal(run_map(pt, va, span, 0, RWG, level, false), 0);
		bench_prime(va);
		bench_prime(va + span / bench_page / 3 * bench_page);
		bench_prime(va + span / bench_page / 2 * bench_page);
		bench_prime(va + span - bench_page);
		assert_int_equal(run_unmap(pt, va, span), 0);
		assert_int_equal(bench.invals, 1);
		assert_int_equal(bench.last_inval.levels, 1u << level);
		assert_int_equal(bench.last_inval.hi - bench.last_inval.lo, span);
		bench_audit();
	}
}

/* S0-16: one live entry in the first, a middle or the last slot keeps its table. */
static void one_live_entry_keeps_the_table(void **state)
{
	(void)state;
	for_each_format(f) for (unsigned i = 0; i < 3; i++)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		u64 span = pt_span(f, 1);
		vaddr_t va = half_base(f) + 4 * span;
		vaddr_t keep = va + (i == 0 ? 0 : i == 1 ? span / 2 : span - bench_page);

		assert_int_equal(run_map(pt, va, span, 0, RWG, 0, false), 0);
		if (keep > va)
			assert_int_equal(run_unmap(pt, va, keep - va), 0);
		if (keep + bench_page < va + span)
			assert_int_equal(
				run_unmap(pt, keep + bench_page, va + span - keep - bench_page), 0);
		assert_int_equal(run_free_empty(pt, va, span, half_base(f), 0), 0);
		assert_true(walker_see(pt, keep).mapped);
		assert_int_equal(run_unmap(pt, keep, bench_page), 0);
		assert_int_equal(run_free_empty(pt, keep, bench_page, half_base(f), 0),
				 f->levels - 1);
		bench_audit();
	}
}

/* S0-21: the scan starts at entry 0, not at the entry of the address. */
static void entries_below_the_address_count(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		u64 span = pt_span(f, 1);
		vaddr_t va = half_base(f) + 4 * span;

		assert_int_equal(run_map(pt, va, bench_page, 0, RWG, 0, false), 0);
		assert_int_equal(run_map(pt, va + span / 2, span / 2, 0, RWG, 0, false), 0);
		remove_range(pt, va + span / 2, span / 2, half_base(f), 0);
		assert_true(walker_see(pt, va).mapped);
		bench_audit();
	}
}

/* S0-20: the neighbours on both sides keep every byte. */
static void neighbours_intact(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		u64 span = pt_span(f, 1);
		vaddr_t va = half_base(f) + 5 * span + 8 * bench_page;

		assert_int_equal(run_map(pt, va - 4 * bench_page, 4 * bench_page, 0, RWG, 0, false),
				 0);
		assert_int_equal(run_map(pt, va + span, 4 * bench_page, 0, RWG, 0, false), 0);
		assert_int_equal(run_map(pt, va, span, 64 * span, RWG, 1, false), 0);
		remove_range(pt, va, span, half_base(f), 0);
		for (u64 i = 0; i < 4; i++) {
			assert_int_equal(walker_see(pt, va - 4 * bench_page + i * bench_page).pa,
					 i * bench_page);
			assert_int_equal(walker_see(pt, va + span + i * bench_page).pa,
					 i * bench_page);
		}
		assert_false(walker_see(pt, va).mapped || walker_see(pt, va + span - 1).mapped);
		bench_audit();
	}
}

/* Tables that extend past floor or ceiling may serve another region: they stay (S0-03..09,
 * B-05). */
static void floor_and_ceiling(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		u64 span = pt_span(f, 1);
		vaddr_t va = half_base(f) + 4 * span;

		assert_int_equal(run_map(pt, va, 3 * span, 0, RWG, 0, false), 0);
		assert_int_equal(run_unmap(pt, va, 3 * span), 0);
		assert_int_equal(
			walker_empty_inside(pt, va, 3 * span, va + bench_page, va + 3 * span), 2);
		assert_int_equal(run_free_empty(pt, va, 3 * span, va + bench_page,
						va + 3 * span - bench_page),
				 1);
		assert_int_equal(run_free_empty(pt, va, 3 * span, va, va + 3 * span - bench_page),
				 1);
		assert_int_equal(run_free_empty(pt, va, 3 * span, va, va + 3 * span), 1);
		assert_int_equal(bench_in_use(), f->levels - 2);
		assert_int_equal(run_free_empty(pt, va, 3 * span, half_base(f), 0), f->levels - 2);
		bench_audit();
	}
}

static void policy_decides(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		vaddr_t va = half_base(f);

		asked = 0;
		pt->may_free = never;
		assert_int_equal(run_map(pt, va, bench_page, 0, RWG, 0, false), 0);
		assert_int_equal(run_unmap(pt, va, bench_page), 0);
		assert_int_equal(run_free_empty(pt, va, bench_page, va, 0), 0);
		assert_int_equal(asked, f->levels - 1);
		pt->may_free = NULL;
		run_free_empty(pt, va, bench_page, va, 0);
		bench_audit();
	}
}

/* S0-28, X-05: the root is never freed; constant or append-only slots keep their tables. */
static void the_root_stays(void **state)
{
	(void)state;
	for_each_format(f) for (unsigned i = 0; i < 3; i++)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		vaddr_t va = half_base(f);
		paddr_t root = pt->root;

		assert_int_equal(run_map(pt, va, bench_page, 0, RWG, 0, false), 0);
		pt->root_constant = i == 1;
		pt->root_append = i == 2;
		remove_range(pt, va, bench_page, va, 0);
		assert_int_equal(bench_in_use(), i ? 1 : 0);
		assert_int_equal(pt->root, root);
		assert_int_equal(run_map(pt, va, bench_page, 0, RWG, 0, false), 0);
		bench_audit();
	}
}

static struct pt_cell *cell_of(struct pt *pt, vaddr_t va, unsigned level)
{
	paddr_t table = pt->root;

	for (unsigned l = pt->fmt->levels - 1u; l > level; l--)
		table = pt->fmt->next(pt_cell_load(&bench_cells(table)[pt_index(pt->fmt, l, va)]),
				      l);
	return &bench_cells(table)[pt_index(pt->fmt, level, va)];
}

/* A leaf without its valid bit, or an encoding that the architecture forbids at this level. */
static pte_t odd(const struct pt_fmt *f, unsigned level, enum pt_kind kind)
{
	pte_t leaf = f->leaf(0, (enum pt_prot)RWG, pt_leaf_ok(f, level) ? level : 0, 0);

	for (unsigned i = 0; i < 64; i++)
		for (unsigned k = 0; k < 64; k++)
			if (f->kind((leaf ^ BIT(i)) | BIT(k), level) == kind)
				return (leaf ^ BIT(i)) | BIT(k);
	fail_msg("%s has no such cell", f->name);
	return 0;
}

/* S0-30, S0-31: an invalid non-zero entry is not empty: it and its table are kept, and it is
 * counted once. */
static void invalid_cells_are_kept_and_counted(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		vaddr_t va = half_base(f) + 4 * pt_span(f, 1);
		pte_t v = odd(f, 0, PT_INVALID);

		assert_int_equal(run_map(pt, va, 64 * bench_page, 0, RWG, 0, false), 0);
		pt_cell_store(cell_of(pt, va + 5 * bench_page, 0), v);
		assert_int_equal(run_unmap(pt, va, 64 * bench_page), 0);
		assert_int_equal(pt->nr_unexpected, 1);
		assert_int_equal(run_free_empty(pt, va, 64 * bench_page, half_base(f), 0), 0);
		assert_int_equal(pt_cell_load(cell_of(pt, va + 5 * bench_page, 0)), v);
		assert_int_equal(run_map(pt, va + 5 * bench_page, bench_page, 0, RWG, 0, false),
				 -EEXIST);
		assert_int_equal(pt_lookup(pt, va + 5 * bench_page, NULL), PT_INVALID);
		assert_int_equal(pt_translate(pt, va + 5 * bench_page), PA_NONE);
		bench_audit();
	}
}

/* S0-25: an entry above level 0 that is neither leaf nor table: the plan refuses it and names it.
 */
static void reserved_cells_are_refused(void **state)
{
	struct why why;
	struct pt_plan p;

	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		u64 span = pt_span(f, 1), digest;
		unsigned bad_level = 1;
		vaddr_t va = half_base(f), bad = va + 4 * span;
		char text[32];

		while (f->name[0] == 'a' && bad_level < f->levels && pt_leaf_ok(f, bad_level))
			bad_level++;
		if (bad_level == f->levels)
			continue; /* blocks are legal at every level */
		assert_int_equal(run_map(pt, va, 8 * span, 0, RWG, 1, false), 0);
		if (bad_level > 1) /* arm64 reserves blocks at the upper levels */
			bad = va + pt_span(f, bad_level);
		pt_cell_store(cell_of(pt, bad, bad_level), odd(f, bad_level, PT_RESERVED));
		digest = walker_digest(pt);
		assert_int_equal(pt_plan(pt, &p, PT_OP_UNMAP, va, bad + 4 * span - va, 0, 0, &why),
				 -EINVAL);
		sprintf(text, "at %#lx", bad);
		assert_non_null(strstr(why.text, text));
		assert_int_equal(pt_plan(pt, &p, PT_OP_PROTECT, bad, bench_page, 0, 0, &why),
				 -EINVAL);
		assert_non_null(strstr(why.text, "reserved"));
		assert_int_equal(walker_digest(pt), digest);
		assert_int_equal(run_map(pt, bad, bench_page, 0, RWG, 0, false), -EEXIST);
		bench_audit();
	}
}

static void reserved_pages_inside_are_kept_and_counted(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		vaddr_t va = half_base(f);

		assert_int_equal(run_map(pt, va, 8 * bench_page, 0, RWG, 0, false), 0);
		pt_cell_store(cell_of(pt, va + bench_page, 0), odd(f, 0, PT_RESERVED));
		assert_int_equal(run_unmap(pt, va, 8 * bench_page), 0);
		assert_int_equal(pt->nr_unexpected, 1);
		assert_int_equal(run_free_empty(pt, va, 8 * bench_page, va, 0), 0);
		assert_int_equal(pt_lookup(pt, va + bench_page, NULL), PT_RESERVED);
	}
}

static unsigned loads_left;

static bool load_some(const struct pt_cell *cell, pte_t *value)
{
	*value = pt_cell_load(cell);
	return loads_left-- > 0;
}

/* The racing lookup agrees with pt_lookup(); if an entry at any level is not readable, it finds
 * nothing. */
static void racing_lookup_gives_up(void **state)
{
	struct pt_slot careful, plain;
	unsigned depth;

	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		vaddr_t va = half_base(f), ask[] = { va, va + bench_page, va + 64 * bench_page };

		assert_int_equal(run_map(pt, va, bench_page, 0, RWG, 0, false), 0);
		for (unsigned i = 0; i < ARRAY_SIZE(ask); i++) {
			pt_lookup(pt, ask[i], &plain);
			depth = f->levels - plain.level;
			loads_left = depth;
			assert_true(pt_lookup_racing(pt, ask[i], &careful, load_some));
			assert_true(careful.va == plain.va && careful.val == plain.val &&
				    careful.level == plain.level && careful.kind == plain.kind);
			for (unsigned n = 0; n < depth; n++) {
				loads_left = n;
				assert_false(pt_lookup_racing(pt, ask[i], &careful, load_some));
			}
		}
	}
}

/* B-04: a range that would cut a leaf or a contiguous run is refused; nothing changes. */
static void cutting_a_leaf_is_refused(void **state)
{
	struct why why;
	struct pt_plan p;

	(void)state;
	for_each_format(f) for (unsigned i = 0; i < 2; i++)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		u64 unit = i ? pt_span(f, 1) : bench_page << f->run[0], digest;
		vaddr_t va = half_base(f) + pt_span(f, 1);

		if (!i && !f->run[0])
			continue;
		assert_int_equal(run_map(pt, va, 2 * unit, pt_span(f, 1), RWG, i, !i), 0);
		digest = walker_digest(pt);
		assert_int_equal(walker_see(pt, va).unit, unit);
		assert_int_equal(pt_plan(pt, &p, PT_OP_UNMAP, va, bench_page, 0, 0, &why), -EBUSY);
		assert_non_null(strstr(why.text, "split"));
		assert_int_equal(run_unmap(pt, va + bench_page, 2 * unit - bench_page), -EBUSY);
		assert_int_equal(run_unmap(pt, va, 2 * unit - bench_page), -EBUSY);
		assert_int_equal(run_unmap(pt, va - bench_page, 2 * bench_page), -EBUSY);
		assert_int_equal(run_protect(pt, va + unit - bench_page, 2 * bench_page, PT_R),
				 -EBUSY);
		assert_int_equal(walker_digest(pt), digest);
		assert_int_equal(run_unmap(pt, va + unit, unit), 0);
		assert_true(walker_see(pt, va).mapped);
		assert_int_equal(run_unmap(pt, va - 2 * bench_page, unit + 4 * bench_page), 0);
		bench_audit();
	}
}

static int count_slot(const struct pt_slot *s, void *arg)
{
	unsigned *n = arg;

	assert_int_equal(s->kind, PT_LEAF);
	return ++*n == 40 ? 1 : 0;
}

static void walks_see_every_leaf(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		vaddr_t va = half_base(f) + upper_span(f) - 20 * bench_page;
		unsigned n = 0;
		struct pt_slot s;

		assert_int_equal(run_map(pt, va, 30 * bench_page, 0, RWG, 0, false), 0);
		assert_int_equal(pt_walk(pt, half_base(f), 1ul << (f->half_bits - 1), PT_ON_LEAF,
					 count_slot, &n),
				 0);
		assert_int_equal(n, 30);
		assert_int_equal(
			pt_walk(pt, va + bench_page, bench_page, PT_ON_LEAF, count_slot, &n), 0);
		assert_int_equal(n, 31);
		assert_int_equal(pt_walk(pt, va, 30 * bench_page, PT_ON_LEAF, count_slot, &n), 1);
		assert_int_equal(pt_walk(pt, va, 0, PT_ON_LEAF, count_slot, &n), -EINVAL);
		assert_int_equal(pt_lookup(pt, va + 20 * bench_page, &s), PT_LEAF);
		assert_int_equal(s.va, va + 20 * bench_page);
		assert_int_equal(s.level, 0);
		assert_int_equal(pt_lookup(pt, va + 30 * bench_page, &s), PT_EMPTY);
	}
}

const struct CMUnitTest removal_tests[] = {
	cmocka_unit_test(two_passes_then_flush_then_free),
	cmocka_unit_test(racing_lookup_gives_up),
	cmocka_unit_test(full_tables_are_unhooked_with_their_leaves),
	cmocka_unit_test(full_tables_stay_inside_floor_and_ceiling),
	cmocka_unit_test(pass_one_alone),
	cmocka_unit_test(one_block_one_invalidation),
	cmocka_unit_test(one_live_entry_keeps_the_table),
	cmocka_unit_test(entries_below_the_address_count),
	cmocka_unit_test(neighbours_intact),
	cmocka_unit_test(floor_and_ceiling),
	cmocka_unit_test(policy_decides),
	cmocka_unit_test(the_root_stays),
	cmocka_unit_test(invalid_cells_are_kept_and_counted),
	cmocka_unit_test(reserved_cells_are_refused),
	cmocka_unit_test(reserved_pages_inside_are_kept_and_counted),
	cmocka_unit_test(cutting_a_leaf_is_refused),
	cmocka_unit_test(walks_see_every_leaf),
};
TESTS(removal_tests);
