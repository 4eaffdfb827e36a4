/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AML that loops, recurses, sleeps or accesses forbidden addresses, and devices with absurd ranges:
 * each results in one sentence and an error code, and the machine continues unchanged.
 */
#include <drivers/acpi/dimm.h>
#include <lib/string.h>
#include <mm/page/region.h>
#include <tests/acpi/board.h>

static const struct crime {
	const char *name;
	enum board_mode mode;
	u64 address;
	const char *says;
	u64 loses; /* limit; ACPICA leaks some blocks after errors */
} crimes[] = {
	{ "loop", BOARD_LOOP, 0, "does not terminate", 16 },
	{ "recursion", BOARD_RECURSION, 0, "AE_AML_METHOD_LIMIT", 256 },
	{ "sleep", BOARD_SLEEP, 0, "does not terminate", 16 },
	{ "read-ram", BOARD_PEEK, 0, "which is RAM", 2 },
	{ "write-ram", BOARD_POKE, 0, "which is RAM", 0 },
	{ "beyond", BOARD_PEEK, 1ul << 56, "beyond physical memory", 2 },
	{ "port", BOARD_PORT, 0, "I/O port", 2 },
	{ "divide", BOARD_DIVIDE, 0, "AE_AML_DIVIDE_BY_ZERO", 0 },
};

TEST(acpi, crimes,
     .claim = "AML that misbehaves is reported in one sentence, and works again afterwards",
     .rows = "S1-21", .params = PARAMS_OF(crimes), .identity = true)
{
	const struct crime *c = &crimes[t->param_at];

	if (!board_up(t, 4 * GiB, GiB))
		return;
	board->mode = c->mode;
	board->address = strstr(c->name, "ram") ? region_lowest() + 16 * MiB : c->address;
	board_interrupt();
	CHECK_EQ(t, ged_complaint()->code, -EIO);
	CHECK(t, strstr(ged_complaint()->text, c->says) != NULL);
	CHECK(t, board->seen < 30000); /* rounds of the loop: the budget of operations ends it, not
					  the time */
	test_key(t, "rounds=%u", board->seen);
	board->mode = BOARD_SCAN;
	board_interrupt();
	CHECK_EQ(t, ged_complaint()->code, 0);
	CHECK_EQ(t, board->events, 3); /* at start, and these two */
	board_loses = c->loses;
	board_down(t);
}

static const char *const range_names[] = { "empty",   "wraps",  "beyond",    "twice",
					   "overlap", "on-ram", "unaligned", NULL };

static void absurd(const char *name, const struct range *r)
{
	struct board_slot *s = &board->slot[0];

	board_plug(0, r->pa, r->len, SLOT_PRESENT | SLOT_INSERT);
	if (!strcmp(name, "empty"))
		s->base[1] = 0;
	else if (!strcmp(name, "wraps"))
		s->base[0] = -(r->len / 2);
	else if (!strcmp(name, "beyond"))
		s->base[0] = 1ul << 54;
	else if (!strcmp(name, "twice"))
		s->base[2] = s->base[0], s->base[3] = s->base[1];
	else if (!strcmp(name, "overlap"))
		board_plug(1, r->pa, r->len, SLOT_PRESENT | SLOT_INSERT);
	else if (!strcmp(name, "on-ram"))
		s->base[0] = r->pa - r->len / 2;
	else if (!strcmp(name, "unaligned"))
		s->base[0] += 64 * KiB;
}

TEST(acpi, absurd, .claim = "a device with an absurd _CRS is refused by _OST and changes nothing",
     .rows = "S1-21 V-08", .identity = true, .needs = NEED_RANGE, .params = range_names)
{
	unsigned bad = strcmp(t->param, "overlap") ? 0 : 1;
	struct range r;

	if (!range_get(t, &r, 1, NULL) || !board_up(t, r.pa, r.len))
		return;
	absurd(t->param, &r);
	board_interrupt();
	CHECK_EQ(t, board->slot[bad].ost_count, 1);
	CHECK_EQ(t, board->slot[bad].ost_event, OST_DEVICE_CHECK);
	CHECK_EQ(t, board->slot[bad].ost_status, OST_FAILURE);
	board->slot[0].flags = SLOT_PRESENT | SLOT_EJECT;
	board->slot[1].flags &= SLOT_PRESENT;
	board_interrupt();
	board->slot[0].flags = board->slot[1].flags = 0;
	board_interrupt();
	board_down(t);
}
