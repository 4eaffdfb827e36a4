/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/crew.h - one job in shares, done by the caller and by CPUs that are idle.
 *
 * The caller decides and publishes; a share does only work that is independent of the other shares.
 * Shares are numbered from 0, the caller's, in the order of the CPUs.  The same code serves a crew
 * without helpers: with no idle CPU the caller has the only share.
 *
 * Every share observes the caller's stores before crew_run(), and the caller observes those of the
 * shares afterwards: work is announced and finished by a release that the other side reads by an
 * acquire (kern/worker.c; Arm ARM B2.3, RISC-V unprivileged RVWMO PPO rules 5 to 7).  That is for
 * memory; for leaves that one CPU mapped and another uses see pt_visible_here() (mm/pt/pt.h).
 */
#pragma once
#include <kern/cpu.h>

struct crew {
	cpumask_t helpers; /* idle when they were chosen; the caller is not among them */
	unsigned nr;       /* shares: the helpers and the caller */
};
typedef void crew_fn(unsigned share, void *arg);

extern u32 crew_most; /* crew=: CPUs of a crew, the caller included (default: all) */
/*
 * Choose at most `most` CPUs, and at most crew_most, the caller included.  The caller alone, if
 * cpus_spare() names no other.  The crew may run several jobs, until the caller posts
 * other work, or returns from the operation that chose it.
 */
void crew_choose(struct crew *, unsigned most);
/* fn(share, arg) for every share, with interrupts on; returns when all have returned.  A helper may
 * hold no lock when it returns, and takes none that the caller holds; events that it causes carry
 * the locks of the caller, which keeps them meanwhile. */
void crew_run(const struct crew *c, crew_fn *fn, void *arg);

/* Index of the first of `n` items of a share, when they are split evenly; share c->nr yields n, one
 * past the last. */
static inline u64 crew_first(const struct crew *c, u64 n, unsigned share)
{
	return n / c->nr * share + min_u64(share, n % c->nr);
}

/*
 * For benchmarks under -icount, where all CPUs may share one counter.  Between the two, shares run
 * one after the other.  end: instructions to subtract from the caller's count, the cost of
 * crew_run() minus that of the longest CPU if the shares ran at once (one post to all helpers, and
 * the most expensive share with the interrupts at its beginning and its end).  Negative if the
 * counter counts only the caller's instructions.
 */
void crew_meter_begin(void);
s64 crew_meter_end(void);
