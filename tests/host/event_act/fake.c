/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/event_act/fake.c - see fake.h. */
#include "fake.h"
#include <acts.h>
#include <fakes/hotplug_lock.h>
#include <kern/args.h>
#include <lib/printf.h>
#include <mm/hotplug/subsection.h>
#include <mm/page/region.h>
#include <string.h>
#include <want.h>

#define MOVED 3 /* pages of a unit that are migrated */

struct fake fake;
const struct event_source *fake_source;

static void ask(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	acts_add(fake.asked, sizeof(fake.asked), fmt, ap);
	va_end(ap);
}

static int first_of(paddr_t pa)
{
	return (int)((pa - BASE) / UNIT);
}

/* The call is entered; is it refused? */
static bool refused(const char *name, paddr_t pa, u64 len, const char *more)
{
	bool no = fake.fails & BIT(fake.changes++);

	WANT(fake_hotplug == HOLD_NONE);
	WANT(pa % UNIT == 0 && len % UNIT == 0 && len);
	WANT(pa >= BASE && pa + len <= BASE + UNITS * UNIT);
	ask("%s %d+%d%s%s", name, first_of(pa), (int)(len / UNIT), more, no ? "!" : "");
	return no;
}

static void set_state(paddr_t pa, u64 len, const char *was, char to)
{
	for (int i = first_of(pa); i < first_of(pa + len); i++) {
		WANT(strchr(was, fake.state[i]));
		fake.state[i] = to;
	}
}

/* ---- blocks ---- */

static struct block of[UNITS];

void fake_mark(int unit)
{
	of[unit].recall = true;
}

/* The options that hotplug_opts_default() gives, but for those that the event sets. */
static bool by_default(const struct hotplug_opts *o)
{
	return o->leaf == -1 && !o->remove && !o->contig && !o->device_refuse && !o->anywhere;
}

void fake_begin(void)
{
	static const struct pt_fmt pages_of_4k = { .page_shift = 12 };

	layout.fmt = &pages_of_4k;
	layout.block_bytes = UNIT;
	memset(of, 0, sizeof(of));
	memset(&fake, 0, sizeof(fake));
	memcpy(fake.owner, "ssssssss", UNITS);
	memcpy(fake.came, "abcdefgh", UNITS);
}

struct block *block_find(pfn_t pfn)
{
	static const struct event_source other;
	int i = first_of(pfn << 12), first = i, nr = 1;
	char state;

	WANT(pfn % (UNIT >> 12) == 0 && pfn >= BASE >> 12 && i < UNITS);
	if (pfn < BASE >> 12 || i >= UNITS || fake.state[i] == '.')
		return NULL;
	state = fake.state[i];
	while (first && fake.came[first - 1] == fake.came[i])
		first--;
	while (first + nr < UNITS && fake.came[first + nr] == fake.came[i])
		nr++;
	of[i].state = state == 'f' ? BLOCK_OFFLINE : BLOCK_ONLINE;
	if (state != 'f')
		of[i].zone = state == 'M' ? ZONE_MOVABLE : ZONE_NORMAL;
	of[i].boot = fake.owner[i] == 'B';
	of[i].owner = fake.owner[i] == 's' ? fake_source : &other;
	of[i].first_pfn = (BASE + (u64)i * UNIT) >> 12;
	of[i].range_pfn = (BASE + (u64)first * UNIT) >> 12;
	of[i].range_blocks = (u32)nr;
	return &of[i];
}

static void added(paddr_t pa, u64 len, char state)
{
	int first = first_of(pa);

	set_state(pa, len, ".", state);
	for (int i = first; i < first_of(pa + len); i++) {
		fake.owner[i] = 's';
		fake.came[i] = (char)('a' + first);
	}
}

/* An add is logged by that name; the added units get that state. */
static bool add(const char *name, paddr_t pa, u64 len, unsigned node,
		const struct hotplug_opts *opts, char state)
{
	char more[8];

	WANT(by_default(opts) && !opts->surprise);
	fake.opts = *opts;
	snprintf(more, sizeof(more), "@%u", node);
	if (refused(name, pa, len, more))
		return false;
	added(pa, len, state);
	return true;
}

int hotplug_add(paddr_t pa, u64 len, unsigned node, const struct hotplug_opts *opts,
		struct hotplug_report *report, struct why *why)
{
	(void)report;
	return add("add", pa, len, node, opts, 'f') ? 0 : refuse(why, ENOMEM, "no add");
}

int hotplug_online(paddr_t pa, u64 len, enum zone_id zone, struct hotplug_report *report,
		   struct why *why)
{
	WANT(!report);
	if (refused("online", pa, len, zone == ZONE_MOVABLE ? "M" : "N"))
		return refuse(why, EBUSY, "no online");
	set_state(pa, len, "f", zone == ZONE_MOVABLE ? 'M' : 'N');
	return 0;
}

int hotplug_offline(paddr_t pa, u64 len, struct hotplug_report *report, struct why *why)
{
	bool no = refused("offline", pa, len, "");

	if (report) /* undefined after a refusal */
		report->moved_pages = no ? 1000 : len / UNIT * MOVED;
	if (no)
		return refuse(why, EBUSY, "no offline");
	set_state(pa, len, "MN", 'f');
	return 0;
}

int hotplug_remove(paddr_t pa, u64 len, const struct hotplug_opts *opts,
		   struct hotplug_report *report, struct why *why)
{
	(void)report;
	WANT(!opts || (by_default(opts) && !opts->memmap && !opts->owner && !opts->leaves));
	if (refused("remove", pa, len, opts && opts->surprise ? "lost" : ""))
		return refuse(why, EBUSY, "no remove");
	set_state(pa, len, "f", '.');
	return 0;
}

int hotplug_may_release(paddr_t pa, u64 len, struct why *why)
{
	WANT(fake_hotplug == HOLD_NONE);
	WANT(pa >= BASE && pa + len <= BASE + UNITS * UNIT);
	ask("release %d+%d", first_of(pa), (int)(len / UNIT));
	return fake.kept ? refuse(why, EBUSY, "kept") : 0;
}

void hotplug_opts_default(struct hotplug_opts *o)
{
	*o = (struct hotplug_opts) { .leaf = -1 };
}

bool layout_is_mappable(paddr_t pa, u64 len)
{
	return pa >= BASE && pa + len <= BASE + (UNITS - fake.mapped_less) * UNIT;
}

const char *zone_name(enum zone_id zone)
{
	return zone == ZONE_MOVABLE ? "Movable" : "Normal";
}

/* ---- sub-sections: a present one is 'M' ---- */

int subsection_add(paddr_t pa, u64 len, unsigned node, const struct hotplug_opts *opts,
		   struct hotplug_report *report, struct why *why)
{
	(void)report;
	return add("small", pa, len, node, opts, 'M') ? 0 : refuse(why, ENOMEM, "no sub-sections");
}

int subsection_remove(paddr_t pa, u64 len, const struct hotplug_opts *opts,
		      struct hotplug_report *report, struct why *why)
{
	(void)report;
	WANT(!opts);
	if (refused("unsmall", pa, len, ""))
		return refuse(why, EBUSY, "no removal");
	set_state(pa, len, "M", '.');
	return 0;
}

/* Adjacent ones are one range, which may begin before and end after the requested one. */
static bool side_by_side(pfn_t pfn, u64 nr, int *first, int *n)
{
	int i = first_of(pfn << 12), end = first_of((pfn + nr) << 12);

	WANT(fake_hotplug == HOLD_READ);
	while (i < end && i < UNITS && fake.state[i] != 'M')
		i++;
	if (i >= end || i >= UNITS)
		return false;
	for (*first = i; *first && fake.state[*first - 1] == 'M';)
		--*first;
	for (*n = i - *first; *first + *n < UNITS && fake.state[*first + *n] == 'M';)
		++*n;
	return true;
}

const struct subsection_range *subsection_find(pfn_t pfn, u64 nr)
{
	static struct subsection_range found;
	int first, n;

	if (!side_by_side(pfn, nr, &first, &n))
		return NULL;
	found.pfn = (BASE + (u64)first * UNIT) >> 12;
	found.nr = (u64)n * UNIT >> 12;
	return &found;
}

/* ---- device ranges ---- */

int devmem_add(paddr_t pa, u64 len, unsigned node, const struct devmem_opts *opts,
	       struct hotplug_report *report, struct why *why)
{
	char more[8];

	(void)report;
	fake.dev_opts = *opts;
	snprintf(more, sizeof(more), "@%u", node);
	if (refused("device", pa, len, more))
		return refuse(why, ENOMEM, "no device memory");
	added(pa, len, 'M');
	return 0;
}

int devmem_remove(paddr_t pa, u64 len, struct hotplug_report *report, struct why *why)
{
	(void)report;
	if (refused("undevice", pa, len, ""))
		return refuse(why, EBUSY, "no removal");
	set_state(pa, len, "M", '.');
	return 0;
}

const struct devmem *devmem_find(pfn_t pfn, u64 nr)
{
	static struct devmem found;
	int first, n;

	if (!side_by_side(pfn, nr, &first, &n))
		return NULL;
	found.pa = BASE + (u64)first * UNIT;
	found.len = (u64)n * UNIT;
	found.opts.owner = fake.owner[first] == 's' ? fake_source : NULL;
	found.data = fake.data;
	return &found;
}

/* ---- the registry, locks and arguments ---- */

int region_add(paddr_t pa, u64 len, enum region_kind kind, unsigned node, struct why *why)
{
	(void)why;
	WANT(fake_hotplug == HOLD_WRITE && kind == MEM_WITHHELD);
	ask("arrive %d+%d@%u", first_of(pa), (int)(len / UNIT), node);
	return 0;
}

int region_remove(paddr_t pa, u64 len, enum region_kind kind, struct why *why)
{
	(void)why;
	WANT(fake_hotplug == HOLD_WRITE && kind == MEM_WITHHELD);
	ask("depart %d+%d", first_of(pa), (int)(len / UNIT));
	return 0;
}

const char *region_owner(paddr_t pa, u64 len, unsigned kinds)
{
	u64 lo = BASE + (u64)fake.claim.first * UNIT, hi = lo + (u64)fake.claim.nr * UNIT;

	return kinds & fake.claim.kind && pa < hi && lo < pa + len ? fake.claim.name : NULL;
}

const char *arg_text_of(const char *source, enum arg_id id, const char *dflt)
{
	const char *given = id == ARG_MEMMAP ? fake.memmap : fake.online;

	WANT_TEXT(source, fake_source->name);
	if (*given)
		return given;
	return dflt ? dflt : id == ARG_MEMMAP ? "block" : "movable";
}

const struct memmap_scheme *memmap_scheme_find(const char *name, struct why *why)
{
	static const struct memmap_scheme known[] = { { .s = { .name = "host" } },
						      { .s = { .name = "block" } },
						      { .s = { .name = "device" } } };

	for (unsigned i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(known[i].s.name, name))
			return &known[i];
	refuse(why, EINVAL, "memmap=%s: unknown", name);
	return NULL;
}
