/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/kernel/shadow.c - populate and tear down the shadow of memory in use.
 */
#include <arch/arch.h>
#include <lib/assert.h>
#include <lib/init.h>
#include <lib/list.h>
#include <mm/hotplug/hotplug.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/shadow.h>
#include <mm/kernel/writer.h>
#include <mm/page/region.h>

#define BATCH 128

const char shadow_owner[] = "shadow";
bool shadow_late;

static vaddr_t shadow_of(paddr_t pa)
{
	return shadow_va(linear_va(pa));
}

/* ---- frames ---- */

static struct page *first_frame(const struct list *frames)
{
	return list_entry(frames->next, struct page, lru);
}

/* True if both are of one pool, which page_free_bulk() requires. */
static bool freed_together(const struct page *a, const struct page *b)
{
	const struct block *of_a = block_find(page_to_pfn(a)), *of_b = block_find(page_to_pfn(b));

	return page_node(a) == page_node(b) &&
	       (of_a == of_b || ((!of_a || of_a->boot) && (!of_b || of_b->boot)));
}

static void give_frames(struct list *frames)
{
	struct page *batch[BATCH];

	while (!list_empty(frames)) {
		unsigned n = 0;

		while (n < BATCH && !list_empty(frames)) {
			batch[n] = first_frame(frames);
			if (n && !freed_together(batch[0], batch[n]))
				break;
			list_del(&batch[n++]->lru);
		}
		page_free_bulk(batch, n);
	}
}

static bool take_frames(struct list *frames, u64 nr, unsigned node)
{
	struct page *got[BATCH];

	while (nr) {
		unsigned want = (unsigned)min_u64(nr, BATCH), n;

		n = page_alloc_bulk(node, ZONE_NORMAL, 0, got, want, shadow_owner);
		for (unsigned i = 0; i < n; i++)
			list_add_tail(frames, &got[i]->lru);
		nr -= n;
		if (n < want)
			break;
	}
	return !nr;
}

/* ---- populate ---- */

/* Take adjacent frames from the start of the list; returns the first one, and their bytes in *len.
 */
static struct page *side_by_side(struct list *frames, u64 *len)
{
	struct page *first = first_frame(frames), *p = first;

	do
		list_del(&p++->lru);
	while (!list_empty(frames) && first_frame(frames) == p);
	*len = (u64)(p - first) << page_shift();
	return first;
}

static void map_frames(struct pt_plan *plan, struct list *frames)
{
	for (u64 at = 0, len; at < plan->len; at += len) {
		struct page *p = side_by_side(frames, &len);

		arch_zero(page_ptr(p), len);
		pt_map_part(plan, plan->va + at, len, page_pa(p), PT_R | PT_W | PT_GLOBAL);
	}
}

static int populate_range(vaddr_t va, u64 len, unsigned node, struct why *why)
{
	enum pt_writer was = writer_enter(PT_WRITER_SHADOW);
	struct list frames;
	struct pt_plan plan;
	int err = pt_plan(&kpt, &plan, PT_OP_MAP, va, len, 0, node, why);

	list_init(&frames);
	if (!err && !take_frames(&frames, len >> page_shift(), node))
		err = refuse(why, ENOMEM, "no memory for a shadow of %lu KiB", len / KiB);
	if (!err)
		map_frames(&plan, &frames);
	pt_plan_end(&plan);
	give_frames(&frames);
	writer_leave(was);
	return err;
}

int shadow_populate(paddr_t pa, u64 len, unsigned node, struct why *why)
{
	ASSERT(hotplug_write_held());
	return populate_range(shadow_of(pa), len >> SHADOW_SCALE, node, why);
}

/* ---- tear down ---- */

static int collect_frame(const struct pt_slot *slot, void *arg)
{
	list_add(arg, &pa_page(kpt.fmt->pa(slot->val, slot->level, slot->va))->lru);
	return 0;
}

/* The list links the struct pages of the frames, which stay mapped, because the frames are old
 * memory (ENGINE 5.3). */
void shadow_tear_down(paddr_t pa, u64 len)
{
	const struct va_region *r = &layout.r[REGION_SHADOW];
	enum pt_writer was = writer_enter(PT_WRITER_SHADOW);
	vaddr_t va = shadow_of(pa);
	u64 bytes = len >> SHADOW_SCALE;
	struct list frames;
	struct pt_plan plan;
	struct pt_gather g;

	ASSERT(hotplug_write_held());
	list_init(&frames);
	pt_walk(&kpt, va, bytes, PT_ON_LEAF, collect_frame, &frames);
	pt_plan_sure(&kpt, &plan, PT_OP_UNMAP, va, bytes);
	pt_gather_begin(&g, &kpt, NULL, 0);
	pt_unmap(&plan, &g);
	pt_free_empty(&kpt, va, bytes, r->va, r->va + r->len, &g);
	pt_gather_flush(&g);
	pt_plan_end(&plan);
	pt_gather_release(&g);
	give_frames(&frames);
	writer_leave(was);
}

/* ---- hotplug ---- */

static unsigned node_of(paddr_t pa)
{
	return block_find(pa >> page_shift())->node;
}

static int follow(enum hotplug_note note, paddr_t pa, u64 len, struct why *why)
{
	if (!shadow_on())
		return 0;
	switch (note) {
	case NOTE_GOING_ONLINE:
		return shadow_late ? 0 : shadow_populate(pa, len, node_of(pa), why);
	case NOTE_ONLINE:
		return shadow_late ? shadow_populate(pa, len, node_of(pa), NULL) : 0;
	case NOTE_CANCEL_ONLINE:
	case NOTE_OFFLINE:
		shadow_tear_down(pa, len);
		return 0;
	default:
		return 0;
	}
}

static const struct hotplug_notifier shadow_notifier = { .name = "shadow", .call = follow };
HOTPLUG_NOTIFIER(shadow, shadow_notifier);

/* ---- boot memory ---- */

/* A page of shadow may cover the end of one range and the start of the next: it is populated once.
 */
static int populate_boot_range(paddr_t pa, u64 len, unsigned node, struct why *why)
{
	vaddr_t from = align_down(shadow_of(pa), page_size());
	vaddr_t to = align_up(shadow_of(pa + len - 1) + 1, page_size());

	while (from < to && pt_translate(&kpt, from) != PA_NONE)
		from += page_size();
	while (from < to && pt_translate(&kpt, to - page_size()) != PA_NONE)
		to -= page_size();
	return from < to ? populate_range(from, to - from, node, why) : 0;
}

INIT_CODE int shadow_boot(struct why *why)
{
	const struct mem_range *r;
	int err = 0;

	if (!shadow_on())
		return 0;
	for (unsigned n = 0; !err && (r = region_nth(MEM_RAM, n)); n++)
		if (layout_is_mappable(r->pa, r->len))
			err = populate_boot_range(r->pa, r->len, r->node, why);
	return err;
}
