/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/optimise/fake.c - see fake.h. */
#define _GNU_SOURCE
#include "fake.h"
#include <asserts.h>
#include <fakes/hotplug_lock.h>
#include <kern/cpu.h>
#include <lib/assert.h>
#include <mm/live/live_split.h>
#include <mm/pt/pt_tap.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct fake fake;
u32 pt_taps_on = 1;

static char *ram, *vm;
static int ram_file;
static char when_filled[FRAMES][PAGE];

static void show(unsigned i)
{
	const struct mapped *m = &fake.map[i];
	int prot = PROT_READ | (m->rw ? PROT_WRITE : 0);

	if (mmap(vm + i * PAGE, PAGE, prot, MAP_SHARED | MAP_FIXED, ram_file,
		 (off_t)(m->frame * PAGE)) == MAP_FAILED)
		exit(1);
}

static void make_memory(void)
{
	ram_file = memfd_create("ram", 0);
	if (ftruncate(ram_file, FRAMES * PAGE))
		exit(1);
	ram = mmap(NULL, FRAMES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, ram_file, 0);
	vm = mmap(NULL, VM_PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ram == MAP_FAILED || vm == MAP_FAILED)
		exit(1);
}

struct page *fake_page(unsigned pfn)
{
	return (struct page *)vm + pfn;
}

static const struct memmap_scheme host = { .s = { .name = "host" }, .where = MEMMAP_IN_OLD_MEMORY };

void fake_begin(void)
{
	static const struct pt_fmt fmt = { .page_shift = 12 };

	if (!vm)
		make_memory();
	memset(&fake, 0, sizeof(fake));
	memset(ram, 0x5a, FRAMES * PAGE);
	for (unsigned i = 0; i < VM_PAGES; i++) {
		fake.map[i] = (struct mapped) { VM_FIRST + i, true };
		fake.used[VM_FIRST + i] = fake.whole[VM_FIRST + i] = true;
		show(i);
	}
	memset(vm, 0, VM_PAGES * PAGE);
	kpt.fmt = layout.fmt = &fmt;
	layout.phys_base = BASE;
	layout.block_bytes = 4 * MiB;
	layout.r[REGION_LINEAR].va = ptr_va(ram);
	layout.r[REGION_VMEMMAP].va = ptr_va(vm);
	fake.added = (struct block) { .state = BLOCK_ONLINE, .memmap = &host };
	fake.frames = (struct block) { .state = BLOCK_ONLINE, .zone = ZONE_NORMAL };
	fake.added_there = fake.frames_there = true;
	fake.any_most = FRAMES;
	cpus[0].writer = PT_WRITER_MIGRATE;
}

static unsigned slot_of(vaddr_t va)
{
	u64 i = (va - ptr_va(vm)) / PAGE;

	WANT(va % PAGE == 0 && i < VM_PAGES);
	return i < VM_PAGES ? (unsigned)i : 0;
}

static unsigned frame_of(paddr_t pa)
{
	u64 i = (pa - BASE) / PAGE;

	WANT(pa % PAGE == 0 && i < FRAMES);
	return i < FRAMES ? (unsigned)i : 0;
}

/* ---- blocks, locks ---- */
struct block *block_find(pfn_t pfn)
{
	WANT(fake_hotplug == HOLD_WRITE);
	if (pfn - BASE / PAGE >= CHUNK)
		return fake.added_there ? &fake.added : NULL;
	return fake.frames_there ? &fake.frames : NULL;
}

void hotplug_write_unlock(void)
{
	WANT(fake_hotplug == HOLD_WRITE && cpus[0].writer == PT_WRITER_MIGRATE);
	fake_hotplug = HOLD_NONE;
}

const char *block_state_name(unsigned state)
{
	return state == BLOCK_OFFLINE ? "offline" : "?";
}

/* ---- frames ---- */
static struct page *take(unsigned frame)
{
	WANT(!fake.used[frame]);
	fake.used[frame] = true;
	fake.filled[frame] = false;
	return pfn_to_page(BASE / PAGE + frame);
}

struct page *page_alloc_in(pfn_t lo, pfn_t hi, const char *owner)
{
	unsigned frame = frame_of(lo * PAGE);

	WANT(hi == lo + 1 && !strcmp(owner, "memmap") && fake.frames_there);
	WANT(fake.frames.boot || fake.frames.zone == ZONE_NORMAL);
	WANT(fake.frames.state == BLOCK_ONLINE);
	return fake.used[frame] ? NULL : take(frame);
}

struct page *page_alloc_any(unsigned node, enum zone_id zone, unsigned order, const char *owner)
{
	unsigned frame = SPARE + 2 * fake.any_asked % (FRAMES - SPARE);

	WANT(node == NODE && zone == ZONE_NORMAL && !order && !strcmp(owner, "memmap"));
	if (fake.any_asked >= fake.any_most)
		return NULL;
	fake.any_asked++;
	return take(frame);
}

static void release(unsigned frame)
{
	WANT(fake.used[frame] && !fake.whole[frame]);
	for (unsigned i = 0; i < VM_PAGES; i++)
		WANT(fake.map[i].frame != frame);
	fake.used[frame] = false;
	memset(ram + frame * PAGE, 0x5a, PAGE);
}

void page_free(struct page *p, unsigned order)
{
	WANT(!order);
	release((unsigned)(p - fake_page(0)));
}

void page_split(pfn_t pfn)
{
	fake.whole[frame_of(pfn * PAGE)] = false;
}

void pt_tap_run_fill(paddr_t pa, u64 len)
{
	WANT(len == PAGE);
	fake.filled[frame_of(pa)] = true;
	memcpy(when_filled[frame_of(pa)], ram + (pa - BASE), PAGE);
}

/* ---- the tree ---- */
paddr_t pt_translate(const struct pt *pt, vaddr_t va)
{
	WANT(pt == &kpt);
	return BASE + fake.map[slot_of(va)].frame * PAGE;
}

bool memmap_is_shared_tail(vaddr_t va)
{
	return !fake.map[slot_of(va)].rw;
}

int live_split(vaddr_t va, u64 len, unsigned node, struct why *why)
{
	WANT(fake_hotplug == HOLD_WRITE && node == NODE);
	if (fake.split_fails)
		return refuse(why, EBUSY, "cannot be broken");
	fake.splits++;
	fake.split_va = va;
	fake.split_len = len;
	return 0;
}

void live_join(vaddr_t va, u64 len)
{
	WANT(fake_hotplug == HOLD_WRITE && va == fake.split_va && len == fake.split_len);
	for (u64 at = 0; at < len; at += PAGE)
		WANT(fake.map[slot_of(va + at)].rw);
	fake.joins++;
}

u64 live_window_open(vaddr_t va, u64 len)
{
	WANT(!fake.window && va == fake.split_va && len == fake.split_len);
	fake.window = va;
	fake.window_len = len;
	mprotect(vm + slot_of(va) * PAGE, len, PROT_NONE);
	return 0x55;
}

void live_window_close(u64 flags)
{
	WANT(flags == 0x55 && fake.window && fake.flushes == 1);
	WANT(cpus[0].writer == PT_WRITER_OPTIMISE);
	for (u64 at = 0; at < fake.window_len; at += PAGE)
		show(slot_of(fake.window + at));
	fake.window = fake.window_len = 0;
}

void pt_plan_sure(struct pt *pt, struct pt_plan *p, enum pt_op op, vaddr_t va, u64 len)
{
	WANT(pt == &kpt && op == PT_OP_PROTECT && fake.window);
	WANT(va == fake.window + PAGE && len == fake.window_len - PAGE);
	*p = (struct pt_plan) { .pt = pt, .op = op, .va = va, .len = len };
	fake.plans++;
}

void pt_plan_end(struct pt_plan *p)
{
	fake.plans -= p->pt != NULL;
	p->pt = NULL;
}

/* The frame had its contents when it was reported as filled, and has those of every tail of a
 * chunk.
 */
static void check_contents(unsigned frame)
{
	unsigned shared = fake.map[slot_of(fake.window) + 1].frame;

	WANT(!memcmp(when_filled[frame], ram + frame * PAGE, PAGE));
	WANT(!memcmp(ram + shared * PAGE, ram + frame * PAGE, PAGE));
}

void pt_retarget(struct pt_plan *p, vaddr_t va, u64 len, paddr_t pa, enum pt_prot prot, bool same,
		 struct pt_gather *g)
{
	WANT(p->pt && g->pt && fake.gathers == 1 && !fake.flushes && len);
	WANT(va - p->va < p->len && va + len - p->va <= p->len);
	WANT((prot & ~PT_W) == (PT_R | PT_GLOBAL) && cpus[0].writer == PT_WRITER_OPTIMISE);
	for (u64 at = 0; at < len; at += PAGE) {
		unsigned frame = frame_of(pa + (same ? 0 : at));

		WANT(fake.used[frame] && (fake.filled[frame] || !(prot & PT_W)));
		WANT(!same || fake.filled[frame]);
		check_contents(frame);
		fake.map[slot_of(va + at)] = (struct mapped) { frame, prot & PT_W };
	}
	g->owed = true;
}

void pt_gather_begin(struct pt_gather *g, struct pt *pt, struct pt_span *spans, u32 max)
{
	WANT(pt == &kpt);
	*g = (struct pt_gather) { .pt = pt, .spans = spans, .max_spans = max };
	fake.gathers++;
	fake.flushes = 0;
}

int pt_gather_span(struct pt_gather *g, paddr_t pa, u32 nr, enum pt_provenance from)
{
	unsigned users = 0;

	for (unsigned i = 0; i < VM_PAGES; i++)
		users += fake.map[i].frame == frame_of(pa);
	WANT(users == 1); /* before it is unmapped */
	WANT(nr == 1 && from == PAGE_BUDDY && !fake.whole[frame_of(pa)] && !g->owed);
	if (g->nr_spans == g->max_spans)
		return -ENOMEM;
	g->spans[g->nr_spans++] = (struct pt_span) { pa, nr, from };
	return 0;
}

void pt_gather_flush(struct pt_gather *g)
{
	WANT(g->pt && g->owed && fake.window && !fake.plans);
	g->owed = false;
	fake.flushes++;
}

void pt_gather_release(struct pt_gather *g)
{
	WANT(g->pt && !g->owed && fake.flushes == 1 && !fake.window);
	for (u32 i = 0; i < g->nr_spans; i++)
		release(frame_of(g->spans[i].pa));
	g->pt = NULL;
	fake.gathers--;
}
