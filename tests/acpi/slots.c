/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * V-01 ... V-03: memory that AML describes in its slots is added, and ejected on request.  Every
 * request is answered by _OST once; _EJ0 is called only when the memory is no longer in use.
 */
#include <drivers/acpi/dimm.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/page/buddy.h>
#include <tests/acpi/board.h>

static bool check_ost(struct test_run *t, unsigned slot, u32 event, u32 status)
{
	return CHECK_EQ(t, board->slot[slot].ost_event, event) &&
	       CHECK_EQ(t, board->slot[slot].ost_status, status);
}

static void request_eject(unsigned slot)
{
	board->slot[slot].flags |= SLOT_EJECT;
	board_interrupt();
}

/* Start a board with a DIMM of `blocks` blocks in its slot 0.  False: skipped or failed. */
static bool plug_slot_0(struct test_run *t, struct range *r, u64 blocks)
{
	if (!range_get(t, r, blocks, NULL) || !board_up(t, r->pa, r->len))
		return false;
	board_plug(0, r->pa, r->len, SLOT_PRESENT | SLOT_INSERT);
	board_interrupt();
	return true;
}

static void board_reset(struct test_run *t, struct range *r)
{
	board_down(t);
	range_reset(r);
}

TEST(acpi, slot,
     .claim = "a slot's memory is added and removed, answered and ejected once, without a trace",
     .rows = "V-01 V-02 V-03", .identity = true, .needs = NEED_RANGE)
{
	struct range r;

	if (!range_get(t, &r, 1, NULL) || !board_up(t, r.pa, r.len))
		return;
	board_interrupt(); /* no notification: nothing happens */
	board_plug(0, r.pa, r.len, SLOT_PRESENT | SLOT_INSERT);
	board->slot[0].proximity = 1; /* any node */
	board_interrupt();
	CHECK_EQ(t, range_block(&r, 0)->state, BLOCK_ONLINE);
	CHECK_EQ(t, range_block(&r, 0)->node, 1);
	check_ost(t, 0, OST_DEVICE_CHECK, OST_SUCCESS);
	CHECK_EQ(t, board->slot[0].ost_count, 1);
	board_interrupt(); /* the request was acknowledged: not added again */
	CHECK_EQ(t, board->slot[0].ost_count, 1);
	request_eject(0);
	check_ost(t, 0, OST_EJECT, OST_SUCCESS);
	CHECK_EQ(t, board->slot[0].ost_count, 3); /* in progress, done */
	CHECK_EQ(t, board->slot[0].ejects, 1);
	board_down(t);
}

TEST(acpi, ranges, .claim = "of a device with two ranges both are added or none", .rows = "V-01",
     .needs = NEED_GIB)
{
	struct range r;
	u64 half;

	if (!range_get(t, &r, 4, NULL) || !board_up(t, r.pa, r.len))
		return;
	half = r.len / 4;
	board_plug(1, r.pa, half, SLOT_PRESENT | SLOT_INSERT);
	board->slot[1].base[2] = r.pa + 2 * half;
	board->slot[1].base[3] = half;
	board_interrupt();
	check_ost(t, 1, OST_DEVICE_CHECK, OST_SUCCESS);
	CHECK_EQ(t, range_block(&r, 0)->state, BLOCK_ONLINE);
	CHECK(t, !range_block(&r, 1));
	CHECK_EQ(t, range_block(&r, 2)->state, BLOCK_ONLINE);
	request_eject(1);
	check_ost(t, 1, OST_EJECT, OST_SUCCESS);
	CHECK(t, !range_block(&r, 0) && !range_block(&r, 2));
	board->slot[1].base[2] += 64 * KiB; /* the second range is no whole block */
	board->slot[1].flags = SLOT_PRESENT | SLOT_INSERT;
	board_interrupt();
	check_ost(t, 1, OST_DEVICE_CHECK, OST_FAILURE);
	CHECK(t, !range_block(&r, 0));
	request_eject(1); /* a refused device is ejected at once */
	check_ost(t, 1, OST_EJECT, OST_SUCCESS);
	board_reset(t, &r);
}

TEST(acpi, two_slots, .claim = "one interrupt for two slots: both are found", .rows = "V-01",
     .needs = NEED_GIB)
{
	struct range r;
	u64 half;

	if (!range_get(t, &r, 2, NULL) || !board_up(t, r.pa, r.len))
		return;
	half = r.len / 2;
	board_plug(0, r.pa, half, SLOT_PRESENT | SLOT_INSERT);
	board_plug(2, r.pa + half, half, SLOT_PRESENT); /* without a notification */
	board_interrupt();
	CHECK_EQ(t, range_block(&r, 0)->state, BLOCK_ONLINE);
	CHECK_EQ(t, range_block(&r, 1)->state, BLOCK_ONLINE);
	CHECK_EQ(t, board->slot[0].ost_count, 1);
	CHECK_EQ(t, board->slot[2].ost_count, 0); /* it made no request */
	board->slot[0].flags |= SLOT_EJECT;
	request_eject(2);
	CHECK_EQ(t, board->slot[0].ejects + board->slot[2].ejects, 2);
	board_reset(t, &r);
}

TEST(acpi, busy,
     .claim = "memory in use stays, _OST reports busy, no _EJ0; once unused it is removed",
     .rows = "V-03", .needs = NEED_RANGE)
{
	struct digest before, after;
	struct why why = { 0 };
	struct page *held;
	struct range r;

	if (!plug_slot_0(t, &r, 1))
		return;
	held = page_alloc(0, ZONE_MOVABLE, 0, "acpi.busy");
	if (CHECK(t, held != NULL)) {
		digest_take(&before);
		request_eject(0);
		check_ost(t, 0, OST_EJECT, OST_EJECT_BUSY);
		CHECK_EQ(t, board->slot[0].ejects, 0);
		digest_take(&after);
		CHECK_OK(t, digest_compare(&before, &after, &why), &why);
		page_free(held, 0);
	}
	request_eject(0);
	check_ost(t, 0, OST_EJECT, OST_SUCCESS);
	CHECK_EQ(t, board->slot[0].ejects, 1);
	board_reset(t, &r);
}

TEST(acpi, by_hand, .claim = "a device whose memory the operator removed is ejected on its request",
     .rows = "V-03 X-09", .needs = NEED_RANGE)
{
	struct range r;

	if (!plug_slot_0(t, &r, 2))
		return;
	range_offline(t, &r);
	range_remove(t, &r);
	request_eject(0);
	check_ost(t, 0, OST_EJECT, OST_SUCCESS);
	CHECK_EQ(t, board->slot[0].ejects, 1);
	board_reset(t, &r);
}

TEST(acpi, surprise,
     .claim = "a device that disappears without a request is taken out of use, not ejected",
     .rows = "V-03", .needs = NEED_RANGE)
{
	struct range r;

	if (!plug_slot_0(t, &r, 1))
		return;
	board->slot[0].flags = 0;
	board_interrupt();
	CHECK(t, !range_block(&r, 0));
	CHECK_EQ(t, board->slot[0].ejects, 0);
	CHECK_EQ(t, board->slot[0].ost_count, 1);
	board->slot[1].flags = SLOT_ODD_NOTIFY;
	board_interrupt();
	check_ost(t, 1, 0x55, 2); /* unrecognized */
	board_reset(t, &r);
}

/* Does a remark newer than event `since` report this range as outside every window? */
static bool warned_of(paddr_t pa, u64 since)
{
	const struct event_record *e;
	char where[24];

	snprintf(where, sizeof(where), "0x%lx+", pa);
	for (unsigned n = 0; (e = event_nth(n)) && e->nr > since; n++)
		if (strstr(e->text, "outside every window") && strstr(e->text, where))
			return true;
	return false;
}

TEST(acpi, window,
     .claim = "each range of a device outside the SRAT's windows causes a warning, and is added",
     .rows = "V-05", .needs = NEED_GIB)
{
	for (unsigned inside = 0; inside < 3; inside++) { /* the first, the second, none */
		u64 since = event_nth(0) ? event_nth(0)->nr : 0, half;
		struct range r;

		if (!range_get(t, &r, 2, NULL))
			return;
		half = r.len / 2;
		if (!board_up(t, r.pa + inside * half, half))
			return;
		board_plug(0, r.pa, half, SLOT_PRESENT | SLOT_INSERT);
		board->slot[0].base[2] = r.pa + half;
		board->slot[0].base[3] = half;
		board_interrupt();
		CHECK_EQ(t, warned_of(r.pa, since), inside != 0);
		CHECK_EQ(t, warned_of(r.pa + half, since), inside != 1);
		check_ost(t, 0, OST_DEVICE_CHECK, OST_SUCCESS);
		request_eject(0);
		board_reset(t, &r);
	}
}
