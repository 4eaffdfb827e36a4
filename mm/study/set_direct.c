/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/study/set_direct.c - rights of pages in the linear map.
 *
 * The steps that can fail precede the first change of rights: the split, and its tables.  A change
 * of rights requires no break (PAGETABLES A10, A11, R9, R10).  A hole keeps its table: the leaves
 * around it are in the same one.
 */
#include <lib/assert.h>
#include <mm/hotplug/hotplug.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/writer.h>
#include <mm/live/live_split.h>
#include <mm/study/set_direct.h>

struct direct_chunk {
	struct page *head;
	vaddr_t va;
	u64 len;
};

static struct direct_chunk chunk_of(struct page *head)
{
	return (struct direct_chunk) { head, ptr_va(page_ptr(head)),
				       page_size() << page_order(head) };
}

static const enum pt_prot prot_of[] = {
	[DIRECT_DEFAULT] = PT_R | PT_W | PT_GLOBAL,
	[DIRECT_READ] = PT_R | PT_GLOBAL,
};

static enum direct_rights rights_at(vaddr_t va)
{
	struct pt_slot slot;

	if (pt_lookup(&kpt, va, &slot) != PT_LEAF)
		return DIRECT_NONE;
	return kpt.fmt->prot(slot.val, slot.level) & PT_W ? DIRECT_DEFAULT : DIRECT_READ;
}

enum direct_rights set_direct_of(const struct page *head)
{
	return rights_at(ptr_va(page_ptr(head)));
}

/* ---- the three changes ---- */

static void protect(const struct direct_chunk *c, enum direct_rights to, struct pt_gather *g)
{
	struct pt_plan plan;

	pt_plan_sure(&kpt, &plan, PT_OP_PROTECT, c->va, c->len);
	pt_protect(&plan, prot_of[to], g);
	pt_plan_end(&plan);
}

static void make_hole(const struct direct_chunk *c, struct pt_gather *g)
{
	struct pt_plan plan;

	pt_plan_sure(&kpt, &plan, PT_OP_UNMAP, c->va, c->len);
	pt_unmap(&plan, g);
	pt_plan_end(&plan);
}

static void fill_hole(const struct direct_chunk *c, enum direct_rights to)
{
	struct pt_plan plan;

	pt_plan_sure(&kpt, &plan, PT_OP_MAP, c->va, c->len); /* its tables stayed */
	pt_map(&plan, page_pa(c->head), prot_of[to]);
	pt_plan_end(&plan);
}

/* With a gather also for more rights: on return every CPU has them.  A CPU may still find a former
 * hole empty: the fault path retries (ENGINE 4.4). */
static void change_rights(const struct direct_chunk *c, enum direct_rights from,
			  enum direct_rights to)
{
	struct pt_gather g;

	pt_gather_begin(&g, &kpt, NULL, 0);
	if (to == DIRECT_NONE)
		make_hole(c, &g);
	else if (from == DIRECT_NONE)
		fill_hole(c, to);
	else
		protect(c, to, &g);
	pt_gather_flush(&g);
	pt_gather_release(&g);
}

/* ---- one call ---- */

static int check_chunk(const struct page *p, struct why *why)
{
	unsigned class = page_provenance(p);

	if (page_state(p) != PAGE_USED || (class != PAGE_BUDDY && class != PAGE_REMAPPED))
		return refuse(why, EINVAL, "page 0x%lx is not the head of pages in use",
			      page_to_pfn(p));
	/* Chunks whose struct pages share frames have this class too, and an undo of their own. */
	if (class == PAGE_REMAPPED &&
	    rights_at(ptr_va(page_ptr((struct page *)p))) == DIRECT_DEFAULT)
		return refuse(why, EBUSY, "page 0x%lx has struct pages that share frames",
			      page_to_pfn(p));
	if (p->private)
		return refuse(why, EINVAL, "page 0x%lx can move, its linear map is not its owner's",
			      page_to_pfn(p));
	return 0;
}

static int change_locked(struct page *p, enum direct_rights to, struct why *why)
{
	enum direct_rights from;
	struct direct_chunk c;
	int err = check_chunk(p, why);

	if (err)
		return err;
	c = chunk_of(p);
	from = rights_at(c.va);
	if (from == to)
		return 0;
	if (from == DIRECT_DEFAULT)
		err = live_split(c.va, c.len, page_node(p), why);
	if (err)
		return err;
	change_rights(&c, from, to);
	page_set(p, to == DIRECT_DEFAULT ? PAGE_BUDDY : PAGE_REMAPPED, PAGE_USED, page_order(p));
	if (to == DIRECT_DEFAULT)
		live_join(c.va, c.len);
	return 0;
}

int set_direct(struct page *p, enum direct_rights to, struct why *why)
{
	enum pt_writer was;
	int err;

	hotplug_write_lock();
	was = writer_enter(PT_WRITER_DIRECT);
	err = change_locked(p, to, why);
	writer_leave(was);
	hotplug_write_unlock();
	return err;
}

const char *set_direct_what_is(vaddr_t va)
{
	const struct va_region *r = &layout.r[REGION_LINEAR];
	enum direct_rights rights;

	if (va - r->va >= r->len || !live_split_known(va))
		return NULL;
	rights = rights_at(va);
	return rights == DIRECT_NONE   ? "a page that its owner took out of the linear map"
	       : rights == DIRECT_READ ? "a page that its owner made read-only in the linear map"
				       : NULL;
}
