/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * t_format.c - geometry and encodings, exhaustively where the space allows it.
 */
#include "engine.h"
#include <string.h>

/* Index widths tile the VA: each bit is used exactly once. */
static void levels_tile_the_va(void **state)
{
	(void)state;
	for_each_format(f)
	{
		u64 seen = (1ul << f->page_shift) - 1;

		for (unsigned l = 0; l < f->levels; l++) {
			u64 bits = (u64)(pt_entries(f, l) - 1) << pt_shift(f, l);

			assert_int_equal(seen & bits, 0);
			seen |= bits;
			assert_true(f->run[l] < f->bits[l] || !f->run[l]);
		}
		assert_int_equal(seen, (1ul << f->va_bits) - 1);
		assert_int_equal(f->half_bits, f->va_bits - f->va_signed);
	}
}

/* Entry address == base + 8 * index, computed by division (S0-39). */
static void offsets_of_random_addresses(void **state)
{
	struct rng r = { bench_seed };

	(void)state;
	for_each_format(f) for (unsigned i = 0; i < 1000000; i++)
	{
		vaddr_t va = rng_next(&r);
		unsigned l = (unsigned)rng_below(&r, f->levels);
		u64 span = 1ul << f->page_shift;

		for (unsigned k = 0; k < l; k++)
			span *= 1u << f->bits[k];
		if (pt_index(f, l, va) != va / span % (1u << f->bits[l]))
			fail_msg("%s: level %u of %#lx", f->name, l, va);
	}
}

static void finder_knows_names(void **state)
{
	(void)state;
	for_each_format(f)
	{
		assert_ptr_equal(pt_fmt_find(f->name), f);
		assert_ptr_equal(pt_fmt_find(strchr(f->name, '-') + 1), f);
	}
	assert_null(pt_fmt_find("sv40"));
	assert_null(pt_fmt_find(""));
	assert_null(pt_fmt_find("48"));
}

/* leaf -> kind, pa, prot, run_shift and back, for every right, level and run. */
static void leaves_round_trip(void **state)
{
	struct rng r = { bench_seed };

	(void)state;
	for_each_format(f) for (unsigned i = 0; i < 128 * PT_LEVELS_MAX * 2; i++)
	{
		unsigned prot = PT_R | (i & 127), l = (i >> 7) % PT_LEVELS_MAX;
		unsigned run = i >= 128 * PT_LEVELS_MAX && l < f->levels ? f->run[l] : 0;
		u64 span, page = 1ul << f->page_shift;
		vaddr_t va;
		paddr_t pa;
		pte_t v;

		if (l >= f->levels || !pt_leaf_ok(f, l))
			continue;
		if (prot & PT_DEVICE)
			prot &= ~(unsigned)PT_NC;
		span = pt_span(f, l) << run;
		pa = rng_below(&r, 1ul << f->pa_bits) & ~(span - 1);
		va = rng_next(&r);
		v = f->leaf(pa + (va & (span - 1) & ~(pt_span(f, l) - 1)), (enum pt_prot)prot, l,
			    run);
		assert_int_equal(f->kind(v, l), PT_LEAF);
		assert_int_equal(f->next(v, l), PA_NONE);
		assert_int_equal(f->prot(v, l), prot);
		assert_int_equal(f->run_shift(v, l), run);
		assert_int_equal(f->pa(v, l, va), pa + (va & (span - 1) & ~(page - 1)));
	}
}

static void tables_round_trip(void **state)
{
	struct rng r = { bench_seed };

	(void)state;
	for_each_format(f) for (unsigned i = 0; i < 1000; i++) for (unsigned l = 1; l < f->levels;
								    l++)
	{
		paddr_t pa = rng_below(&r, 1ul << (f->pa_bits - f->page_shift)) << f->page_shift;
		pte_t v = f->table(pa, l);

		assert_int_equal(f->kind(v, l), PT_TABLE);
		assert_int_equal(f->next(v, l), pa);
		assert_int_equal(f->pa(v, l, 0), pa);
	}
}

/* Where a format describes next() as data, both agree on every value: tables, tables with a bit
 * that is wrong, leaves, and anything else. */
static void next_as_data(void **state)
{
	struct rng r = { bench_seed };
	unsigned formats = 0;

	(void)state;
	for_each_format(f)
	{
		formats += !!f->table_mask;
		for (unsigned i = 0; f->table_mask && i < 4000; i++) {
			unsigned l = 1 + (unsigned)rng_below(&r, f->levels - 1u);
			pte_t v = rng_next(&r);

			if (i & 1)
				v = f->table(rng_below(&r, 1ul << f->pa_bits) &
						     ~(pt_page_size(f) - 1),
					     l);
			if ((i & 3) == 3)
				v ^= 1ul << rng_below(&r, 64);
			assert_int_equal((v & f->table_mask) == f->table_is
						 ? (v & f->table_pa) << f->table_shl
						 : PA_NONE,
					 f->next(v, l));
		}
	}
	assert_true(formats >= 2); /* the default of both architectures */
}

/*
 * Every entry has exactly one kind, by the architecture's low bits (S0-25, S0-43).  Block
 * descriptors by granule (D8.3.1): none at the level of pages, nor above 1 GiB (4K), 32 MiB (16K),
 * 512 MiB (64K; FEAT_LPA adds one level, not used here); the 52-bit descriptors add one level.
 */
static unsigned highest_block_arm64(const struct pt_fmt *f)
{
	bool ds = f->va_bits == 52 && f->page_shift < 16;

	return (f->page_shift == 12 ? 2 : 1) + ds;
}

static enum pt_kind kind_arm64(const struct pt_fmt *f, unsigned level, unsigned low)
{
	if (!(low & 1))
		return PT_INVALID;
	if (low == 3)
		return level ? PT_TABLE : PT_LEAF;
	return level && level <= highest_block_arm64(f) ? PT_LEAF : PT_RESERVED;
}

static void kinds_arm64(void **state)
{
	unsigned formats = 0;

	(void)state;
	for_each_format(f)
	{
		if (f->name[0] != 'a')
			continue;
		formats++;
		for (unsigned l = 0; l < f->levels; l++) {
			for (unsigned low = 0; low < 4; low++)
				if (f->kind(0x40000000400ul | low, l) != kind_arm64(f, l, low))
					fail_msg("%s level %u low bits %u", f->name, l, low);
			assert_int_equal(f->kind(0, l), PT_EMPTY);
			assert_int_equal(f->kind(2, l), PT_INVALID); /* S0-30 */
		}
	}
	assert_int_equal(formats, 10);
}

static void kinds_riscv(void **state)
{
	(void)state;
	for_each_format(f)
	{
		if (f->name[0] != 'r')
			continue;
		for (unsigned l = 0; l < f->levels; l++)
			for (unsigned low = 1; low < 16; low++) {
				enum pt_kind want = PT_LEAF;

				if (!(low & 1))
					want = PT_INVALID;
				else if (low == 1)
					want = l ? PT_TABLE : PT_RESERVED;
				else if ((low & 6) == 4)
					want = PT_RESERVED; /* W without R */
				assert_int_equal(f->kind(low, l), want);
			}
		assert_int_equal(f->kind(0, 0), PT_EMPTY);
		assert_int_equal(f->kind(0xcf | 1ul << 10, 1), PT_RESERVED); /* misaligned */
		assert_int_equal(f->kind(0xcf | BIT(63), 0), PT_RESERVED);   /* NAPOT, PPN[3:0]=0 */
		assert_int_equal(f->kind(0xcf | BIT(63) | 8ul << 10, 0), PT_LEAF);
		assert_int_equal(f->kind(0xcf | BIT(63) | 8ul << 10, 1), PT_RESERVED);
		assert_int_equal(f->kind(0xcf | 3ul << 61, 0), PT_RESERVED); /* PBMT 3 */
		for (unsigned b = 54; b < 61; b++)
			assert_int_equal(f->kind(0xcf | BIT(b), 0), PT_RESERVED);
		for (unsigned b = 6; b < 8; b++)
			assert_int_equal(f->kind(1 | BIT(b), 1), PT_RESERVED);
		assert_int_equal(f->kind(1 | BIT(4), 1), PT_RESERVED);
		assert_int_equal(f->next(1 | BIT(4), 1), PA_NONE);
		assert_int_equal(f->kind(1 | BIT(5), 1), PT_TABLE); /* G is legal there */
	}
}

static void attributes_arm64(void **state)
{
	const struct pt_fmt *f = pt_fmt_find("4k-48");

	(void)state;
	/* kernel text, kernel data, device: computed by hand from D8.3 */
	assert_int_equal(f->leaf(0x40200000, PT_R | PT_X | PT_GLOBAL, 0, 0), 0x0040000040200783ul);
	assert_int_equal(f->leaf(0x40200000, RWG, 1, 0), 0x0060000040200701ul);
	assert_int_equal(f->leaf(0x9000000, RWG | PT_DEVICE, 0, 0), 0x0060000009000707ul);
	assert_int_equal(f->leaf(0x40200000, RWG, 0, 4), 0x0070000040200703ul);
	assert_int_equal(f->leaf(0, PT_R | PT_W | PT_X | PT_USER, 0, 0), 0x0020000000000f43ul);
	assert_int_equal(f->leaf(0, RWG | PT_NC, 2, 0), 0x0060000000000709ul);
}

/* Addresses beyond 2^48: computed by hand, and verified on a machine with RAM there. */
static void wide_addresses_arm64(void **state)
{
	const struct pt_fmt *ds = pt_fmt_find("4k-52"), *high = pt_fmt_find("64k-48");
	paddr_t far = 0xd000000000000ul; /* bits 51, 50 and 48 */

	(void)state;
	assert_int_equal(ds->leaf(far, RWG, 0, 0), 0x0061000000000703ul);
	assert_int_equal(high->leaf(far, RWG, 0, 0), 0x006000000000d703ul);
	assert_int_equal(ds->table(0xd000000101000ul, 1), 0x0001000000101303ul);
	assert_int_equal(high->table(0xd0000001d0000ul, 1), 0x00000000001dd003ul);
	assert_int_equal(ds->leaf(0x40200000, RWG, 1, 0), 0x0060000040200401ul); /* no SH */
	assert_int_equal(pt_fmt_find("16k-48")->leaf(0x40000000, RWG, 0, 7), 0x0070000040000703ul);
	assert_false(pt_in_step(high, BIT(48) - 65536, 131072));
	assert_true(pt_in_step(high, BIT(48), BIT(42)));
}

/* A range that is in step is filled by addition: each of its entries is the previous one plus the
 * step, also around each power of two, where formats move bits of the address. */
static void what_is_in_step_has_one_step(void **state)
{
	u64 in_step = 0;

	(void)state;
	for_each_format(f) for (unsigned l = 0; l < f->levels; l++)
	{
		u64 span = pt_span(f, l);

		for (unsigned bit = pt_shift(f, l) + 1; pt_leaf_ok(f, l) && bit < f->pa_bits; bit++)
			for (paddr_t pa = BIT(bit) - span; pa <= BIT(bit); pa += span) {
				pte_t v = f->leaf(pa, RWG, l, 0);

				if (!pt_in_step(f, pa, 2 * span))
					continue;
				in_step++;
				if (f->leaf(pa + span, RWG, l, 0) - v !=
				    f->leaf(span, RWG, l, 0) - f->leaf(0, RWG, l, 0))
					fail_msg("%s: %#lx at level %u and the next leaf", f->name,
						 pa, l);
			}
	}
	assert_true(in_step > 0);
}

static void attributes_riscv(void **state)
{
	const struct pt_fmt *f = pt_fmt_find("sv39");

	(void)state;
	assert_int_equal(f->leaf(0x80200000, PT_R | PT_X | PT_GLOBAL, 0, 0), 0x200800ebul);
	assert_int_equal(f->leaf(0x80200000, RWG, 1, 0), 0x200800e7ul);
	assert_int_equal(f->leaf(0x80210000, RWG, 0, 4), 0x80000000200860e7ul);
	assert_int_equal(f->leaf(0x10000000, RWG | PT_DEVICE, 0, 0), 0x40000000040000e7ul);
	assert_int_equal(f->leaf(0x80000000, RWG | PT_NC, 2, 0), 0x20000000200000e7ul);
}

const struct CMUnitTest format_tests[] = {
	cmocka_unit_test(levels_tile_the_va),   cmocka_unit_test(offsets_of_random_addresses),
	cmocka_unit_test(finder_knows_names),   cmocka_unit_test(leaves_round_trip),
	cmocka_unit_test(tables_round_trip),    cmocka_unit_test(next_as_data),
	cmocka_unit_test(kinds_arm64),          cmocka_unit_test(kinds_riscv),
	cmocka_unit_test(attributes_arm64),     cmocka_unit_test(attributes_riscv),
	cmocka_unit_test(wide_addresses_arm64), cmocka_unit_test(what_is_in_step_has_one_step),
};
TESTS(format_tests);
