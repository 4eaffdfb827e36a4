/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A model of a hart that caches failed walks, as RISC-V allows and no emulator does.  Probes fault
 * on addresses on which they faulted before, regardless of the current tables, until a fence orders
 * the walk; on CPUs that bound the time, a third probe succeeds.
 *
 * The cached entry is the one at which the walk ended.  SFENCE.VMA with rs1=x0 orders all of
 * them, with an address only leaves, that is those at level 0 (privileged spec, "Supervisor
 * Memory-Management Fence Instruction"); a request counts as it was made, not as a back end widens
 * it.  Where a new table owes no LAZY, as on arm64, no TLB holds an invalid entry (DDI 0487,
 * "Caching of translation table entries"): a fault is late at most, and the model lets it end at
 * the invalidation of the address, at any level.
 */
#include <kern/probe.h>
#include <lib/atomic.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/pt/taps/inject.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/bench/newmap_meter.h>
#include <tests/harness/promises.h>
#include <tests/harness/util.h>

#define ENTRIES 32 /* cached entries of a hart; the oldest is replaced */

static struct {
	u64 kept[CPUS_MAX][ENTRIES]; /* address of the entry's span | level << 1 | 1; 0: none */
	u32 next[CPUS_MAX], looks[CPUS_MAX];
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

static bool outlived(unsigned cpu)
{
	return kpt.caps & PT_CAP_NEW_BOUNDED && ++model.looks[cpu] % 4 == 0;
}

static bool keeps(vaddr_t va)
{
	unsigned cpu = this_cpu()->nr;

	for (unsigned i = 0; i < ENTRIES; i++) {
		if (!covers(atomic_load_relaxed(&model.kept[cpu][i]), va))
			continue;
		if (outlived(cpu)) {
			atomic_store_relaxed(&model.kept[cpu][i], 0);
			continue;
		}
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

/* May a CPU keep a walk that ended above level 0? */
static bool keeps_tables(void)
{
	return layout.fmt->duty(0, layout.fmt->table(0, 1), 1, kpt.caps) & PT_DUTY_LAZY;
}

static bool orders(const struct pt_event *e, u64 kept)
{
	u64 span = pt_span(layout.fmt, level_of(kept));
	vaddr_t at = align_down(kept, span);

	return e->kind == PT_EV_VISIBLE || e->walk ||
	       (!(level_of(kept) && keeps_tables()) && at < e->va + e->len && at + span > e->va);
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

static void model_begin(void)
{
	memset(&model, 0, sizeof(model));
	pt_tap_enable("test.kept", true);
	probe_model = &hart;
}

static void model_end(void)
{
	probe_model = NULL;
	pt_tap_enable("test.kept", false);
}

static bool kept_walks_begin(struct test_run *t, struct range *r, struct probes *p)
{
	if (!keeps_tables()) {
		test_skip(t, "no CPU of this architecture caches failed walks");
		return false;
	}
	if (!range_get(t, r, 1, "block"))
		return false;
	p->nr = 0;
	probes_spread(p, linear_va(r->pa), r->len, 4);
	probes_add(p, ptr_va(pa_page(r->pa)) + 8);
	model_begin();
	return true;
}

static void end(struct range *r)
{
	model_end();
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
     .claim = "a CPU that caches failed walks, also above level 0, fences by itself and uses added "
	      "memory",
     .rows = "S1-52", .needs = NEED_RANGE | NEED_FENCE_LOCAL, .could = COULD_TRACE)
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

TEST(tlb, kept_walks_twin, .mutes_sanitizer = true,
     .claim = "after a fence by address such a CPU still faults, so kept_walks can fail here",
     .rows = "S1-52", .needs = NEED_RANGE | NEED_SMP | NEED_FENCE_LOCAL, .could = COULD_TRACE)
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

/* ---- newmap=: by the same model, and by the walks that this machine caches ---- */

#define ROUNDS 4
#define MAPS 32

/* The work of CPUs under one scheme on a page that is mapped ROUNDS times. */
struct newmap_seen {
	u64 own, others; /* retries */
	unsigned faults; /* after the retries */
};

static u64 retried_here(void)
{
	return this_cpu()->probes_retried;
}

/* Addresses as far as a table covers: the first page has no table yet in most cases. */
static u64 run_pages(void)
{
	return min_u64(pt_entries(layout.fmt, 0), layout.r[REGION_VMALLOC].len / page_size() / 8);
}

/* The CPUs of `set` fault, the page is mapped, and they read it again. */
static bool newmap_rounds(struct test_run *t, const struct newmap_scheme *s, cpumask_t set,
			  struct newmap_seen *n)
{
	const struct newmap_scheme *before = kpt_newmap_selected();
	vaddr_t va = vmalloc_va_alloc(run_pages());
	static struct probes p NOINIT;
	paddr_t pa = boot_ram(page_size());

	*n = (struct newmap_seen) { 0 };
	if (!CHECK(t, va))
		return false;
	p.nr = 0;
	probes_add(&p, va);
	model_begin();
	kpt_newmap_select(s);
	for (unsigned i = 0; i < ROUNDS; i++) {
		u64 all = retried(), own = retried_here();

		probes_run(&p, set);
		CHECK_EQ(t, probes_faults(&p, set), cpus_in(set));
		if (!CHECK_EQ(t, vmalloc_map(va, &pa, 1, PT_R | PT_GLOBAL), 0))
			break;
		probes_run(&p, set);
		n->faults += probes_faults(&p, set);
		own = retried_here() - own;
		n->own += own;
		n->others += retried() - all - own;
		vmalloc_unmap(va, 1);
	}
	kpt_newmap_select(before);
	model_end();
	vmalloc_va_free(va, run_pages());
	return true;
}

/* May a CPU fault on a new leaf that another one has mapped with all barriers? */
static bool owes_lazy(void)
{
	pte_t leaf = layout.fmt->leaf(0, PT_R, 0, 0);

	return layout.fmt->duty(0, leaf, 0, kpt.caps) & PT_DUTY_LAZY;
}

/* The CPUs that may fault with this scheme: all, the CPU that maps without a barrier, or none. */
static cpumask_t who_faults(const struct newmap_scheme *s)
{
	return owes_lazy() ? cpus_online() : s->unfenced ? cpu_bit(this_cpu()->nr) : 0;
}

/* Check every scheme in force that makes the promise. */
static void newmap_check(struct test_run *t, u32 promise)
{
	unsigned nr = 0;
	char reason[80];

	reg_for_each (newmap, it) {
		const struct newmap_scheme *s = *it;
		struct newmap_seen n;

		if (!promise_under_test(&s->s, promise, ARG_NEWMAP) || !who_faults(s) ||
		    !newmap_scheme_usable(s, reason, sizeof(reason)) ||
		    !newmap_rounds(t, s, who_faults(s), &n))
			continue;
		test_key(t, "%s=%lu,%lu", s->s.name, n.own, n.others);
		CHECK_EQ(t, n.faults, 0);
		if (promise == PROMISE_OWN)
			CHECK_EQ(t, n.own, 0);
		if (promise == PROMISE_OTHERS)
			CHECK_EQ(t, n.own + n.others, 0);
		nr++;
	}
	if (!nr)
		test_skip(t, "no scheme in force promises it, or no CPU faults on a new entry");
}

TEST(tlb, newmap_used,
     .claim = "with each scheme of newmap= a CPU that has just faulted uses the new mapping",
     .rows = "S1-52", .could = COULD_TRACE)
{
	newmap_check(t, PROMISE_USED);
}

TEST(tlb, newmap_own,
     .claim = "with schemes of newmap= that promise it the CPU that maps retries nothing",
     .rows = "S1-52", .could = COULD_TRACE)
{
	newmap_check(t, PROMISE_OWN);
}

TEST(tlb, newmap_others, .claim = "with schemes of newmap= that promise it no CPU retries",
     .rows = "S1-52", .needs = NEED_SMP, .could = COULD_TRACE)
{
	newmap_check(t, PROMISE_OTHERS);
}

static void newmap_measured(struct test_run *t, const struct newmap_scheme *s)
{
	struct newmap_meter m;
	struct why why = { 0 };

	if (!CHECK_OK(t, newmap_meter_run(s, cpus_online(), MAPS, &m, &why), &why))
		return;
	test_key(t, "%s=%lu,%lu,%lu", s->s.name, m.own, m.others, m.most);
	CHECK_EQ(t, m.wrong, 0);
	CHECK_EQ(t, m.fences, s->unfenced ? 0 : MAPS);
	CHECK_EQ(t, m.invals, s->broadcast && owes_lazy() ? MAPS : 0);
	CHECK(t, s->bounded || m.most <= 1);
	if (s->s.promises & PROMISE_OWN)
		CHECK_EQ(t, m.own, 0);
	if (s->s.promises & PROMISE_OTHERS)
		CHECK_EQ(t, m.others, 0);
}

TEST(tlb, newmap_loads,
     .claim = "with each scheme of newmap= plain loads of a new mapping fault only as it promises",
     .rows = "S1-52", .needs = NEED_NEGATIVE_TLB)
{
	char reason[80];

	reg_for_each (newmap, it)
		if (newmap_scheme_usable(*it, reason, sizeof(reason)))
			newmap_measured(t, *it);
}
