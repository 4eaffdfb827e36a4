/* SPDX-License-Identifier: BSD-2-Clause */
/* t_misuse.c - mistakes of callers fail an assertion at once: stale plans, wrong operations,
 * unplanned ranges. */
#include "engine.h"

static struct pt *pt;
static struct pt_plan p;
static struct pt_gather g;
static vaddr_t va;

static int start(void **state)
{
	(void)state;
	bench_format = "arm64-4k-48";
	pt = bench_new(pt_fmt_find(bench_format), PT_CAP_CONTIG);
	va = half_base(pt->fmt);
	return 0;
}

static void stale_plans(void **state)
{
	(void)state;
	assert_int_equal(pt_plan(pt, &p, PT_OP_MAP, va, bench_page, 0, 0, NULL), 0);
	assert_int_equal(pt->nr_reserved, 3);
	pt_plan_end(&p);
	assert_int_equal(pt->nr_reserved, 0);
	assert_true(asserts(pt_map(&p, 0, RWG)));
	pt_plan_end(&p); /* ending twice is harmless */
	assert_int_equal(pt_plan(pt, &p, PT_OP_MAP, va, 0, 0, 0, NULL), -EINVAL);
	assert_true(asserts(pt_map(&p, 0, RWG))); /* a refused plan counts as ended */
	bench_audit();
}

static void the_wrong_operation(void **state)
{
	(void)state;
	assert_int_equal(pt_plan(pt, &p, PT_OP_MAP, va, bench_page, 0, 0, NULL), 0);
	assert_true(asserts(pt_unmap(&p, NULL)));
	assert_true(asserts(pt_protect(&p, PT_R, NULL)));
	assert_true(asserts(pt_split(&p, NULL)));
	assert_true(asserts(pt_collapse(&p, NULL)));
	pt_plan_end(&p);
	bench_audit();
}

static void outside_the_plan(void **state)
{
	(void)state;
	assert_int_equal(pt_plan(pt, &p, PT_OP_MAP, va + bench_page, 2 * bench_page, 0, 0, NULL),
			 0);
	assert_true(asserts(pt_map_part(&p, va, bench_page, 0, RWG)));
	assert_true(asserts(pt_map_part(&p, va + 2 * bench_page, 2 * bench_page, 0, RWG)));
	assert_true(asserts(pt_map_part(&p, va + 3 * bench_page, bench_page, 0, RWG)));
	assert_true(asserts(pt_map_part(&p, va + bench_page, bench_page, 5, RWG)));
	pt_map_part(&p, va + bench_page, bench_page, 0, RWG);
	assert_true(
		asserts(pt_map_part(&p, va + bench_page, bench_page, 0, RWG))); /* each part once */
	pt_plan_end(&p);
	bench_audit();
}

/* The reserve is computed for the largest leaves that the VA permits: for an incongruent PA it has
 * too few tables. */
static void pa_not_congruent(void **state)
{
	(void)state;
	assert_int_equal(pt_plan(pt, &p, PT_OP_MAP, va, 2 * MiB, 1, 0, NULL), 0);
	assert_true(asserts(pt_map(&p, bench_page, RWG)));
	pt_plan_end(&p);
}

static void removing_without_a_gather(void **state)
{
	(void)state;
	assert_int_equal(run_map(pt, va, bench_page, 0, RWG, 0, false), 0);
	assert_int_equal(pt_plan(pt, &p, PT_OP_UNMAP, va, bench_page, 0, 0, NULL), 0);
	assert_true(asserts(pt_unmap(&p, NULL)));
	pt_plan_end(&p);
	assert_true(asserts(pt_free_empty(pt, va, 0, va, 0, NULL)));
	assert_true(asserts(pt_free_empty(pt, va, bench_page, va, 0, NULL)));
	pt_gather_begin(&g, pt, NULL, 0);
	assert_true(asserts(pt_free_empty(pt, va + 1, bench_page, va, 0, &g)));
	pt_gather_flush(&g);
	pt_gather_release(&g);
	bench_audit();
}

/* A type change needs a break; on unbreakable memory it must not start. */
static void breaking_the_unbreakable(void **state)
{
	u64 digest;

	(void)state;
	assert_int_equal(run_map(pt, va, bench_page, 0, RWG, 0, false), 0);
	bench.breakable = false;
	digest = walker_digest(pt);
	assert_int_equal(pt_plan(pt, &p, PT_OP_PROTECT, va, bench_page, 0, 0, NULL), 0);
	pt_gather_begin(&g, pt, NULL, 0);
	assert_true(asserts(pt_protect(&p, (enum pt_prot)(RWG | PT_NC), &g)));
	assert_int_equal(walker_digest(pt), digest);
	pt_protect(&p, PT_R, &g); /* fewer rights: no break */
	pt_gather_flush(&g);
	pt_gather_release(&g);
	pt_plan_end(&p);
}

static void load(const struct pt *x)
{
	(void)x;
	bench.loads++;
}

static void retired_trees_are_not_loaded(void **state)
{
	u64 loads = bench.loads;

	(void)state;
	pt_root_load(pt, 5, load);
	assert_int_equal(pt->walked, 1 | 1 << 5);
	pt->state = PT_RETIRED;
	assert_true(asserts(pt_root_load(pt, 0, load)));
	assert_int_equal(bench.loads, loads + 1);
}

static void misaligned_roots(void **state)
{
	static struct pt t;

	(void)state;
	assert_true(asserts(pt_init(&t, "t", pt_fmt_find("fake-3"), pt->env, 0x1080)));
	pt_init(&t, "t", pt_fmt_find("fake-3"), pt->env, 0x1100);
	assert_true(asserts(pt_init(&t, "t", pt->fmt, pt->env, 0x1100)));
}

/* A refusal names the range, its fault and the tree. */
static void refusals_name_tree_and_range(void **state)
{
	static const struct {
		vaddr_t va;
		u64 len;
		const char *sentence;
	} rows[] = {
		{ 0x1000, 0x800, "t: range 0x1000+0x800 is empty or not aligned to 0x1000" },
		{ -0x1000ul, 0x3000, "t: range 0xfffffffffffff000+0x3000 wraps" },
		{ 1ul << 60, 0x1000,
		  "t: arm64-4k-48 does not translate 0x1000000000000000+0x1000" },
	};
	struct pt t = *pt;
	struct why why;

	(void)state;
	t.name = "t";
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(pt_plan(&t, &p, PT_OP_MAP, rows[i].va, rows[i].len, 0, 0, &why),
				 -EINVAL);
		assert_string_equal(why.text, rows[i].sentence);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, start)

const struct CMUnitTest misuse_tests[] = {
	TEST(stale_plans),
	TEST(the_wrong_operation),
	TEST(outside_the_plan),
	TEST(pa_not_congruent),
	TEST(removing_without_a_gather),
	TEST(breaking_the_unbreakable),
	TEST(retired_trees_are_not_loaded),
	TEST(misaligned_roots),
	TEST(refusals_name_tree_and_range),
};
TESTS(misuse_tests);
