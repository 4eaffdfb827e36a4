/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/guide_could.c - could this run have failed on this machine?  Removes one block again
 * without its TLB invalidation: a probe that still reads shows that this machine can exhibit the
 * failure.
 *
 * A machine whose TLBs keep nothing passes every test of invalidation: where this prints "no", the
 * "ok" lines above prove little.
 */
#include <kern/cpu.h>
#include <kern/log.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <mm/kernel/kpt.h>
#include <shell/guide.h>

/* One trial; counts are (CPU, address) pairs. */
struct trial {
	unsigned primed, hits,
		after; /* probes that read: before, after the removal, after the TLBI */
	int err;
	struct why why;
};

void guide_probes(struct probes *p, const struct step *s)
{
	u64 memmap = (s->len >> page_shift()) * sizeof(struct page);
	/* Away from the first three modulo 64 pages, see probes_spread(). */
	u64 skip = memmap >= 128 * page_size() ? 16 * page_size() : 0;

	p->nr = 0;
	probes_spread(p, linear_va(s->pa), s->len, GUIDE_PROBES / 2);
	probes_spread(p, memmap_va(s->pa >> page_shift()) + skip, memmap - 2 * skip,
		      GUIDE_PROBES / 2);
}

/* Execute the invalidation that the removal omitted, for the whole range and every level. */
static void invalidate_all_levels(vaddr_t va, u64 len)
{
	const struct pt_inval req = {
		.lo = va,
		.hi = va + len,
		.levels = (u8)(BIT(layout.fmt->levels) - 1),
		.walk = true,
		.global = true,
	};

	tlb_invalidate(&kpt, &req);
}

/* tlb_omit or tlb_local_only is set for the removal alone.  Only probes can read through a stale
 * entry: the block's memory has no user, and the invalidation is executed before the memory can
 * have one. */
static void remove_omitting(struct step *s, bool *omission, struct trial *t, struct probes *p)
{
	guide_probes(p, s);
	probes_run(p, cpus_online());
	t->primed = probes_hits(p, cpus_online());
	*omission = true;
	t->err = hotplug_remove(s->pa, s->len, &s->opts, &s->report, &t->why);
	*omission = false;
	if (t->err) { /* the block is still added: remove it normally */
		hotplug_remove(s->pa, s->len, &s->opts, NULL, NULL);
		return;
	}
	probes_run(p, cpus_online());
	t->hits = probes_hits(p, cpus_online());
	invalidate_all_levels(linear_va(s->pa), s->len);
	invalidate_all_levels(memmap_va(s->pa >> page_shift()),
			      (s->len >> page_shift()) * sizeof(struct page));
	probes_run(p, cpus_online());
	t->after = probes_hits(p, cpus_online());
}

/* Add the block anew for each experiment: the entry that is probed must be new. */
static void run_trial(const struct step *whole, bool *omission, struct trial *t)
{
	static struct probes probes NOINIT;
	struct step s = *whole;

	*t = (struct trial) { 0 };
	s.len = layout.block_bytes;
	t->err = hotplug_add(s.pa, s.len, s.node, &s.opts, &s.report, &t->why);
	if (!t->err)
		remove_omitting(&s, omission, t, &probes);
}

/* Print a refusal, or yes or no; then the check of the experiment itself: after the late TLBI no
 * probe may read. */
static void print_could(const char *what, const char *without, const struct trial *t)
{
	if (t->err)
		kprintf("  %-22s could not be tried: %s\n", what, t->why.text);
	else if (t->hits)
		kprintf("  %-22s yes: %s, %u of %u probes still read\n", what, without, t->hits,
			t->primed);
	else
		kprintf("  %-22s no: %s, 0 of %u probes read\n", what, without, t->primed);
	if (t->after)
		kprintf("  %-22s and %u still read after the TLBI\n", "", t->after);
}

void guide_could(const struct step *s)
{
	struct trial t;

	kputs("\nCould this run have failed on this machine?  One block removed again:\n");
	run_trial(s, &tlb_omit, &t);
	print_could("stale leaf", "without the TLBI", &t);
	if (cpus_online_nr() > 1) {
		run_trial(s, &tlb_local_only, &t);
		print_could("TLBI that falls short", "on one CPU only", &t);
	}
	kputs("  stale table pointer    not tried: tests check the recorded order of events\n");
}
