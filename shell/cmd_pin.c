/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/cmd_pin.c - pin, unpin: hold one page that cannot move, so that a request for its memory is
 * refused.  The page is an ordinary allocation: pages are allocated until one is inside the range.
 */
#include <kern/log.h>
#include <lib/printf.h>
#include <mm/hotplug/memory_block.h>
#include <mm/page/buddy.h>
#include <shell/command.h>

/* The page that is held, NULL: none.  One at a time, because `unpin` has no argument.  Only the
 * boot CPU accesses it. */
static struct page *pinned;

/* Allocate one free page inside the range.  The allocator takes no address, so this allocates until
 * a page fits or the zone is empty, and frees the others.  NULL: the range has no free page. */
static struct page *page_inside(unsigned node, enum zone_id zone, u64 pa, u64 len)
{
	struct page *p, *found = NULL;
	struct list others;

	list_init(&others);
	while (!found && (p = page_alloc(node, zone, 0, "pin"))) {
		if (page_pa(p) >= pa && page_pa(p) - pa < len)
			found = p;
		else
			list_add(&others, &p->lru);
	}
	while (!list_empty(&others)) {
		p = list_entry(others.next, struct page, lru);
		list_del(&p->lru);
		page_free(p, 0);
	}
	return found;
}

/* Allocates from the block's zone: in Movable this page violates the rule of the zone, a page that
 * cannot move, which is the case to demonstrate. */
static int pin(const struct command_line *line, struct why *why)
{
	const struct block *b;

	if (pinned)
		return refuse(why, EBUSY, "pin: 0x%lx is pinned already", page_pa(pinned));
	if (!line->has_target)
		return refuse(why, EINVAL, "pin: which range? ADDR+SIZE");
	b = block_find(line->start >> page_shift());
	if (!b || b->state != BLOCK_ONLINE)
		return refuse(why, ENXIO, "pin: 0x%lx is not memory that is online", line->start);
	pinned = page_inside(b->node, b->zone, line->start, line->len);
	if (!pinned)
		return refuse(why, ENOMEM, "pin: no page of it is free");
	kprintf("0x%lx is in use and cannot move\n", page_pa(pinned));
	return 0;
}

static int unpin(const struct command_line *line, struct why *why)
{
	(void)line;
	if (!pinned)
		return refuse(why, ENOENT, "unpin: nothing is pinned");
	kprintf("0x%lx is free again\n", page_pa(pinned));
	page_free(pinned, 0);
	pinned = NULL;
	return 0;
}

static const struct command pin_command = {
	.name = "pin",
	.group = GROUP_MEMORY,
	.usage = "pin ADDR+SIZE",
	.help = "Allocates a page in a range that cannot be moved: the kernel refuses to "
		"take the range offline until `unpin`.",
	.run = pin,
};
COMMAND(pin, pin_command);

static const struct command unpin_command = {
	.name = "unpin",
	.group = GROUP_MEMORY,
	.usage = "unpin",
	.help = "Releases the page that `pin` holds.",
	.run = unpin,
};
COMMAND(unpin, unpin_command);
