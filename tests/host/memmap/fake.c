/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/memmap/fake.c - memory, the buddy and what stays from begin to end; see fake.h. */
#include "fake.h"
#include <lib/assert.h>
#include <lib/fail.h>
#include <mm/vmalloc/vmalloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define SPANS_FRAME 1000u /* frames from here on are for arrays of spans */

struct fake fake;
u32 pt_taps_on = 1;

static char *ram, *vm;
static int ram_file;

/* ---- memory ---- */
static void make_memory(void)
{
	u64 bytes = VM_PAGES * PAGE;

	ram_file = memfd_create("ram", 0);
	if (ftruncate(ram_file, FRAMES * PAGE))
		exit(1);
	ram = mmap(NULL, FRAMES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, ram_file, 0);
	vm = mmap(NULL, 2 * bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ram == MAP_FAILED || vm == MAP_FAILED)
		exit(1);
	vm = (char *)(uintptr_t)align_up((u64)(uintptr_t)vm, bytes);
}

/* Frames that the file does not have are mapped for the tree alone. */
static void show(unsigned i)
{
	const struct mapped *m = &fake.map[i];
	int prot = PROT_READ | (m->rw ? PROT_WRITE : 0);
	void *at;

	if (m->there && m->frame < FRAMES)
		at = mmap(vm + i * PAGE, PAGE, prot, MAP_SHARED | MAP_FIXED, ram_file,
			  (off_t)(m->frame * PAGE));
	else
		at = mmap(vm + i * PAGE, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
			  -1, 0);
	if (at == MAP_FAILED)
		exit(1);
}

void fake_map(unsigned i, u32 frame, bool rw)
{
	fake.map[i] = (struct mapped) { frame, true, rw };
	show(i);
}

void fake_unmap(unsigned i)
{
	fake.map[i].there = false;
	show(i);
}

struct page *fake_page(u64 i)
{
	return (struct page *)vm + i;
}

const struct page *fake_frame(u32 frame)
{
	return (const struct page *)(ram + frame * PAGE);
}

static const struct pt_env env;

void fake_begin(unsigned leaf_ok)
{
	if (!vm)
		make_memory();
	for (unsigned i = 0; i < VM_PAGES; i++)
		if (fake.map[i].there)
			fake_unmap(i);
	memset(&fake, 0, sizeof(fake));
	memset(ram, 0x5a, FRAMES * PAGE);
	for (unsigned i = 0; i < VM_OLD; i++)
		fake_map(i, i, true);
	layout.fmt = kpt.fmt = fake_fmt(leaf_ok);
	kpt.env = &env;
	layout.phys_base = BASE;
	layout.block_bytes = BLOCK * PAGE;
	layout.section_bytes = SECTION * PAGE;
	layout.r[REGION_LINEAR] = (struct va_region) { .va = ptr_va(ram), .len = FRAMES * PAGE };
	layout.r[REGION_VMEMMAP] = (struct va_region) { .va = ptr_va(vm), .len = VM_PAGES * PAGE };
	fake.next_frame = VM_OLD;
	fake.chunks_most = fake.singles_most = CHUNKS;
	fake.run_most = 4;
}

void fake_at_rest(unsigned frames)
{
	for (unsigned i = 0; i < OLD; i++)
		frames -= fake.used[i];
	WANT(!frames && !fake.open_plans && !fake.gathers && !fake.spans_out);
}

void arch_store_template(void *to, size_t n, u64 *words)
{
	u64 first = (u64)((struct page *)to - fake_page(0));

	host_store_template(to, n, words);
	for (u64 i = 0; i < n && first < VM_PAGES * 64; i++)
		fake.stores[first + i]++;
	memset(words, 0xa5, 64);
}

bool layout_is_mappable(paddr_t pa, u64 len)
{
	return pa >= BASE && len <= VM_PAGES * 64 * PAGE && pa - BASE <= VM_PAGES * 64 * PAGE - len;
}

const struct memmap_scheme *fake_scheme(const char *name)
{
	reg_for_each (memmap, it)
		if (!strcmp((*it)->s.name, name))
			return *it;
	return NULL;
}

struct block *block_find(pfn_t pfn)
{
	return fake.block[(pfn - layout.phys_base / PAGE) / BLOCK % ARRAY_SIZE(fake.block)];
}

/* ---- the buddy ---- */
static struct page *take(u32 frame, unsigned order)
{
	struct page *p = fake_page(frame);

	for (u32 i = 0; i < 1u << order; i++) {
		WANT(!fake.used[frame + i]);
		fake.used[frame + i] = true;
	}
	fake.head[frame] = (u8)(order + 1);
	p->flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_USED, order, NODE);
	return p;
}

static struct page *take_spans(unsigned node, unsigned order)
{
	WANT(!node && !order);
	if (++fake.spans_asks == fake.spans_fail)
		return NULL;
	fake.spans_out++;
	return take(SPANS_FRAME + fake.spans_asks, 0);
}

struct page *page_alloc_any(unsigned node, enum zone_id zone, unsigned order, const char *owner)
{
	WANT(zone == ZONE_NORMAL && !strcmp(owner, "memmap spans"));
	return take_spans(node, order);
}

/* Apart: aligned no better than required, and never adjacent.  Halves: the lower half of a chunk
 * first, and one such chunk below another. */
static u32 place(u32 size)
{
	u32 frame = (u32)align_up(fake.next_frame, size), i = fake.nr_chunks, down = 31 - i;

	if (fake.place != APART)
		return size * (8 + (fake.place == UP ? i : fake.place == DOWN ? down : down ^ 1));
	frame += frame % (2 * size) ? 0 : size;
	fake.next_frame = frame + size + 1;
	return frame;
}

static struct page *take_chunk(unsigned order)
{
	unsigned *most = order ? &fake.chunks_most : &fake.singles_most;
	u32 size = 1u << order, frame;

	if (!*most || fake.nr_chunks == CHUNKS)
		return NULL;
	--*most;
	frame = place(size);
	if (frame + size > SPANS_FRAME)
		return NULL;
	fake.chunks[fake.nr_chunks++] = (struct pt_span) { BASE + frame * PAGE, size, 0 };
	return take(frame, order);
}

unsigned page_alloc_bulk(unsigned node, enum zone_id zone, unsigned order, struct page **out,
			 unsigned n, const char *owner)
{
	unsigned got = 0;

	WANT(zone == ZONE_NORMAL && n && order <= BUDDY_MAX_ORDER);
	WANT(node == NODE && !strcmp(owner, "memmap"));
	if (!fake.order_asked)
		fake.order_asked = order;
	while (got < n && (out[got] = take_chunk(order)))
		got++;
	return got;
}

/* Freed memory has another owner: it is overwritten. */
void page_free(struct page *p, unsigned order)
{
	u64 frame = (u64)(p - fake_page(0));

	WANT(frame < OLD && fake.head[frame] == order + 1);
	if (frame >= OLD || fake.head[frame] != order + 1)
		return;
	fake.head[frame] = 0;
	memset(&fake.used[frame], 0, 1ul << order);
	memset(ram + frame * PAGE, 0x5a, PAGE << order);
	fake.spans_out -= frame >= SPANS_FRAME;
}

/* Each chunk of it by its own size. */
static void free_span(struct pt *pt, const struct pt_span *s)
{
	u32 frame = (u32)((s->pa - BASE) / PAGE), end = frame + s->nr;

	WANT(pt == &kpt && s->provenance == PAGE_BUDDY);
	while (frame < end && fake.head[frame]) {
		unsigned order = fake.head[frame] - 1u;

		page_free(fake_page(frame), order);
		frame += 1u << order;
	}
	WANT(frame == end);
}

static const struct pt_env env = { .free_span = free_span };

static struct {
	void *at;
	u64 pages;
} joined[4];

void *vmalloc(u64 pages, unsigned node, const char *owner)
{
	WANT(pages > 1 && !node && !strcmp(owner, "memmap spans"));
	if (++fake.spans_asks == fake.spans_fail)
		return NULL;
	for (unsigned i = 0; i < ARRAY_SIZE(joined); i++)
		if (!joined[i].at) {
			joined[i].at = malloc(pages * PAGE);
			joined[i].pages = pages;
			fake.spans_out++;
			return joined[i].at;
		}
	return NULL;
}

void vfree(void *p, u64 pages)
{
	for (unsigned i = 0; i < ARRAY_SIZE(joined); i++)
		if (p && joined[i].at == p) {
			WANT(joined[i].pages == pages);
			free(p);
			joined[i].at = NULL;
			fake.spans_out--;
			return;
		}
	WANT(!"of vmalloc()");
}
