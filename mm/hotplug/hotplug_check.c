/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/hotplug_check.c - check the range of an operation.  Each refusal names the range or
 * the block and the reason; no range is rounded (V-08, S1-45).
 */
#include <lib/printf.h>
#include <mm/hotplug/devmem.h>
#include <mm/hotplug/hotplug_internal.h>
#include <mm/hotplug/subsection.h>

static int bad_range(paddr_t pa, u64 len, u64 unit, struct why *why)
{
	if (!len)
		return refuse(why, EINVAL, "0x%lx+0 is empty", pa);
	if (pa + len < pa)
		return refuse(why, EINVAL, "%s wraps around", range_text(pa, len).text);
	if (pa % unit || len % unit)
		return refuse(why, EINVAL, "%s is not made of whole %s of %lu MiB",
			      range_text(pa, len).text,
			      unit == layout.block_bytes ? "blocks" : "sub-sections", unit / MiB);
	return 0;
}

static int span_init(struct block_span *s, paddr_t pa, u64 len, u64 unit, struct why *why)
{
	int err = bad_range(pa, len, unit, why);
	paddr_t lo;
	u64 reach;

	if (err)
		return err;
	layout_mappable(&lo, &reach);
	if (!layout_is_mappable(pa, len))
		return refuse(why, ERANGE,
			      "%s is beyond what the linear map of %s reaches, 0x%lx to 0x%lx",
			      range_text(pa, len).text, layout.fmt->name, lo, (lo + reach - 1));
	*s = (struct block_span) { .pa = pa,
				   .len = len,
				   .pfn = pa >> page_shift(),
				   .nr = len >> page_shift(),
				   .unit = unit };
	return 0;
}

int hotplug_span_init(struct block_span *s, paddr_t pa, u64 len, struct why *why)
{
	int err = span_init(s, pa, len, layout.block_bytes, why);

	s->blocks = err ? 0 : len / layout.block_bytes;
	return err;
}

int hotplug_span_init_subsections(struct block_span *s, paddr_t pa, u64 len, struct why *why)
{
	return span_init(s, pa, len, layout.subsection_bytes, why);
}

/* The refusal for a block of boot memory, or in another state. */
static int wrong_state(const struct block_span *s, const struct block *b, enum block_state state,
		       bool boot_ok, struct why *why)
{
	u64 nr = block_nr(b->first_pfn << page_shift());

	if (b->state == BLOCK_ABSENT)
		return refuse(why, ENXIO, "block %lu was removed and only holds memmap of others",
			      nr);
	if (b->boot && !boot_ok)
		return refuse(why, EPERM, "block %lu is boot memory%s", nr,
			      b->partial ? ", and only partly" : "");
	return refuse(why, EBUSY, "%s: block %lu is %s, not %s", range_text(s->pa, s->len).text, nr,
		      block_state_name(b->state), block_state_name(state));
}

/* The refusal for an absent block: its place may hold sub-sections. */
static int not_there(const struct block_span *s, pfn_t pfn, struct why *why)
{
	return refuse(why, ENXIO, "%s: block %lu is not there%s", range_text(s->pa, s->len).text,
		      block_nr(pfn << page_shift()),
		      subsection_find(pfn, block_pages())
			      ? ", only sub-sections of it, which have no state"
			      : "");
}

int hotplug_span_is(const struct block_span *s, enum block_state state, bool boot_ok,
		    struct why *why)
{
	pfn_t pfn = s->pfn;

	span_for_each_block (s, b) {
		if (b->state != state || (b->boot && !boot_ok))
			return wrong_state(s, b, state, boot_ok, why);
		pfn += block_pages();
	}
	return pfn < s->pfn + s->nr ? not_there(s, pfn, why) : 0;
}

/* The refusal for a present block in the range of an add; for a held block it names the users of
 * its memmap. */
static int present(const struct block_span *s, const struct block *b, struct why *why)
{
	struct range_text text = range_text(s->pa, s->len);
	u64 nr = block_nr(b->first_pfn << page_shift());
	char users[80];

	if (b->held) {
		hotplug_users_text(b, users, sizeof(users));
		return refuse(why, EBUSY, "%s: memmap of %s still lives in block %lu", text.text,
			      users, nr);
	}
	return refuse(why, EEXIST, "%s overlaps block %lu, which is %s", text.text, nr,
		      b->boot ? "boot memory" : block_state_name(b->state));
}

int hotplug_span_absent(const struct block_span *s, struct why *why)
{
	const struct subsection_range *sub = subsection_find(s->pfn, s->nr);
	const struct devmem *dev = devmem_keeping(s->pfn, s->nr);
	const struct block *b;
	const struct mem_range *m;

	if (sub)
		return refuse(why, EEXIST, "%s overlaps the sub-sections of %s",
			      range_text(s->pa, s->len).text,
			      range_text(sub->pfn << page_shift(), sub->nr << page_shift()).text);
	if (dev)
		return refuse(why, EEXIST, "%s overlaps the device range %s, which is %s",
			      range_text(s->pa, s->len).text, range_text(dev->pa, dev->len).text,
			      devmem_mode_name(dev->mode));
	b = block_first_in(align_down(s->pfn, block_pages()), s->pfn + s->nr);
	if (b)
		return present(s, b, why);
	m = region_find(MEM_RAM, s->pa, s->len);
	if (!m)
		m = region_find(MEM_RESERVED, s->pa, s->len);
	if (!m)
		return 0;
	return refuse(why, EEXIST, "%s overlaps %s, which is %s", range_text(s->pa, s->len).text,
		      range_text(m->pa, m->len).text, mem_kind_name(m->kind));
}

/* The withheld range that overlaps [pa, pa + len), or NULL; *whole: it has all of it. */
static const struct mem_range *withheld_in(paddr_t pa, u64 len, bool *whole)
{
	const struct mem_range *m = region_find(MEM_WITHHELD, pa, len);

	*whole = m && m->pa <= pa && m->pa + m->len >= pa + len;
	return m;
}

int hotplug_span_withheld(const struct block_span *s, struct why *why)
{
	bool whole;

	withheld_in(s->pa, s->len, &whole);
	if (whole)
		return 0;
	for (paddr_t pa = s->pa; pa < s->pa + s->len; pa += s->unit) {
		const struct mem_range *m = withheld_in(pa, s->unit, &whole);

		if (!whole)
			return refuse(why, ENXIO, "%s: no memory is withheld in block %lu%s",
				      range_text(s->pa, s->len).text, block_nr(pa),
				      m ? ", or only in part of it" : "");
	}
	return 0;
}
