/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/maps/direct.c - mm/study/set_direct.c: every change of rights, and every refusal. */
#include "fake.h"
#include <mm/hotplug/hotplug.h>
#include <mm/live/live_split.h>
#include <mm/study/set_direct.h>

static struct {
	int err;
	bool known;
	vaddr_t va, joined;
	unsigned splits, joins;
	u64 len;
} split;
static struct page *chunk;
static unsigned order;

int live_split(vaddr_t va, u64 len, unsigned node, struct why *why)
{
	WANT(fake_locked("hotplug") && this_cpu()->writer == PT_WRITER_DIRECT);
	WANT(node == 5 && split.splits == split.joins);
	if (split.err)
		return refuse(why, -split.err, "cannot be split");
	split.va = va;
	split.len = len;
	split.splits++;
	return 0;
}

void live_join(vaddr_t va, u64 len)
{
	WANT(fake_locked("hotplug") && this_cpu()->writer == PT_WRITER_DIRECT);
	WANT(va == split.va && len == split.len);
	WANT(fake_at(va)->prot == RW_PROT); /* the rights line up by then */
	split.joins++;
}

bool live_split_known(vaddr_t va)
{
	(void)va;
	return split.known;
}

/* ---- one chunk of 2^order pages ---- */

static void begin(unsigned pages_order)
{
	fake_begin(64, 16);
	memset(&split, 0, sizeof(split));
	order = pages_order;
	chunk = page_alloc_any(NODE, ZONE_NORMAL, order, OWNER);
	memset(page_ptr(chunk), 0, PAGE << order);
	pt_tap_fill(page_pa(chunk), PAGE << order);
	chunk->flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_USED, order, 5);
	chunk->private = 0;
	fake.writer = PT_WRITER_DIRECT;
}

static void check_rights(enum direct_rights rights)
{
	unsigned first = (unsigned)(page_pa(chunk) / PAGE), bad = 0;

	for (unsigned i = 0; i < FRAMES; i++) {
		const struct entry *e = fake_at(linear_va(i * PAGE));
		bool ours = i >= first && i < first + (1u << order);
		bool hole = ours && rights == DIRECT_NONE;

		bad += e->state != (hole ? EMPTY : MAPPED);
		bad += !hole &&
		       e->prot != (ours && rights == DIRECT_READ ? PT_R | PT_GLOBAL : RW_PROT);
		bad += e->pa != i * PAGE;
	}
	WANT(!bad);
	WANT(set_direct_of(chunk) == rights);
	WANT(page_state(chunk) == PAGE_USED && page_order(chunk) == order);
	WANT(page_provenance(chunk) == (rights == DIRECT_DEFAULT ? PAGE_BUDDY : PAGE_REMAPPED));
	WANT(page_node(chunk) == 5);
	WANT(split.splits - split.joins == (rights != DIRECT_DEFAULT));
	fake_quiet();
}

/* From each to each, and what an invalidation is owed for. */
static void check_changes(unsigned pages_order)
{
	static const enum direct_rights way[] = { DIRECT_DEFAULT, DIRECT_READ, DIRECT_NONE,
						  DIRECT_NONE,    DIRECT_READ, DIRECT_READ,
						  DIRECT_DEFAULT, DIRECT_NONE, DIRECT_DEFAULT };
	struct why why = { 0 };
	enum direct_rights was = DIRECT_DEFAULT;

	begin(pages_order);
	for (unsigned i = 0; i < ARRAY_SIZE(way); i++) {
		unsigned flushes = fake.flushes;

		WANT(!set_direct(chunk, way[i], &why));
		check_rights(way[i]);
		WANT(fake.flushes - flushes == (was != way[i] && was != DIRECT_NONE));
		was = way[i];
	}
	WANT(split.splits == 2 && split.len == PAGE << order &&
	     split.va == ptr_va(page_ptr(chunk)));
}

/* ---- refusals ---- */

static const struct {
	u32 class, state;
	u64 private;
	int err;
	const char *text;
} rows[] = {
	{ PAGE_BUDDY, PAGE_TAIL, 0, -EINVAL, "page 0x%lx is not the head of pages in use" },
	{ PAGE_BUDDY, PAGE_FREE, 0, -EINVAL, "page 0x%lx is not the head of pages in use" },
	{ PAGE_TABLE, PAGE_USED, 0, -EINVAL, "page 0x%lx is not the head of pages in use" },
	{ PAGE_BOOT, PAGE_USED, 0, -EINVAL, "page 0x%lx is not the head of pages in use" },
	{ PAGE_REMAPPED, PAGE_FREE, 0, -EINVAL, "page 0x%lx is not the head of pages in use" },
	{ PAGE_REMAPPED, PAGE_USED, 0, -EBUSY, "page 0x%lx has struct pages that share frames" },
	{ PAGE_BUDDY, PAGE_USED, 1, -EINVAL,
	  "page 0x%lx can move, its linear map is not its owner's" },
};

static void check_refused(void)
{
	struct why why = { 0 };
	char text[96];

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		u32 flags = PAGE_FLAGS(rows[i].class, rows[i].state, 1, 5);

		begin(1);
		chunk->flags = flags;
		chunk->private = rows[i].private;
		WANT(set_direct(chunk, DIRECT_READ, &why) == rows[i].err);
		snprintf(text, sizeof(text), rows[i].text, page_to_pfn(chunk));
		WANT_TEXT(why.text, text);
		WANT(chunk->flags == flags && !split.splits && !split.joins && !fake.flushes);
		chunk->flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_USED, 1, 5);
		check_rights(DIRECT_DEFAULT);
	}
	begin(1);
	split.err = -EBUSY;
	WANT(set_direct(chunk, DIRECT_NONE, &why) == -EBUSY);
	check_rights(DIRECT_DEFAULT);
	split.err = 0;
	WANT(!set_direct(chunk, DIRECT_NONE, &why));
	split.err = -ENOMEM; /* it is split already, and to the default there is no error */
	WANT(!set_direct(chunk, DIRECT_READ, &why));
	check_rights(DIRECT_READ);
	WANT(!set_direct(chunk, DIRECT_DEFAULT, &why));
	check_rights(DIRECT_DEFAULT);
}

/* ---- words for a crash report ---- */

static void check_words(void)
{
	const char *hole = "a page that its owner took out of the linear map";
	const char *read = "a page that its owner made read-only in the linear map";
	vaddr_t first = layout.r[REGION_LINEAR].va, end = first + layout.r[REGION_LINEAR].len;
	struct why why = { 0 };

	begin(BUDDY_MAX_ORDER); /* the first frames */
	WANT(linear_va(page_pa(chunk)) < end);
	WANT(!set_direct(chunk, DIRECT_NONE, &why));
	WANT(!set_direct_what_is(linear_va(page_pa(chunk))));
	split.known = true;
	WANT(set_direct_what_is(linear_va(page_pa(chunk))) &&
	     !strcmp(set_direct_what_is(linear_va(page_pa(chunk))), hole));
	WANT(!set_direct(chunk, DIRECT_READ, &why));
	WANT(set_direct_what_is(linear_va(page_pa(chunk)) + 5) &&
	     !strcmp(set_direct_what_is(linear_va(page_pa(chunk)) + 5), read));
	WANT(!set_direct(chunk, DIRECT_DEFAULT, &why));
	WANT(!set_direct_what_is(linear_va(page_pa(chunk))));
	WANT(!set_direct_what_is(first - 1) && !set_direct_what_is(end));
	*fake_at(end - 1) = (struct entry) { .state = EMPTY };
	WANT(set_direct_what_is(end - 1) && !strcmp(set_direct_what_is(end - 1), hole));
}

void check_direct(void)
{
	check_changes(0);
	check_changes(3);
	check_refused();
	check_words();
}
