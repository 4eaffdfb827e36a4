/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/fdt/fdt_memory.c - enters memory nodes, reservations and the initrd into the region
 * registry.  The tree is not trusted: a range that is empty, wraps, is
 * not page aligned or overlaps another is reported in one line and left out; the others are
 * used.
 */
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <drivers/memory/withhold.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <libfdt.h>
#include <mm/page/region.h>

/* The smallest page of any geometry: reservations are rounded before a geometry is chosen. */
#define FRAME 4096ul
#define ROOM_FOR_BOOT 32 /* ranges of the registry that boot itself needs later */

typedef void log_fn(const char *sentence);

/* A range that is left out, as a line of the log. */
static void report_range(log_fn *log, const char *what, u64 pa, u64 len, const char *why)
{
	char line[160];

	snprintf(line, sizeof(line), "device tree: %s %s left out: %s", what,
		 range_text(pa, len).text, why);
	log(line);
}

const char *fdt_range_fault(u64 pa, u64 len)
{
	if (!len)
		return "it is empty";
	if (pa + len < pa)
		return "it wraps around the end of the address space";
	if (!is_aligned(pa | len, FRAME))
		return "it is not aligned to pages";
	if (pa + len > BIT(52))
		return "it is beyond any physical address";
	return NULL;
}

/* Enter one range of a memory node as RAM, or report the fault. */
static void add_memory(log_fn *log, u64 pa, u64 len, unsigned node)
{
	const char *fault = fdt_range_fault(pa, len);
	struct why why = { 0 };

	if (fault)
		report_range(log, "memory", pa, len, fault);
	else if (region_add(pa, len, MEM_RAM, node, &why))
		report_range(log, "memory", pa, len, why.text);
}

/* A disabled node describes memory that must not be used. */
static bool is_memory(const void *fdt, int node)
{
	return (fdt_is_memory(fdt, node) || fdt_is_pmem(fdt, node)) && fdt_node_okay(fdt, node);
}

/* #address-cells and #size-cells of the parent, -1: malformed. */
struct reg_cells {
	int address, size;
};

static struct reg_cells cells_of(const void *fdt, int parent)
{
	return (struct reg_cells) { fdt_cells_address(fdt, parent), fdt_cells_size(fdt, parent) };
}

/* n is at most 2: more would not fit 64 bits. */
static u64 read_cells(const fdt32_t *p, int n)
{
	u64 v = 0;

	while (n-- > 0)
		v = v << 32 | fdt32_ld(p++);
	return v;
}

/* Call fn for every (address, size) of a node's reg; false: there is no well-formed reg. */
static bool each_reg(const void *fdt, int node, struct reg_cells c,
		     void (*fn)(u64 pa, u64 len, void *arg), void *arg)
{
	int len;
	const fdt32_t *reg = fdt_prop(fdt, node, "reg", &len);
	int step = c.address + c.size;

	if (!reg || c.address < 1 || c.address > 2 || c.size < 1 || c.size > 2 || len % (step * 4))
		return false;
	for (; len; len -= step * 4, reg += step)
		fn(read_cells(reg, c.address), read_cells(reg + c.address, c.size), arg);
	return true;
}

/* Arguments of memory_reg() while the ranges of one node are read. */
struct memory_walk {
	fdt_memory_fn *fn;
	void *arg;
	struct fdt_memory_range range;
};

static void memory_reg(u64 pa, u64 len, void *arg)
{
	struct memory_walk *w = arg;

	w->range.pa = pa;
	w->range.len = len;
	w->fn(&w->range, NULL, w->arg);
}

/* Report a node's ranges to w->fn, and its faults. */
static void memory_node(const void *fdt, int node, struct reg_cells c, struct memory_walk *w)
{
	int len;
	const fdt32_t *numa = fdt_prop(fdt, node, "numa-node-id", &len);

	w->range = (struct fdt_memory_range) {
		.node = numa && len == 4 ? fdt32_ld(numa) : 0,
		.hotpluggable = fdt_prop(fdt, node, "hotpluggable", NULL) != NULL,
		.pmem = !fdt_is_memory(fdt, node),
	};
	if (w->range.node >= 8) {
		w->fn(&w->range, "a memory node has a numa-node-id above 7; node 0 is used",
		      w->arg);
		w->range.node = 0;
	}
	if (!each_reg(fdt, node, c, memory_reg, w))
		w->fn(&w->range, "a memory node has no usable reg and is left out", w->arg);
}

void fdt_memory_each(const void *fdt, fdt_memory_fn *fn, void *arg)
{
	struct reg_cells c = cells_of(fdt, 0);
	struct memory_walk w = { .fn = fn, .arg = arg };
	int node;

	for (node = fdt_child_after(fdt, 0, -1); node >= 0; node = fdt_child_after(fdt, 0, node))
		if (is_memory(fdt, node))
			memory_node(fdt, node, c, &w);
}

/* Add the parts of [pa, pa + len) that the kind's array does not contain yet: firmware may list the
 * same bytes more than once.  False: there are too many ranges; a reservation without a slot is
 * removed from RAM, so that it is never used. */
static bool add_new(u64 pa, u64 len, enum region_kind kind, unsigned node, unsigned room)
{
	u64 end = pa + len;
	bool all = true;

	while (pa < end) {
		const struct mem_range *r = region_find(kind, pa, end - pa);
		u64 stop = r ? max_u64(pa, r->pa) : end, next = r ? r->pa + r->len : end;

		if (stop > pa &&
		    (region_room(kind) < room || region_add(pa, stop - pa, kind, node, NULL))) {
			all = false;
			if (kind != MEM_RAM)
				region_give_up(pa, stop - pa);
		}
		pa = next;
	}
	return all;
}

/* Reserve whole pages.  False: a part had no slot and was removed from RAM instead. */
static bool reserve(u64 pa, u64 len, enum region_kind kind)
{
	u64 first = align_down(pa, FRAME);

	return add_new(first, align_up(pa + len, FRAME) - first, kind, 0, ROOM_FOR_BOOT);
}

/* Arguments of the passes over the memory nodes. */
struct boot_walk {
	log_fn *log;
	bool known; /* UEFI's map has defined RAM: memory nodes only assign NUMA nodes */
};

/* Assign the RAM inside this range to a NUMA node. */
static void place_memory(log_fn *log, u64 pa, u64 len, unsigned node)
{
	const struct mem_range *r;
	u64 end = pa + len;

	if (!region_find(MEM_RAM, pa, len))
		report_range(log, "memory", pa, len, "UEFI's map has no RAM there");
	while (pa < end && (r = region_find(MEM_RAM, pa, end - pa))) {
		u64 lo = max_u64(pa, r->pa);

		pa = min_u64(end, r->pa + r->len);
		if (r->node != node && !region_remove(lo, pa - lo, MEM_RAM, NULL))
			region_add(lo, pa - lo, MEM_RAM, node, NULL);
	}
}

/* First pass: ordinary memory; with UEFI's map only its NUMA node. */
static void add_ordinary(const struct fdt_memory_range *r, const char *fault, void *arg)
{
	const struct boot_walk *w = arg;
	char line[160];

	if (r->pmem)
		return; /* added later, by drivers/fdt/pmem_source.c */
	if (fault) {
		snprintf(line, sizeof(line), "device tree: %s", fault);
		w->log(line);
	} else if (w->known && !fdt_range_fault(r->pa, r->len)) {
		place_memory(w->log, r->pa, r->len, r->node);
	} else if (!r->hotpluggable || fdt_range_fault(r->pa, r->len)) {
		add_memory(w->log, r->pa, r->len, r->node);
	}
}

/* Second pass: add a range that is marked hotpluggable, which an ordinary memory node may contain
 * too; it is withheld later. */
static void add_hotpluggable(const struct fdt_memory_range *r, const char *fault, void *arg)
{
	const struct boot_walk *w = arg;

	if (!fault && r->hotpluggable && !r->pmem && !w->known && !fdt_range_fault(r->pa, r->len))
		add_new(r->pa, r->len, MEM_RAM, r->node, 0);
}

/* Withhold marked memory, except the parts that firmware occupies. */
static void withhold_marked(const struct fdt_memory_range *r, const char *fault, void *arg)
{
	const struct boot_walk *walk = arg;
	const struct withholder w = { .prefix = "device tree: hotpluggable", .log = walk->log };
	struct why why = { 0 };

	if (!fault && r->hotpluggable && !r->pmem && !fdt_range_fault(r->pa, r->len) &&
	    withhold_around(&w, r->pa, r->len, &why))
		walk->log(why.text);
}

/* One child of /reserved-memory, for reserved_reg(). */
struct reserved {
	log_fn *log;
	const char *name;
	enum region_kind kind;
	bool in_ram; /* the tree defines RAM: reservations outside it are reported */
};

static void report_reserved(const struct reserved *c, u64 pa, u64 len, const char *what)
{
	char line[200];

	snprintf(line, sizeof(line), "device tree: reserved %.40s, %s, %s", c->name,
		 range_text(pa, len).text, what);
	c->log(line);
}

/* A no-map range replaces reservations of an earlier child or of UEFI's map, because no-map is
 * stricter.  False: a part could not be replaced and was removed from RAM instead. */
static bool upgrade_to_nomap(u64 pa, u64 len)
{
	u64 end = align_up(pa + len, FRAME);
	const struct mem_range *r;
	bool all = true;

	for (pa = align_down(pa, FRAME);
	     pa < end && (r = region_find(MEM_RESERVED, pa, end - pa));) {
		u64 lo = max_u64(pa, r->pa), hi = min_u64(end, r->pa + r->len);

		pa = hi;
		if (r->kind != MEM_RESERVED)
			continue;
		if (region_room(MEM_RESERVED) <= ROOM_FOR_BOOT || /* a split needs one more slot */
		    region_remove(lo, hi - lo, MEM_RESERVED, NULL)) {
			region_give_up(lo, hi - lo);
			all = false;
		}
	}
	return all;
}

/* Log a suspicious reservation.  An overlap with the device tree or the initrd is normal: firmware
 * should reserve both. */
static void check_reserved(const struct reserved *c, u64 pa, u64 len)
{
	const struct mem_range *r = region_find(MEM_RESERVED, pa, len);
	char text[80];

	if (r && r->kind != MEM_DTB && r->kind != MEM_INITRD) {
		snprintf(text, sizeof(text), "overlaps the %s at 0x%lx: both stay",
			 mem_kind_name(r->kind), r->pa);
		report_reserved(c, pa, len, text);
	}
	if (c->in_ram && !region_find(MEM_RAM, pa, len))
		report_reserved(c, pa, len, "is outside RAM");
}

/* One range of a child of /reserved-memory. */
static void reserved_reg(u64 pa, u64 len, void *arg)
{
	const struct reserved *c = arg;
	bool all;

	if (!len || pa + len < pa) {
		report_reserved(c, pa, len, "left out: it is empty or wraps around");
		return;
	}
	check_reserved(c, pa, len);
	all = c->kind != MEM_NOMAP || upgrade_to_nomap(pa, len);
	if (!reserve(pa, len, c->kind) || !all)
		report_reserved(c, pa, len, "is one range too many: not used at all");
}

/* Children of /reserved-memory with an address; disabled ones do not reserve anything. */
static void add_reserved_memory(const void *fdt, log_fn *log, bool in_ram)
{
	int node, parent = fdt_find(fdt, "/reserved-memory", 16);

	if (parent < 0)
		return;
	for (node = fdt_child_after(fdt, parent, -1); node >= 0;
	     node = fdt_child_after(fdt, parent, node)) {
		struct reserved child = {
			.log = log,
			.name = fdt_get_name(fdt, node, NULL),
			.kind = fdt_prop(fdt, node, "no-map", NULL) ? MEM_NOMAP : MEM_RESERVED,
			.in_ram = in_ram,
		};

		if (!fdt_node_okay(fdt, node) || !fdt_prop(fdt, node, "reg", NULL))
			continue; /* without reg: for an allocator that does not exist */
		if (!each_reg(fdt, node, cells_of(fdt, parent), reserved_reg, &child))
			log("device tree: a child of /reserved-memory has a malformed reg");
	}
}

/* The reservation block of the blob's header (/memreserve/). */
static void add_memreserve(const void *fdt, log_fn *log)
{
	const struct reserved entry = { .log = log, .name = "by /memreserve/" };
	int nr = fdt_num_mem_rsv(fdt); /* once: libfdt walks the whole list */

	for (int i = 0; i < nr; i++) {
		u64 pa, len;

		if (!fdt_get_mem_rsv(fdt, i, &pa, &len) && len && pa + len > pa &&
		    !reserve(pa, len, MEM_RESERVED))
			report_reserved(&entry, pa, len, "is one range too many: not used at all");
	}
}

bool fdt_initrd(const void *fdt, u64 *lo, u64 *hi)
{
	int chosen = fdt_find(fdt, "/chosen", 7), a, b;
	const fdt32_t *from = chosen < 0 ? NULL : fdt_prop(fdt, chosen, "linux,initrd-start", &a);
	const fdt32_t *to = chosen < 0 ? NULL : fdt_prop(fdt, chosen, "linux,initrd-end", &b);

	if (!from || !to || (a != 4 && a != 8) || (b != 4 && b != 8))
		return false;
	*lo = read_cells(from, a / 4);
	*hi = read_cells(to, b / 4);
	return *hi > *lo;
}

static void add_initrd(const void *fdt)
{
	u64 lo, hi;

	if (fdt_initrd(fdt, &lo, &hi))
		reserve(lo, hi - lo, MEM_INITRD);
}

/* The caller's ranges (image, device tree) are reserved before those of firmware, so that they keep
 * their own kind. */
int fdt_memory(const void *fdt, const struct mem_range *kept, unsigned nr_kept, log_fn *log,
	       struct why *why)
{
	struct boot_walk walk = { log, region_nth(MEM_RAM, 0) != NULL };

	fdt_memory_each(fdt, add_ordinary, &walk);
	fdt_memory_each(fdt, add_hotpluggable, &walk);
	for (unsigned i = 0; i < nr_kept; i++)
		reserve(kept[i].pa, kept[i].len, kept[i].kind);
	fdt_claim(fdt, log);
	region_cut_claimed("device tree", log);
	add_reserved_memory(fdt, log, !walk.known);
	add_memreserve(fdt, log);
	add_initrd(fdt);
	fdt_memory_each(fdt, withhold_marked, &walk);
	for (unsigned i = 0; i < nr_kept; i++)
		if (kept[i].kind == MEM_IMAGE && !region_is_ram(kept[i].pa, kept[i].len))
			return refuse(why, EINVAL,
				      "device tree: no memory node covers the image at %s",
				      range_text(kept[i].pa, kept[i].len).text);
	return 0;
}
