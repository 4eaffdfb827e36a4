/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * t_map.c - mapping: leaf sizes against a brute-force oracle, contiguous runs, failure of each
 * allocation, limits of the address space, refusals.
 */
#include "engine.h"
#include <string.h>

#define CAPS_ALL (PT_CAP_CONTIG | PT_CAP_PBMT)

/* The largest leaf that may map va, found by trying all sizes. */
static u64 oracle_leaf(const struct pt_fmt *f, vaddr_t va, vaddr_t lo, u64 len, paddr_t pa,
		       unsigned max)
{
	u64 best = 0;

	for (unsigned l = 0; l <= max && l < f->levels; l++) {
		u64 span = pt_span(f, l), start = va / span * span;

		if (!(f->leaf_ok >> l & 1))
			continue;
		if (start >= lo && start - lo + span <= len && (pa + (start - lo)) % span == 0)
			best = span;
	}
	return best;
}

static void check_mapped(struct pt *pt, vaddr_t va, u64 len, paddr_t pa, unsigned prot,
			 unsigned max)
{
	for (u64 off = 0; off < len;) {
		struct seen s = walker_see(pt, va + off);
		u64 want = oracle_leaf(pt->fmt, va + off, va, len, pa, max);

		assert_true(s.mapped);
		assert_int_equal(s.pa, pa + off);
		assert_int_equal(s.prot, prot);
		if (s.leaf != want)
			fail_msg("%s: leaf of %#lx at %#lx, not %#lx (%#lx+%#lx)", bench_format,
				 s.leaf, va + off, want, va, len);
		assert_int_equal(pt_translate(pt, va + off + 5), pa + off + 5);
		off += want;
	}
	assert_false(walker_see(pt, va - 1).mapped && va);
	assert_false(walker_see(pt, va + len).mapped && va + len);
}

/* Random address, length and alignment, leaves of every level: the largest possible leaves are
 * used. */
static void leaf_sizes_match_the_oracle(void **state)
{
	struct rng r = { bench_seed };

	(void)state;
	for_each_format(f)
	{
		for (unsigned i = 0; i < 400; i++) {
			struct pt *pt = bench_new(f, CAPS_ALL);
			unsigned max = (unsigned)rng_below(&r, f->levels),
				 al = (unsigned)rng_below(&r, 3);
			u64 unit = pt_span(f, al > max ? 0 : al);
			vaddr_t va = half_base(f) + (rng_below(&r, 1ul << 30) & ~(unit - 1));
			u64 len = (1 + rng_below(&r, al ? 700 : 3000)) *
				  (rng_next(&r) & 1 ? unit : bench_page);
			u64 bytes = 1ul << (f->pa_bits - 1);
			paddr_t pa = (rng_below(&r, bytes) & ~((1ul << 34) - 1)) +
				     (va & ((1ul << 32) - 1));

			if (f->name[0] == 'f')
				pa = va & ((1ul << 33) - 1);
			len &= ~(bench_page - 1);
			if (!len || len > 1ul << 31)
				continue;
			assert_int_equal(run_map(pt, va, len, pa, RWG, max, false), 0);
			check_mapped(pt, va, len, pa, RWG, max);
			assert_int_equal(bench.visibles, 1);
			bench_audit();
		}
	}
}

/* The reserve is exact: the operation uses all of it and needs no more. */
static void reserve_is_exact(void **state)
{
	struct rng r = { bench_seed };

	(void)state;
	for_each_format(f) for (unsigned i = 0; i < 300; i++)
	{
		struct pt *pt = bench_new(f, 0);
		struct pt_plan p;
		vaddr_t va = half_base(f) + (rng_below(&r, 1ul << 31) & ~(bench_page - 1));
		u64 len = (1 + rng_below(&r, 2000)) << (f->page_shift + rng_below(&r, 4) * 3);
		unsigned max = (unsigned)rng_below(&r, f->levels);

		len = min_u64(len, 1500 * pt_span(f, 1)); /* the mock has 2048 tables */
		va &= -(bench_page << rng_below(&r, 14));
		assert_int_equal(pt_plan(pt, &p, PT_OP_MAP, va, len, max, 0, NULL), 0);
		pt_map(&p, va & ((1ul << f->va_bits) - 1), RWG);
		assert_int_equal(p.nr, 0);
		pt_plan_end(&p);
		bench_audit();
	}
}

static void contiguous_runs(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		u64 group = bench_page << f->run[0];
		vaddr_t va = half_base(f) + 16 * group - 2 * bench_page;
		paddr_t pa = 0x40000000 - 2 * bench_page;

		if (!f->run[0])
			continue;

		/* 2 pages, 3 runs, 1 page */
		assert_int_equal(
			run_map(pt, va, 2 * bench_page + 3 * group + bench_page, pa, RWG, 0, true),
			0);
		for (u64 off = 0; off < 2 * bench_page + 3 * group + bench_page;
		     off += bench_page) {
			struct seen s = walker_see(pt, va + off);
			bool inside = off >= 2 * bench_page && off < 2 * bench_page + 3 * group;

			assert_int_equal(s.pa, pa + off);
			assert_int_equal(s.unit, inside ? group : bench_page);
			assert_int_equal(pt_translate(pt, va + off), pa + off);
		}
		/* not congruent: single pages */
		assert_int_equal(
			run_map(pt, va + 64 * group, 2 * group, pa + bench_page, RWG, 0, true), 0);
		assert_int_equal(walker_see(pt, va + 64 * group + 2 * bench_page).unit, bench_page);
		/* not capable: single pages */
		pt->caps &= ~(u32)PT_CAP_CONTIG;
		va += 128 * group + 2 * bench_page;
		assert_int_equal(run_map(pt, va, group, 0, RWG, 0, true), 0);
		assert_int_equal(walker_see(pt, va).unit, bench_page);
		bench_audit();
	}
}

static void contiguous_blocks_arm64(void **state)
{
	struct pt *pt = bench_new(pt_fmt_find("4k-48"), CAPS_ALL);
	vaddr_t va = half_base(pt->fmt);

	(void)state;
	assert_int_equal(run_map(pt, va, 64 * MiB, 1 * GiB, RWG, 1, true), 0);
	assert_int_equal(walker_see(pt, va + 5 * MiB).unit, 32 * MiB);
	assert_int_equal(run_unmap(pt, va, 2 * MiB), -EBUSY);
	assert_int_equal(run_unmap(pt, va + 32 * MiB, 32 * MiB), 0);
	assert_int_equal(bench.last_inval.levels, 2);
	assert_true(walker_see(pt, va).mapped);
	bench_audit();
}

/* Each n-th allocation fails: -ENOMEM, the tree is unchanged byte for byte, and no table stays
 * allocated. */
static void each_allocation_fails_once(void **state)
{
	struct why why;

	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, CAPS_ALL);
		vaddr_t base = half_base(f) + pt_span(f, 1);
		vaddr_t va = half_base(f) + upper_span(f) - 3 * pt_span(f, 1) - bench_page;
		u64 len = 6 * pt_span(f, 1) + 2 * bench_page, digest;
		int err;

		assert_int_equal(run_map(pt, base, bench_page, 0, RWG, 0, false), 0);
		digest = walker_digest(pt);
		for (u64 n = 1;; n++) {
			struct pt_plan p;
			unsigned before = bench_in_use();

			bench.fail_at = n;
			err = pt_plan(pt, &p, PT_OP_MAP, va, len, 0, 0, &why);
			if (!err) {
				assert_true(n > 6);
				bench.fail_at = 0;
				pt_plan_end(&p);
				break;
			}
			assert_int_equal(err, -ENOMEM);
			assert_null(p.pt);
			assert_non_null(strstr(why.text, "no memory"));
			assert_int_equal(bench_in_use(), before);
			assert_int_equal(walker_digest(pt), digest);
			bench_audit();
		}
		assert_int_equal(walker_digest(pt), digest);
		bench_audit();
	}
}

/* S0-19: an empty range, the last page of the address space, a range up to 2^64, one that wraps. */
static void edge_ranges(void **state)
{
	struct pt_plan p;

	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, 0);
		u64 len = 4 * pt_span(f, 1);
		vaddr_t last = -bench_page,
			low = f->va_signed ? 1ul << f->half_bits : 1ul << f->va_bits;

		assert_int_equal(run_map(pt, last, 0, 0, RWG, 0, false), -EINVAL);
		assert_int_equal(run_map(pt, last, 2 * bench_page, 0, RWG, 0, false), -EINVAL);
		assert_int_equal(run_map(pt, last + 1, bench_page, 0, RWG, 0, false), -EINVAL);
		assert_int_equal(run_map(pt, last, (bench_page - 1), 0, RWG, 0, false), -EINVAL);
		assert_int_equal(run_map(pt, low, bench_page, 0, RWG, 0, false), -EINVAL);
		assert_int_equal(run_map(pt, low - bench_page, 2 * bench_page, 0, RWG, 0, false),
				 -EINVAL);
		assert_int_equal(
			run_map(pt, half_base(f) - bench_page, bench_page, 0, RWG, 0, false),
			-EINVAL);
		assert_int_equal(pt_plan(pt, &p, PT_OP_UNMAP, last, 2 * bench_page, 0, 0, NULL),
				 -EINVAL);
		assert_int_equal(bench.allocs, 0);
		assert_int_equal(run_map(pt, last, bench_page, 5 * bench_page, RWG, 0, false), 0);
		assert_int_equal(walker_see(pt, last).pa, 5 * bench_page);
		assert_int_equal(run_unmap(pt, last, bench_page), 0);
		assert_int_equal(bench.last_inval.hi, 0);
		assert_int_equal(run_map(pt, -len, len, 8 * len, RWG, 1, false), 0);
		assert_int_equal(pt_translate(pt, ~0ul), 9 * len - 1);
		assert_int_equal(run_unmap(pt, -len, len), 0);
		assert_int_equal(run_free_empty(pt, -len, len, half_base(f), 0), f->levels - 1);
		assert_int_equal(bench_in_use(), 0);
		bench_audit();
	}
}

static void lower_half_works(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, 0);

		u64 len = 2 * pt_span(f, 1);

		assert_int_equal(run_map(pt, 0, len, 0, PT_R | PT_USER, 1, false), 0);
		assert_int_equal(walker_see(pt, len - 1).pa, len - bench_page);
		assert_int_equal(run_unmap(pt, 0, len), 0);
		assert_int_equal(bench.last_inval.lo, 0);
		run_free_empty(pt, 0, len, 0, len);
		bench_audit();
	}
}

static void occupied_is_refused(void **state)
{
	struct why why;
	struct pt_plan p;

	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, 0);
		vaddr_t va = half_base(f) + pt_span(f, 1);
		u64 digest;

		assert_int_equal(run_map(pt, va + 5 * bench_page, bench_page, 0, RWG, 0, false), 0);
		digest = walker_digest(pt);
		assert_int_equal(
			pt_plan(pt, &p, PT_OP_MAP, va - 2 * bench_page, pt_span(f, 1), 1, 0, &why),
			-EEXIST);
		assert_non_null(strstr(why.text, "000 already"));
		assert_int_equal(walker_digest(pt), digest);
		bench_audit();
	}
}

static void foreign_and_constant_slots_are_refused(void **state)
{
	struct why why;
	struct pt_plan p;

	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, 0);
		unsigned top = f->levels - 1u;
		vaddr_t va = half_base(f), next = va + pt_span(f, top);

		pt->own_lo = (u16)pt_index(f, top, va);
		pt->own_hi = (u16)(pt->own_lo + 1);
		assert_int_equal(run_map(pt, next, bench_page, 0, RWG, 0, false), -EPERM);
		assert_int_equal(run_map(pt, next - bench_page, 2 * bench_page, 0, RWG, 0, false),
				 -EPERM);
		assert_int_equal(run_map(pt, va, bench_page, 0, RWG, 0, false), 0);
		pt->own_hi = (u16)(pt->own_lo + 2);
		pt->root_constant = true;
		assert_int_equal(pt_plan(pt, &p, PT_OP_MAP, next, bench_page, 0, 0, &why), -EPERM);
		assert_non_null(strstr(why.text, "constant"));
		assert_int_equal(run_map(pt, va + bench_page, bench_page, 0, RWG, 0, false), 0);
		bench_audit();
	}
}

/* A retained empty table is reused: its range has smaller leaves, and no page is unmapped. */
static void retained_tables_are_used(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, 0);
		u64 span = pt_span(f, 1), allocs;
		vaddr_t va = half_base(f) + 4 * span;

		assert_int_equal(run_map(pt, va + span, bench_page, 0, RWG, 0, false), 0);
		assert_int_equal(run_unmap(pt, va + span, bench_page), 0);
		allocs = bench.allocs;
		assert_int_equal(run_map(pt, va, 3 * span, 8 * span, RWG, 1, false), 0);
		assert_int_equal(bench.allocs, allocs);
		assert_int_equal(walker_see(pt, va).leaf, span);
		assert_int_equal(walker_see(pt, va + span).leaf, bench_page);
		assert_int_equal(walker_see(pt, va + 2 * span).leaf, span);
		assert_int_equal(walker_see(pt, va + 3 * span - 1).pa, 11 * span - bench_page);
		bench_audit();
	}
}

static void frames_in_parts(void **state)
{
	(void)state;
	for_each_format(f)
	{
		struct pt *pt = bench_new(f, 0);
		vaddr_t va = half_base(f) + pt_span(f, 1) - 3 * bench_page;
		struct pt_plan p;

		assert_int_equal(pt_plan(pt, &p, PT_OP_MAP, va, 8 * bench_page, 0, 0, NULL), 0);
		for (u64 i = 0; i < 8; i++)
			pt_map_part(&p, va + i * bench_page, bench_page, (100 - i) * bench_page,
				    RWG);
		assert_int_equal(p.nr, 0);
		pt_plan_end(&p);
		for (u64 i = 0; i < 8; i++)
			assert_int_equal(walker_see(pt, va + i * bench_page).pa,
					 (100 - i) * bench_page);
		bench_audit();
	}
}

/* Without Svpbmt the type cannot be encoded: the leaf must not have a reserved encoding. */
static void types_need_svpbmt_on_riscv(void **state)
{
	struct pt *pt = bench_new(pt_fmt_find("sv39"), 0);
	vaddr_t va = half_base(pt->fmt);

	(void)state;
	assert_int_equal(run_map(pt, va, bench_page, 0, RWG | PT_DEVICE, 0, false), 0);
	assert_int_equal(walker_see(pt, va).prot, RWG);
	pt->caps = PT_CAP_PBMT;
	assert_int_equal(run_map(pt, va + bench_page, bench_page, 0, RWG | PT_DEVICE, 0, false), 0);
	assert_int_equal(walker_see(pt, va + bench_page).prot, RWG | PT_DEVICE);
	pt = bench_new(pt_fmt_find("4k-48"), 0);
	va = half_base(pt->fmt);
	assert_int_equal(run_map(pt, va, bench_page, 0, RWG | PT_NC, 0, false), 0);
	assert_int_equal(walker_see(pt, va).prot, RWG | PT_NC);
}

const struct CMUnitTest map_tests[] = {
	cmocka_unit_test(leaf_sizes_match_the_oracle),
	cmocka_unit_test(reserve_is_exact),
	cmocka_unit_test(contiguous_runs),
	cmocka_unit_test(contiguous_blocks_arm64),
	cmocka_unit_test(each_allocation_fails_once),
	cmocka_unit_test(edge_ranges),
	cmocka_unit_test(lower_half_works),
	cmocka_unit_test(occupied_is_refused),
	cmocka_unit_test(foreign_and_constant_slots_are_refused),
	cmocka_unit_test(retained_tables_are_used),
	cmocka_unit_test(frames_in_parts),
	cmocka_unit_test(types_need_svpbmt_on_riscv),
};
TESTS(map_tests);
