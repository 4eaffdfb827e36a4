/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * t_split.c - splitting and collapsing: the translation never changes, only its shape.
 */
#include "engine.h"
#include <string.h>

#define CAPS_ALL (PT_CAP_CONTIG | PT_CAP_PBMT)

static void check_line(struct pt *pt, vaddr_t va, u64 len, paddr_t pa, unsigned prot)
{
	for (u64 off = 0; off < len; off += bench_page) {
		struct seen s = walker_see(pt, va + off);

		assert_true(s.mapped);
		assert_int_equal(s.pa, pa + off);
		assert_int_equal(s.prot, prot);
	}
}

static void split_one_page_out_of_a_leaf(void **state)
{
	(void)state;
	for_each_format(f) for (u32 caps = CAPS_ALL; caps < 16; caps += PT_CAP_WALK_ORDERED)
	{
		struct pt *pt = bench_new(f, CAPS_ALL | (caps & 3));
		u64 span = pt_span(f, 1);
		vaddr_t va = half_base(f) + 4 * span;

		assert_int_equal(run_map(pt, va, 2 * span, span, RWG, 1, false), 0);
		bench_prime(va + bench_page);
		assert_int_equal(run_split(pt, va + 2 * bench_page, bench_page, 0), 0);
		check_line(pt, va, 2 * span, span, RWG);
		assert_int_equal(walker_see(pt, va).leaf, bench_page);
		assert_int_equal(walker_see(pt, va + span).leaf, span);
		assert_true(bench.publishes);
		assert_int_equal(run_unmap(pt, va + 2 * bench_page, bench_page), 0);
		assert_false(walker_see(pt, va + 2 * bench_page).mapped);
		bench_audit();
	}
}

/* A leaf two levels up: only the overlapped part is split. */
static void split_through_two_levels(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		u64 span = upper_span(f);
		vaddr_t va = half_base(f) + span;

		if (!pt_leaf_ok(f, 2))
			continue;
		assert_int_equal(run_map(pt, va, span, span, RWG, 2, false), 0);
		assert_int_equal(
			run_split(pt, va + 6 * pt_span(f, 1) - bench_page, 2 * bench_page, 0), 0);
		assert_int_equal(bench.allocs, f->levels - 3 + 3); /* the path, then 1 and 2 */
		assert_int_equal(walker_see(pt, va).leaf, pt_span(f, 1));
		assert_int_equal(walker_see(pt, va + 6 * pt_span(f, 1)).leaf, bench_page);
		check_line(pt, va, 16 * pt_span(f, 1), span, RWG);
		bench_audit();
	}
}

/* Four runs, and a split that begins in the second or at its start and ends in the third or at its
 * end: only runs that an edge cuts become pages. */
static void split_dissolves_runs_at_the_edges(void **state)
{
	static const struct {
		bool cut_first, cut_last;
	} rows[] = { { false, false }, { true, false }, { false, true }, { true, true } };

	(void)state;
	for_each_format(f) for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		u64 group = bench_page << f->run[0];
		vaddr_t va = half_base(f) + 64 * group;
		vaddr_t from = va + group + (rows[i].cut_first ? bench_page : 0);
		vaddr_t to = va + 3 * group - (rows[i].cut_last ? bench_page : 0);

		if (!f->run[0])
			continue;
		assert_int_equal(run_map(pt, va, 4 * group, 0, RWG, 0, true), 0);
		for (u64 n = 0; n < 16; n++)
			bench_prime(va + n * bench_page);
		assert_int_equal(run_split(pt, from, to - from, 0), 0);
		assert_int_equal(walker_see(pt, va).unit, group);
		assert_int_equal(walker_see(pt, va + group).unit,
				 rows[i].cut_first ? bench_page : group);
		assert_int_equal(walker_see(pt, va + 2 * group).unit,
				 rows[i].cut_last ? bench_page : group);
		assert_int_equal(walker_see(pt, va + 3 * group).unit, group);
		check_line(pt, va, 4 * group, 0, RWG);
		assert_int_equal(run_unmap(pt, from, to - from), 0);
		bench_audit();
	}
}

/* The first address of the lower half has no address below it. */
static void a_run_at_address_0_is_within_the_range(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		u64 group = bench_page << f->run[0];

		if (!f->run[0])
			continue;
		assert_int_equal(run_map(pt, 0, 2 * group, 0, PT_R | PT_W, 0, true), 0);
		assert_int_equal(run_split(pt, 0, group, 0), 0);
		assert_int_equal(walker_see(pt, 0).unit, group);
		assert_int_equal(run_split(pt, 0, group - bench_page, 0), 0);
		assert_int_equal(walker_see(pt, 0).unit, bench_page);
		assert_int_equal(walker_see(pt, group).unit, group);
		check_line(pt, 0, 2 * group, 0, PT_R | PT_W);
		bench_audit();
	}
}

static void split_member_of_a_contiguous_block(void **state)
{
	struct pt *pt = bench_new(pt_fmt_find("4k-48"), CAPS_ALL);
	vaddr_t va = half_base(pt->fmt);

	(void)state;
	assert_int_equal(run_map(pt, va, 64 * MiB, 1 * GiB, RWG, 1, true), 0);
	assert_int_equal(run_split(pt, va + 4 * MiB, bench_page, 0), 0);
	assert_int_equal(walker_see(pt, va).unit, 2 * MiB);
	assert_int_equal(walker_see(pt, va + 4 * MiB).unit, bench_page);
	assert_int_equal(walker_see(pt, va + 32 * MiB).unit, 32 * MiB);
	check_line(pt, va, 64 * MiB, 1 * GiB, RWG);
	bench_audit();
}

/* A range that must never be invalid is refused at plan time if the change needs a break. */
static void unbreakable_is_refused(void **state)
{
	struct why why;
	struct pt_plan p;

	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		vaddr_t va = half_base(f);
		int want = f->name[0] == 'r' ? 0 : -EBUSY;

		assert_int_equal(run_map(pt, va, 2 * pt_span(f, 1), 0, RWG, 1, false), 0);
		bench.breakable = false;
		assert_int_equal(pt_plan(pt, &p, PT_OP_SPLIT, va, bench_page, 0, 0, &why), want);
		if (want)
			assert_non_null(strstr(why.text, "invalid for a moment"));
		pt_plan_end(&p);
		if (f->name[0] == 'a') { /* BBM level 2 waives the break */
			pt->caps |= PT_CAP_BBM2;
			assert_int_equal(run_split(pt, va, bench_page, 0), 0);
			assert_int_equal(run_collapse(pt, va, 1), 0);
		}
		bench_audit();
	}
}

static void contiguous_run_is_remade_whole_or_not(void **state)
{
	struct pt_plan p;

	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		u64 group = bench_page << f->run[0];
		vaddr_t va = half_base(f);
		int want = f->name[0] == 'r' ? 0 : -EBUSY;

		if (!f->run[0])
			continue;
		assert_int_equal(run_map(pt, va, group, 0, RWG, 0, true), 0);
		bench.breakable = false;
		assert_int_equal(pt_plan(pt, &p, PT_OP_SPLIT, va, bench_page, 0, 0, NULL), want);
		pt_plan_end(&p);
		assert_int_equal(run_unmap(pt, va, bench_page), -EBUSY); /* NAPOT partial clear */
		bench.breakable = true;
		assert_int_equal(run_protect(pt, va, group, PT_R | PT_GLOBAL), 0);
		assert_int_equal(walker_see(pt, va).unit, group);
		check_line(pt, va, group, 0, PT_R | PT_GLOBAL);
		bench_audit();
	}
}

/* Members have the same translation in both shapes: if no break is due, no access ever faults. */
static void a_run_changes_shape_in_use(void **state)
{
	(void)state;
	for_each_format(f)
	{
		bool waived = f->name[0] == 'a';
		struct pt *pt = bench_new(f, CAPS_ALL | (waived ? PT_CAP_BBM2 : 0));
		u64 group = bench_page << f->run[0];
		vaddr_t va = half_base(f);

		if (!f->run[0] || (!waived && f->name[0] != 'r'))
			continue;
		assert_int_equal(run_map(pt, va, group, 0, RWG, 0, true), 0);
		bench.breakable = false;
		assert_int_equal(run_split(pt, va + 3 * bench_page, bench_page, 0), 0);
		assert_int_equal(walker_see(pt, va).unit, bench_page);
		assert_int_equal(run_join(pt, va, 0), 0);
		assert_int_equal(walker_see(pt, va).unit, group);
		check_line(pt, va, group, 0, RWG);
		bench.breakable = true;
		bench_audit();
	}
}

static void collapse_is_the_inverse_of_split(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		u64 span = pt_span(f, 1), digest;
		vaddr_t va = half_base(f) + 4 * span;

		assert_int_equal(run_map(pt, va, 2 * span, 0, RWG, 1, false), 0);
		digest = walker_digest(pt);
		for (u64 i = 0; i < 20; i++)
			bench_prime(va + i * bench_page);
		assert_int_equal(run_split(pt, va, bench_page, 0), 0);
		for (u64 i = 0; i < 20; i++)
			bench_prime(va + i * bench_page);
		assert_int_equal(run_collapse(pt, va, 1), 0);
		assert_int_equal(walker_digest(pt), digest);
		assert_int_equal(bench_in_use(), f->levels - 2);
		bench_audit();
	}
}

/* A run of every level that has runs: split at one member, and joined again. */
static void a_run_is_joined_again(void **state)
{
	(void)state;
	for_each_format(f) for (unsigned level = 0; level + 1 < f->levels; level++)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		u64 group = pt_span(f, level) << f->run[level], digest;
		vaddr_t va = half_base(f) + 2 * group;

		if (!f->run[level] || !pt_leaf_ok(f, level) || 4 * group > 1ul << f->half_bits)
			continue;
		assert_int_equal(run_map(pt, va, group, group, RWG, level, true), 0);
		digest = walker_digest(pt);
		assert_int_equal(run_join(pt, va, level), -EINVAL); /* already a run */
		assert_int_equal(run_split(pt, va + bench_page, bench_page, 0), 0);
		if (level) {
			assert_int_equal(run_join(pt, va, level), -EINVAL); /* a table in it */
			assert_int_equal(run_collapse(pt, va, level), 0);
		}
		for (u64 i = 0; i < 16; i++)
			bench_prime(va + i * bench_page);
		assert_int_equal(run_join(pt, va, level), 0);
		assert_int_equal(walker_digest(pt), digest);
		check_line(pt, va, group, group, RWG);
		bench_audit();
	}
}

static void what_is_no_run_is_not_joined(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		u64 group = bench_page << f->run[0];
		vaddr_t va = half_base(f);

		if (!f->run[0])
			continue;
		assert_int_equal(run_join(pt, va, 0), -EINVAL); /* nothing is mapped */
		assert_int_equal(run_map(pt, va, 2 * group, bench_page, RWG, 0, false), 0);
		assert_int_equal(run_join(pt, va, 0), -EINVAL);              /* PA not aligned */
		assert_int_equal(run_join(pt, va + bench_page, 0), -EINVAL); /* nor VA */
		assert_int_equal(run_unmap(pt, va, 2 * group), 0);
		assert_int_equal(run_map(pt, va, group, 0, RWG, 0, false), 0);
		assert_int_equal(run_protect(pt, va + bench_page, bench_page, PT_R | PT_GLOBAL), 0);
		assert_int_equal(run_join(pt, va, 0), -EINVAL); /* rights */
		assert_int_equal(run_protect(pt, va + bench_page, bench_page, RWG), 0);
		pt->caps &= ~(u32)PT_CAP_CONTIG;
		assert_int_equal(run_join(pt, va, 0), -EINVAL); /* CPUs without runs */
		pt->caps |= PT_CAP_CONTIG;
		bench.breakable = false;
		if (f->name[0] != 'r') /* on riscv a join needs no break */
			assert_int_equal(run_join(pt, va, 0), -EBUSY);
		bench.breakable = true;
		assert_int_equal(run_join(pt, va, 0), 0);
		bench_audit();
	}
}

static void collapse_of_what_does_not_line_up(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		u64 span = pt_span(f, 1);
		vaddr_t va = half_base(f);
		struct pt_plan p;

		assert_int_equal(run_collapse(pt, va, 1), -EINVAL); /* nothing is mapped */
		assert_int_equal(run_map(pt, va, span, span + bench_page, RWG, 0, false), 0);
		assert_int_equal(run_collapse(pt, va, 1), -EINVAL); /* PA not aligned */
		assert_int_equal(run_unmap(pt, va, span), 0);
		assert_int_equal(run_map(pt, va, span, span, RWG, 0, false), 0);
		assert_int_equal(run_protect(pt, va + bench_page, bench_page, PT_R | PT_GLOBAL), 0);
		assert_int_equal(run_collapse(pt, va, 1), -EINVAL); /* attributes */
		assert_int_equal(run_protect(pt, va + bench_page, bench_page, RWG), 0);
		assert_int_equal(run_unmap(pt, va + 2 * bench_page, bench_page), 0);
		assert_int_equal(run_collapse(pt, va, 1), -EINVAL); /* a hole */
		assert_int_equal(run_map(pt, va + 2 * bench_page, bench_page, 0, RWG, 0, false), 0);
		assert_int_equal(run_collapse(pt, va, 1), -EINVAL); /* not congruent */
		assert_int_equal(pt_plan(pt, &p, PT_OP_COLLAPSE, va, bench_page, 1, 0, NULL),
				 -EINVAL);
		assert_int_equal(pt_plan(pt, &p, PT_OP_COLLAPSE, va, bench_page, 0, 0, NULL),
				 -EINVAL);
		bench_audit();
	}
}

/* A type change needs a break: the whole run is invalid first, and all pages are mapped afterwards.
 */
static void protect_changes_rights_and_type(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		u64 span = pt_span(f, 1);
		vaddr_t va = half_base(f) + span - 8 * bench_page;

		assert_int_equal(run_map(pt, va, 8 * bench_page + span, 5 * span - 8 * bench_page,
					 RWG, 1, true),
				 0);
		for (u64 i = 0; i < 16; i++)
			bench_prime(va + i * bench_page);
		assert_int_equal(
			run_protect(pt, va, 8 * bench_page + span, PT_R | PT_X | PT_GLOBAL), 0);
		check_line(pt, va, 8 * bench_page + span, 5 * span - 8 * bench_page,
			   PT_R | PT_X | PT_GLOBAL);
		assert_int_equal(run_protect(pt, va, 8 * bench_page + span, PT_R | PT_W | PT_NC),
				 0);
		check_line(pt, va, 8 * bench_page + span, 5 * span - 8 * bench_page,
			   PT_R | PT_W | PT_NC);
		bench_audit();
	}
}

const struct CMUnitTest split_tests[] = {
	cmocka_unit_test(split_one_page_out_of_a_leaf),
	cmocka_unit_test(split_through_two_levels),
	cmocka_unit_test(split_dissolves_runs_at_the_edges),
	cmocka_unit_test(a_run_at_address_0_is_within_the_range),
	cmocka_unit_test(split_member_of_a_contiguous_block),
	cmocka_unit_test(unbreakable_is_refused),
	cmocka_unit_test(contiguous_run_is_remade_whole_or_not),
	cmocka_unit_test(collapse_is_the_inverse_of_split),
	cmocka_unit_test(a_run_changes_shape_in_use),
	cmocka_unit_test(a_run_is_joined_again),
	cmocka_unit_test(what_is_no_run_is_not_joined),
	cmocka_unit_test(collapse_of_what_does_not_line_up),
	cmocka_unit_test(protect_changes_rights_and_type),
};
TESTS(split_tests);
