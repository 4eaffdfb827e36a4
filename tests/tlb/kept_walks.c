/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hart that caches failed walks, as RISC-V allows and no emulator does: probes fault on
 * addresses on which they faulted before, whatever the tables contain by now, until a fence that
 * orders the walk.
 *
 * The cached entry is the one at which the walk ended.  SFENCE.VMA with rs1=x0 orders all of
 * them, with an address only leaves, that is those at level 0 (privileged spec, "Supervisor
 * Memory-Management Fence Instruction"); requests count as they were made, not as a back end
 * widens them.
 */
#include <kern/probe.h>
#include <lib/atomic.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/pt/taps/inject.h>
#include <tests/harness/util.h>

#define ENTRIES 32 /* cached entries of a hart; the oldest is replaced */

static struct {
	u64 kept[CPUS_MAX][ENTRIES]; /* address of the entry's span | level << 1 | 1, 0: none */
	u32 next[CPUS_MAX];
	u64 faults; /* faults simulated by the model */
} model NOINIT;

static unsigned level_of(u64 kept)
{
	return kept >> 1 & 7;
}

static bool covers(u64 kept, vaddr_t va)
{
	unsigned shift = pt_shift(layout.fmt, level_of(kept));

	return kept && kept >> shift == va >> shift;
}

static bool keeps(vaddr_t va)
{
	for (unsigned i = 0; i < ENTRIES; i++)
		if (covers(atomic_load_relaxed(&model.kept[this_cpu()->nr][i]), va)) {
			atomic_fetch_add_relaxed(&model.faults, 1);
			return true;
		}
	return false;
}

static void failed(vaddr_t va)
{
	unsigned cpu = this_cpu()->nr;
	struct pt_slot slot;

	if (pt_lookup(&kpt, va, &slot) != PT_LEAF)
		atomic_store_relaxed(&model.kept[cpu][model.next[cpu]++ % ENTRIES],
				     slot.va | (u64)slot.level << 1 | 1);
}

static bool orders(const struct pt_event *e, u64 kept)
{
	vaddr_t at = align_down(kept, page_size());

	return e->kind == PT_EV_VISIBLE || e->walk ||
	       (!level_of(kept) && at >= e->va && at - e->va < e->len);
}

static void fenced(const struct pt_event *e)
{
	cpumask_t cpus = e->kind == PT_EV_TLBI      ? e->cpus
			 : e->kind == PT_EV_VISIBLE ? cpu_bit(this_cpu()->nr)
						    : 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		for (unsigned i = 0; cpus & cpu_bit(c) && i < ENTRIES; i++)
			if (orders(e, atomic_load_relaxed(&model.kept[c][i])))
				atomic_store_relaxed(&model.kept[c][i], 0);
}

static const struct probe_model hart = { .keeps = keeps, .failed = failed };
static const struct pt_tap tap = { .name = "test.kept", .after = fenced };
PT_TAP(kept, tap);

static bool kept_walks_begin(struct test_run *t, struct range *r, struct probes *p)
{
	const struct pt_fmt *f = layout.fmt;

	if (!(f->duty(0, f->table(0, 1), 1, kpt.caps) & PT_DUTY_LAZY)) {
		test_skip(t, "no CPU of this architecture keeps failed walks");
		return false;
	}
	if (!range_get(t, r, 1, "block"))
		return false;
	p->nr = 0;
	probes_spread(p, linear_va(r->pa), r->len, 4);
	probes_add(p, ptr_va(pa_page(r->pa)) + 8);
	memset(&model, 0, sizeof(model));
	pt_tap_enable("test.kept", true);
	probe_model = &hart;
	return true;
}

static void end(struct range *r)
{
	probe_model = NULL;
	pt_tap_enable("test.kept", false);
	range_reset(r);
}

static u64 retried(void)
{
	u64 n = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		n += cpus[c].probes_retried;
	return n;
}

TEST(tlb, kept_walks,
     .claim = "who keeps failed walks, not of leaves alone, fences by itself and uses what was "
	      "added",
     .rows = "S1-52", .needs = NEED_RANGE, .could = COULD_TRACE)
{
	static struct probes p NOINIT;
	u64 before = retried();
	struct range r;

	if (!kept_walks_begin(t, &r, &p))
		return;
	for (unsigned i = 0; i < 4; i++) {
		PROBES_ALL_FAULT(t, &p);
		if (!range_add(t, &r))
			break;
		PROBES_ALL_READ(t, &p);
		range_remove(t, &r);
	}
	CHECK(t, cpus_online_nr() == 1 || retried() > before);
	test_key(t, "kept=%lu", model.faults);
	test_key(t, "retried=%lu", retried() - before);
	end(&r);
}

static bool leaves_alone(struct pt_event *e)
{
	if (e->kind == PT_EV_TLBI && e->local)
		e->walk = false;
	return true;
}

TEST(tlb, kept_walks_twin,
     .claim = "a fence by address after the fault leaves such a CPU faulting: the test above can "
	      "fail here",
     .rows = "S1-52", .needs = NEED_RANGE | NEED_SMP, .could = COULD_TRACE)
{
	static const struct inject bend = { .bend = leaves_alone };
	static struct probes p NOINIT;
	struct inject_count ignored;
	unsigned faults;
	struct range r;

	if (!kept_walks_begin(t, &r, &p))
		return;
	probes_run(&p, cpus_online());
	if (range_add(t, &r)) {
		inject_begin(&bend);
		probes_run(&p, cpus_online());
		inject_end(&ignored);
		faults = probes_faults(&p, other_cpus());
		test_key(t, "faults=%u/%u", faults, p.nr * (cpus_online_nr() - 1));
		CHECK(t, faults > 0);
	}
	end(&r);
}
