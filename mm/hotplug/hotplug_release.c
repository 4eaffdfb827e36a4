/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/hotplug_release.c - check that memory may be ejected or powered off: no block,
 * sub-section or device range of it is present, and it holds no memmap of present blocks (S2-21).
 */
#include <lib/printf.h>
#include <mm/hotplug/devmem.h>
#include <mm/hotplug/hotplug_internal.h>
#include <mm/hotplug/subsection.h>

static int in_use(const struct block *b, struct why *why)
{
	u64 nr = block_nr(b->first_pfn << page_shift());
	char users[96];

	if (!b->held)
		return refuse(why, EBUSY, "block %lu is %s", nr, block_state_name(b->state));
	hotplug_users_text(b, users, sizeof(users));
	return refuse(why, EBUSY, "memmap of %s lives in block %lu", users, nr);
}

static int check(const struct block_span *s, struct why *why)
{
	const struct subsection_range *sub = subsection_find(s->pfn, s->nr);
	const struct devmem *dev = devmem_find(s->pfn, s->nr);
	const struct block *b;

	if (sub)
		return refuse(why, EBUSY, "the sub-sections of %s are there",
			      range_text(sub->pfn << page_shift(), sub->nr << page_shift()).text);
	if (dev)
		return refuse(why, EBUSY, "the device range %s is there, it is %s",
			      range_text(dev->pa, dev->len).text, devmem_mode_name(dev->mode));
	b = block_first_in(align_down(s->pfn, block_pages()), s->pfn + s->nr);
	return b ? in_use(b, why) : 0;
}

int hotplug_may_release(paddr_t pa, u64 len, struct why *why)
{
	struct block_span s;
	int err = hotplug_span_init_subsections(&s, pa, len, why);

	if (err)
		return err;
	hotplug_read_lock();
	err = check(&s, why);
	hotplug_read_unlock();
	return err;
}
