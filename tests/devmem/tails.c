/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-40: the shared tails of compounds.  A store through one faults on every CPU and changes
 * nothing.  They are mapped without a break or an invalidation, because no entry was ever writable.
 * After their removal every CPU that read one faults.
 */
#include <kern/probe.h>
#include <lib/init.h>
#include <tests/harness/devmem_fixture.h>

#define TAILS 4

struct stores {
	vaddr_t va[TAILS + 1]; /* the last one is in the head's page, which is writable */
	bool read[CPUS_MAX][TAILS + 1];
	int kind[CPUS_MAX][TAILS + 1]; /* result of the store */
	u64 value[CPUS_MAX][TAILS + 1];
};

/* Each CPU reads first, so that its TLB has the entry at the store. */
static void store_all(void *arg)
{
	struct stores *s = arg;
	unsigned cpu = this_cpu()->nr;

	for (unsigned i = 0; i <= TAILS; i++) {
		u64 *value = &s->value[cpu][i];

		s->read[cpu][i] = probe_load64(s->va[i], value) == 0;
		s->kind[cpu][i] = probe_store64(s->va[i], ~*value);
	}
}

static void pick(struct stores *s, const struct devrange *d)
{
	pfn_t last = devrange_pfn(d) + ((d->r.len - d->opts.compound) >> page_shift());
	vaddr_t va = memmap_va(last);
	u64 pages = devrange_tails(d);

	s->va[0] = va + page_size(); /* the first shared page, and the last word of the last */
	s->va[1] = va + pages * page_size() - 8;
	s->va[2] = va + pages / 2 * page_size() + 64;
	s->va[3] = memmap_va(devrange_pfn(d)) + 2 * page_size() + 8;
	s->va[TAILS] = va + 56; /* a word of struct page that only page tables use */
}

TEST(devmem, tail_store,
     .claim = "a store through a shared tail faults on every CPU and changes nothing; the page of "
	      "the head is writable",
     .rows = "S1-40", .needs = NEED_RANGE, .params = devrange_compound_names, .rev = 2)
{
	static struct stores s NOINIT;
	unsigned read_only = 0, through = 0;
	u64 now;
	struct devrange d;

	if (!devrange_get(t, &d) || !devrange_up(&d))
		return;
	pick(&s, &d);
	cpu_run(cpus_online(), store_all, &s);
	for (unsigned c = 0; c < CPUS_MAX; c++) {
		if (!(cpus_online() & cpu_bit(c)))
			continue;
		for (unsigned i = 0; i < TAILS; i++) {
			read_only += s.read[c][i] && s.kind[c][i];
			CHECK(t, !probe_load64(s.va[i], &now) && now == s.value[c][i]);
		}
		through += s.kind[c][TAILS] == 0;
	}
	CHECK_EQ(t, read_only, TAILS * cpus_online_nr());
	CHECK_EQ(t, through, cpus_online_nr());
	for (unsigned i = 0; i < TAILS; i++)
		CHECK(t, memmap_is_shared_tail(s.va[i]));
	CHECK(t, !memmap_is_shared_tail(s.va[TAILS]));
	CHECK(t, !memmap_is_shared_tail(linear_va(d.r.pa)));
	*(volatile u64 *)va_ptr(s.va[TAILS]) = 0;
	test_key(t, "stores=%u", TAILS * cpus_online_nr());
	devrange_mode(&d, DEVMEM_RAW);
	devrange_release(&d);
	devrange_reset(&d);
}

/* ---- maintenance that the entries require ---- */

static bool tails_wanted(const struct pt_event *e)
{
	return (e->kind == PT_EV_SET && in_region(e->va, REGION_VMEMMAP)) ||
	       e->kind == PT_EV_TLBI || e->kind == PT_EV_VISIBLE;
}

/* The frame of the tails is complete before the first entry that maps it; its former contents
 * differ. */
static const struct devrange *watched;
static u64 early, tails_set;

static const struct page *head_of(pfn_t pfn)
{
	pfn_t first = devrange_pfn(watched);
	u64 pages = watched->opts.compound >> page_shift();
	bool spent = watched->opts.memmap->where == MEMMAP_IN_FIRST_BLOCKS &&
		     align_down(pfn, pages) == first;

	return pfn_to_page(spent ? first : align_down(pfn, pages));
}

static bool frame_is_whole(struct pt_event *e)
{
	const struct page *p;

	if (e->kind != PT_EV_SET || e->level || !e->new || !in_region(e->va, REGION_VMEMMAP) ||
	    kpt.fmt->prot(e->new, 0) & PT_W)
		return true;
	tails_set++;
	p = pa_ptr(e->pa);
	for (u64 i = 0; i < page_size() / sizeof(*p); i++)
		early += p[i].head != head_of(page_to_pfn(va_ptr(e->va))) || p[i].refcount != 0;
	return true;
}

/* Leave other struct pages in the frames, those of a memmap without compounds. */
static bool leave_others(struct devrange *d)
{
	struct devrange plain = *d;

	plain.opts.compound = 0;
	return devrange_up(&plain) && devrange_mode(&plain, DEVMEM_RAW) && devrange_release(&plain);
}

static const struct pt_tap whole_tap = { .name = "test.tails", .before = frame_is_whole };
PT_TAP(test_tails, whole_tap);

TEST(devmem, tail_events,
     .claim = "entries of shared tails change from empty to read-only once their frame is "
	      "complete: no break, no invalidation, a barrier before the first use",
     .rows = "S1-40 S1-52", .needs = NEED_RANGE | NEED_FENCE_LOCAL,
     .params = devrange_compound_names, .could = COULD_TRACE)
{
	u64 tlbi = 0, owed = 0, replaced = 0;
	bool open = false;
	struct devrange d;

	if (!devrange_get(t, &d))
		return;
	d.r.len = min_u64(d.r.len, 128 * d.opts.compound); /* limited by the event buffer */
	if (!leave_others(&d) || !devrange_claim(&d))
		return;
	watched = &d;
	early = tails_set = 0;
	pt_tap_enable("test.tails", true);
	record_begin(&recorded, tails_wanted);
	devrange_mode(&d, DEVMEM_DAX);
	record_end();
	pt_tap_enable("test.tails", false);
	CHECK_EQ(t, recorded.lost, 0);
	for (u32 i = 0; i < recorded.nr; i++) {
		const struct pt_event *e = &recorded.ev[i];

		tlbi += e->kind == PT_EV_TLBI;
		replaced += e->kind == PT_EV_SET && e->old;
		owed += e->kind == PT_EV_SET &&
			e->duty & (PT_DUTY_BREAK | PT_DUTY_TLBI | PT_DUTY_TLBI_WALK);
		open = e->kind == PT_EV_SET ? open || !e->level : false;
	}
	CHECK_EQ(t, tlbi + replaced + owed, 0);
	CHECK(t, !open); /* the last store was made visible */
	CHECK(t, tails_set >= devrange_compounds(&d));
	CHECK_EQ(t, early, 0);
	devrange_mode(&d, DEVMEM_RAW);
	devrange_release(&d);
	devrange_reset(&d);
}

/* ---- removal ---- */

static void tails_prime(struct probes *p, const struct devrange *d)
{
	pfn_t last = devrange_pfn(d) + ((d->r.len - d->opts.compound) >> page_shift());
	u64 pages = devrange_tails(d);

	p->nr = 0;
	probes_spread(p, linear_va(d->r.pa), d->r.len, 4);
	probes_add(p, memmap_va(devrange_pfn(d)) + 40);
	probes_add(p, memmap_va(devrange_pfn(d)) + page_size());
	probes_add(p, memmap_va(last) + (pages - 1) * page_size());
	probes_prime(p, cpus_online());
}

TEST(devmem, tail_faults,
     .claim = "after the removal every CPU faults on heads, shared tails and memory that it used "
	      "before",
     .rows = "S1-40 S0-50", .needs = NEED_RANGE | NEED_LEAF_TLB, .params = devrange_compound_names,
     .rev = 2)
{
	static struct probes p NOINIT;
	cpumask_t all = cpus_online();
	struct devrange d;

	if (!devrange_get(t, &d) || !devrange_up(&d))
		return;
	tails_prime(&p, &d);
	CHECK_READS(t, &p, all);
	devrange_mode(&d, DEVMEM_RAW);
	PROBES_ALL_FAULT(t, &p);
	test_key(t, "probes=%u", cpus_online_nr() * p.nr);
	devrange_release(&d);
	devrange_reset(&d);
}

TEST(devmem, tail_faults_twin, .mutes_sanitizer = true,
     .claim = "without the TLBI the same probes still read, so tail_faults can fail here",
     .rows = "S1-40 S0-50", .needs = NEED_RANGE | NEED_LEAF_TLB, .params = devrange_compound_names)
{
	static struct probes p NOINIT;
	cpumask_t all = cpus_online();
	struct devrange d;
	unsigned stale;

	if (!devrange_get(t, &d) || !devrange_up(&d))
		return;
	tails_prime(&p, &d);
	omit_begin(OMIT_ALL);
	devrange_mode(&d, DEVMEM_RAW);
	probes_run(&p, all);
	omit_end();
	stale = probes_hits(&p, all);
	omit_flush();
	omit_stale(t, stale, cpus_online_nr() * p.nr);
	PROBES_ALL_FAULT(t, &p);
	devrange_release(&d);
	devrange_reset(&d);
}
