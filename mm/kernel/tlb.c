/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/kernel/tlb.c - the choke point of TLB maintenance: SYNC, TLBI, WAIT, CTX through the selected
 * scheme.
 *
 * Barriers belong to the maintenance (ENGINE 5): SYNC orders the stores to the tables before the
 * invalidation, WAIT is its completion on every CPU of the set, CTX synchronises this CPU's context
 * with it.  Each is an event of its own, so that a tap sees (and a test removes) exactly one.
 */
#include <kern/cpu.h>
#include <lib/assert.h>
#include <lib/atomic.h>
#include <mm/kernel/kpt.h>
#include <mm/pt/pt_tap.h>

u32 tlb_max = 512;
bool tlb_omit, tlb_local_only;

static const struct tlb_scheme *scheme;
static struct tlb_stats stats;

void tlb_select(const struct tlb_scheme *s)
{
	ASSERT(s);
	scheme = s;
}

/* The selected scheme; before a selection, the first that this machine can use becomes it. */
const struct tlb_scheme *tlb_selected(void)
{
	struct why why = { 0 };

	if (!scheme)
		tlb_select(tlb_scheme_find(NULL, &why));
	return scheme;
}

void tlb_stats_read(struct tlb_stats *out)
{
	out->ops = atomic_load_relaxed(&stats.ops);
	out->waits = atomic_load_relaxed(&stats.waits);
}

/* ---- the four steps; while a tap is on, each is an event that a test can remove ---- */

/* Not inline, as issue_tapped(): an event in the frame of its caller costs even while no tap is on.
 */
static NOINLINE void step_tapped(const struct pt *pt, enum pt_event_kind kind, cpumask_t cpus,
				 void (*fn)(void))
{
	struct pt_event e = { .kind = (u8)kind, .pt = pt, .cpus = cpus };

	if (!pt_tap_run_before(&e))
		return;
	fn();
	pt_tap_run_after(&e);
}

static inline void step(const struct pt *pt, enum pt_event_kind kind, cpumask_t cpus,
			void (*fn)(void))
{
	if (pt_tapped())
		step_tapped(pt, kind, cpus, fn);
	else
		fn();
}

static inline u32 issue_now(const struct pt *pt, const struct pt_inval *req, cpumask_t cpus)
{
	return scheme->issue(req, pt->fmt, cpus, tlb_max);
}

/* A tap may narrow the invalidation: `bent` is the narrowed request. */
static bool tap_issue(struct pt_event *e, struct pt_inval *bent, const struct pt *pt,
		      const struct pt_inval *req, cpumask_t cpus, bool local)
{
	*e = (struct pt_event) {
		.kind = PT_EV_TLBI,
		.pt = pt,
		.cpus = cpus,
		.va = req->lo,
		.len = req->hi - req->lo,
		.levels = req->levels,
		.walk = req->walk,
		.asid = req->asid,
		.global = req->global,
		.local = local,
	};
	if (!pt_tap_run_before(e))
		return false;
	*bent = *req;
	bent->lo = e->va;
	bent->hi = e->va + e->len;
	bent->walk = e->walk;
	return true;
}

static NOINLINE u32 issue_tapped(const struct pt *pt, const struct pt_inval *req, cpumask_t cpus,
				 bool local)
{
	struct pt_inval bent;
	struct pt_event e;

	if (!tap_issue(&e, &bent, pt, req, cpus, local))
		return 0;
	e.ops = issue_now(pt, &bent, e.cpus);
	pt_tap_run_after(&e);
	return e.ops;
}

static inline u32 issue(const struct pt *pt, const struct pt_inval *req, cpumask_t cpus, bool local)
{
	return pt_tapped() ? issue_tapped(pt, req, cpus, local) : issue_now(pt, req, cpus);
}

static u32 steps(struct pt *pt, const struct pt_inval *req, cpumask_t cpus, bool local)
{
	u32 ops;

	/* earlier stores to the tables before the invalidation */
	step(pt, PT_EV_SYNC, cpus, scheme->sync);
	ops = issue(pt, req, cpus, local);
	/* the invalidation is complete on every CPU of the set */
	step(pt, PT_EV_WAIT, cpus, scheme->wait);
	/* drop instructions that this CPU fetched through the old translation */
	step(pt, PT_EV_CTX, cpus, scheme->ctx);
	return ops;
}

/* CPUs that are online and ever loaded this root; a CPU that was not started caches nothing. */
static cpumask_t reach(const struct pt *pt, bool local)
{
	cpumask_t self = cpu_bit(this_cpu()->nr);

	return local ? self : pt->walked & (cpus_online() | self);
}

static void maintain(struct pt *pt, const struct pt_inval *req, bool local)
{
	cpumask_t cpus = reach(pt, local);
	u32 ops;

	if (!scheme)
		tlb_selected();
	ops = steps(pt, req, cpus, local);
	atomic_fetch_add_relaxed(&stats.ops, ops);
	atomic_fetch_add_relaxed(&stats.waits, 1);
}

void tlb_invalidate(struct pt *pt, const struct pt_inval *req)
{
	if (!tlb_omit)
		maintain(pt, req, tlb_local_only);
}

/*
 * The fault may stem from a walk before a table was installed.  If a CPU may cache such a failed
 * walk, it ended on an invalid entry above level 0, which an invalidation for leaves only does not
 * cover (PAGETABLES.md, R3); then the local invalidation includes the walk.
 */
static bool walks_may_fail(const struct pt *pt)
{
	return pt->fmt->duty(0, pt->fmt->table(0, 1), 1, pt->caps) & PT_DUTY_LAZY;
}

void tlb_invalidate_here(struct pt *pt, vaddr_t va)
{
	vaddr_t page = align_down(va, pt_page_size(pt->fmt));
	struct pt_inval req = {
		.lo = page,
		.hi = page + pt_page_size(pt->fmt),
		.levels = 1,
		.walk = walks_may_fail(pt),
		.asid = pt->asid,
		.global = pt->global,
	};

	maintain(pt, &req, true);
}
