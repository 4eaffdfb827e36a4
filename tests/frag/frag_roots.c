/* SPDX-License-Identifier: BSD-2-Clause */
/* Section 4 of the catalogue: arm64 roots smaller than a page, in fragments of 64 bytes or more. */
#include <lib/string.h>
#include <mm/study/fragment.h>
#include <tests/walk/dry.h>

/* Sizes by the architecture: 2^(VA - bits below the root) entries of 8 bytes (matrix A). */
static const struct small_root {
	const char *name;
	u32 bytes;
} small_roots[] = {
	{ "arm64-4k-52", 128 },
	{ "arm64-16k-48", 16 },
	{ "arm64-16k-52", 256 },
	{ "arm64-64k-48", 512 },
};

static struct frag_class root_class;
static struct frag_space roots;

static bool root_is_empty(const void *root)
{
	const u64 *w = root;

	for (u32 i = 0; i < root_class.bytes / sizeof(*w); i++)
		if (w[i])
			return false;
	return true;
}

TEST(frag, roots,
     .claim = "trees whose roots share a page map and unmap without a change of a neighbour",
     .rows = "S3-02", .params = PARAMS_OF(small_roots))
{
	const struct pt_fmt *f = pt_fmt_find(t->param);
	void *root[FRAG_MOST];
	struct why why = { 0 };
	struct frag_stats before, after;
	struct pt dry, pt;

	if (!dry_begin(t, &dry))
		return;
	CHECK_EQ(t, pt_root_bytes(f), small_roots[t->param_at].bytes);
	root_class.bytes = (u32)pt_root_align(f);
	frag_stats_read(&before);
	frag_space_begin(&roots, &root_class, frag_scheme_find("relist", &why), NULL);
	for (unsigned i = 0; i < FRAG_MOST; i++) {
		root[i] = frag_alloc(&roots);
		CHECK(t, root[i] && is_aligned(ptr_va(root[i]), pt_root_align(f)));
	}
	for (unsigned i = 0; i < FRAG_MOST && !t->failed; i++) {
		pt_init(&pt, t->param, f, dry.env, linear_pa(ptr_va(root[i])));
		pt.state = PT_LIVE;
		CHECK_OK(t, dry_map(&pt, dry_base(f), 0, pt_page_size(f), 0, &why), &why);
		for (unsigned k = 0; k < FRAG_MOST; k++)
			CHECK_EQ(t, root_is_empty(root[k]), k != i);
		CHECK_OK(t, dry_unmap(&pt, dry_base(f), pt_page_size(f), true, &why), &why);
		CHECK_EQ(t, pt.nr_tables, 0);
		CHECK(t, root_is_empty(root[i]));
		CHECK(t, frag_defer(&roots, root[i]));
		frag_barrier();
		root[i] = frag_alloc(&roots);
	}
	for (unsigned i = 0; i < FRAG_MOST; i++)
		CHECK(t, frag_free(&roots, root[i]));
	frag_barrier();
	frag_space_end(&roots);
	frag_stats_read(&after);
	CHECK_EQ(t, after.pages, before.pages);
	dry_end(t, &dry);
}
