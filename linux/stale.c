/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linux/stale.c - translations that must not be used any more.
 *
 * stale: threads on all CPUs load from pages, one of them changes the address space, and all of
 * them check that they observe the change: for each row of `scenes`.  huge: the same for the pages
 * of hugetlbfs, whose pools it fills.
 */
#include "work.h"

#define MIB (1ul << 20)
#define GIB (1ul << 30)
#define MAP_NORESERVE 0x4000
#define MAP_HUGETLB 0x40000
#define MADV_DONTNEED 4
#define MADV_FREE 8
#define MADV_PAGEOUT 21
#define MADV_COLLAPSE 25
#define MADV_HWPOISON 100
#define USED 16ul /* pages of an area */

struct scene {
	const char *name;
	unsigned long bytes, step; /* of the area; between two pages that are used */
	long flags;                /* more flags of mmap */
	bool (*prepare)(void), (*change)(void);
	bool (*check)(unsigned long page);
};

/* Thread 0 writes it between two meetings. */
static struct {
	const struct scene *scene;
	unsigned char *area, *free; /* free: a range without pages, as large as the area */
	unsigned long round;
	long child;
	int to_child[2];
} now;

static unsigned long before(unsigned long page)
{
	return value_of(0, now.round, page);
}

static unsigned long after(unsigned long page)
{
	return value_of(1, now.round, page);
}

/* For each page of the area that is used. */
static bool each(bool (*act)(unsigned long page))
{
	const struct scene *s = now.scene;
	bool passed = true;

	for (unsigned long i = 0; passed && i < USED && i * s->step < s->bytes; i++)
		passed = act(i * s->step / page_bytes);
	return passed;
}

/* ---- one page ---- */
static bool fill(unsigned long page)
{
	return stores(now.area, page, before(page), now.scene->name);
}

static bool refill(unsigned long page)
{
	return stores(now.area, page, after(page), now.scene->name);
}

static bool is_old(unsigned long page)
{
	return loads(now.area, page, before(page), now.scene->name);
}

static bool is_new(unsigned long page)
{
	return loads(now.area, page, after(page), now.scene->name);
}

static bool is_zero(unsigned long page)
{
	return loads(now.area, page, 0, now.scene->name);
}

static bool is_gone(unsigned long page)
{
	return no_load(now.area, page, now.scene->name);
}

static bool is_read_only(unsigned long page)
{
	return no_store(now.area, page, now.scene->name) && is_old(page);
}

static bool is_old_but_first(unsigned long page)
{
	return page ? is_old(page) : is_gone(page);
}

static bool is_zero_but_last(unsigned long page)
{
	return page * page_bytes + now.scene->step < now.scene->bytes ? is_zero(page)
								      : is_old(page);
}

static bool is_at_new_place(unsigned long page)
{
	return loads(now.free, page, before(page), now.scene->name);
}

/* ---- what thread 0 does before the others load from the pages ---- */
static bool nothing(void)
{
	return true;
}

/* A child that has the pages too, until the parent has written its own. */
static bool with_child(void)
{
	const bool huge = now.scene->flags & MAP_HUGETLB;
	char c = 0;

	if (!worked(sys_pipe(now.to_child), "pipe"))
		return false;
	now.child = sys_fork();
	if (now.child)
		return worked(now.child, "fork");
	sys_close(now.to_child[1]);
	sys_read(now.to_child[0], &c, 1);
	/* A page of hugetlbfs may be taken from it: the pages are reserved for its parent. */
	sys_exit(!huge && !each(is_old));
	return false;
}

/* The pages are ones that the kernel may drop, and then have new contents, which it may not. */
static bool with_dirt(void)
{
	long id;

	if (!worked(sys_advise(now.area, now.scene->bytes, MADV_FREE), "madvise") || !each(refill))
		return false;
	id = sys_fork(); /* it write-protects them */
	if (!id)
		sys_exit(0);
	return worked(id, "fork") && join(&id, 1);
}

/* A block becomes pages, and its rights are those of before. */
static bool as_pages(void)
{
	return worked(sys_mprotect(now.area, page_bytes, PROT_READ), "mprotect") &&
	       worked(sys_mprotect(now.area, page_bytes, READ_WRITE), "mprotect");
}

/* ---- and the change ---- */
static bool unmapped(void)
{
	return worked(sys_munmap(now.area, now.scene->bytes), "munmap");
}

static bool mapped_again(void)
{
	return unmapped() && map_area(now.area, now.scene->bytes, now.scene->flags) && each(refill);
}

static bool protected(void)
{
	return worked(sys_mprotect(now.area, now.scene->bytes, PROT_READ), "mprotect");
}

static bool without_rights(void)
{
	return worked(sys_mprotect(now.area, now.scene->bytes, 0), "mprotect");
}

static bool first_without_rights(void)
{
	return worked(sys_mprotect(now.area, page_bytes, 0), "mprotect");
}

static bool dropped(void)
{
	return worked(sys_advise(now.area, now.scene->bytes, MADV_DONTNEED), "madvise");
}

static bool dropped_but_last(void)
{
	return worked(sys_advise(now.area, now.scene->bytes - now.scene->step, MADV_DONTNEED),
		      "madvise");
}

static bool moved(void)
{
	return worked(sys_mremap(now.area, now.scene->bytes, now.free), "mremap") &&
	       each(is_at_new_place);
}

/* The pages get other frames, since a child has the old ones. */
static bool written(void)
{
	bool passed = each(refill);

	sys_close(now.to_child[1]);
	passed &= join(&now.child, 1);
	sys_close(now.to_child[0]);
	return passed;
}

/* The same, of entries whose access flag was cleared. */
static bool written_when_old(void)
{
	return set_file("/proc/self/clear_refs", "1") & written();
}

static bool reclaimed(void)
{
	return worked(sys_advise(now.area, now.scene->bytes, MADV_PAGEOUT), "madvise");
}

/* A kernel may have a reason not to do it. */
static bool collapsed(void)
{
	sys_advise(now.area, now.scene->bytes, MADV_COLLAPSE);
	return true;
}

/* The entries of a poisoned page move; pages of another size get its addresses. */
static bool poisoned(void)
{
	sigbus_is_expected = true;
	return worked(sys_advise(now.area, now.scene->bytes, MADV_HWPOISON), "madvise") &&
	       worked(sys_mremap(now.area, now.scene->bytes, now.free), "mremap") &&
	       map_area(now.area, now.scene->bytes, 0);
}

/* ---- a scene ---- */
static unsigned long align_up(unsigned long at, unsigned long to)
{
	return (at + to - 1) / to * to;
}

/* Addresses for the area and for another one, both aligned to it; 1 GiB for larger ones. */
static bool placed(const struct scene *s)
{
	const unsigned long to = s->bytes < 2 * MIB ? 2 * MIB : s->bytes < GIB ? s->bytes : GIB;
	const unsigned long total = 2 * s->bytes + to;
	unsigned char *all = map_area(NULL, total, MAP_NORESERVE);

	now.scene = s;
	now.area = (unsigned char *)align_up((unsigned long)all, to);
	now.free = now.area + s->bytes;
	return all && worked(sys_munmap(all, total), "munmap") &&
	       map_area(now.area, s->bytes, s->flags);
}

static bool begun(const struct scene *s, unsigned long round)
{
	now.round = round;
	return placed(s) && each(fill) && s->prepare();
}

/* All threads; the loads before the change are those after which a TLB has the translations. */
static bool played(bool first, const struct scene *s, unsigned long round)
{
	bool (*known)(unsigned long) = s->prepare == with_dirt ? is_new : is_old;

	return (!first || begun(s, round)) && meet() && each(known) && meet() &&
	       (!first || s->change()) && meet() && each(s->check) && meet() &&
	       (!first || (sys_munmap(now.area, s->bytes), sys_munmap(now.free, s->bytes), true));
}

#define SMALL 4096 * USED, 4096, 0
#define BLOCK 2 * MIB, 2 * MIB / USED, 0             /* one block, if the kernel has such pages */
#define MANY 4 * MIB, 4 * MIB / USED, 0              /* more pages than are invalidated singly */
#define WHOLE 8 * GIB, 8 * GIB - 4096, MAP_NORESERVE /* as much as one TLBI can name */
#define RUN 65536, 4096, 0                           /* a contiguous run, or one of Svnapot */

static const struct scene scenes[] = {
	{ "unmap", SMALL, nothing, unmapped, is_gone },
	{ "unmap and map", SMALL, nothing, mapped_again, is_new },
	{ "read-only", SMALL, nothing, protected, is_read_only },
	{ "no rights", SMALL, nothing, without_rights, is_gone },
	{ "drop", SMALL, nothing, dropped, is_zero },
	{ "move", SMALL, nothing, moved, is_gone },
	{ "copy on write", SMALL, with_child, written, is_new },
	{ "copy on write, old", SMALL, with_child, written_when_old, is_new },
	{ "reclaim", SMALL, with_dirt, reclaimed, is_new },
	{ "whole, unmap", WHOLE, nothing, unmapped, is_gone },
	{ "whole, read-only", WHOLE, nothing, protected, is_read_only },
	{ "many, unmap and map", MANY, nothing, mapped_again, is_new },
	{ "many, no rights", MANY, nothing, without_rights, is_gone },
	{ "block, unmap and map", BLOCK, nothing, mapped_again, is_new },
	{ "block, split", BLOCK, nothing, first_without_rights, is_old_but_first },
	{ "block, drop", BLOCK, nothing, dropped_but_last, is_zero_but_last },
	{ "block, copy on write", BLOCK, with_child, written, is_new },
	{ "block, move", BLOCK, nothing, moved, is_gone },
	{ "block, collapse", BLOCK, as_pages, collapsed, is_old },
	{ "run, copy on write", RUN, with_child, written, is_new },
	{ "run, no rights for one", RUN, nothing, first_without_rights, is_old_but_first },
	{ "run, drop", RUN, nothing, dropped_but_last, is_zero_but_last },
};

static bool stale_round(unsigned long me, unsigned long round)
{
	bool passed = true;

	for (unsigned i = 0; passed && i < sizeof(scenes) / sizeof(*scenes); i++)
		passed = played(!me, &scenes[i], round);
	return passed;
}

bool work_stale(unsigned long rounds)
{
	return run_threads(stale_round, rounds, 1);
}

/* ---- huge ---- */
#define PAGES_OF(size, shift, nr) (nr) * (size), (nr) * (size) / 16, MAP_HUGETLB | (shift) << 26
#define SIZES 3u

/* More pages than an area has, for copies. */
static const struct {
	const char *pool, *pages;
	struct scene scenes[5];
} sizes[SIZES] = {
#define SIZE(kib, shift, nr)                                                                       \
	{                                                                                          \
		"/sys/kernel/mm/hugepages/hugepages-" #kib "kB/nr_hugepages", #nr "0",             \
		{                                                                                  \
			{ #kib " KiB, unmap and map", PAGES_OF(kib * 1024ul, shift, nr), nothing,  \
			  mapped_again, is_new },                                                  \
				{ #kib " KiB, read-only", PAGES_OF(kib * 1024ul, shift, nr),       \
				  nothing, protected, is_read_only },                              \
				{ #kib " KiB, copy on write", PAGES_OF(kib * 1024ul, shift, nr),   \
				  with_child, written, is_new },                                   \
				{ #kib " KiB, move", PAGES_OF(kib * 1024ul, shift, nr), nothing,   \
				  moved, is_gone },                                                \
			{                                                                          \
#kib " KiB, no rights", PAGES_OF(kib * 1024ul, shift, nr),         \
					nothing, without_rights, is_gone                           \
			}                                                                          \
		}                                                                                  \
	}
	SIZE(64, 16L, 2),
	SIZE(2048, 21L, 2),
	SIZE(32768, 25L, 1),
};
static const struct scene poison = { "64 KiB, poison", PAGES_OF(65536ul, 16L, 2), nothing, poisoned,
				     is_zero };
static bool has_pool[SIZES];

/* Fill the pool; false: this kernel has no such size, or no memory for so many pages. */
static bool filled(const char *pool, const char *pages)
{
	char text[16] = { 0 };
	long fd = sys_open(pool, O_RDWR), nr;

	if (fd < 0)
		return wrong("huge: skipped: %s: errno %d", pool, -fd);
	for (nr = 0; pages[nr]; nr++)
		;
	sys_write(fd, pages, (size_t)nr);
	sys_close(fd);
	fd = sys_open(pool, 0);
	nr = sys_read(fd, text, sizeof(text) - 1);
	sys_close(fd);
	if (nr > 0)
		text[nr - 1] = 0;
	return same(text, pages) || wrong("huge: skipped: %s has %s, not %s", pool, text, pages);
}

static bool huge_round(unsigned long me, unsigned long round)
{
	bool passed = true;

	for (unsigned i = 0; i < SIZES; i++)
		for (unsigned n = 0; passed && has_pool[i] && n < 5; n++)
			passed = played(!me, &sizes[i].scenes[n], round);
	return passed;
}

static bool poison_round(unsigned long me, unsigned long round)
{
	return played(!me, &poison, round);
}

/* Tested with no page: the kernel examines the advice first. */
static bool can_poison(void)
{
	return sys_advise(NULL, 0, MADV_HWPOISON) >= 0 ||
	       wrong("huge: skipped: this kernel poisons no page");
}

/* The pools grow and shrink in each round. */
bool work_huge(unsigned long rounds)
{
	bool passed = true;

	for (unsigned long round = 0; passed && round < rounds; round++) {
		for (unsigned i = 0; i < SIZES; i++)
			has_pool[i] = filled(sizes[i].pool, sizes[i].pages);
		passed = run_threads(huge_round, 1, 1);
		if (passed && has_pool[0] && can_poison())
			passed = run_threads(poison_round, 1, 1);
		for (unsigned i = 0; i < SIZES; i++)
			if (has_pool[i])
				passed &= set_file(sizes[i].pool, "0");
	}
	return passed;
}
