/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MB-4, ENGINE 2: with contig=on boot memory is mapped by contiguous runs wherever a run is
 * aligned and whole.  Every member is present, and no run covers memory that is not boot's.
 */
#include <mm/page/region.h>
#include <tests/harness/util.h>

struct boot_runs {
	u64 in_runs, others; /* bytes that could be in a run: those that are, and the others */
	u64 broken; /* members of a run that are single, misplaced, or map foreign memory */
};

static bool is_member(vaddr_t va, paddr_t pa, unsigned level)
{
	struct pt_slot slot;

	return pt_lookup(&kpt, va, &slot) == PT_LEAF && slot.level == level &&
	       kpt.fmt->run_shift(slot.val, level) == kpt.fmt->run[level] &&
	       pt_translate(&kpt, va) == pa;
}

static int runs_look(const struct pt_slot *slot, void *arg)
{
	unsigned level = slot->level, shift = kpt.fmt->run_shift(slot->val, level);
	u64 span = pt_span(kpt.fmt, level), run = span << shift;
	vaddr_t first = align_down(slot->va, run);
	struct boot_runs *c = arg;
	paddr_t pa;

	if (!shift) {
		c->others += span;
		return 0;
	}
	c->in_runs += span;
	if (slot->va != first)
		return 0;
	pa = pt_translate(&kpt, first);
	c->broken += !is_aligned(pa, run) || region_find(MEM_WITHHELD, pa, run) != NULL;
	for (u64 at = 0; at < run; at += span)
		c->broken += !is_member(first + at, pa + at, level);
	return 0;
}

static void look_at_ram(struct boot_runs *c)
{
	const struct mem_range *r;

	hotplug_read_lock();
	for (unsigned n = 0; (r = region_nth(MEM_RAM, n)); n++)
		hotplug_walk(linear_va(align_up(r->pa, page_size())),
			     align_down(r->len - page_size() + 1, page_size()), PT_ON_LEAF,
			     runs_look, c);
	hotplug_read_unlock();
}

TEST(boot, contiguous_runs,
     .claim = "with contig=on boot memory is mapped by whole runs, which map no other memory",
     .rows = "MB-4 B-04")
{
	struct boot_runs c = { 0 };

	look_at_ram(&c);
	CHECK_EQ(t, c.broken, 0);
	test_key(t, "in_runs_mib=%lu others_mib=%lu", c.in_runs / MiB, c.others / MiB);
	if (arg_flag(NULL, ARG_CONTIG) && kpt.caps & PT_CAP_CONTIG) {
		CHECK(t, c.in_runs > 0);
		return;
	}
	CHECK_EQ(t, c.in_runs, 0);
	if (arg_flag(NULL, ARG_CONTIG))
		test_skip(t, "the CPUs have no contiguous runs (riscv: Svnapot)");
}
