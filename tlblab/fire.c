/* SPDX-License-Identifier: BSD-2-Clause */
/* tlblab/fire.c - the boot CPU's part: it adds and removes the range; see fire.h. */
#include <arch/arch.h>
#include <lib/atomic.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/vmalloc/vmalloc.h>
#include <tlblab/fire_internal.h>
#include <tlblab/lab.h>

#define PASSES 6       /* passes of each CPU in each phase, */
#define PATIENCE_MS 40 /* but no longer than this */

/* ---- adding and removing the range ---- */

static int fire_add(struct fire *f, struct why *why)
{
	struct range *r = &f->range;
	int err = hotplug_add(r->pa, r->len, r->node, &r->opts, &r->report, why);

	return err ? err : hotplug_online(r->pa, r->len, ZONE_MOVABLE, &r->report, why);
}

static int fire_remove(struct fire *f, struct why *why)
{
	struct range *r = &f->range;
	int err = hotplug_offline(r->pa, r->len, &r->report, why);

	return err ? err : hotplug_remove(r->pa, r->len, &r->opts, &r->report, why);
}

/* ---- begin and end ---- */

bool fire_begin(struct fire *f, struct test_run *t, u64 blocks, const char *memmap)
{
	memset(f, 0, sizeof(*f));
	f->memmap = memmap;
	f->add_range = fire_add;
	f->remove_range = fire_remove;
	if (!range_get(t, &f->range, blocks, memmap))
		return false;
	f->code_va = vmalloc_va_alloc(1);
	f->meta_va = ptr_va(pa_page(f->range.pa)) + 8;
	for (unsigned i = 0; i < FIRE_MARKS; i++)
		f->mark_va[i] = linear_va(f->range.pa);
	for (unsigned c = 0; c < CPUS_MAX; c++)
		f->cpu[c].rng.state = rng_next(&t->rng);
	cpu_post(other_cpus(), fire_worker, f);
	return true;
}

void fire_end(struct fire *f, struct fire_sum *sum)
{
	atomic_store_release(&f->stop, 1);
	cpu_wait(other_cpus());
	range_reset(&f->range);
	vmalloc_va_free(f->code_va, 1);
	memset(sum, 0, sizeof(*sum));
	for (unsigned i = 0; i < CPUS_MAX; i++) {
		const struct fire_cpu *c = &f->cpu[i];

		sum->loads += c->loads;
		sum->stores += c->stores;
		sum->fetches += c->fetches;
		sum->allocs += c->allocs;
		sum->faults += c->faults;
		sum->lazy += c->lazy;
		if (c->wrong && !sum->wrong)
			sum->first = c->first;
		sum->wrong += c->wrong;
		for (unsigned k = 0; k < FIRE_KINDS; k++)
			sum->of[k] += c->of[k];
	}
}

/* ---- phases ---- */

static void phase(struct fire *f, bool there)
{
	f->there = there;
	/* release: the preparation of the phase is visible before its number */
	atomic_store_release(&f->epoch, f->epoch + 1);
}

struct dwell {
	const struct fire *f;
	u64 from[CPUS_MAX], passes, until_ns;
};

/* Enough passes of every CPU; or the time is over and at least one CPU had one. */
static bool dwelt(void *arg)
{
	const struct dwell *d = arg;
	bool all = true, any = false;

	for (unsigned c = 0; c < CPUS_MAX; c++) {
		u64 passes;

		if (!(other_cpus() & cpu_bit(c)))
			continue;
		passes = atomic_load_acquire(&d->f->cpu[c].passes);
		all &= passes >= d->from[c] + d->passes;
		any |= passes > d->from[c] + 1;
	}
	return all || (any && clock_ns() > d->until_ns);
}

static void dwell_from(struct dwell *d)
{
	for (unsigned c = 0; c < CPUS_MAX; c++)
		d->from[c] = atomic_load_acquire(&d->f->cpu[c].passes);
}

static void dwell(const struct fire *f)
{
	struct dwell d = { .f = f,
			   .passes = PASSES,
			   .until_ns = clock_ns() + PATIENCE_MS * 1000000ul };

	dwell_from(&d);
	cpu_wait_until(dwelt, &d);
}

/* Wait until each CPU has ended its current pass and one more. */
static void pass_all(const struct fire *f)
{
	struct dwell d = { .f = f, .passes = 1, .until_ns = ~0ul };

	arch_mb(); /* earlier stores are visible before the passes are read */
	dwell_from(&d);
	cpu_wait_until(dwelt, &d);
}

/*
 * After this only jumps are judged, and no CPU stores: each has ended the pass in which it may
 * have read the old epoch.
 */
static void change_begins(struct fire *f)
{
	atomic_store_release(&f->epoch, f->epoch + 1);
	pass_all(f);
}

/* ---- one cycle: add and remove ---- */

static struct page *fire_take_page(const struct fire *f)
{
	struct page *p = page_alloc(f->range.node, ZONE_MOVABLE, 0, "under fire");

	if (p && page_pa(p) - f->range.pa < f->range.len)
		return p;
	if (p)
		page_free(p, 0);
	return NULL;
}

static void mark(struct fire *f, unsigned i)
{
	u64 *word = page_ptr(f->mark[i]);

	for (u64 w = 0; w < page_size() / 8; w++)
		word[w] = fire_tag(f->mark[i], f->generation, w);
	f->mark_va[i] = ptr_va(word);
}

static bool map_code(struct fire *f)
{
	paddr_t pa = page_pa(f->code);

	lab_write_code(f->code);
	atomic_store_release(&f->code_unmapped, 0);
	arch_mb(); /* no CPU checks jumps before the code exists */
	return vmalloc_map(f->code_va, &pa, 1, PT_R | PT_X | PT_GLOBAL) == 0;
}

/* Checked at once, while the page is still allocated: a TLB entry of a rarely used page would not
 * survive the removal of the rest. */
static void unmap_code(struct fire *f)
{
	vmalloc_unmap(f->code_va, 1);
	atomic_store_release(&f->code_unmapped, f->generation);
	pass_all(f);
}

static void fire_drop(struct fire *f, bool mapped)
{
	if (mapped)
		unmap_code(f);
	for (unsigned i = 0; i < FIRE_MARKS; i++)
		if (f->mark[i])
			page_free(f->mark[i], 0);
	if (f->code)
		page_free(f->code, 0);
	memset(f->mark, 0, sizeof(f->mark));
	f->code = NULL;
}

static bool prepare(struct fire *f)
{
	bool all = true;

	for (unsigned i = 0; i < FIRE_MARKS; i++) {
		f->mark[i] = fire_take_page(f);
		if (f->mark[i])
			mark(f, i);
		all &= f->mark[i] != NULL;
	}
	f->code = fire_take_page(f);
	if (all && f->code && map_code(f))
		return true;
	fire_drop(f, false);
	return false;
}

int fire_cycle(struct fire *f, struct rng *rng, struct why *why)
{
	bool ready;
	int err;

	f->range.opts.leaf = rng_below(rng, 2) ? -1 : 0;
	change_begins(f);
	err = f->add_range(f, why);
	if (err)
		return err;
	f->generation++;
	ready = prepare(f);
	if (ready) {
		phase(f, true);
		dwell(f);
		change_begins(f);
		fire_drop(f, true);
	}
	err = f->remove_range(f, why);
	if (err)
		return err;
	f->cycles++;
	if (!ready)
		return refuse(why, ENOMEM, "no page of the range for the marks");
	phase(f, false);
	dwell(f);
	return 0;
}

void fire_sentence(const struct fire_record *r, char *buf, size_t size)
{
	static const char *const what[] = {
		[FIRE_READ] = "stale read: removed memory still reads",
		[FIRE_WRITE] = "stale write: removed memory accepts a store",
		[FIRE_FETCH] = "stale fetch: removed memory still executes",
		[FIRE_DATA] = "wrong data",
		[FIRE_LOST] = "lost store",
		[FIRE_MISSING] = "fault on memory that is present",
	};

	snprintf(buf, size, "%s: CPU %u at 0x%lx, value 0x%lx, wanted 0x%lx, generation %lu",
		 what[r->what], r->cpu, r->va, r->value, r->wanted, r->generation);
}

void fire_result(struct test_run *t, const struct fire *f, const struct fire_sum *s)
{
	char text[180];

	test_key(t, "cycles=%lu loads=%lu stores=%lu fetches=%lu allocs=%lu faults=%lu lazy=%lu",
		 f->cycles, s->loads, s->stores, s->fetches, s->allocs, s->faults, s->lazy);
	if (s->wrong) {
		fire_sentence(&s->first, text, sizeof(text));
		test_fail(t, __FILE__, __LINE__, "%s; %lu times", text, s->wrong);
		kprintf("  # stale reads %lu, writes %lu, fetches %lu; wrong data %lu, lost stores "
			"%lu, missing %lu\n",
			s->of[FIRE_READ], s->of[FIRE_WRITE], s->of[FIRE_FETCH], s->of[FIRE_DATA],
			s->of[FIRE_LOST], s->of[FIRE_MISSING]);
	}
	CHECK(t, f->cycles > 0);
	CHECK(t, s->faults > 0);
}
