/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/model/migrate_order.c - a CPU may write to a migrating page until the invalidation
 * is complete, and these writes must not be lost.  A tap simulates that CPU, at the last moment.
 */
#include "model.h"
#include <mm/pt/pt_tap.h>
#include <string.h>

#define HOT MODEL_HOT
#define NR 40

static struct movable pages[NR];
static paddr_t old[NR];
static unsigned late_writes;
static bool on;

/* The arguments of cpu_sync_code(), and whether the page was mapped executable then. */
static struct {
	vaddr_t va;
	u64 len;
	unsigned calls;
	bool mapped;
	u8 first, last;
} sync;

void cpu_sync_code(vaddr_t va, u64 len)
{
	const u8 *p = va_ptr(va);

	sync.va = va;
	sync.len = len;
	sync.calls++;
	sync.mapped = pt_translate(&kpt, pages[0].va) != PA_NONE;
	sync.first = p[0];
	sync.last = p[len - 1];
}

/* Other CPUs' TLBs still have the old translations of this request. */
static bool before(struct pt_event *e)
{
	if (!on || e->kind != PT_EV_TLBI)
		return true;
	for (unsigned i = 0; i < NR; i++) {
		bool gone = pt_translate(&kpt, pages[i].va) == PA_NONE;

		WANT(!gone || !model_readable(va_ptr(pages[i].va)), "page %u is unmapped", i);
		if (!gone)
			continue;
		memset(model_phys(old[i]), (int)i + 1, page_size());
		late_writes++;
	}
	return true;
}

static const struct pt_tap late_tap = { .name = "late", .before = before };
PT_TAP(late, late_tap);

CASE(writes_until_the_invalidation_arrive)
{
	struct hotplug_opts o;
	struct hotplug_report r;

	model_boot((struct model_shape) { .section = SMALL, .hot = 4 * SMALL });
	o = model_opts("block");
	OK(hotplug_add(HOT, 4 * SMALL, 1, &o, NULL, why));
	OK(hotplug_online(HOT, 4 * SMALL, ZONE_MOVABLE, NULL, why));
	for (unsigned i = 0; i < NR; i++) {
		OK(movable_alloc(&pages[i], 1, "test", why));
		old[i] = page_pa(pages[i].page);
	}
	pt_tap_enable("late", true);
	on = true;
	OK(hotplug_offline(HOT, 4 * SMALL, &r, why));
	on = false;
	WANT_EQ(r.moved_pages, NR);
	WANT_EQ(late_writes, NR); /* every page was unmapped during exactly one invalidation */
	for (unsigned i = 0; i < NR; i++) {
		const u8 *p = va_ptr(pages[i].va);

		WANT(p[0] == i + 1 && p[4095] == i + 1, "page %u has the late write", i);
		movable_free(&pages[i]);
	}
	model_audit();
}

static void want_sync(unsigned calls)
{
	WANT_EQ(sync.calls, calls);
	WANT_EQ(sync.va, ptr_va(page_ptr(pages[0].page)));
	WANT_EQ(sync.len, page_size());
	WANT(!sync.mapped, "no CPU runs it before all fetch it from the new frame");
	WANT(sync.first == 0xa5 && sync.last == 0xa5, "the copy is complete before that");
}

CASE(code_that_moves_is_fetched_from_there)
{
	struct hotplug_opts o;

	model_boot((struct model_shape) { .section = SMALL, .hot = 4 * SMALL });
	o = model_opts("block");
	OK(hotplug_add(HOT, 4 * SMALL, 1, &o, NULL, why));
	OK(hotplug_online(HOT, 4 * SMALL, ZONE_MOVABLE, NULL, why));
	OK(movable_alloc(&pages[0], 1, "test", why));
	memset(va_ptr(pages[0].va), 0xa5, page_size());
	OK(movable_move(&pages[0], why));
	WANT_EQ(sync.calls, 0); /* data pages need no code synchronisation */
	movable_to_code(&pages[0]);
	want_sync(1);
	OK(movable_move(&pages[0], why));
	want_sync(2);
	WANT_EQ(page_node(pages[0].page), 1);
	OK(hotplug_offline(HOT, 4 * SMALL, NULL, why));
	want_sync(3);
	WANT(((u8 *)va_ptr(pages[0].va))[4095] == 0xa5, "it arrived");
	movable_pin(&pages[0]);
	REFUSED(EBUSY, "pinned by test", movable_move(&pages[0], why));
	movable_unpin(&pages[0]);
	movable_free(&pages[0]);
	model_audit();
}
