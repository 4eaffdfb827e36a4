/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/maps/large.c - mm/vmalloc/vmalloc_large.c: which slots give up their empty table for a
 * larger leaf, what a walker and a map do about each other, and which chunks memory is made of.
 */
#include "fake.h"

#define SLOTS 6
#define FIRST 11 /* page of the region at which a slot begins */

static void begin(bool first)
{
	fake_begin(400, 16);
	fake_first(first);
	fake.large = true;
	fake_fmt.bits[0] = 4;
	fake_fmt.run[0] = 0;
	fake_fmt.leaf_ok = BIT(0) | BIT(1);
	memset(fake.table, 1, sizeof(fake.table));
	vmalloc_guard_select(&vmalloc_guards[0]);
}

static void end(void)
{
	fake_quiet();
	fake_fmt.bits[0] = 4;
	fake_fmt.run[0] = 0;
	fake_fmt.leaf_ok = BIT(0) | BIT(1);
}

/* ---- maps ---- */

/* Slot s of those that the range touches, by pages. */
static bool inside(unsigned from, unsigned n, unsigned s)
{
	return from <= s * SLOT && (s + 1) * SLOT <= from + n;
}

static void check_pages(unsigned from, unsigned n, paddr_t pa, bool large)
{
	unsigned bad = 0, whole = 0;

	for (unsigned s = 0; s < SLOTS; s++)
		whole += inside(from, n, s);
	for (unsigned i = 0; i < n; i++) {
		const struct entry *e = fake_at(VM + (FIRST + from + i) * PAGE);

		bad += e->state != MAPPED || e->pa != pa + i * PAGE || e->prot != (PT_R | PT_X);
		bad += e->level != (large && inside(from, n, (from + i) / SLOT));
	}
	WANT(!bad);
	WANT(fake_mapped(PART_VM) == n);
	WANT(fake.slots_freed == (large ? whole : 0) && fake.contig == 1);
}

static void check_map(unsigned from, unsigned n, bool in_step, bool first)
{
	vaddr_t va = VM + (FIRST + from) * PAGE;
	paddr_t pa = fake_frame(from + !in_step);

	begin(first);
	WANT(!vmalloc_map_large(va, pa, n, PT_R | PT_X));
	check_pages(from, n, pa, in_step);
	WANT(vmalloc_map_large(va, pa, n, PT_R) == -EEXIST);
	fake_quiet();
	vmalloc_va_alloc(390); /* the addresses are in use */
	WANT(!vmalloc_unmap_whole(va, n, NULL));
	WANT(!fake_mapped(PART_VM));
	end();
}

static void check_maps(void)
{
	for (unsigned from = 0; from < 20; from++)
		for (unsigned n = 1; n < 60; n += 3)
			for (unsigned how = 0; how < 4; how++)
				check_map(from, n, how & 1, how & 2);
	for (unsigned n = 15; n < 50; n++)
		check_map(0, n, true, false);
}

/* An edge that would split a leaf. */
static void check_whole(void)
{
	struct why why = { 0 };
	vaddr_t va = VM + FIRST * PAGE;

	begin(false);
	WANT(!vmalloc_map_large(va, fake_frame(0), 2 * SLOT, PT_R));
	vmalloc_va_alloc(390);
	WANT(vmalloc_unmap_whole(va, SLOT + 1, &why) == -EBUSY);
	WANT(vmalloc_unmap_whole(va + PAGE, SLOT - 1, &why) == -EBUSY);
	WANT_TEXT(why.text, "an edge splits a leaf");
	WANT(fake_mapped(PART_VM) == 2 * SLOT);
	fake_quiet();
	WANT(!vmalloc_unmap_whole(va + SLOT * PAGE, SLOT, &why));
	WANT(fake_mapped(PART_VM) == SLOT && fake_at(va)->state == MAPPED);
	WANT(!vmalloc_unmap_whole(va, SLOT, &why));
	WANT(!fake_mapped(PART_VM));
	end();
}

/* ---- walkers ---- */

static void check_guard(unsigned nr, bool walker, bool first)
{
	vaddr_t va = VM + FIRST * PAGE;
	bool frees = nr || !walker;

	begin(first);
	vmalloc_guard_select(&vmalloc_guards[nr]);
	WANT(vmalloc_guard_selected() == &vmalloc_guards[nr]);
	if (walker)
		vmalloc_walk_begin();
	WANT(fake_reads("walkers of the tree") == walker);
	WANT(!vmalloc_map_large(va, fake_frame(0), SLOT, PT_R | PT_X));
	WANT(fake_at(va)->level == frees);
	WANT(fake.slots_freed == frees);
	WANT(!fake_locked("walkers of the tree"));
	if (walker && !frees)
		vmalloc_walk_end();
	WANT(!fake_reads("walkers of the tree"));
	end();
}

static void check_guards(void)
{
	static const char *const names[] = { "inhibit", "lock", "none" };

	for (unsigned i = 0; i < VMALLOC_GUARDS; i++) {
		WANT_TEXT(vmalloc_guards[i].name, names[i]);
		WANT(!vmalloc_guards[i].unsafe == (i < 2));
		for (unsigned how = 0; how < 4; how++)
			if (i < 2 || !(how & 1))
				check_guard(i, how & 1, how & 2);
	}
	begin(false);
	WANT(vmalloc_guards[0].enter() && fake_locked("walkers of the tree"));
	vmalloc_guards[0].leave();
	WANT(vmalloc_guards[1].enter() && fake_locked("walkers of the tree"));
	vmalloc_guards[1].leave();
	WANT(vmalloc_guards[2].enter() && !fake_locked("walkers of the tree"));
	vmalloc_guards[2].leave();
	end();
}

static void check_other_tree(void)
{
	vaddr_t va = VM + FIRST * PAGE;

	begin(false);
	fake.tree = &other_tree;
	WANT(!vmalloc_map_large_in(&other_tree, va, fake_frame(0), SLOT, PT_R));
	WANT(fake_at(va)->level == 1 && fake.slots_freed == 1);
	end();
}

/* ---- memory ---- */

static const struct {
	unsigned bits, leaf_ok, run, caps, order; /* of a format, and of the chunks */
} formats[] = {
	{ 4, 3, 0, 0, 4 },
	{ 4, 1, 0, PT_CAP_CONTIG, 0 },
	{ 4, 1, 2, PT_CAP_CONTIG, 2 },
	{ 4, 1, 2, 0, 0 },
	{ 4, 3, 2, PT_CAP_CONTIG, 4 },
	{ 10, 3, 2, PT_CAP_CONTIG, 10 },
	{ 11, 3, 5, PT_CAP_CONTIG, 5 },
	{ 11, 3, 10, PT_CAP_CONTIG, 10 },
	{ 11, 3, 11, PT_CAP_CONTIG, 0 },
	{ 11, 3, 5, 0, 0 },
};

static void begin_memory(unsigned row, unsigned pages)
{
	fake_begin(pages, 16);
	fake.large = true;
	fake_fmt.bits[0] = (u8)formats[row].bits;
	fake_fmt.leaf_ok = (u8)formats[row].leaf_ok;
	fake_fmt.run[0] = (u8)formats[row].run;
	kpt.caps = formats[row].caps;
}

static void check_none(void)
{
	WANT(!fake_mapped(PART_VM) && !vmalloc_in_use() && !fake.frames_out);
	fake_quiet();
}

static void check_chunks(vaddr_t va, unsigned pages, unsigned order, unsigned nr)
{
	unsigned bad = 0;

	for (unsigned i = 0; i < pages; i++) {
		const struct entry *e = fake_at(va + i * PAGE);
		unsigned in = i & ((1u << order) - 1);
		bool large = order && i >> order < nr;

		bad += e->state != MAPPED || e->prot != RW_PROT;
		if (large)
			bad += e->pa != fake_at(va + (i - in) * PAGE)->pa + in * PAGE;
		if (!large || !in)
			bad += page_order(pa_page(e->pa)) != (large ? order : 0);
	}
	WANT(!bad && fake_mapped(PART_VM) == pages && fake.frames_out == pages);
	WANT(vmalloc_in_use() == pages + 1);
}

static void check_sizes(unsigned row)
{
	unsigned order = formats[row].order, unit = 1u << order;
	const unsigned sizes[] = {
		unit, unit - 1, unit + 1, 2 * unit, 2 * unit - 1, 3 * unit + 5, 1
	};

	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned pages = sizes[i];
		void *p;

		if (!pages || pages + 2 * unit > VM_PAGES)
			continue;
		begin_memory(row, VM_PAGES);
		p = vmalloc_large(pages, NODE, OWNER);
		WANT(p);
		check_chunks(ptr_va(p), pages, order, pages / unit);
		if (pages >= unit)
			WANT(ptr_va(p) / PAGE % unit == 0);
		fake_quiet();
		vfree(p, pages);
		check_none();
	}
	if (!order) { /* no chunk larger than the allocator's largest, for any request */
		begin_memory(row, VM_PAGES);
		WANT(vmalloc_large(2100, NODE, OWNER) && fake.frames_out == 2100);
	}
	if (unit > 2) { /* an area without a larger leaf needs no multiple */
		begin_memory(row, unit + 1);
		WANT(vmalloc_large(unit - 1, NODE, OWNER) == va_ptr(VM + PAGE));
		begin_memory(row, unit);
		WANT(!vmalloc_large(unit - 1, NODE, OWNER));
		check_none();
	}
}

/* No chunk, or no table for one: pages.  No page either: nothing. */
static void check_no_memory(void)
{
	void *p;

	begin_memory(0, 200);
	fake.order_most = 3;
	p = vmalloc_large(3 * SLOT, NODE, OWNER);
	WANT(p);
	check_chunks(ptr_va(p), 3 * SLOT, 4, 0);
	vfree(p, 3 * SLOT);
	check_none();
	for (unsigned plan = 1; plan <= 3; plan++) {
		begin_memory(0, 200);
		fake.fail_plan = plan;
		p = vmalloc_large(3 * SLOT, NODE, OWNER);
		WANT(p && fake_mapped(PART_VM) == 3 * SLOT);
		WANT(page_order(pa_page(fake_at(ptr_va(p) + (plan - 1) * SLOT * PAGE)->pa)) == 0);
		vfree(p, 3 * SLOT);
		check_none();
	}
	for (unsigned frames = 0; frames < 3 * SLOT; frames += 5) {
		begin_memory(0, 200);
		fake.frames_most = frames;
		WANT(!vmalloc_large(3 * SLOT, NODE, OWNER));
		check_none();
	}
	begin_memory(0, 200);
	WANT(!vmalloc_large(200, NODE, OWNER) && !vmalloc_large(0, NODE, OWNER));
	check_none();
}

void check_large(void)
{
	check_maps();
	check_whole();
	check_guards();
	check_other_tree();
	for (unsigned row = 0; row < ARRAY_SIZE(formats); row++)
		check_sizes(row);
	check_no_memory();
	end();
}
