/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/page/region.c - the registry of physical memory: three sorted arrays of disjoint ranges, and
 * the claims of devices in the order in which they were entered.
 *
 * Invariants: sorted by address, disjoint inside one array, adjacent ranges of one kind and node
 * merged.  Small and linear on purpose: a machine has a handful of ranges, and every change is a
 * boot step or a hotplug operation.  Callers are serialised (mm/page/region.h).
 */
#include <lib/assert.h>
#include <lib/hash.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/page/region.h>

#define RANGES_MAX 128
#define CLAIMS_MAX 3072
#define CLAIM_NAMES_BYTES (48 * KiB)

enum { MEMORY, WITHHELD, RESERVED, ARRAYS };

struct region_table {
	struct mem_range *r;
	unsigned nr;
};

/* The counts are cleared with .bss, so the ranges themselves need not be. */
static struct mem_range store[ARRAYS][RANGES_MAX] NOINIT;
static struct region_table arrays[ARRAYS] = {
	[MEMORY] = { store[MEMORY], 0 },
	[WITHHELD] = { store[WITHHELD], 0 },
	[RESERVED] = { store[RESERVED], 0 },
};
static bool boot_closed;

static const char *const kind_names[MEM_KINDS] = {
	[MEM_RAM] = "RAM",
	[MEM_HOTADDED] = "hot-added RAM",
	[MEM_WITHHELD] = "withheld RAM",
	[MEM_RESERVED] = "reserved",
	[MEM_NOMAP] = "no-map",
	[MEM_IMAGE] = "image",
	[MEM_DTB] = "device tree",
	[MEM_INITRD] = "initrd",
	[MEM_BOOT] = "boot allocation",
};

const char *mem_kind_name(unsigned kind)
{
	return kind < MEM_KINDS ? kind_names[kind] : "unknown";
}

static struct region_table *array_of(enum region_kind kind)
{
	if (kind < MEM_WITHHELD)
		return &arrays[MEMORY];
	return &arrays[kind == MEM_WITHHELD ? WITHHELD : RESERVED];
}

static paddr_t range_last(const struct mem_range *r)
{
	return r->pa + r->len - 1;
}

/* Index of the first range whose last byte is at or above pa; nr when there is none. */
static unsigned first_from(const struct region_table *a, paddr_t pa)
{
	unsigned i = 0;

	while (i < a->nr && range_last(&a->r[i]) < pa)
		i++;
	return i;
}

static const struct mem_range *ranges_find(const struct region_table *a, paddr_t pa, u64 len)
{
	unsigned i = first_from(a, pa);

	return i < a->nr && len && a->r[i].pa <= pa + len - 1 ? &a->r[i] : NULL;
}

static void delete_at(struct region_table *a, unsigned i)
{
	memmove(&a->r[i], &a->r[i + 1], (a->nr - i - 1) * sizeof(a->r[0]));
	a->nr--;
}

static void ranges_insert_at(struct region_table *a, unsigned i, struct mem_range r)
{
	memmove(&a->r[i + 1], &a->r[i], (a->nr - i) * sizeof(a->r[0]));
	a->r[i] = r;
	a->nr++;
}

static bool mergeable(const struct mem_range *low, const struct mem_range *high)
{
	return low->pa + low->len == high->pa && low->kind == high->kind && low->node == high->node;
}

/* Merge r into the ranges around position i, if it touches one of its own kind. */
static bool merge_at(struct region_table *a, unsigned i, const struct mem_range *r)
{
	bool below = i > 0 && mergeable(&a->r[i - 1], r);
	bool above = i < a->nr && mergeable(r, &a->r[i]);

	if (below) {
		a->r[i - 1].len += r->len;
		if (above) {
			a->r[i - 1].len += a->r[i].len;
			delete_at(a, i);
		}
	} else if (above) {
		a->r[i].pa = r->pa;
		a->r[i].len += r->len;
	}
	return below || above;
}

static int bad_range(paddr_t pa, u64 len, struct why *why)
{
	return refuse(why, EINVAL, "%s: the range is empty or wraps around",
		      range_text(pa, len).text);
}

int region_add(paddr_t pa, u64 len, enum region_kind kind, unsigned node, struct why *why)
{
	struct region_table *a = array_of(kind);
	struct mem_range r = { pa, len, (u8)kind, (u8)node };
	const struct mem_range *other;
	unsigned i;

	if (!len || pa + len < pa)
		return bad_range(pa, len, why);
	other = ranges_find(a, pa, len);
	if (other)
		return refuse(why, EEXIST, "%s overlaps %s at %s", range_text(pa, len).text,
			      mem_kind_name(other->kind), range_text(other->pa, other->len).text);
	i = first_from(a, pa);
	if (merge_at(a, i, &r))
		return 0;
	if (a->nr == RANGES_MAX)
		return refuse(why, ENOMEM, "%s: the registry holds %u ranges and is full",
			      range_text(pa, len).text, a->nr);
	ranges_insert_at(a, i, r);
	return 0;
}

/* Cut [pa, pa + len) out of range i, which holds it. */
static void cut(struct region_table *a, unsigned i, paddr_t pa, u64 len)
{
	struct mem_range old = a->r[i];
	u64 below = pa - old.pa, above = old.len - below - len;

	if (below && above)
		ranges_insert_at(a, i + 1,
				 (struct mem_range) { pa + len, above, old.kind, old.node });
	if (below)
		a->r[i].len = below;
	else if (above)
		a->r[i] = (struct mem_range) { pa + len, above, old.kind, old.node };
	else
		delete_at(a, i);
}

int region_remove(paddr_t pa, u64 len, enum region_kind kind, struct why *why)
{
	struct region_table *a = array_of(kind);
	const struct mem_range *r;

	if (!len || pa + len < pa)
		return bad_range(pa, len, why);
	r = ranges_find(a, pa, len);
	if (!r || r->kind != kind || r->pa > pa || range_last(r) < pa + len - 1)
		return refuse(why, ENOENT, "%s is not %s as a whole", range_text(pa, len).text,
			      mem_kind_name(kind));
	if (r->pa < pa && range_last(r) > pa + len - 1 && a->nr == RANGES_MAX)
		return refuse(why, ENOMEM, "%s: the registry holds %u ranges and is full",
			      range_text(pa, len).text, a->nr);
	cut(a, (unsigned)(r - a->r), pa, len);
	return 0;
}

void region_give_up(paddr_t pa, u64 len)
{
	const struct mem_range *r;

	while ((r = region_find(MEM_RAM, pa, len))) {
		u64 lo = max_u64(pa, r->pa), hi = min_u64(pa + len, r->pa + r->len);

		if (region_remove(lo, hi - lo, r->kind, NULL) &&
		    region_remove(r->pa, r->len, r->kind, NULL))
			return;
	}
}

static void report_part(void (*log)(const char *), u64 pa, u64 len, const char *why, u64 page)
{
	char line[160];

	snprintf(line, sizeof(line), "memory: %s left out: %s page of %lu KiB",
		 range_text(pa, len).text, why, page / KiB);
	log(line);
}

/* Leave out the parts of pages at the ends of each range of RAM. */
static void drop_ends(u64 page, void (*log)(const char *sentence))
{
	const struct mem_range *r;
	unsigned n = 0;

	while ((r = region_nth(MEM_RAM, n))) {
		u64 lo = r->pa, end = r->pa + r->len, hi = end;

		if (!is_aligned(lo, page)) {
			hi = min_u64(end, align_up(lo, page));
		} else if (!is_aligned(end, page)) {
			lo = align_down(end, page);
		} else {
			n++;
			continue;
		}
		report_part(log, lo, hi - lo, "it is only part of a", page);
		region_remove(lo, hi - lo, r->kind, NULL); /* an end: no split, so it cannot fail */
	}
}

/* Leave out the page around `pa`, an end of no-map memory, if that divides a page of RAM. */
static void drop_divided(paddr_t pa, u64 page, void (*log)(const char *sentence))
{
	paddr_t lo = align_down(pa, page);

	if (lo == pa || !region_find(MEM_RAM, lo, page))
		return;
	report_part(log, lo, page, "no-map memory divides this", page);
	region_give_up(lo, page);
}

void region_whole_pages(u64 page, void (*log)(const char *sentence))
{
	const struct mem_range *r;

	drop_ends(page, log);
	for (unsigned n = 0; (r = region_nth(MEM_RESERVED, n)); n++)
		if (r->kind == MEM_NOMAP) {
			drop_divided(r->pa, page, log);
			drop_divided(r->pa + r->len, page, log);
		}
}

const struct mem_range *region_nth(enum region_kind array, unsigned n)
{
	const struct region_table *a = array_of(array);

	return n < a->nr ? &a->r[n] : NULL;
}

const struct mem_range *region_find(enum region_kind array, paddr_t pa, u64 len)
{
	return ranges_find(array_of(array), pa, len);
}

bool region_is_ram(paddr_t pa, u64 len)
{
	const struct region_table *a = &arrays[MEMORY];
	unsigned i = first_from(a, pa);

	if (!len || pa + len < pa)
		return false;
	for (; i < a->nr && a->r[i].pa <= pa; i++) {
		if (range_last(&a->r[i]) >= pa + len - 1)
			return true;
		len -= a->r[i].pa + a->r[i].len - pa;
		pa = a->r[i].pa + a->r[i].len;
	}
	return false;
}

bool region_is_mapped(paddr_t pa, u64 len)
{
	const struct mem_range *r;

	for (unsigned n = 0; (r = region_nth(MEM_RESERVED, n)); n++)
		if (r->kind == MEM_NOMAP && r->pa < pa + len && pa < r->pa + r->len)
			return false;
	return region_is_ram(pa, len);
}

u64 region_total(enum region_kind array)
{
	const struct region_table *a = array_of(array);
	u64 sum = 0;

	for (unsigned i = 0; i < a->nr; i++)
		sum += a->r[i].len;
	return sum;
}

paddr_t region_lowest(void)
{
	paddr_t lowest = PA_NONE;

	if (arrays[MEMORY].nr)
		lowest = arrays[MEMORY].r[0].pa;
	if (arrays[WITHHELD].nr)
		lowest = min_u64(lowest, arrays[WITHHELD].r[0].pa);
	return lowest;
}

unsigned region_node_of(paddr_t pa)
{
	const struct mem_range *r = ranges_find(&arrays[MEMORY], pa, 1);

	if (!r)
		r = ranges_find(&arrays[WITHHELD], pa, 1);
	return r ? r->node : 0;
}

unsigned region_room(enum region_kind array)
{
	return RANGES_MAX - array_of(array)->nr;
}

/* ---- addresses that are no memory ------------------------------------------------------------ */

static struct mem_claim claims[CLAIMS_MAX] NOINIT;
static char claim_names[CLAIM_NAMES_BYTES] NOINIT;
static unsigned claims_nr;
static u32 claim_names_end;

/* A device with many registers gives them the name of its first. */
static u32 region_name_claim(const char *name)
{
	u32 len = (u32)strlen(name) + 1, at = claim_names_end;

	if (claims_nr && !strcmp(region_claim_name(&claims[claims_nr - 1]), name))
		return claims[claims_nr - 1].name;
	if (len > CLAIM_NAMES_BYTES - at)
		return CLAIM_NAMES_BYTES;
	memcpy(&claim_names[at], name, len);
	claim_names_end += len;
	return at;
}

const char *region_claim_name(const struct mem_claim *c)
{
	return c->name < CLAIM_NAMES_BYTES ? &claim_names[c->name] : "a device";
}

int region_claim(paddr_t pa, u64 len, enum region_claim kind, const char *name)
{
	if (!len)
		return 0;
	if (claims_nr == CLAIMS_MAX)
		return -ENOMEM;
	claims[claims_nr] = (struct mem_claim) { pa, len, kind, region_name_claim(name) };
	claims_nr++;
	return 0;
}

const struct mem_claim *region_claim_nth(unsigned n)
{
	return n < claims_nr ? &claims[n] : NULL;
}

const char *region_owner(paddr_t pa, u64 len, unsigned kinds)
{
	for (const struct mem_claim *c = claims; c < claims + claims_nr; c++)
		if (c->kind & kinds && pa < c->pa + c->len && c->pa < pa + len)
			return region_claim_name(c);
	return NULL;
}

/* ---- free boot memory: `memory` minus `reserved` --------------------------------------------- */

/* The highest free [*pa, *end) of [lo, hi), which is RAM; false when none of it is free. */
static bool highest_gap(paddr_t lo, paddr_t hi, paddr_t *pa, paddr_t *end)
{
	const struct region_table *a = &arrays[RESERVED];
	unsigned i = a->nr;

	for (; i > 0 && hi > lo; i--) {
		const struct mem_range *r = &a->r[i - 1];

		if (r->pa >= hi)
			continue;
		if (range_last(r) < hi - 1)
			break;
		hi = r->pa;
	}
	if (hi <= lo)
		return false;
	*end = hi;
	*pa = i ? max_u64(lo, a->r[i - 1].pa + a->r[i - 1].len) : lo;
	return true;
}

/* The highest aligned place for len bytes in the free part of [lo, hi), or PA_NONE. */
static paddr_t fit(paddr_t lo, paddr_t hi, u64 len, u64 align)
{
	paddr_t pa, end;

	while (highest_gap(lo, hi, &pa, &end)) {
		paddr_t at = end >= len ? align_down(end - len, align) : 0;

		if (end >= len && at >= pa)
			return at;
		hi = pa;
	}
	return PA_NONE;
}

/* The highest place in boot RAM inside [lo, hi); only `node`, or all nodes when it is -1. */
static paddr_t place(u64 len, u64 align, int node, paddr_t lo, paddr_t hi)
{
	const struct region_table *a = &arrays[MEMORY];

	for (unsigned i = a->nr; i > 0; i--) {
		const struct mem_range *r = &a->r[i - 1];
		paddr_t pa;

		if (r->kind != MEM_RAM || (node >= 0 && r->node != node))
			continue;
		pa = fit(max_u64(lo, r->pa), min_u64(hi, r->pa + r->len), len, align);
		if (pa != PA_NONE)
			return pa;
	}
	return PA_NONE;
}

static paddr_t take(paddr_t pa, u64 len)
{
	if (pa == PA_NONE || region_add(pa, len, MEM_BOOT, region_node_of(pa), NULL))
		return PA_NONE;
	return pa;
}

paddr_t region_alloc(u64 len, u64 align, unsigned node, paddr_t limit)
{
	paddr_t hi = limit ? limit : PA_NONE;
	paddr_t pa;

	ASSERT(!boot_closed);
	pa = place(len, align, (int)node, 0, hi);
	return take(pa != PA_NONE ? pa : place(len, align, -1, 0, hi), len);
}

paddr_t region_alloc_within(u64 len, u64 align, paddr_t lo, paddr_t hi)
{
	ASSERT(!boot_closed);
	return take(place(len, align, -1, lo, hi), len);
}

void region_close_boot(void)
{
	boot_closed = true;
}

void region_each_free(u64 align, void (*fn)(paddr_t, u64 len, unsigned node, void *arg), void *arg)
{
	const struct mem_range *m, *r;

	for (unsigned n = 0; (m = region_nth(MEM_RAM, n)); n++) {
		paddr_t pa = m->pa, end = m->pa + m->len, next;

		for (; m->kind == MEM_RAM && pa < end; pa = next) {
			paddr_t lo = align_up(pa, align), hi;

			r = ranges_find(&arrays[RESERVED], pa, end - pa);
			hi = align_down(r ? max_u64(r->pa, pa) : end, align);
			next = r ? r->pa + r->len : end;
			if (lo < hi)
				fn(lo, hi - lo, m->node, arg);
		}
	}
}

u64 region_digest(void)
{
	u64 h = 0;

	for (unsigned k = 0; k < ARRAYS; k++)
		for (unsigned i = 0; i < arrays[k].nr; i++) {
			const struct mem_range *r = &arrays[k].r[i];

			h = hash_u64(h, r->pa);
			h = hash_u64(h, r->len);
			h = hash_u64(h, (u64)r->kind << 8 | r->node);
		}
	return h;
}

void region_reset(void)
{
	for (unsigned k = 0; k < ARRAYS; k++)
		arrays[k].nr = 0;
	claims_nr = claim_names_end = 0;
	boot_closed = false;
}
