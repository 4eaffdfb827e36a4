/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-38: tables and struct pages that boot took before there was an allocator have a class of their
 * own, PAGE_BOOT, and are never freed, whatever is added and removed around them.  Tables that are
 * made later are freed once each.
 */
#include <kern/lock.h>
#include <lib/hash.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/vmalloc/ioremap.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/util.h>

#define FRAMES 512 /* tables of one cycle, by pages */
#define AREA 3

/* The test's own record of frames that were freed and allocated again. */
static struct {
	u32 nr, lost;     /* frames known; frames for which the record had no room */
	u32 freed, twice; /* tables that were freed; frames that were freed while free */
	u32 reserved;     /* frees of a frame that boot reserved */
	struct {
		paddr_t pa;
		bool free;
	} frame[FRAMES];
} book NOINIT;

static struct spinlock book_lock = SPINLOCK_INIT(LOCK_LOG, "book of frames");

static void book_change(const struct pt_event *e, bool free)
{
	u64 len = e->n << page_shift();
	bool known = false;

	for (u32 i = 0; i < book.nr; i++)
		if (book.frame[i].pa - e->pa < len) {
			book.twice += free && book.frame[i].free;
			book.frame[i].free = free;
			known = true;
		}
	if (known || e->provenance != PAGE_TABLE)
		return;
	if (book.nr < FRAMES) {
		book.frame[book.nr].pa = e->pa;
		book.frame[book.nr++].free = free;
	} else {
		book.lost++;
	}
}

static void book_frame(const struct pt_event *e)
{
	bool free = e->kind == PT_EV_FRAME_FREE;
	u64 flags;

	if (!free && e->kind != PT_EV_FRAME_ALLOC)
		return;
	flags = spin_lock_irqsave(&book_lock);
	book.freed += free && e->provenance == PAGE_TABLE;
	book.reserved += free && e->provenance == PAGE_BOOT;
	book_change(e, free);
	spin_unlock_irqrestore(&book_lock, flags);
}

static const struct pt_tap book_tap = { .name = "test.boot_tables", .after = book_frame };
PT_TAP(test_boot_tables, book_tap);

struct boot_tables {
	u64 nr, hash; /* of the kernel's tree, in the order of the walk */
};

static int count_boot_table(const struct pt_slot *slot, void *arg)
{
	struct boot_tables *b = arg;
	paddr_t pa = kpt.fmt->pa(slot->val, slot->level, slot->va);

	if (page_provenance(pa_page(pa)) != PAGE_BOOT)
		return 0;
	b->nr++;
	b->hash = hash_u64(hash_u64(b->hash, slot->va), pa);
	return 0;
}

static struct boot_tables boot_tables_now(void)
{
	vaddr_t base = 0 - (1ul << kpt.fmt->half_bits);
	struct boot_tables b = { 0 };

	hotplug_read_lock();
	hotplug_walk(base, 1ul << kpt.fmt->half_bits, PT_ON_TABLE, count_boot_table, &b);
	hotplug_read_unlock();
	return b;
}

/* Run each operation that makes tables and leaves them empty. */
static void make_and_drop_tables(struct test_run *t, struct range *r)
{
	volatile void *regs = ioremap(r->pa, page_size());
	void *area = vmalloc(AREA, 0, "boot tables");

	if (CHECK(t, regs))
		iounmap(regs);
	if (CHECK(t, area))
		vfree(area, AREA);
	tables_free_empty(layout.r[REGION_DEVICE].va, layout.r[REGION_DEVICE].len);
	if (range_up(t, r, ZONE_MOVABLE))
		range_down(t, r);
	range_reset(r);
}

TEST(alloc, boot_tables,
     .claim = "no table or frame that boot reserved is freed, and no table twice",
     .rows = "S1-38 X-02", .could = COULD_TRACE, .needs = NEED_RANGE, .params = memmap_names)
{
	struct boot_tables before, after;
	struct range r;

	if (!range_get(t, &r, 1, t->param))
		return;
	if (layout.block_bytes / pt_span(kpt.fmt, 1) < FRAMES / 4) {
		r.opts.leaf = 0; /* as many tables as there are */
		r.opts.contig = false;
	}
	memset(&book, 0, sizeof(book));
	before = boot_tables_now();
	pt_tap_enable("test.boot_tables", true);
	make_and_drop_tables(t, &r);
	pt_tap_enable("test.boot_tables", false);
	after = boot_tables_now();
	CHECK(t, before.nr > 0);
	CHECK_EQ(t, after.nr, before.nr);
	CHECK_EQ(t, after.hash, before.hash);
	CHECK_EQ(t, book.reserved, 0);
	CHECK_EQ(t, book.twice, 0);
	CHECK_EQ(t, book.lost, 0);
	test_key(t, "boot=%lu tables_freed=%u", before.nr, book.freed);
}
