/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/cmd_use.c - use, unuse: fill memory with movable pages whose contents identify them, so
 * that a removal has pages to migrate, and their contents can be verified afterwards.
 */
#include <kern/log.h>
#include <lib/printf.h>
#include <mm/hotplug/memory_block.h>
#include <mm/hotplug/movable.h>
#include <mm/page/buddy.h>
#include <mm/vmalloc/vmalloc.h>
#include <shell/command.h>
#include <shell/screen/text.h>
#include <shell/shell.h>

/* The most pages in use: bounds the time of `use` and the size of the array. */
#define PAGES_MAX 8192
/* Written and checked in each page, at equal distances. */
#define WORDS 8 /* of each page */

/* The pages of `use` until `unuse`: an array for `wanted` of them in vmalloc, the first `pages_nr`
 * allocated.  NULL: nothing is in use.  Written by the boot CPU at the prompt; a migration may move
 * the pages, so every access uses their virtual address. */
static struct movable *pages;
static u64 pages_nr, wanted;

static u64 array_pages(void)
{
	return align_up(wanted * sizeof(*pages), page_size()) >> page_shift();
}

static volatile u64 *word_of(const struct movable *m, unsigned w)
{
	return (volatile u64 *)va_ptr(m->va + w * (page_size() / WORDS));
}

/* Index of the page and of the word, so that a page with the contents of another one is noticed.
 * The upper half is "use". */
static u64 tag(u64 i, unsigned w)
{
	return 0x75736500ul << 32 | i << 8 | w;
}

/* Free single pages that are linked by `lru`. */
static void free_held(struct list *held)
{
	while (!list_empty(held)) {
		struct page *p = list_entry(held->next, struct page, lru);

		list_del(&p->lru);
		page_free(p, 0);
	}
}

/* Return how many pages inside the range are free, at most `wanted`.  The zone's other free pages
 * are held in `others`, so that the next allocations are inside the range: the allocator takes no
 * address.  The caller frees `others`. */
static u64 hold_others(unsigned node, u64 pa, u64 len, struct list *others)
{
	struct list inside;
	struct page *p;
	u64 nr = 0;

	list_init(&inside);
	while (nr < wanted && (p = page_alloc(node, ZONE_MOVABLE, 0, "use"))) {
		bool in = page_pa(p) >= pa && page_pa(p) - pa < len;

		list_add(in ? &inside : others, &p->lru);
		nr += in;
	}
	free_held(&inside);
	return nr;
}

/* pages_nr counts completed pages only, so use_drop() is correct after a failure as well. */
static int fill(unsigned node, u64 nr, struct why *why)
{
	int err = 0;

	while (!err && pages_nr < nr) {
		struct movable *m = &pages[pages_nr];

		err = movable_alloc(m, node, "use", why);
		for (unsigned w = 0; !err && w < WORDS; w++)
			*word_of(m, w) = tag(pages_nr, w);
		pages_nr += !err;
	}
	return err;
}

/* Frees any number of pages, from none to all. */
static void use_drop(void)
{
	while (pages_nr)
		movable_free(&pages[--pages_nr]);
	vfree(pages, array_pages());
	pages = NULL;
}

/* Other CPUs may allocate in between, so fewer pages than counted may be inside; the printed number
 * is that of the pages in use, not of those in the range. */
static int use_take_pages(const struct command_line *line, unsigned node, struct why *why)
{
	struct list others;
	u64 nr;
	int err;

	wanted = min_u64(PAGES_MAX, line->len >> page_shift());
	if (!wanted)
		return refuse(why, EINVAL, "%s is less than a page of %lu bytes",
			      range_text(line->start, line->len).text, page_size());
	pages = vmalloc(array_pages(), 0, "use");
	if (!pages)
		return refuse(why, ENOMEM, "use: no memory to remember the pages");
	list_init(&others);
	nr = hold_others(node, line->start, line->len, &others);
	err = fill(node, nr, why);
	free_held(&others);
	if (err || !nr) {
		use_drop();
		return err ? err : refuse(why, ENOMEM, "use: no page of it is free");
	}
	kprintf("%lu pages of %s are in use and can move\n", pages_nr,
		range_text(line->start, line->len).text);
	return 0;
}

/* The node is that of the first block.  Only Movable: pages of other zones cannot be moved, and
 * `pin` demonstrates that case. */
static int use(const struct command_line *line, struct why *why)
{
	const struct block *b;

	if (pages)
		return refuse(why, EBUSY, "use: %lu pages are in use already: `unuse`", pages_nr);
	if (!line->has_target)
		return refuse(why, EINVAL, "use: which range? ADDR+SIZE");
	b = block_find(line->start >> page_shift());
	if (!b || b->state != BLOCK_ONLINE || b->zone != ZONE_MOVABLE)
		return refuse(why, ENXIO, "use: 0x%lx is not online as Movable", line->start);
	return use_take_pages(line, b->node, why);
}

/* All words of all pages are checked, at their current place, before they are freed. */
static int unuse(const struct command_line *line, struct why *why)
{
	u64 wrong = 0, nr = pages_nr;

	(void)line;
	if (!pages)
		return refuse(why, ENOENT, "unuse: nothing is in use");
	for (u64 i = 0; i < nr; i++)
		for (unsigned w = 0; w < WORDS; w++)
			wrong += *word_of(&pages[i], w) != tag(i, w);
	use_drop();
	if (wrong)
		return refuse(why, EIO, "unuse: %lu words differ from those written", wrong);
	kprintf("%lu pages are free again, each as it was written\n", nr);
	return 0;
}

static const struct command use_command = {
	.name = "use",
	.group = GROUP_MEMORY,
	.usage = "use ADDR+SIZE",
	.help = "Allocates at most 8,192 movable pages in a range and writes each, until "
		"`unuse`.",
	.run = use,
};
COMMAND(use, use_command);

static const struct command unuse_command = {
	.name = "unuse",
	.group = GROUP_MEMORY,
	.usage = "unuse",
	.help = "Checks that the pages of `use` hold the words written, wherever they are now, and "
		"frees them.",
	.run = unuse,
};
COMMAND(unuse, unuse_command);
