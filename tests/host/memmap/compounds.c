/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/memmap/compounds.c - compounds: two frames each, filled before they are mapped, of
 * which the second is mapped read-only for all but the first page of the struct pages.
 */
#include "fake.h"
#include <want.h>

struct compounds {
	const char *scheme;
	u32 nr, compound, reserve; /* pages */
	u32 own;                   /* compounds at the front with pages that are not usable */
	const char *orders;        /* host: of the chunks that are requested */
};

#define FIRST 1024u

static const struct compounds rows[] = {
	{ "device", 2048, 512, 0, 1 },
	{ "device", 512, 512, 0, 1 },
	{ "device", 1024, 128, 0, 1 },
	/* 32 pages after a reserve: up to the end of the first compound, and one more */
	{ "device", 2048, 128, 95, 1 },
	{ "device", 2048, 128, 96, 1 },
	{ "device", 2048, 128, 97, 2 },
	{ "device", 2048, 128, 224, 2 },
	{ "device", 2048, 128, 225, 3 },
	{ "device", 2048, 1024, 1500, 2 },
	/* in old memory all are usable: chunks of four pages, and the remainder */
	{ "host", 2048, 512, 0, 0, "22" },
	{ "host", 1536, 512, 0, 0, "21" },
	{ "host", 512, 512, 0, 0, "1" },
	{ "host", 1920, 128, 0, 0, "22222221" },
	{ "host", 2048, 2048, 300, 0, "1" },
};

static const struct compounds *now;

static u32 storage(void)
{
	return now->nr / now->compound * 2;
}

static u32 frame_of(u32 i)
{
	u32 chunk = 0;

	if (!strcmp(now->scheme, "device"))
		return FIRST + now->reserve + i;
	for (; chunk < fake.nr_chunks && i >= fake.chunks[chunk].nr; chunk++)
		i -= fake.chunks[chunk].nr;
	return (u32)((fake.chunks[chunk].pa - BASE) / PAGE) + i;
}

static unsigned order_of(u32 pages)
{
	unsigned order = 0;

	while (1u << order < pages)
		order++;
	return order;
}

/* The first compound has the head of all that is not usable. */
static struct page right(u32 compound, u32 i)
{
	struct page p = { .flags = PAGE_FLAGS(PAGE_ALTMAP, PAGE_MEMMAP, 0, NODE) };
	u32 head = FIRST + compound * now->compound;

	if (compound < now->own) {
		if (compound || i) {
			p.head = fake_page(FIRST);
		} else {
			p.refcount = now->nr / now->compound;
			p.private = storage();
		}
	} else if (i) {
		p.flags = PAGE_FLAGS(PAGE_DEVICE, PAGE_TAIL, 0, NODE);
		p.head = fake_page(head);
	} else {
		p.flags = PAGE_FLAGS(PAGE_DEVICE, PAGE_USED, order_of(now->compound), NODE);
		p.refcount = 1;
	}
	return p;
}

/* The frame had its contents before it was mapped, and its tails before the taps were called. */
static void check_frame(u32 frame)
{
	WANT(fake.filled[frame]);
	WANT(!memcmp(fake_when_mapped(frame), fake_frame(frame), PAGE));
	WANT(!memcmp(fake_when_filled(frame) + 1, fake_frame(frame) + 1, PAGE - 64));
}

static void check_compound(u32 c)
{
	unsigned wrong = 0, first = (FIRST + c * now->compound) / 64;

	for (u32 i = 0; i < now->compound; i++) {
		struct page want = right(c, i);

		wrong += memcmp(&want, fake_page(FIRST + c * now->compound + i), 64) != 0;
	}
	WANT(!wrong);
	for (u32 i = 0; i < now->compound / 64; i++) {
		const struct mapped *m = &fake.map[first + i];
		vaddr_t va = ptr_va(fake_page((first + i) * 64));

		WANT(m->there && m->rw == !i && m->frame == frame_of(2 * c + !!i));
		WANT(memmap_is_shared_tail(va) == !!i && memmap_is_shared_tail(va + 4095) == !!i);
		WANT(!memmap_what_is(va) == !i);
	}
	check_frame(frame_of(2 * c));
	check_frame(frame_of(2 * c + 1));
}

static void check_chunks(void)
{
	const char *orders = now->orders ? now->orders : "";

	WANT(fake.nr_chunks == strlen(orders));
	for (unsigned i = 0; i < fake.nr_chunks && orders[i]; i++)
		WANT(fake.chunks[i].nr == 1u << (orders[i] - '0'));
}

static void check_row(const struct compounds *row)
{
	struct memmap_plan p = { .scheme = fake_scheme(row->scheme),
				 .pfn = PFN(FIRST),
				 .nr = row->nr,
				 .unit = row->nr,
				 .users = 1,
				 .compound = row->compound,
				 .reserve = row->reserve,
				 .provenance = PAGE_DEVICE,
				 .node = NODE };
	struct why why;

	now = row;
	fake_begin(7);
	WANT(!memmap_plan(&p, &why) && p.pt.len == row->nr / 64 * PAGE);
	WANT(p.storage == storage());
	memmap_map(&p);
	WANT(p.leaves == row->nr / 64 && p.populated);
	memset(fake.stores, 0, sizeof(fake.stores));
	memmap_write(&p, p.pfn, p.nr); /* does nothing */
	for (u32 i = 0; i < VM_PAGES * 64; i++)
		WANT(!fake.stores[i]);
	memmap_plan_end(&p);
	check_chunks();
	for (u32 c = 0; c < row->nr / row->compound; c++)
		check_compound(c);
	for (u32 i = VM_OLD; i < VM_PAGES; i++)
		WANT(fake.map[i].there == (i - FIRST / 64 < row->nr / 64));
	fake_at_rest(row->orders ? storage() : 0);
	if (want_failed)
		printf("#   compounds %u\n", (unsigned)(row - rows));
}

/* Pages of the vmemmap alone, and only where something is mapped. */
static void check_tails(void)
{
	vaddr_t first = layout.r[REGION_VMEMMAP].va, end = first + VM_PAGES * PAGE;

	fake_begin(7);
	fake_map(VM_PAGES - 1, 99, false);
	fake_map(VM_OLD + 1, 98, false);
	WANT(memmap_is_shared_tail(end - 1) && memmap_is_shared_tail(end - PAGE));
	WANT(!memmap_is_shared_tail(end - PAGE - 1) && !memmap_is_shared_tail(end));
	WANT(!memmap_is_shared_tail(first - 1) && !memmap_is_shared_tail(first));
	WANT(!memmap_is_shared_tail(first + (VM_OLD + 1) * PAGE - 1));
	WANT(memmap_is_shared_tail(first + (VM_OLD + 1) * PAGE));
	WANT(memmap_what_is(end - 1) && !memmap_what_is(end) && !memmap_what_is(0));
}

void check_compounds(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		check_row(&rows[i]);
	check_tails();
}
