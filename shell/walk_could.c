/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/walk_could.c - could this run have failed on this machine?  The removal of one block again,
 * with its maintenance left out: a probe that still reads is a failure that this machine shows.
 *
 * A machine whose TLBs keep nothing passes every test of invalidation.  A user who sees "no" here
 * knows that the "ok" above says little.
 */
#include <kern/cpu.h>
#include <kern/log.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <mm/kernel/kpt.h>
#include <shell/walk.h>

/* One experiment; counts are (CPU, address) pairs. */
struct twin {
	unsigned primed, hits,
		after; /* probes that read: before, after the removal, after the TLBI */
	int err;
	struct why why;
};

void walk_probes(struct probes *p, const struct step *s)
{
	u64 memmap = (s->len >> page_shift()) * sizeof(struct page);
	/* Away from the first three modulo 64 pages, see probes_spread(). */
	u64 skip = memmap >= 128 * page_size() ? 16 * page_size() : 0;

	p->nr = 0;
	probes_spread(p, linear_va(s->pa), s->len, WALK_PROBES / 2);
	probes_spread(p, memmap_va(s->pa >> page_shift()) + skip, memmap - 2 * skip,
		      WALK_PROBES / 2);
}

/* Execute the invalidation that the removal owed, for the whole range and every level. */
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
 * entry: the block's memory has no user, and the invalidation is made good before anybody gets
 * it. */
static void remove_omitting(struct step *s, bool *omission, struct twin *t, struct probes *p)
{
	walk_probes(p, s);
	probes_run(p, cpus_online());
	t->primed = probes_hits(p, cpus_online());
	*omission = true;
	t->err = hotplug_remove(s->pa, s->len, &s->opts, &s->report, &t->why);
	*omission = false;
	if (t->err) { /* the block is still added: take it away as any other */
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

/* A fresh add for each experiment: the entry that is probed must be new. */
static void run_twin(const struct step *whole, bool *omission, struct twin *t)
{
	static struct probes probes NOINIT;
	struct step s = *whole;

	*t = (struct twin) { 0 };
	s.len = layout.block_bytes;
	t->err = hotplug_add(s.pa, s.len, s.node, &s.opts, &s.report, &t->why);
	if (!t->err)
		remove_omitting(&s, omission, t, &probes);
}

/* A refusal, then yes or no, then the check of the experiment itself: after the late TLBI nothing
 * may read. */
static void print_could(const char *what, const char *without, const struct twin *t)
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

void walk_could(const struct step *s)
{
	struct twin t;

	kputs("\nCould this run have failed on this machine?  One block removed again:\n");
	run_twin(s, &tlb_omit, &t);
	print_could("stale leaf", "without the TLBI", &t);
	if (cpus_online_nr() > 1) {
		run_twin(s, &tlb_local_only, &t);
		print_could("TLBI that falls short", "on one CPU only", &t);
	}
	kputs("  stale table pointer    not tried: tests check the recorded order of events\n");
}
