/* SPDX-License-Identifier: BSD-2-Clause */
/* tlblab/profile_text.c - the profile on a screen; see profile.h. */
#include <kern/log.h>
#include <mm/kernel/kpt.h>
#include <shell/screen/machine_line.h>
#include <tlblab/profile.h>

static const struct row {
	u8 item;
	const char *key; /* in a `#: profile` line */
	const char *label;
	const char *none, *some; /* meaning of no hit, and of any, if allowed */
} rows[PROFILE_ITEMS] = {
	{ PROFILE_LEAF, "leaf", "leaf of a page", "no stale leaf seen", "stale leaves are seen" },
	{ PROFILE_LEAF_UNUSED, "leaf-unused", "on a CPU that never used it",
	  "entries are each CPU's own", "entries are shared by CPUs" },
	{ PROFILE_BLOCK_TOUCHED, "block", "large leaf, the page used", "", "" },
	{ PROFILE_BLOCK_OTHER, "block-rest", "large leaf, pages not used", "kept in pieces",
	  "kept as a whole" },
	{ PROFILE_TABLE_LEAF, "table-leaf", "leaf removed with its table", "",
	  "outlives its table" },
	{ PROFILE_TABLE_WALK, "table-walk", "walk through a removed table", "no walk cache seen",
	  "walk cache: table reuse shows" },
	{ PROFILE_FETCH, "fetch", "jump to a removed page", "no stale fetch seen",
	  "stale code runs" },
	{ PROFILE_NEGATIVE, "negative", "failed walk, valid since", "no negative caching seen",
	  "negative caching" },
	{ PROFILE_RIGHTS, "rights", "refused store, writable since", "walks again",
	  "keeps the refusal" },
	{ PROFILE_OTHER_VA, "other-va", "named another address", "drops more than was named",
	  "exact: wrong addresses show" },
	{ PROFILE_OTHER_ASID, "other-asid", "named another ASID", "ASID ignored, or unnamed",
	  "ASIDs are distinguished" },
	{ PROFILE_GLOBAL, "global", "named one ASID, leaf global", "global bit ignored, or unnamed",
	  "global entries stay" }, /* of RISC-V */
	{ PROFILE_LOCAL, "local", "local only, other CPUs", "a local one reaches others",
	  "a local one stays local" },
	{ PROFILE_LOCAL_OWN, "local-own", "local only, this CPU", "", "" },
	{ PROFILE_LATE, "late", "broadcast complete, others", "", "" },
	{ PROFILE_RANGE_IN, "range", "of a range, pages inside it", "", "" },
	{ PROFILE_BBM, "bbm", "frame replaced without a break", "", "the old frame is still read" },
};

static const char *const skips[] = {
	[SKIP_NOT] = "not tried",
	[SKIP_ONE_CPU] = "one CPU",
	[SKIP_NO_SPAN] = "no room for a whole table's span",
	[SKIP_NO_LARGE] = "no chunk as large as the leaf",
	[SKIP_NO_ASID] = "no ASIDs",
	[SKIP_NOT_REQUESTED] = "only with profile=bbm",
};

static void profile_row(const struct tlb_profile *p, const struct row *r)
{
	const struct profile_count *c = &p->item[r->item];

	if (!c->trials)
		kprintf("  %-31s      -  %s\n", r->label, skips[p->skipped[r->item]]);
	else
		kprintf("  %-31s%5u/%-5u%s\n", r->label, c->hits, c->trials,
			profile_forbids(r->item) ? c->hits ? "FORBIDDEN" : "as it must be"
			: c->hits                ? r->some
						 : r->none);
}

static void rows_from(const struct tlb_profile *p, unsigned first, unsigned end)
{
	for (unsigned i = first; i < end; i++)
		profile_row(p, &rows[i]);
}

/* 1:3 4:2 ... more:5, with `first` before the first and `between` before the others. */
static void print_seen(const struct tlb_profile *p, const char *first, const char *between)
{
	for (unsigned n = 0; n < PROFILE_SEEN; n++) {
		if (!p->seen[n])
			continue;
		if (n < PROFILE_SEEN - 1)
			kprintf("%s%u:%u", first, 1u << 2 * n, p->seen[n]);
		else
			kprintf("%smore:%u", first, p->seen[n]);
		first = between;
	}
}

static void by_cpu(const struct tlb_profile *p)
{
	kputs("  leaf of a page, by CPU");
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (p->cpu[c].trials)
			kprintf(" %u/%u", p->cpu[c].hits, p->cpu[c].trials);
	kputs("\n");
}

static void beside(const struct tlb_profile *p)
{
	unsigned n = 0;

	kputs("  beside a range, by");
	reg_for_each (tlb, it) {
		if (n < PROFILE_BACKENDS && p->beside[n].trials)
			kprintf(" %s %u/%u", (*it)->s.name, p->beside[n].hits, p->beside[n].trials);
		n++;
	}
	kputs("\n");
}

/* In two lines: it does not fit into one. */
static void capacity(const struct tlb_profile *p)
{
	kputs("pages kept of");
	for (unsigned s = 0; s < PROFILE_SIZES; s++)
		if (p->retained[s].trials)
			kprintf("%s %u:%u/%u", s == 4 ? "\n            " : "", 16u << s,
				p->retained[s].hits, p->retained[s].trials);
	kputs("\n");
}

void tlb_profile_print(void)
{
	const struct tlb_profile *p = tlb_profile();

	if (p->no_memory) {
		kputs("tlb profile: no memory for a scratch range\n");
		return;
	}
	kprintf("TLB profile: %s, %u CPUs, tlb=%s, %lu ms in life %u; hits/trials\n",
		layout.fmt->name, cpus_online_nr(), tlb_selected()->s.name, p->ms, p->life);
	kputs("still used after removal without an invalidation\n");
	rows_from(p, 0, PROFILE_RIGHTS + 1);
	if (p->item[PROFILE_NEGATIVE].hits) {
		kputs("  failed walk, loads until seen");
		print_seen(p, " ", " ");
		kputs("\n");
	}
	by_cpu(p);
	kputs("still used after an invalidation that\n");
	rows_from(p, PROFILE_OTHER_VA, PROFILE_BBM);
	beside(p);
	rows_from(p, PROFILE_BBM, PROFILE_ITEMS);
	capacity(p);
}

void tlb_profile_record(void)
{
	const struct tlb_profile *p = tlb_profile_known();

	if (!p)
		return;
	machine_line_begin();
	kprintf("  #: profile geometry=%s", layout.fmt->name);
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		if (p->item[rows[i].item].trials)
			kprintf(" %s=%u/%u", rows[i].key, p->item[rows[i].item].hits,
				p->item[rows[i].item].trials);
	if (p->item[PROFILE_NEGATIVE].hits) {
		print_seen(p, " seen=", ",");
		kprintf(" seen-ns=%lu", p->seen_ns);
	}
	machine_line_end();
}
