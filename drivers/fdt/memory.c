// SPDX-License-Identifier: BSD-2-Clause
/*
 * drivers/fdt/memory.c - memory nodes, reservations and what firmware left behind, into the region
 * registry.  Nothing here is trusted: a range that is empty, wraps, is not page aligned or overlaps
 * another is one line and is left out; the rest is used.
 */
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <libfdt.h>
#include <mm/region.h>

#define FRAME 4096ull

typedef void say_fn(const char *);

static void say_range(say_fn *say, const char *what, u64 pa, u64 len, const char *why)
{
	char line[160];

	snprintf(line, sizeof(line), "device tree: %s 0x%llx+0x%llx left out: %s", what,
		 (unsigned long long)pa, (unsigned long long)len, why);
	say(line);
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
		return "it lies beyond any physical address";
	return NULL;
}

static void add_memory(say_fn *say, u64 pa, u64 len, unsigned node, bool withheld)
{
	const char *fault = fdt_range_fault(pa, len);
	struct why why = { 0 };

	if (fault)
		say_range(say, "memory", pa, len, fault);
	else if (region_add(pa, len, withheld ? MEM_WITHHELD : MEM_RAM, node, &why))
		say_range(say, "memory", pa, len, why.text);
}

/* RAM that a withheld range covers is not boot memory: firmware may list it twice. */
static void subtract_withheld(void)
{
	const struct mem_range *w, *r;

	for (unsigned n = 0; (w = region_nth(MEM_WITHHELD, n)); n++)
		while ((r = region_find(MEM_RAM, w->pa, w->len))) {
			u64 lo = max_u64(r->pa, w->pa);
			u64 hi = min_u64(r->pa + r->len, w->pa + w->len);

			if (region_remove(lo, hi - lo, r->kind, NULL))
				break;
		}
}

static void say_spared(say_fn *say, const struct mem_range *r, u64 lo, u64 hi)
{
	char line[160];

	snprintf(line, sizeof(line),
		 "device tree: hotpluggable 0x%llx+0x%llx stays in use: the %s is at 0x%llx",
		 (unsigned long long)lo, (unsigned long long)(hi - lo), mem_kind_name(r->kind),
		 (unsigned long long)r->pa);
	say(line);
}

/* Memory that firmware marks and uses all the same is no memory that can come later. */
static void spare_reserved(say_fn *say)
{
	const struct mem_range *w, *r;

	for (unsigned n = 0; (w = region_nth(MEM_WITHHELD, n));) {
		u64 end = w->pa + w->len, lo, hi;
		unsigned node = w->node;

		r = region_find(MEM_RESERVED, w->pa, w->len);
		n++;
		if (!r)
			continue;
		lo = max_u64(w->pa, align_down(r->pa, FDT_SPARED));
		hi = min_u64(end, align_up(r->pa + r->len, FDT_SPARED));
		if (region_remove(lo, hi - lo, MEM_WITHHELD, NULL) ||
		    region_add(lo, hi - lo, MEM_RAM, node, NULL))
			continue;
		say_spared(say, r, lo, hi);
		n = 0; /* the ranges are others now */
	}
}

static bool is_memory(const void *fdt, int node)
{
	return (fdt_is_memory(fdt, node) || fdt_is_pmem(fdt, node)) && fdt_node_okay(fdt, node);
}

struct reg_cells {
	int address, size;
};

static struct reg_cells cells_of(const void *fdt, int parent)
{
	return (struct reg_cells) { fdt_cells_address(fdt, parent), fdt_cells_size(fdt, parent) };
}

static u64 read_cells(const fdt32_t *p, int n)
{
	u64 v = 0;

	while (n-- > 0)
		v = v << 32 | fdt32_ld(p++);
	return v;
}

/* Call fn for every (address, size) of a node's reg; false when there is no well-formed reg. */
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

static void take_memory(const struct fdt_memory_range *r, const char *fault, void *arg)
{
	say_fn *say = *(say_fn **)arg;
	char line[160];

	if (r->pmem)
		return; /* not for the boot: drivers/events/pmem_region.c */
	if (!fault) {
		add_memory(say, r->pa, r->len, r->node, r->hotpluggable);
		return;
	}
	snprintf(line, sizeof(line), "device tree: %s", fault);
	say(line);
}

/* Reserve what is not reserved yet: firmware lists the same bytes more than once. */
static void reserve(u64 pa, u64 len, enum region_kind kind)
{
	u64 end = align_up(pa + len, FRAME);

	for (pa = align_down(pa, FRAME); pa < end;) {
		const struct mem_range *r = region_find(MEM_RESERVED, pa, end - pa);
		u64 stop = r ? max_u64(pa, r->pa) : end;

		if (stop > pa)
			region_add(pa, stop - pa, kind, 0, NULL);
		pa = r ? r->pa + r->len : end;
	}
}

static void reserved_reg(u64 pa, u64 len, void *arg)
{
	if (len && pa + len > pa)
		reserve(pa, len, *(enum region_kind *)arg);
}

static void add_reserved_memory(const void *fdt, say_fn *say)
{
	int node, parent = fdt_find(fdt, "/reserved-memory", 16);

	if (parent < 0)
		return;
	for (node = fdt_child_after(fdt, parent, -1); node >= 0;
	     node = fdt_child_after(fdt, parent, node)) {
		enum region_kind kind =
			fdt_prop(fdt, node, "no-map", NULL) ? MEM_NOMAP : MEM_RESERVED;

		if (!fdt_node_okay(fdt, node) || !fdt_prop(fdt, node, "reg", NULL))
			continue; /* a size without a place is for whoever allocates it: nobody here
				   */
		if (!each_reg(fdt, node, cells_of(fdt, parent), reserved_reg, &kind))
			say("device tree: a child of /reserved-memory has a malformed reg");
	}
}

static void add_memreserve(const void *fdt)
{
	int nr = fdt_num_mem_rsv(fdt); /* counted once: libfdt walks the list for it */

	for (int i = 0; i < nr; i++) {
		u64 pa, len;

		if (!fdt_get_mem_rsv(fdt, i, &pa, &len) && len && pa + len > pa)
			reserve(pa, len, MEM_RESERVED);
	}
}

static void add_initrd(const void *fdt)
{
	int chosen = fdt_find(fdt, "/chosen", 7), a, b;
	const fdt32_t *from = chosen < 0 ? NULL : fdt_prop(fdt, chosen, "linux,initrd-start", &a);
	const fdt32_t *to = chosen < 0 ? NULL : fdt_prop(fdt, chosen, "linux,initrd-end", &b);

	if (from && to && (a == 4 || a == 8) && (b == 4 || b == 8)) {
		u64 lo = read_cells(from, a / 4), hi = read_cells(to, b / 4);

		if (hi > lo)
			reserve(lo, hi - lo, MEM_INITRD);
	}
}

/* `kept`: what the caller itself occupies (image, device tree), reserved before firmware's list so
 * that it is named by what it is. */
int fdt_memory(const void *fdt, const struct mem_range *kept, unsigned nr_kept, say_fn *say,
	       struct why *why)
{
	fdt_memory_each(fdt, take_memory, &say);
	subtract_withheld();
	for (unsigned i = 0; i < nr_kept; i++)
		reserve(kept[i].pa, kept[i].len, kept[i].kind);
	add_reserved_memory(fdt, say);
	add_memreserve(fdt);
	add_initrd(fdt);
	spare_reserved(say);
	for (unsigned i = 0; i < nr_kept; i++)
		if (kept[i].kind == MEM_IMAGE && !region_is_ram(kept[i].pa, kept[i].len))
			return refuse(
				why, EINVAL,
				"device tree: no memory node covers the image at 0x%llx+0x%llx",
				(unsigned long long)kept[i].pa, (unsigned long long)kept[i].len);
	return 0;
}
