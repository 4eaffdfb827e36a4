/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Matrices A and B of the catalogue: each property of a format is compared with the row there, and,
 * if the kernel runs on that format, with its root.
 */
#include <arch/arch.h>
#include <tests/walk/dry.h>

#define P(n) (1ul << (n))

static const struct matrix {
	const char *name; /* of the format */
	u8 levels;
	u32 root_entries, root_bytes;
	u64 page, block, root_span; /* bytes of a leaf at levels 0 and 1, and of a root entry */
	u8 leaves;                  /* levels that may hold leaves, by bit */
} matrix[] = {
	{ "arm64-4k-39", 3, 512, 4096, 4 * KiB, 2 * MiB, P(30), 7 },
	{ "arm64-4k-48", 4, 512, 4096, 4 * KiB, 2 * MiB, P(39), 7 },
	{ "arm64-4k-52", 5, 16, 128, 4 * KiB, 2 * MiB, P(48), 15 },
	{ "arm64-16k-36", 2, 2048, 16384, 16 * KiB, 32 * MiB, P(25), 3 },
	{ "arm64-16k-47", 3, 2048, 16384, 16 * KiB, 32 * MiB, P(36), 3 },
	{ "arm64-16k-48", 4, 2, 16, 16 * KiB, 32 * MiB, P(47), 3 },
	{ "arm64-16k-52", 4, 32, 256, 16 * KiB, 32 * MiB, P(47), 7 },
	{ "arm64-64k-42", 2, 8192, 65536, 64 * KiB, 512 * MiB, P(29), 3 },
	{ "arm64-64k-48", 3, 64, 512, 64 * KiB, 512 * MiB, P(42), 3 },
	{ "arm64-64k-52", 3, 1024, 8192, 64 * KiB, 512 * MiB, P(42), 3 },
	{ "riscv-sv39", 3, 512, 4096, 4 * KiB, 2 * MiB, P(30), 7 },
	{ "riscv-sv48", 4, 512, 4096, 4 * KiB, 2 * MiB, P(39), 15 },
	{ "riscv-sv57", 5, 512, 4096, 4 * KiB, 2 * MiB, P(48), 31 },
};

/* Check the tree that this CPU walks: its root is aligned to its size, and its half has the right
 * length. */
static void check_live(struct test_run *t, const struct matrix *m)
{
	u64 align = max_u64(64, m->root_bytes);

	CHECK_EQ(t, arch_current_root(), kpt.root);
	CHECK_EQ(t, kpt.root % align, 0);
	CHECK_EQ(t, page_size(), m->page);
	CHECK_EQ(t, layout.section_bytes, m->page == 64 * KiB ? 512 * MiB : 128 * MiB);
	test_key(t, "live=1");
}

TEST(walk, matrix,
     .claim = "levels, root entries and bytes, and leaf sizes are those of the catalogue's row",
     .rows = "MA-1 MA-2 MA-3 MA-4 MA-5 MA-6 MA-7 MA-8 MA-9 MA-10 MB-1 MB-2 MB-3",
     .params = PARAMS_OF(matrix))
{
	const struct pt_fmt *f = dry_format(t);
	const struct matrix *m = &matrix[t->param_at];
	u64 span;

	if (!f)
		return;
	span = (u64)m->root_entries * m->root_span; /* 0: 2^64, which is in no row */
	CHECK_EQ(t, f->levels, m->levels);
	CHECK_EQ(t, pt_entries(f, f->levels - 1u), m->root_entries);
	CHECK_EQ(t, pt_root_bytes(f), m->root_bytes);
	CHECK_EQ(t, pt_span(f, f->levels - 1u), m->root_span);
	CHECK_EQ(t, span, 1ul << f->va_bits);
	CHECK_EQ(t, pt_page_size(f), m->page);
	CHECK_EQ(t, pt_span(f, 1), m->block);
	CHECK_EQ(t, f->leaf_ok, m->leaves);
	/* a RISC-V root has both halves: 256 entries are the kernel's */
	CHECK_EQ(t, f->half_bits, f->va_bits - (t->param[0] == 'r'));
	if (f == kpt.fmt)
		check_live(t, m);
}
