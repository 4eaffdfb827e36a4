/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/digest/main.c - mm/hotplug/digest.c and digest_range.c: a fingerprint is equal for
 * equal states in any representation, and differs after each single relevant change.
 */
#include <asserts.h>
#include <fakes/hotplug_lock.h>
#include <lib/assert.h>
#include <mm/hotplug/devmem.h>
#include <mm/hotplug/hotplug.h>
#include <mm/hotplug/subblock.h>
#include <mm/hotplug/subsection.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/shadow.h>
#include <mm/memmap/memmap.h>
#include <mm/page/buddy.h>
#include <mm/page/region.h>
#include <mm/vmalloc/vmalloc.h>

#define PAGE 4096ul
#define BLOCK (128 * MiB)
#define LINEAR 0xffffff8000000000ul /* -(1 << HALF) */
#define HALF 39u
#define SHADOW (LINEAR + 64 * GiB)
#define SHADOW_LEN (4 * PAGE)
#define FRAMES 16u /* frames from PA 0 on that have struct pages */

/* A page-table entry, as the format describes it. */
struct fake_leaf {
	vaddr_t va;
	paddr_t pa;
	u32 n, prot;
	u8 level, run_shift;
	enum pt_kind kind; /* 0: end of the list */
};

static struct state {
	struct fake_leaf leaf[12];
	struct page page[FRAMES];
	struct block block[3];
	u64 usable; /* of a block with parts */
	struct page head[3];
	u64 registry, subsections, devices;
	u64 free[NODES_MAX][ZONE_NR], lazy;
} now, first;

const char shadow_owner[] = "shadow";
static unsigned blocks_nr;
static vaddr_t memmap_base;

/* ---- the format: a cell's value is its number ---- */

static const struct fake_leaf *cell_of(pte_t val, unsigned level)
{
	WANT(val < ARRAY_SIZE(now.leaf) && now.leaf[val].level == level);
	return &now.leaf[val % ARRAY_SIZE(now.leaf)];
}

static paddr_t fmt_pa(pte_t val, unsigned level, vaddr_t va)
{
	WANT(va == cell_of(val, level)->va);
	return cell_of(val, level)->pa;
}

static enum pt_prot fmt_prot(pte_t val, unsigned level)
{
	return cell_of(val, level)->prot;
}

static unsigned fmt_run(pte_t val, unsigned level)
{
	return cell_of(val, level)->run_shift;
}

static const struct pt_fmt format = { .levels = 4,
				      .page_shift = 12,
				      .half_bits = HALF,
				      .bits = { 9, 9, 9, 9 },
				      .pa = fmt_pa,
				      .prot = fmt_prot,
				      .run_shift = fmt_run };

static int walk(vaddr_t va, u64 len, pt_visit_fn *visit, void *arg)
{
	for (unsigned i = 0; i < ARRAY_SIZE(now.leaf) && now.leaf[i].kind; i++) {
		const struct fake_leaf *l = &now.leaf[i];
		struct pt_slot s = {
			.va = l->va, .val = i, .level = l->level, .kind = l->kind, .n = l->n
		};

		if (l->va - va < len)
			visit(&s, arg);
	}
	return 0;
}

int hotplug_walk(vaddr_t va, u64 len, unsigned when, pt_visit_fn *visit, void *arg)
{
	WANT(va == LINEAR && len == 1ul << HALF && fake_hotplug != HOLD_NONE);
	WANT(when == (PT_ON_LEAF | PT_ON_TABLE | PT_ON_OTHER | PT_BY_RUNS));
	return walk(va, len, visit, arg);
}

int pt_walk(const struct pt *pt, vaddr_t va, u64 len, unsigned when, pt_visit_fn *visit, void *arg)
{
	WANT(pt == &kpt && fake_hotplug == HOLD_READ && when == PT_ON_LEAF && len);
	WANT(va >= LINEAR && len <= 2 * BLOCK);
	return walk(va, len, visit, arg);
}

/* ---- the rest of the machine ---- */

bool hotplug_write_held(void)
{
	return fake_hotplug == HOLD_WRITE;
}

/* A purge frees the pages that vmalloc keeps. */
bool vmalloc_purge(void)
{
	WANT(fake_hotplug != HOLD_READ);
	now.free[0][ZONE_NORMAL] += now.lazy;
	now.lazy = 0;
	return true;
}

u64 region_digest(void)
{
	return now.registry;
}

u64 subsection_digest(u64 hash)
{
	return hash * 31 + now.subsections;
}

u64 devmem_digest(u64 hash)
{
	return hash * 37 + now.devices;
}

u64 buddy_free_pages(unsigned node, enum zone_id zone)
{
	WANT(node < NODES_MAX && zone < ZONE_NR);
	return now.free[node % NODES_MAX][zone % ZONE_NR];
}

struct block *block_next(const struct block *b)
{
	unsigned next = b ? (unsigned)(b - now.block) + 1 : 0;

	return next < blocks_nr ? &now.block[next] : NULL;
}

struct page *memmap_head(const struct block *b)
{
	WANT(b->memmap);
	return b->altmap_pages ? &now.head[b - now.block] : NULL;
}

u64 block_usable(const struct block *b)
{
	WANT(b->subblocks);
	return now.usable;
}

struct block *block_find(pfn_t pfn)
{
	WANT(fake_hotplug == HOLD_READ && pfn % (BLOCK / PAGE) == 0);
	for (unsigned i = 0; i < blocks_nr; i++)
		if (now.block[i].first_pfn == pfn)
			return &now.block[i];
	return NULL;
}

u64 memmap_bytes(u64 pages)
{
	return pages * 64;
}

vaddr_t memmap_va(pfn_t pfn)
{
	return memmap_base + pfn * 64;
}

/* ---- all of it ---- */

static void own_frames(void)
{
	for (unsigned i = 0; i < FRAMES; i++) {
		now.page[i].flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_USED, 0, i & 1);
		now.page[i].owner = shadow_owner;
	}
}

static void begin(void)
{
	static const struct memmap_scheme *const scheme = (const void *)&now;
	static const struct subblock_map *const parts = (const void *)&now;

	memset(&now, 0, sizeof(now));
	own_frames();
	now.leaf[0] = (struct fake_leaf) { LINEAR, 4 * GiB, 1, PT_R, 1, 0, PT_LEAF };
	now.leaf[1] = (struct fake_leaf) { LINEAR + GiB, 0, 1, 0, 3, 0, PT_TABLE };
	now.leaf[2] = (struct fake_leaf) { LINEAR + GiB, 5 * GiB, 4, PT_R, 0, 0, PT_LEAF };
	now.leaf[3] = (struct fake_leaf) { LINEAR + 2 * GiB, 0, 1, 0, 0, 0, PT_INVALID };
	now.leaf[4] = (struct fake_leaf) { SHADOW, 6 * PAGE, 4, PT_R | PT_W, 0, 0, PT_LEAF };
	now.leaf[5] = (struct fake_leaf) { SHADOW + SHADOW_LEN, 6 * GiB, 1, PT_R, 0, 0, PT_LEAF };
	now.leaf[6] = (struct fake_leaf) { SHADOW + GiB, 7 * GiB, 2, PT_R, 0, 4, PT_LEAF };
	now.page[0].flags = PAGE_FLAGS(PAGE_TABLE, PAGE_USED, 0, 2);
	for (unsigned i = 0; i < 3; i++) {
		now.block[i] =
			(struct block) { .state = BLOCK_ONLINE, .first_pfn = i * BLOCK / PAGE };
		now.head[i].refcount = i + 1;
		now.head[i].private = i + 10;
	}
	now.block[1].memmap = now.block[2].memmap = scheme;
	now.block[2].altmap_pages = 5;
	now.block[0].subblocks = parts;
	blocks_nr = 3;
	for (unsigned n = 0; n < NODES_MAX; n++)
		for (unsigned z = 0; z < ZONE_NR; z++)
			now.free[n][z] = 1000 + n * 10 + z;
	first = now;
}

enum { MAP = 1, REGISTRY = 2, REFS = 4, FREE = 8 };

/* The parts that differ from the first state.  The word differs if any part does, and the sentence
 * names the first such part. */
static unsigned differs(void)
{
	static const char *const says[] = { "the map", "the registry",
					    "blocks, sub-sections, devices or their counts",
					    "free pages" };
	struct digest d[2];
	struct why why = { 0 };
	struct state changed = now;
	unsigned diff;
	char text[184];
	int err;

	memset(d, 0x5a, sizeof(d[0]));
	memset(d + 1, 0x33, sizeof(d[1]));
	now = first;
	digest_take(&d[0]);
	now = changed;
	digest_take(&d[1]);
	now = changed;
	WANT(fake_hotplug != HOLD_READ);
	diff = (d[0].map != d[1].map) * MAP | (d[0].registry != d[1].registry) * REGISTRY |
	       (d[0].refs != d[1].refs) * REFS | (d[0].free != d[1].free) * FREE;
	WANT((d[0].word != d[1].word) == (diff != 0));
	err = digest_compare(&d[0], &d[1], &why);
	WANT(err == (diff ? -EIO : 0));
	if (diff) {
		snprintf(text, sizeof(text), "digest: %s differs, %08x before, %08x after",
			 says[__builtin_ctz(diff)], d[0].word, d[1].word);
		WANT_TEXT(why.text, text);
	}
	return diff;
}

#define CHANGED(part, change)                                                                      \
	do {                                                                                       \
		begin();                                                                           \
		change;                                                                            \
		WANT(differs() == (part));                                                         \
	} while (0)

static void check_map(void)
{
	for (unsigned i = 0; i <= 6; i += i == 2 ? 4 : 2) { /* single leaves outside the shadow */
		CHANGED(MAP, now.leaf[i].pa += 16 * GiB);
		CHANGED(MAP, now.leaf[i].prot |= PT_W);
		CHANGED(MAP, now.leaf[i].run_shift++);
		CHANGED(MAP, now.leaf[i].va += PAGE);
		CHANGED(MAP, now.leaf[i].n += 1);
	}
	CHANGED(MAP, now.leaf[5].pa += PAGE); /* the first leaf after the shadow */
	CHANGED(MAP, now.leaf[6].kind = 0);
	CHANGED(MAP, (now.leaf[0].level = 0, now.leaf[0].n = 512)); /* the same bytes by pages */
	CHANGED(MAP, now.leaf[3].kind = 0);                         /* and the leaves after it */
	CHANGED(MAP, now.leaf[3].va += PAGE);
	CHANGED(MAP, now.leaf[3].level = 1);
	CHANGED(MAP, now.leaf[3].n = 2);
	CHANGED(0, now.leaf[3].pa = PAGE);
	begin(); /* the value of an entry that is no leaf: here its number */
	now.leaf[2] = first.leaf[3];
	now.leaf[3] = first.leaf[2];
	WANT(differs() == MAP);
}

static void split_leaf(unsigned pages)
{
	memmove(now.leaf + 4, now.leaf + 3, 5 * sizeof(now.leaf[0]));
	now.leaf[3] = now.leaf[2];
	now.leaf[2].n = pages;
	now.leaf[3].n -= pages;
	now.leaf[3].va += pages * PAGE;
	now.leaf[3].pa += pages * PAGE;
}

/* Contiguous leaves form one run, regardless of the steps of the walk. */
static void check_runs(void)
{
	begin();
	now.leaf[3].kind = PT_LEAF; /* an entry's value is its number, so no value may be hashed */
	now.leaf[3].pa = GiB;
	first = now;
	for (unsigned pages = 1; pages < 4; pages++) {
		now = first;
		split_leaf(pages);
		WANT(differs() == 0);
		now.leaf[3].prot |= PT_W;
		WANT(differs() == MAP);
		now.leaf[3].prot = PT_R;
		now.leaf[3].pa += PAGE;
		WANT(differs() == MAP);
		now.leaf[3].pa -= PAGE;
		now.leaf[3].run_shift = 1;
		WANT(differs() == MAP);
	}
}

static void check_shadow(void)
{
	CHANGED(0, now.leaf[4].pa = 10 * PAGE); /* different frames of the shadow */
	CHANGED(0, now.page[10].owner = NULL);  /* the frame after those of the shadow */
	CHANGED(0, now.page[5].owner = NULL);
	CHANGED(MAP, now.leaf[4].prot = PT_R);
	CHANGED(MAP, now.leaf[4].n = 3);
	for (unsigned i = 6; i < 10; i++) {
		CHANGED(MAP, now.page[i].owner = "another");
		CHANGED(MAP, now.page[i].flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_FREE, 0, 0));
		CHANGED(MAP, now.page[i].flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_USED, 1, 0));
	}
	begin();
	now.page[6].owner = now.page[10].owner = NULL;
	first = now;
	now.leaf[4].pa = 10 * PAGE; /* another foreign frame */
	WANT(differs() == MAP);
}

static void check_refs(void)
{
	for (unsigned i = 0; i < 3; i++) {
		CHANGED(REFS, now.block[i].state = BLOCK_OFFLINE);
		CHANGED(REFS, now.block[i].node = 3);
		CHANGED(REFS, now.block[i].zone = ZONE_MOVABLE);
		CHANGED(REFS, now.block[i].held = true);
		CHANGED(REFS, now.block[i].isolated = true);
		CHANGED(REFS, now.block[i].first_pfn++);
		CHANGED(i == 2 ? REFS : 0, now.head[i].refcount++);
		CHANGED(i == 2 ? REFS : 0, now.head[i].private ++);
	}
	CHANGED(REFS, now.usable++);
	CHANGED(REFS, now.block[0].subblocks = NULL);
	CHANGED(REFS, now.subsections++);
	CHANGED(REFS, now.devices++);
	CHANGED(REGISTRY, now.registry++);
	CHANGED(REGISTRY | REFS | FREE, (now.registry++, now.devices++, now.free[1][1]++));
}

static void check_free(void)
{
	for (unsigned n = 0; n < NODES_MAX; n++)
		for (unsigned z = 0; z < ZONE_NR; z++)
			CHANGED(FREE, now.free[n][z]++);
	CHANGED(0, (now.lazy = 7, now.free[0][ZONE_NORMAL] -= 7));
	/* a table that the buddy allocated counts as a free page of its node */
	CHANGED(FREE, now.page[0].flags = PAGE_FLAGS(PAGE_TABLE, PAGE_USED, 0, 3));
	CHANGED(FREE, now.page[0].flags = PAGE_FLAGS(PAGE_BOOT, PAGE_USED, 0, 2));
	CHANGED(0, (now.page[0].flags = PAGE_FLAGS(PAGE_BOOT, PAGE_USED, 0, 2),
		    now.free[2][ZONE_NORMAL]++));
	CHANGED(FREE, (now.page[0].flags = PAGE_FLAGS(PAGE_BOOT, PAGE_USED, 0, 2),
		       now.free[2][ZONE_MOVABLE]++));
	CHANGED(0, (now.leaf[1].pa = 5 * PAGE, now.page[5].flags = now.page[0].flags));
	WANT(first.leaf[4].pa == 6 * PAGE);
}

static void check_locked(void)
{
	begin();
	fake_hotplug = HOLD_WRITE; /* this CPU is the writer */
	WANT(differs() == 0);
	fake_hotplug = HOLD_NONE;
}

/* ---- one range ---- */

#define AT (16 * BLOCK)

static void begin_range(paddr_t pa)
{
	memset(&now, 0, sizeof(now));
	now.leaf[0] = (struct fake_leaf) { linear_va(pa), pa, 1, PT_R, 1, 0, PT_LEAF };
	now.leaf[1] =
		(struct fake_leaf) { linear_va(pa) + BLOCK, pa + BLOCK, 1, PT_R, 1, 4, PT_LEAF };
	now.leaf[2] = (struct fake_leaf) { linear_va(pa) + 2 * BLOCK, 1, 1, PT_R, 0, 0, PT_LEAF };
	now.leaf[3] = (struct fake_leaf) {
		memmap_va(pa / PAGE), pa + 2 * BLOCK, 1, PT_R, 1, 0, PT_LEAF
	}; /* the frame right after the range */
	now.leaf[4] = (struct fake_leaf) {
		memmap_va(pa / PAGE) + 2 * MiB, pa + 2 * BLOCK - PAGE, 1, PT_R, 0, 0, PT_LEAF
	}; /* the last frame */
	now.leaf[5] = (struct fake_leaf) {
		memmap_va((pa + 2 * BLOCK) / PAGE), 1, 1, PT_R, 0, 0, PT_LEAF
	};
	for (unsigned i = 0; i < 3; i++)
		now.block[i] = (struct block) { .state = BLOCK_ONLINE,
						.first_pfn = (pa + i * BLOCK) / PAGE,
						.altmap_pages = 6 };
	blocks_nr = 3;
}

static u32 of_range(paddr_t pa)
{
	u32 d = digest_range(pa, 2 * BLOCK);

	WANT(fake_hotplug != HOLD_READ);
	return d;
}

#define IN_RANGE(same, change)                                                                     \
	do {                                                                                       \
		begin_range(AT);                                                                   \
		change;                                                                            \
		WANT((of_range(AT) == plain) == (same));                                           \
	} while (0)

static void check_range(void)
{
	u32 plain;

	memmap_base = SHADOW;
	begin_range(AT);
	plain = of_range(AT);
	begin_range(AT + 5 * BLOCK); /* at another place */
	WANT(of_range(AT + 5 * BLOCK) == plain);
	memmap_base += GiB;
	begin_range(AT);
	WANT(of_range(AT) == plain);
	for (unsigned i = 0; i < 5; i += i == 1 ? 2 : 1) {
		IN_RANGE(false, now.leaf[i].va += PAGE);
		IN_RANGE(false, now.leaf[i].prot |= PT_W);
		IN_RANGE(false, now.leaf[i].level++);
		IN_RANGE(false, now.leaf[i].run_shift++);
		IN_RANGE(i == 3, now.leaf[i].pa += 4 * BLOCK); /* outside, as leaf 3 was */
	}
	IN_RANGE(false, now.leaf[4].pa -= PAGE);
	IN_RANGE(false, now.leaf[3].pa -= PAGE);
	IN_RANGE(true, now.leaf[2].prot |= PT_W); /* after the range */
	IN_RANGE(true, now.leaf[5].prot |= PT_W);
	for (unsigned i = 0; i < 3; i++) {
		IN_RANGE(i == 2, now.block[i].state = BLOCK_OFFLINE);
		IN_RANGE(i == 2, now.block[i].node = 1);
		IN_RANGE(i == 2, now.block[i].zone = ZONE_MOVABLE);
		IN_RANGE(i == 2, now.block[i].held = true);
		IN_RANGE(i == 2, now.block[i].altmap_pages++);
		IN_RANGE(i == 2, now.block[i].first_pfn += 1000 * BLOCK); /* absent */
	}
	begin_range(AT); /* only the first block, and only the second one */
	now.block[0].first_pfn += 1000 * BLOCK;
	plain = of_range(AT);
	IN_RANGE(false, now.block[1].first_pfn += 1000 * BLOCK);
}

int main(void)
{
	kpt.fmt = layout.fmt = &format;
	layout.block_bytes = BLOCK;
	layout.r[REGION_LINEAR] = (struct va_region) { "linear", LINEAR, 64 * GiB };
	layout.r[REGION_SHADOW] = (struct va_region) { "shadow", SHADOW, SHADOW_LEN };
	layout.r[REGION_VMEMMAP].va = ptr_va(now.page);
	check_map();
	check_runs();
	check_shadow();
	check_refs();
	check_free();
	check_locked();
	check_range();
	printf("digest: %u not so\n", want_failed);
	return want_failed != 0;
}
