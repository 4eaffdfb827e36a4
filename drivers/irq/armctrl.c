/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/irq/armctrl.c - interrupts of the devices of a BCM2836 or BCM2837, cascaded on one wire
 * of the per-core controller (bcm2836.c).  BCM2835 ARM Peripherals, chapter 7: bank 0 has the
 * interrupts of the ARM core only, banks 1 and 2 those that it shares with the video core.
 */
#include <arch/arch.h>
#include <drivers/device.h>

#define BANKS 3
#define BANK0_LINES 8 /* higher bits are summaries of the other banks */

static const u8 pending_at[BANKS] = { 0x00, 0x04, 0x08 };
static const u8 enable_at[BANKS] = { 0x18, 0x10, 0x14 };
static const u8 disable_at[BANKS] = { 0x24, 0x1c, 0x20 };
#define FIQ_CONTROL 0x0c

static volatile u8 *regs;
static u32 enabled[BANKS];

/* Disable all interrupts that firmware enabled, including the FIQ. */
static int probe(struct device *d)
{
	if (!d->regs[0] || d->len[0] < 0x28)
		return -ENODEV;
	regs = (volatile u8 *)d->regs[0];
	mmio_write32(regs + FIQ_CONTROL, 0);
	for (unsigned bank = 0; bank < BANKS; bank++)
		mmio_write32(regs + disable_at[bank], ~0u);
	return 0;
}

static void enable(u32 irq, u32 flags, unsigned cpu)
{
	(void)flags, (void)cpu; /* all are levels, on the CPU of the parent interrupt */
	enabled[irq / 32] |= 1u << irq % 32;
	mmio_write32(regs + enable_at[irq / 32], 1u << irq % 32);
}

static void disable(u32 irq)
{
	enabled[irq / 32] &= ~(1u << irq % 32);
	mmio_write32(regs + disable_at[irq / 32], 1u << irq % 32);
}

/* The first line that is enabled and pending. */
static u32 pending(void)
{
	for (u32 bank = 0; bank < BANKS; bank++) {
		u32 bits = enabled[bank] ? mmio_read32(regs + pending_at[bank]) & enabled[bank] : 0;

		if (bits)
			return bank * 32 + (u32)__builtin_ctz(bits);
	}
	return ~0u;
}

/* Two cells: bank, and number in the bank. */
static u32 decode(const void *cells, int nr_cells, u32 *flags)
{
	const u8 *p = cells;

	*flags = 0;
	if (nr_cells < 2 || p[0] || p[1] || p[2] || p[4] || p[5] || p[6])
		return ~0u;
	if (p[3] >= BANKS || p[7] >= (p[3] ? 32 : BANK0_LINES))
		return ~0u;
	return p[3] * 32u + p[7];
}

static const char *const compatible[] = { "brcm,bcm2836-armctrl-ic", NULL };

static const struct irqchip chip = {
	.compatible = compatible,
	.name = "ARMCTRL",
	.probe = probe,
	.enable = enable,
	.disable = disable,
	.decode = decode,
	.pending = pending,
};
IRQCHIP(armctrl, chip);
