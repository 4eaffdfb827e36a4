/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/harness/util.c - ranges, probes and the recorder; see tests/harness/util.h. */
#include <arch/arch.h>
#include <kern/probe.h>
#include <lib/assert.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <mm/hotplug/movable.h>
#include <mm/page/region.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/util.h>

const char *const memmap_names[] = { "host", "block", "device", NULL };

bool flush_is(const char *name)
{
	return !strcmp(tlb_selected()->s.name, name);
}

/* One SBI request covers the harts whose ids are within 64 of the lowest; the rest needs more. */
static u64 hart_windows(void)
{
	cpumask_t left = other_cpus();
	u64 n = 0, lowest;

	for (; left; n++) {
		lowest = ~0ul;
		for (unsigned i = 0; i < cpus_nr; i++)
			if (left & cpu_bit(i))
				lowest = min_u64(lowest, cpus[i].hwid);
		for (unsigned i = 0; i < cpus_nr; i++)
			if (cpus[i].hwid >= lowest && cpus[i].hwid - lowest < 64)
				left &= ~cpu_bit(i);
	}
	return n ? n : 1;
}

u64 flush_ops(u64 leaves)
{
	bool ipi = cpus_online_nr() > 1 && flush_is("ipi");
	u64 ops = 1, repeat = arch_errata_repeat() && cpus_online_nr() > 1 && !ipi;

	if (flush_is("bcast"))
		ops = leaves > tlb_max ? 1 : leaves;
	if (flush_is("range"))
		ops = 5;
	if (flush_is("sbi"))
		ops = hart_windows();
	return ops + repeat;
}

/* Install permanent tables now: a test then counts only those that it allocates and frees. */
static bool fill_root(struct test_run *t, const struct range *r)
{
	u64 pages = r->len >> page_shift();
	struct why why = { 0 };

	return !kpt.root_append ||
	       (CHECK_OK(t, pt_fill_root(&kpt, linear_va(r->pa), r->len, 0, &why), &why) &&
		CHECK_OK(t,
			 pt_fill_root(&kpt, memmap_va(r->pa >> page_shift()), memmap_bytes(pages),
				      0, &why),
			 &why));
}

bool range_get(struct test_run *t, struct range *r, u64 blocks, const char *memmap)
{
	memset(r, 0, sizeof(*r));
	r->opts.leaf = -1;
	r->opts.contig = arg_flag(NULL, ARG_CONTIG);
	if (!test_range(t, blocks, &r->pa, &r->len, &r->node))
		return false;
	t->range_pa = r->pa;
	t->range_len = r->len;
	r->opts.memmap = test_memmap(t, memmap ? memmap : "block");
	return r->opts.memmap != NULL && fill_root(t, r);
}

bool range_add(struct test_run *t, struct range *r)
{
	struct why why = { 0 };

	return CHECK_OK(t, hotplug_add(r->pa, r->len, r->node, &r->opts, &r->report, &why), &why);
}

bool range_online(struct test_run *t, struct range *r, enum zone_id zone)
{
	struct why why = { 0 };

	return CHECK_OK(t, hotplug_online(r->pa, r->len, zone, &r->report, &why), &why);
}

bool range_offline(struct test_run *t, struct range *r)
{
	struct why why = { 0 };

	return CHECK_OK(t, hotplug_offline(r->pa, r->len, &r->report, &why), &why);
}

bool range_remove(struct test_run *t, struct range *r)
{
	struct why why = { 0 };

	return CHECK_OK(t, hotplug_remove(r->pa, r->len, &r->opts, &r->report, &why), &why);
}

int range_known(const struct range *r, bool there)
{
	int err;

	hotplug_write_lock();
	err = there ? region_add(r->pa, r->len, MEM_WITHHELD, r->node, NULL)
		    : region_remove(r->pa, r->len, MEM_WITHHELD, NULL);
	hotplug_write_unlock();
	return err;
}

void range_reset(struct range *r)
{
	u64 step = layout.block_bytes;

	for (u64 at = 0; at < r->len; at += step)
		hotplug_offline(r->pa + at, step, NULL, NULL);
	for (u64 at = 0; at < r->len; at += step)
		hotplug_remove(r->pa + at, step, &r->opts, NULL, NULL);
}

bool range_up(struct test_run *t, struct range *r, enum zone_id zone)
{
	return range_add(t, r) && range_online(t, r, zone);
}

bool range_pinned(struct test_run *t, struct range *r, struct movable *m, const char *owner)
{
	struct why why = { 0 };
	pfn_t pfn;

	if (!range_get(t, r, 1, "block") || !range_up(t, r, ZONE_MOVABLE))
		return false;
	pfn = r->pa >> page_shift();
	if (!CHECK_OK(t, movable_alloc_in(m, pfn, pfn + block_pages(), owner, &why), &why))
		return false;
	movable_pin(m);
	return true;
}

bool range_down(struct test_run *t, struct range *r)
{
	return range_offline(t, r) && range_remove(t, r);
}

void hog_init(struct test_hog *h)
{
	list_init(&h->pages);
	h->nr = 0;
}

void hog_keep(struct test_hog *h, struct page *p)
{
	list_add(&h->pages, &p->lru);
	h->nr++;
}

bool hog_one(struct test_hog *h, unsigned node, enum zone_id zone, unsigned order)
{
	struct page *p = page_alloc(node, zone, order, "test hog");

	if (!p)
		return false;
	hog_keep(h, p);
	return true;
}

void hog_orders(struct test_hog *h, enum zone_id zone, unsigned order)
{
	for (unsigned o = BUDDY_MAX_ORDER + 1; o-- > order;)
		for (unsigned node = 0; node < NODES_MAX; node++)
			while (hog_one(h, node, zone, o))
				;
}

void hog_drop_one(struct test_hog *h)
{
	struct page *p = list_entry(h->pages.next, struct page, lru);

	list_del(&p->lru);
	h->nr--;
	page_free(p, page_order(p));
}

/* Poisoning gigabytes that were never written would only cost time. */
void hog_drop(struct test_hog *h)
{
	bool poison = buddy_poison;

	buddy_poison = false;
	while (h->nr)
		hog_drop_one(h);
	buddy_poison = poison;
}

u64 free_of_zone(enum zone_id zone)
{
	u64 sum = 0;

	for (unsigned n = 0; n < NODES_MAX; n++)
		sum += buddy_free_pages(n, zone);
	return sum;
}

bool await_step(struct await *w)
{
	u64 now = clock_ns();

	if (!w->since)
		w->since = now;
	if (w->most_ns && (now - w->since >= w->most_ns || test_aborted()))
		return false;
	if (!w->deaf)
		cpu_serve();
	cpu_pause(&w->pause);
	return true;
}

bool await_word(const u32 *word, u32 least, u64 most_ns)
{
	struct await w = { .most_ns = most_ns };
	bool reached;

	while (!(reached = atomic_load_acquire(word) >= least) && await_step(&w))
		;
	return reached;
}

void await_ns(u64 ns)
{
	struct await w = { .most_ns = ns };

	while (await_step(&w))
		;
}

void await_work(u64 (*sum)(void))
{
	struct await w = { .most_ns = HANG_NS };

	while (!sum() && await_step(&w))
		;
}

void probes_add(struct probes *p, vaddr_t va)
{
	ASSERT_OP(p->nr, <, PROBES_MAX);
	p->va[p->nr++] = va;
}

/*
 * Page indexes distinct modulo 64: an emulator's translation cache is direct-mapped with as few as
 * 64 entries, and two probes that evict each other would prove nothing.
 */
void probes_spread(struct probes *p, vaddr_t va, u64 len, unsigned n)
{
	u64 pages = len / page_size();

	for (unsigned i = 0; i < n; i++) {
		u64 page = i + 1 == n ? pages - 1 : pages * i / n / 64 * 64 + i;

		probes_add(p, va + page * page_size() + 8 * i);
	}
}

static void probe_all(void *arg)
{
	struct probes *p = arg;
	unsigned cpu = this_cpu()->nr;

	for (unsigned i = 0; i < p->nr; i++)
		p->kind[cpu][i] = (u8)probe_load64(p->va[i], &p->value[cpu][i]);
}

void probes_run(struct probes *p, cpumask_t cpus)
{
	cpu_run(cpus, probe_all, p);
}

void probes_prime(struct probes *p, cpumask_t cpus)
{
	probes_run(p, cpus);
	probes_run(p, cpus);
}

static unsigned count(const struct probes *p, cpumask_t cpus, bool faulted)
{
	unsigned n = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		for (unsigned i = 0; (cpus & cpu_bit(c)) && i < p->nr; i++)
			n += (p->kind[c][i] != 0) == faulted;
	return n;
}

unsigned probes_hits(const struct probes *p, cpumask_t cpus)
{
	return count(p, cpus, false);
}

unsigned probes_faults(const struct probes *p, cpumask_t cpus)
{
	return count(p, cpus, true);
}

struct record recorded NOINIT;
static struct record *recording;
static bool (*record_filter)(const struct pt_event *);

static void record_after(const struct pt_event *e)
{
	struct record *r = recording;
	u32 at;

	if (!r || (record_filter && !record_filter(e)))
		return;
	at = atomic_fetch_add_relaxed(&r->nr, 1);
	if (at < RECORD_MAX)
		r->ev[at] = *e;
	else
		r->lost++;
}

static const struct pt_tap record_tap = { .name = "record", .after = record_after };
PT_TAP(record, record_tap);

void record_begin(struct record *r, bool (*filter)(const struct pt_event *))
{
	r->nr = 0;
	r->lost = 0;
	record_filter = filter;
	recording = r;
	pt_tap_enable("record", true);
}

void record_end(void)
{
	pt_tap_enable("record", false);
	if (recording->nr > RECORD_MAX)
		recording->nr = RECORD_MAX;
	recording = NULL;
}

void tables_free_empty(vaddr_t va, u64 len)
{
	struct pt_gather g;

	pt_gather_begin(&g, &kpt, NULL, 0);
	pt_free_empty(&kpt, va, len, va, va + len, &g);
	pt_gather_flush(&g);
	pt_gather_release(&g);
}

bool vmalloc_keeps_tables(void)
{
	return !(vmalloc_selected()->s.promises & PROMISE_FREES);
}

bool needs_tables_freed(struct test_run *t)
{
	if (vmalloc_keeps_tables())
		test_skip(t, "vmalloc=%s keeps tables of the vmemmap", vmalloc_selected()->s.name);
	return !t->skip;
}

void kept_tables_free(void)
{
	const struct vmalloc_scheme *keeps = vmalloc_selected();
	const struct va_region *r = &layout.r[REGION_VMEMMAP];

	if (!vmalloc_keeps_tables())
		return;
	vmalloc_select(vmalloc_scheme_find("floor-ceiling", NULL));
	hotplug_write_lock();
	tables_free_empty(r->va, r->len);
	hotplug_write_unlock();
	vmalloc_select(keeps);
}
