/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/needs.c - the one place that decides whether this machine is enough for a test,
 * and, from the TLB profile, whether it could have shown the failure (`could=`).
 */
#include <kern/emulator.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/hotplug/offered.h>
#include <mm/kernel/kpt.h>
#include <mm/page/region.h>
#include <mm/policy/policy.h>
#include <tests/harness/run.h>
#include <tlblab/profile.h>

/* The largest piece of `unit` multiples in any withheld, absent range. */
static u64 aligned_bytes(u64 unit)
{
	struct source_pos pos = { 0 };
	u64 start, len, best = 0;
	unsigned node;

	while (next_addable(&pos, &start, &len, &node)) {
		u64 lo = align_up(start, unit), hi = align_down(start + len, unit);

		if (hi > lo)
			best = max_u64(best, hi - lo);
	}
	return best;
}

/* The largest withheld range as it is, for the reason. */
static u64 largest_source(u64 *pa)
{
	struct source_pos pos = { 0 };
	u64 start, len, best = 0;
	unsigned node;

	while (next_source_range(&pos, &start, &len, &node))
		if (len > best) {
			best = len;
			*pa = start;
		}
	return best;
}

static bool lacks_range(u64 unit, const char *what, char *buf, size_t size)
{
	u64 largest, pa = 0;
	char have[24];

	if (aligned_bytes(unit))
		return false;
	largest = largest_source(&pa);
	if (!largest)
		snprintf(buf, size, "needs %s withheld; nothing is withheld here", what);
	else
		snprintf(buf, size, "needs %s withheld, aligned; this machine has %s at 0x%lx",
			 what, size_text(largest, have), pa);
	return true;
}

static bool lacks_nodes(char *buf, size_t size)
{
	static const enum region_kind arrays[] = { MEM_RAM, MEM_WITHHELD };
	u64 seen = 0;

	for (unsigned a = 0; a < ARRAY_SIZE(arrays); a++)
		for (unsigned n = 0; region_nth(arrays[a], n); n++)
			seen |= BIT(region_nth(arrays[a], n)->node & 63);
	if (seen & (seen - 1))
		return false;
	snprintf(buf, size, "needs two NUMA nodes with memory; this machine has one");
	return true;
}

const char *needs_missing(u32 needs, char *buf, size_t size)
{
	const struct newmap_scheme *newmap = kpt_newmap_selected();
	char block[24], what[48];

	snprintf(what, sizeof(what), "a whole block of %s", size_text(layout.block_bytes, block));
	if ((needs & NEED_RANGE) && lacks_range(layout.block_bytes, what, buf, size))
		return buf;
	if ((needs & NEED_GIB) && lacks_range(GiB, "1 GiB", buf, size))
		return buf;
	if ((needs & NEED_SMP) && cpus_online_nr() < 2) {
		snprintf(buf, size, "needs two CPUs; one is online");
		return buf;
	}
	if ((needs & NEED_TWO_NODES) && lacks_nodes(buf, size))
		return buf;
	if ((needs & NEED_BLOCK_2G) && layout.block_bytes != 2 * GiB) {
		snprintf(buf, size, "needs block=2G; booted with blocks of %s", block);
		return buf;
	}
	if ((needs & NEED_FENCE_LOCAL) && strcmp(newmap->s.name, "fence-local")) {
		snprintf(buf, size, "needs newmap=fence-local; newmap=%s is in force",
			 newmap->s.name);
		return buf;
	}
	return NULL;
}

/* ---- could it have shown the failure? ---- */

static const struct {
	u32 need;
	enum profile_item item;
} kept[] = {
	{ NEED_LEAF_TLB, PROFILE_LEAF },       { NEED_REMOTE_TLB, PROFILE_LOCAL },
	{ NEED_WALK_TLB, PROFILE_TABLE_WALK }, { NEED_NEGATIVE_TLB, PROFILE_NEGATIVE },
	{ NEED_ASID_TLB, PROFILE_OTHER_ASID },
};

bool needs_profile(u32 needs)
{
	for (unsigned i = 0; i < ARRAY_SIZE(kept); i++)
		if (needs & kept[i].need)
			return true;
	return false;
}

/* During a run only known results count: after a crash no CPU would answer an experiment. */
static bool machine_keeps(u32 needs)
{
	const struct tlb_profile *p = run.saved.active ? tlb_profile_known() : tlb_profile();

	for (unsigned i = 0; p && i < ARRAY_SIZE(kept); i++)
		if (needs & kept[i].need && !p->item[kept[i].item].hits)
			return false;
	return true;
}

const char *could_text(const struct test *t)
{
	static const char *const names[] = {
		[COULD_YES] = "yes", [COULD_NO] = "no", [COULD_TRACE] = "trace"
	};

	if (t->could == COULD_YES && needs_profile(t->needs) && !machine_keeps(t->needs))
		return "no";
	if (t->could == COULD_YES && t->needs & NEED_MEMORY_ORDER && emulated_cpu())
		return "no";
	return names[t->could];
}

unsigned order_rounds(unsigned rounds)
{
	return emulated_cpu() ? rounds / 8 : rounds;
}
