/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/changes/fake.c - see fake.h. */
#include "fake.h"
#include <acts.h>
#include <asserts.h>
#include <kern/cpu.h>
#include <lib/fail.h>
#include <lib/printf.h>
#include <stdlib.h>

struct fake fake;

const struct memmap_scheme host = { .s = { .name = "host" }, .where = MEMMAP_IN_OLD_MEMORY };
const struct memmap_scheme device = { .s = { .name = "device" }, .where = MEMMAP_IN_FIRST_BLOCKS };

static bool fail(enum fail_point point, u64 about)
{
	(void)about;
	return fake.no_room && point == FAIL_RANGES;
}

void fake_begin(void)
{
	static const struct pt_fmt fmt = { .page_shift = 12 };

	memset(&fake, 0, sizeof(fake));
	fake.code = EBUSY;
	layout.fmt = &fmt;
	layout.phys_base = BASE;
	layout.block_bytes = layout.section_bytes = 8 * UNIT;
	layout.subsection_bytes = UNIT;
	fail_hook = fail;
}

static void note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	acts_add(fake.calls, sizeof(fake.calls), fmt, ap);
	va_end(ap);
}

/* A call of this name: is it refused? */
static int called(const char *name, paddr_t pa, u64 len, struct why *why)
{
	bool no = fake.refused && !strcmp(fake.refused, name);

	WANT(pa % UNIT == 0 && len % UNIT == 0 && pa >= BASE && pa < BASE + UNITS * UNIT);
	note("%s %lu+%lu%s", name, (pa - BASE) / UNIT, len / UNIT, no ? "!" : "");
	if (!no)
		return 0;
	fake.refused = NULL;
	return refuse(why, fake.code, "no %s", name);
}

static int span_called(const char *name, const struct block_span *s, struct why *why)
{
	WANT(fake.lock == 'w' && s->pfn == s->pa / PAGE && s->nr == s->len / PAGE);
	return called(name, s->pa, s->len, why);
}

/* ---- the lock ---- */
static int lock(const char *name, char how, struct why *why)
{
	bool no = fake.refused && !strcmp(fake.refused, name);

	WANT(!fake.lock);
	note("%s%s", name, no ? "!" : "");
	if (no) {
		fake.refused = NULL;
		return refuse(why, EBUSY, "no %s", name);
	}
	fake.lock = how;
	return 0;
}

int hotplug_enter(struct why *why)
{
	return lock("enter", 'w', why);
}

void hotplug_write_lock(void)
{
	WANT(!lock("write", 'w', NULL));
}

void hotplug_read_lock(void)
{
	WANT(!lock("read", 'r', NULL));
}

static void unlock(char how)
{
	void (*act)(void) = fake.meanwhile;

	WANT(fake.lock == how);
	note("unlock");
	fake.lock = 0;
	fake.meanwhile = NULL;
	if (act)
		act();
}

void hotplug_write_unlock(void)
{
	unlock('w');
}

void hotplug_read_unlock(void)
{
	unlock('r');
}

/* ---- checks ---- */
static int init(const char *name, struct block_span *s, paddr_t pa, u64 len, struct why *why)
{
	*s = (struct block_span) { .pa = pa, .len = len, .pfn = pa / PAGE, .nr = len / PAGE };
	return called(name, pa, len, why);
}

int hotplug_span_init(struct block_span *s, paddr_t pa, u64 len, struct why *why)
{
	return init("blocks", s, pa, len, why);
}

int hotplug_span_init_subsections(struct block_span *s, paddr_t pa, u64 len, struct why *why)
{
	return init("span", s, pa, len, why);
}

int hotplug_span_absent(const struct block_span *s, struct why *why)
{
	return span_called("absent", s, why);
}

int hotplug_span_withheld(const struct block_span *s, struct why *why)
{
	return span_called("withheld", s, why);
}

int hotplug_notify_prepare(enum hotplug_note what, enum hotplug_note cancel,
			   const struct block_span *s, struct why *why)
{
	WANT(cancel == NOTE_NONE && (what == NOTE_PREPARE_ADD || what == NOTE_PREPARE_REMOVE));
	return span_called(what == NOTE_PREPARE_ADD ? "may-add" : "may-remove", s, why);
}

/* The registry already has the change. */
void hotplug_notify(enum hotplug_note what, const struct block_span *s)
{
	const struct subsection_range *r = subsection_find(s->pfn, s->nr);
	const struct devmem *d = devmem_find(s->pfn, s->nr);

	WANT(what == NOTE_ADDED || what == NOTE_REMOVED);
	if (d)
		WANT(d->mode == (what == NOTE_ADDED ? DEVMEM_DAX : DEVMEM_RAW));
	else
		WANT((r != NULL) == (what == NOTE_ADDED));
	WANT(!span_called(what == NOTE_ADDED ? "added" : "removed", s, NULL));
}

struct block *block_find(pfn_t pfn)
{
	struct block *b = &fake.blocks[(pfn * PAGE - BASE) / (8 * UNIT)];

	return b->state == BLOCK_ABSENT && !b->held ? NULL : b;
}

/* ---- what a device range takes ---- */
int devmem_check(paddr_t pa, u64 len, unsigned node, const struct devmem_opts *o, struct hot_add *a,
		 struct why *why)
{
	*a = (struct hot_add) { .node = node, .users = 1, .provenance = PAGE_DEVICE };
	a->compound = o->compound / PAGE;
	a->reserve = o->reserve / PAGE;
	a->attributes = o->uncached ? PT_NC : 0;
	a->opts = (struct hotplug_opts) { .memmap = o->memmap ? o->memmap : &device,
					  .owner = o->owner,
					  .leaves = o->leaves,
					  .leaf = FAKE_LEAF };
	return init("check", &a->span, pa, len, why);
}

int devmem_count(const struct hot_add *a, struct devmem_cost *c, struct why *why)
{
	*c = (struct devmem_cost) {
		.reserved = 12 * PAGE, .tables = 40 * KiB, .need = fake.need, .free = fake.free
	};
	return span_called("count", &a->span, why);
}

/* ---- adds and removals ---- */
int hot_add_lock(struct hot_add *a, const struct hotplug_opts *opts, struct hotplug_report *report,
		 struct why *why)
{
	a->opts = opts ? *opts : (struct hotplug_opts) { .memmap = &host };
	a->report = report ? report : &a->unused;
	fake.report = report;
	return lock("lock", 'w', why);
}

static struct block_span acting;

void hotplug_meter_start(struct hotplug_meter *m)
{
	note("start");
	m->cost = 9;
}

/* Both registries are as they were before. */
void hotplug_meter_stop(const struct hotplug_meter *m, struct hotplug_report *r)
{
	const struct devmem *d = devmem_nth(0);

	note("stop");
	WANT(!subsection_find(acting.pfn, acting.nr));
	WANT(m->cost == 9 && (!d || d->mode == DEVMEM_RAW));
	r->cost = 5;
}

int hot_add_plan(struct hot_add *a, struct why *why)
{
	WANT(a->meter.cost == 9 && a->node == 3);
	WANT(a->users == 1 && a->provenance == PAGE_DEVICE);
	return span_called("plan", &a->span, why);
}

void hot_add_act(struct hot_add *a)
{
	acting = a->span;
	*a->report = (struct hotplug_report) { .pages = a->span.nr };
	WANT(!span_called("act", &a->span, NULL));
}

int hot_remove_lock(struct hot_remove *d, const struct hotplug_opts *opts,
		    struct hotplug_report *report, struct why *why)
{
	d->opts = opts ? *opts : (struct hotplug_opts) { .leaf = FAKE_LEAF };
	d->report = report ? report : &d->unused;
	d->why = why;
	fake.opts = d->opts;
	fake.report = report;
	return lock("leave", 'w', why);
}

/* The log of each part of the range: its memmap, and "*" where it is removed. */
int hot_remove_plan_whole(struct hot_remove *d, memmap_scheme_fn *scheme, u64 compound)
{
	pfn_t end = d->span.pfn + d->span.nr, next;

	for (pfn_t pfn = d->span.pfn; pfn < end; pfn = next) {
		const struct memmap_scheme *is = scheme(pfn, &next);
		pfn_t same = 0;
		bool leaves = d->leaves(pfn, &same);

		WANT(next > pfn && same == next);
		if (next <= pfn)
			exit(1);
		note("%s%s to %lu", is->s.name, leaves ? "*" : "", (next * PAGE - BASE) / UNIT);
	}
	if (compound)
		note("compound %lu", compound);
	return span_called("unplan", &d->span, d->why);
}

void hot_remove_whole(struct hot_remove *d)
{
	const struct devmem *dev = devmem_find(d->span.pfn, 1);

	/* it is registered until both maps are removed (S0-02) */
	WANT(dev ? dev->mode == DEVMEM_DAX : subsection_find(d->span.pfn, d->span.nr) != NULL);
	*d->report = (struct hotplug_report) { .pages = d->span.nr, .cost = 6 };
	WANT(!span_called("unmap", &d->span, NULL));
}

int hot_remove_unlock(struct hot_remove *d, int err)
{
	(void)d;
	hotplug_write_unlock();
	return err;
}

/* ---- blocks ---- */
void hotplug_opts_default(struct hotplug_opts *o)
{
	*o = (struct hotplug_opts) { .leaf = FAKE_LEAF, .contig = true };
}

int hotplug_add(paddr_t pa, u64 len, unsigned node, const struct hotplug_opts *opts,
		struct hotplug_report *report, struct why *why)
{
	WANT(!fake.lock && node == 3);
	fake.opts = *opts;
	fake.report = report;
	if (report)
		*report = (struct hotplug_report) { .pages = len / PAGE, .cost = 7 };
	return called("add", pa, len, why);
}

int hotplug_remove(paddr_t pa, u64 len, const struct hotplug_opts *opts,
		   struct hotplug_report *report, struct why *why)
{
	WANT(!fake.lock && !opts);
	fake.report = report;
	if (report)
		*report = (struct hotplug_report) { .pages = len / PAGE, .cost = 8 };
	return called("remove", pa, len, why);
}
