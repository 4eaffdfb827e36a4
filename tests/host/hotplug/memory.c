/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/hotplug/memory.c - see fake.h: blocks, the registry, the buddy, pages that move. */
#include "fake.h"
#include <lib/printf.h>
#include <mm/hotplug/movable.h>
#include <mm/vmalloc/vmalloc.h>
#include <want.h>

struct block of[UNITS];
struct subblock_map parts_map;
bool late_adds;
static bool exists[UNITS];

/* ---- blocks ---- */

void fake_blocks(const char *state)
{
	memset(of, 0, sizeof(of));
	for (unsigned i = 0; i < UNITS; i++) {
		char s = state[i];

		exists[i] = s != '.';
		of[i].first_pfn = of[i].range_pfn = pfn_of(i);
		of[i].range_blocks = 1;
		of[i].memmap = &in_old;
		of[i].state = s == 'f' ? BLOCK_OFFLINE : s == 'h' ? BLOCK_ABSENT : BLOCK_ONLINE;
		of[i].held = s == 'h';
		of[i].boot = s == 'B' || s == 'p';
		of[i].partial = s == 'p';
		of[i].zone = s == 'M' ? ZONE_MOVABLE : ZONE_NORMAL;
	}
}

void fake_came(unsigned first, unsigned nr)
{
	for (unsigned i = first; i < first + nr; i++) {
		of[i].range_pfn = pfn_of(first);
		of[i].range_blocks = nr;
	}
}

static char letter(const struct block *b)
{
	static const char by_state[] = { [BLOCK_ABSENT] = 'h',
					 [BLOCK_OFFLINE] = 'f',
					 [BLOCK_GOING_ONLINE] = 'g',
					 [BLOCK_ONLINE] = 'N',
					 [BLOCK_GOING_OFFLINE] = 'o' };
	char c = by_state[b->state];

	if (c == 'N' && b->boot)
		c = b->partial ? 'p' : 'B';
	return c == 'N' && b->zone == ZONE_MOVABLE ? 'M' : c;
}

void fake_states(char out[UNITS + 1])
{
	for (unsigned i = 0; i < UNITS; i++)
		out[i] = exists[i] ? letter(&of[i]) : '.';
	out[UNITS] = 0;
}

/* Also called for blocks outside the eight, which are absent. */
struct block *block_find(pfn_t pfn)
{
	s64 off = (s64)(pfn - pfn_of(0)), i = off / (s64)PAGES;

	WANT(off % (s64)PAGES == 0 && off >= -(s64)PAGES && i <= UNITS);
	WANT(fake.writing || fake.reading);
	return off >= 0 && i < UNITS && exists[i] ? &of[i] : NULL;
}

struct block *block_after(const struct block *b)
{
	return block_find(b->first_pfn + PAGES);
}

struct block *block_first_in(pfn_t pfn, pfn_t end)
{
	struct block *b = NULL;

	for (; pfn < end && !b; pfn += PAGES)
		b = block_find(pfn);
	return b;
}

int block_create(pfn_t first, struct block **out, struct why *why)
{
	unsigned i = (unsigned)((first - pfn_of(0)) / PAGES);

	if (work("create", first, PAGES, ""))
		return fake_refuse(why, ENOMEM, "create");
	WANT(i < UNITS && !exists[i]);
	exists[i] = true;
	of[i] = (struct block) { .state = BLOCK_OFFLINE, .first_pfn = first, .zone = 77 };
	*out = &of[i];
	return 0;
}

void block_destroy(struct block *b)
{
	WANT(b && exists[b - of]);
	WANT(!fake.runs || hotplug_in_teardown() == 1);
	work("destroy", b->first_pfn, PAGES, "");
	exists[b - of] = false;
	memset(b, 0x5a, sizeof(*b));
}

const char *block_state_name(unsigned state)
{
	static const char *const names[] = { "absent", "offline", "going online", "online",
					     "going offline" };

	return names[state];
}

/* ---- parts: pages of "1.0+512,..." ---- */

static bool part_of(pfn_t pfn)
{
	const char *at = fake.present;
	unsigned long unit, page, nr;

	for (; sscanf(at, "%lu.%lu+%lu", &unit, &page, &nr) == 3; at++) {
		if (pfn - (pfn_of(unit) + page) < nr)
			return true;
		at += strcspn(at, ",");
		if (!*at)
			break;
	}
	return false;
}

u64 subblock_run(const struct subblock_map *p, pfn_t *pfn, pfn_t end)
{
	u64 nr = 0;

	WANT(p == &parts_map && end - *pfn <= 4 * PAGES);
	while (*pfn < end && !part_of(*pfn))
		++*pfn;
	while (*pfn + nr < end && part_of(*pfn + nr))
		nr++;
	return nr;
}

u64 block_usable(const struct block *b)
{
	u64 pages = PAGES - b->altmap_pages;

	if (b->subblocks)
		for (pfn_t pfn = b->first_pfn; pfn < b->first_pfn + PAGES; pfn++)
			pages -= !part_of(pfn);
	return pages;
}

/* ---- the registry ---- */

static bool in_array(enum region_kind kind, enum region_kind array)
{
	return array == MEM_WITHHELD   ? kind == MEM_WITHHELD
	       : array == MEM_RESERVED ? kind >= MEM_RESERVED
				       : kind <= MEM_HOTADDED;
}

const struct mem_range *region_find(enum region_kind array, paddr_t pa, u64 len)
{
	WANT(fake.reading || fake.writing);
	for (const struct mem_range *r = fake.range; r < &fake.range[UNITS]; r++)
		if (r->len && in_array((enum region_kind)r->kind, array) && r->pa < pa + len &&
		    pa < r->pa + r->len)
			return r;
	return NULL;
}

static int change(const char *sign, paddr_t pa, u64 len, enum region_kind kind, const char *more)
{
	char name[32];

	snprintf(name, sizeof(name), "%s%s", sign, mem_kind_name(kind));
	return work(name, pa / PAGE, len / PAGE, more) ? -ENOMEM : 0;
}

int region_add(paddr_t pa, u64 len, enum region_kind kind, unsigned node, struct why *why)
{
	char more[8];

	snprintf(more, sizeof(more), "@%u", node);
	return change("+", pa, len, kind, more) ? fake_refuse(why, ENOMEM, "entry") : 0;
}

int region_remove(paddr_t pa, u64 len, enum region_kind kind, struct why *why)
{
	/* every page stays registered until the teardown ends (S0-02) */
	WANT(!fake.runs || hotplug_in_teardown() == 1);
	return change("-", pa, len, kind, "") ? fake_refuse(why, ENOMEM, "split") : 0;
}

unsigned region_room(enum region_kind array)
{
	changing();
	WANT(array == MEM_RAM || array == MEM_WITHHELD);
	return array == MEM_RAM ? fake.ram_room : fake.withheld_room;
}

const char *mem_kind_name(unsigned kind)
{
	static const char *const names[] = { "ram",   "hot", "withheld", "reserved", "nomap",
					     "image", "dtb", "initrd",   "boot" };

	return names[kind];
}

/* ---- other owners of memory ---- */

const struct subsection_range *subsection_find(pfn_t pfn, u64 nr)
{
	const struct subsection_range *s = &fake.sub;

	WANT(fake.reading || fake.writing);
	return s->nr && s->pfn < pfn + nr && pfn < s->pfn + s->nr ? s : NULL;
}

const struct devmem *devmem_find(pfn_t pfn, u64 nr)
{
	const struct devmem *d = &fake.dev;

	WANT(fake.reading || fake.writing);
	return d->len && d->pa / PAGE < pfn + nr && pfn < (d->pa + d->len) / PAGE ? d : NULL;
}

const struct devmem *devmem_keeping(pfn_t pfn, u64 nr)
{
	const struct devmem *d = devmem_find(pfn, nr);

	return d && d->mode != DEVMEM_KMEM ? d : NULL;
}

const char *devmem_mode_name(unsigned mode)
{
	return mode == DEVMEM_RAW ? "raw" : mode == DEVMEM_DAX ? "dax" : "kmem";
}

/* ---- the buddy, and pages that move ---- */

/* The range begins in one block and ends with it. */
static struct block *whole(pfn_t pfn, u64 nr)
{
	struct block *b = &of[(pfn - pfn_of(0)) / PAGES % UNITS];

	changing();
	WANT(pfn >= pfn_of(0) && pfn + nr == b->first_pfn + PAGES && nr <= PAGES);
	WANT(pfn == b->first_pfn + b->altmap_pages);
	return b;
}

void buddy_give(pfn_t pfn, u64 nr, unsigned node, enum zone_id zone)
{
	const struct block *b = &of[(pfn - pfn_of(0)) / PAGES % UNITS];
	char more[16];

	WANT(b->zone == zone && b->state == BLOCK_ONLINE && node == b->node);
	fake.given_late += b->late ? nr : 0;
	snprintf(more, sizeof(more), "@%u%s", node, zone == ZONE_MOVABLE ? "M" : "N");
	work("give", pfn, nr, more);
}

u64 buddy_isolate(pfn_t pfn, u64 nr)
{
	WANT(whole(pfn, nr)->isolated);
	for (unsigned i = 0; i < UNITS; i++) /* no page moves to another block of the range */
		WANT(of[i].isolated == (exists[i] && of[i].state == BLOCK_GOING_OFFLINE));
	work("isolate", pfn, nr, "");
	return 0;
}

void buddy_unisolate(pfn_t pfn, u64 nr)
{
	WANT(!whole(pfn, nr)->isolated);
	work("unisolate", pfn, nr, "");
}

void buddy_take(pfn_t pfn, u64 nr)
{
	WANT(whole(pfn, nr)->isolated);
	work("take", pfn, nr, "");
}

u64 buddy_free_total(void)
{
	changing();
	return fake.spare;
}

bool vmalloc_purge(void)
{
	for (unsigned i = 0; i < UNITS; i++)
		WANT(of[i].isolated == (exists[i] && of[i].state == BLOCK_GOING_OFFLINE));
	changing();
	ask("purge");
	fake.tlbi += 4;
	return true;
}

int movable_check(pfn_t pfn, u64 nr, u64 *used, struct why *why)
{
	WANT(whole(pfn, nr)->isolated);
	if (work("look", pfn, nr, ""))
		return fake_refuse(why, EBUSY, "look");
	*used += fake.used;
	return 0;
}

int movable_evacuate(pfn_t pfn, u64 nr, u64 *moved, struct why *why)
{
	bool no = work("move", pfn, nr, "");

	WANT(whole(pfn, nr)->isolated);
	*moved += fake.moved;
	fake.tlbi += 10;
	return no ? fake_refuse(why, ECANCELED, "move") : 0;
}

const char *zone_name(enum zone_id zone)
{
	return zone == ZONE_DEVICE ? "Device" : zone == ZONE_MOVABLE ? "Movable" : "Normal";
}
