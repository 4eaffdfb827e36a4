/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S2-23: every unit of adding with every unit of removing.  The block size is that of this boot
 * (block=section|1G|2G); the number of blocks, four or two, depends on the withheld memory.
 */
#include <lib/string.h>
#include <tests/harness/util.h>

static const char *const placements[] = { "block", "device", "host", NULL };

enum grain { EACH, PAIRS, ALL, ODD_THEN_EVEN, GRAINS };

struct gran_piece {
	u64 first, nr; /* blocks */
};

/* The i-th piece of n blocks; nr = 0: none is left. */
static struct gran_piece piece_of(enum grain g, u64 i, u64 n)
{
	static const u8 unit[] = { [EACH] = 1, [PAIRS] = 2, [ALL] = 0, [ODD_THEN_EVEN] = 1 };
	u64 nr = unit[g] ? unit[g] : n;
	struct gran_piece p = { i * nr, nr };

	if (i >= n / nr)
		return (struct gran_piece) { 0 };
	if (g == ODD_THEN_EVEN)
		p.first = i < n / 2 ? 2 * i + 1 : 2 * (i - n / 2);
	return p;
}

/* The expected count in a placement's head: sections of the block, or of all blocks added with
 * it. */
static u64 head_counts(const struct range *r, const struct gran_piece *p)
{
	u64 blocks = !strcmp(r->opts.memmap->s.name, "device") ? p->nr : 1;

	return blocks * memmap_sections_per_block();
}

static bool add_pieces(struct test_run *t, const struct range *r, enum grain g)
{
	u64 n = range_blocks(r), unit = layout.block_bytes;
	bool host = !strcmp(r->opts.memmap->s.name, "host");
	struct hotplug_report report;
	struct why why = { 0 };
	struct gran_piece p;

	for (u64 i = 0; (p = piece_of(g, i, n)).nr; i++) {
		paddr_t pa = r->pa + p.first * unit;

		if (!CHECK_OK(t, hotplug_add(pa, p.nr * unit, r->node, &r->opts, &report, &why),
			      &why))
			return false;
		CHECK_EQ(t, report.memmap_pages, memmap_bytes(p.nr * block_pages()) / page_size());
		if (!host)
			CHECK_EQ(t, pa_page(pa)->refcount, head_counts(r, &p));
	}
	return true;
}

static bool remove_pieces(struct test_run *t, const struct range *r, enum grain g)
{
	u64 unit = layout.block_bytes;
	struct why why = { 0 };
	struct gran_piece p;

	for (u64 i = 0; (p = piece_of(g, i, range_blocks(r))).nr; i++)
		if (!CHECK_OK(t,
			      hotplug_remove(r->pa + p.first * unit, p.nr * unit, &r->opts, NULL,
					     &why),
			      &why))
			return false;
	return true;
}

static bool get_four_or_two(struct test_run *t, struct range *r)
{
	for (u64 n = 4; n > 1; n /= 2) {
		t->skip = NULL;
		if (range_get(t, r, n, t->param))
			return true;
	}
	return false;
}

TEST(memmap, gran_matrix,
     .claim = "added by one, two or all blocks and removed by any other unit: the counts are "
	      "right, no trace",
     .rows = "S2-23 S2-12 S2-13 E-07", .needs = NEED_RANGE, .params = placements)
{
	struct digest before, after;
	struct why why = { 0 };
	struct range r;

	if (!get_four_or_two(t, &r))
		return;
	digest_take(&before);
	for (enum grain in = EACH; in <= ALL; in++)
		for (enum grain out = EACH; out < GRAINS && !test_aborted(); out++) {
			if (!add_pieces(t, &r, in) || !remove_pieces(t, &r, out))
				return;
			digest_take(&after);
			if (!CHECK_OK(t, digest_compare(&before, &after, &why), &why))
				return;
		}
	test_key(t, "blocks=%lu block_mib=%lu", range_blocks(&r), layout.block_bytes / MiB);
	range_reset(&r);
}
