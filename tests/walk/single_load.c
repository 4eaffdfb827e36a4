/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S0-22: while another CPU changes a cell, a reader's value and its decision are consistent,
 * because both use one load.
 */
#include <lib/atomic.h>
#include <tests/walk/dry.h>

#define LOOKS 8000

static struct {
	volatile u64 *word;
	u64 leaf, invalid;
	u32 stop;
	u64 flips;
} flip;

static void flip_cell(void *arg)
{
	(void)arg;
	while (!atomic_load_relaxed(&flip.stop)) {
		*flip.word = flip.flips++ & 1 ? flip.leaf : flip.invalid;
		cpu_serve();
	}
}

struct looks {
	const struct pt *pt;
	u64 nr, leaves, others, wrong;
};

static int single_load_look(const struct pt_slot *slot, void *arg)
{
	struct looks *l = arg;
	enum pt_kind kind = l->pt->fmt->kind(slot->val, slot->level);

	if (slot->level)
		return 0;
	l->leaves += slot->kind == PT_LEAF;
	l->others += slot->kind == PT_INVALID;
	l->wrong += kind != slot->kind || (slot->val != flip.leaf && slot->val != flip.invalid);
	return 0;
}

static void look_once(struct looks *l, vaddr_t va)
{
	paddr_t pa = pt_translate(l->pt, va);
	struct pt_slot slot;

	l->wrong += pa != PA_NONE && pa != 5 * pt_page_size(l->pt->fmt);
	pt_lookup(l->pt, va, &slot);
	single_load_look(&slot, l);
	pt_walk(l->pt, va, pt_page_size(l->pt->fmt), PT_ON_LEAF | PT_ON_OTHER, single_load_look, l);
	l->nr++;
}

/* Look many times, and until both values were seen: CPUs that share a core, or an emulator's
 * thread, run in long turns, so a pause lets the other one change the cell. */
static void look_often(struct looks *l, vaddr_t va)
{
	u64 start = clock_ns();
	struct cpu_pause p = { 0 };

	while (l->nr < LOOKS)
		look_once(l, va);
	for (; (!l->leaves || !l->others) && clock_ns() - start < HANG_NS; cpu_pause(&p))
		look_once(l, va);
}

TEST(walk, single_load,
     .claim = "a walk's decision about a cell is consistent with the loaded value, while another "
	      "CPU changes the cell",
     .rows = "S0-22 S0-29 S1-36 X-03", .needs = NEED_SMP, .params = dry_formats)
{
	cpumask_t other = other_cpus();
	struct looks looks = { 0 };
	struct why why = { 0 };
	struct dry d;

	if (!dry_open(t, &d, 0, 0))
		return;
	CHECK_OK(t, dry_map(&d.pt, d.va, 5 * d.page, d.page, 0, &why), &why);
	flip.word = dry_word(&d.pt, d.va, 0);
	flip.leaf = *flip.word;
	flip.invalid = dry_invalid(d.pt.fmt);
	flip.stop = 0;
	flip.flips = 0;
	looks.pt = &d.pt;
	other &= -other; /* one of them */
	cpu_post(other, flip_cell, NULL);
	look_often(&looks, d.va);
	atomic_store_relaxed(&flip.stop, 1);
	cpu_wait(other);
	CHECK_EQ(t, looks.wrong, 0);
	CHECK(t, looks.leaves > 0 && looks.others > 0);
	test_key(t, "looks=%lu flips=%lu", looks.nr, flip.flips);
	*flip.word = flip.leaf;
	CHECK_OK(t, dry_unmap(&d.pt, d.va, d.page, true, &why), &why);
	dry_end(t, &d.pt);
}

static struct {
	const struct pt_fmt *fmt;
	vaddr_t va;        /* physical 0 is mapped there */
	u64 *word, other;  /* entry of the table that maps it; entry of another table */
	u64 leaves, wrong; /* visited leaves; leaves of the other table */
} way;

/* Change the entry after a walker has loaded it and before it descends, as another CPU may. */
static int change_way(const struct pt_slot *slot, void *unused)
{
	(void)unused;
	if (slot->kind == PT_TABLE && slot->level == 1)
		*(volatile u64 *)way.word = way.other;
	if (slot->kind != PT_LEAF)
		return 0;
	way.leaves += slot->n;
	way.wrong += way.fmt->pa(slot->val, slot->level, slot->va) != slot->va - way.va;
	return 0;
}

TEST(walk, one_way_down,
     .claim = "a walk descends by the entry that it has loaded, without a second load",
     .rows = "S0-22 S1-36", .params = dry_formats)
{
	struct why why = { 0 };
	struct dry d;
	u64 was;

	if (!dry_open(t, &d, 2, 0))
		return;
	way.fmt = d.pt.fmt;
	way.va = d.va;
	way.word = dry_word(&d.pt, d.va, 1);
	was = *way.word;
	way.other = *dry_word(&d.pt, d.va + d.span, 1);
	way.leaves = way.wrong = 0;
	pt_walk(&d.pt, d.va, d.span, PT_ON_LEAF | PT_ON_TABLE, change_way, NULL);
	CHECK_EQ(t, *way.word, way.other);
	*way.word = was;
	CHECK_EQ(t, way.leaves, d.span / d.page);
	CHECK_EQ(t, way.wrong, 0);
	CHECK_OK(t, dry_unmap(&d.pt, d.va, 2 * d.span, true, &why), &why);
	dry_end(t, &d.pt);
}
