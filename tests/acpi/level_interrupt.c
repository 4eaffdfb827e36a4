/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A level-triggered interrupt of a GED is disabled from the interrupt to the end of its method,
 * and one that its method does not deassert stays disabled.  A fake controller in front of the
 * machine's real one emulates the wire.
 */
#include <arch/arch.h>
#include <drivers/device.h>
#include <lib/string.h>
#include <tests/acpi/board.h>

#define LEVEL_HIGH 4

static const struct irqchip *real;
static struct irqchip fake_chip;
static struct {
	unsigned off, on;
	u32 flags, methods; /* at the last enable */
	bool stuck;
} wire;

/* Dispatch with interrupts disabled, as the controller does. */
static void raise(void)
{
	u64 flags = arch_irq_save();

	irq_dispatch(BOARD_LEVEL);
	arch_irq_restore(flags);
}

static void enable(u32 irq, u32 flags, unsigned cpu)
{
	if (irq != BOARD_LEVEL) {
		real->enable(irq, flags, cpu);
		return;
	}
	wire.on++;
	wire.flags = flags;
	wire.methods = board->levels;
	if (wire.stuck)
		raise();
}

static void disable(u32 irq)
{
	if (irq == BOARD_LEVEL)
		wire.off++;
	else
		real->disable(irq);
}

static bool fake_wire(struct test_run *t)
{
	if (!irqchip) {
		test_skip(t, "this machine has no interrupt controller that this kernel drives");
		return false;
	}
	memset(&wire, 0, sizeof(wire));
	real = irqchip;
	fake_chip = *real;
	fake_chip.enable = enable;
	fake_chip.disable = disable;
	irqchip = &fake_chip;
	return true;
}

TEST(acpi, level,
     .claim = "a level interrupt is disabled from its delivery until its method returns",
     .rows = "V-01 V-02", .needs = NEED_RANGE)
{
	struct range r;

	if (!range_get(t, &r, 1, NULL) || !board_up(t, r.pa, r.len))
		return;
	if (fake_wire(t)) {
		board_plug(0, r.pa, r.len, SLOT_PRESENT | SLOT_INSERT);
		for (unsigned n = 1; n <= 2; n++) {
			raise();
			CHECK_EQ(t, wire.off, n);
			CHECK_EQ(t, wire.on, n - 1);
			CHECK_EQ(t, board->levels, n); /* one ran at the start */
			event_run();
			CHECK_EQ(t, wire.on, n);
			CHECK_EQ(t, wire.methods, n + 1);
			CHECK_EQ(t, wire.flags, LEVEL_HIGH);
		}
		CHECK_EQ(t, board->events, 1); /* _L51 was called, not _EVT */
		CHECK(t, range_block(&r, 0) && range_block(&r, 0)->state == BLOCK_ONLINE);
		board->slot[0].flags |= SLOT_EJECT;
		raise();
		event_run();
		CHECK_EQ(t, board->slot[0].ejects, 1);
		irqchip = real;
	}
	board_down(t);
	range_reset(&r);
}

static bool is_off(void *arg)
{
	(void)arg;
	return wire.off > wire.on;
}

TEST(acpi, level_stuck,
     .claim = "a level interrupt that its method does not deassert stays disabled, with one line",
     .rows = "S1-21 V-02")
{
	unsigned remarks = 0;
	const struct event_record *e;

	if (!board_up(t, 4 * GiB, GiB))
		return;
	if (fake_wire(t)) {
		wire.stuck = true;
		raise();
		CHECK(t, events_wait(is_off, NULL, HANG_MS));
		test_key(t, "times=%u", wire.off);
		for (unsigned n = 0; n < 4 && (e = event_nth(n)); n++)
			remarks += strstr(e->text, "stays asserted after its method") != NULL;
		CHECK_EQ(t, remarks, 1);
		board_interrupt(); /* other interrupts still work */
		CHECK_EQ(t, board->events, 2);
		irqchip = real;
	}
	board_down(t);
}
