/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hotplug.under_fire with a device in place of the operator: interrupt, AML, event, _OST and
 * ejection, while every other CPU uses the memory.
 */
#include <drivers/acpi/dimm.h>
#include <lib/init.h>
#include <tests/acpi/board.h>
#include <tlblab/fire.h>

#define CYCLES 10
#define ENOUGH_NS 1000000000ul

static int expect_ost(u32 event, struct why *why)
{
	const struct board_slot *s = &board->slot[0];

	if (s->ost_event == event && s->ost_status == OST_SUCCESS)
		return 0;
	return refuse(why, EIO, "the slot received _OST status %u for event %u", s->ost_status,
		      s->ost_event);
}

static int plug(struct fire *f, struct why *why)
{
	board_plug(0, f->range.pa, f->range.len, SLOT_PRESENT | SLOT_INSERT);
	board->slot[0].proximity = f->range.node;
	board_interrupt();
	return expect_ost(OST_DEVICE_CHECK, why);
}

static int eject(struct fire *f, struct why *why)
{
	(void)f;
	board->slot[0].flags |= SLOT_EJECT;
	board_interrupt();
	return expect_ost(OST_EJECT, why);
}

TEST(acpi, under_fire,
     .claim = "while a DIMM is plugged and ejected, CPUs that use it see its current data or fault",
     .rows = "S0-50 V-01 V-03", .needs = NEED_RANGE | NEED_SMP | NEED_REMOTE_TLB)
{
	static struct fire f NOINIT;
	struct why why = { 0 };
	struct fire_sum sum;
	u64 start = clock_ns();
	struct range r;

	if (!range_get(t, &r, 1, NULL) || !board_up(t, r.pa, r.len))
		return;
	if (fire_begin(&f, t, 1, NULL)) {
		f.add_range = plug;
		f.remove_range = eject;
		while (f.cycles < CYCLES && (f.cycles < 2 || clock_ns() - start < ENOUGH_NS) &&
		       !test_aborted() && !t->failed)
			CHECK_OK(t, fire_cycle(&f, &t->rng, &why), &why);
		fire_end(&f, &sum);
		fire_result(t, &f, &sum);
	}
	board_down(t);
}
