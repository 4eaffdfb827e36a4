// SPDX-License-Identifier: BSD-2-Clause
/*
 * drivers/uart/ns16550.c - 16550 and its relatives, registers 1 or 4 bytes wide at any spacing.
 *
 * Line settings stay as firmware left them: the input clock is often unknown here.  probe() may be
 * called again with registers at another address and changes nothing in the device.
 */
#include <arch/arch.h>
#include <drivers/device.h>

enum { RBR = 0, THR = 0, IER = 1, LSR = 5 };

#define LSR_DR 0x01u
#define LSR_THRE 0x20u
#define IER_RECEIVE 0x01u
/* A character takes at most 1 ms (9600 baud), a register read at least tens of ns. */
#define POLLS_MAX 1000000u

static volatile u8 *regs;
static unsigned shift, width;

static u32 rd(unsigned reg)
{
	volatile u8 *at = regs + (reg << shift);

	return width == 4 ? mmio_read32(at) : mmio_read8(at);
}

static void wr(unsigned reg, u32 v)
{
	volatile u8 *at = regs + (reg << shift);

	if (width == 4)
		mmio_write32(at, v);
	else
		mmio_write8(at, (u8)v);
}

static int probe(struct device *d)
{
	if (d->reg_shift > 4 || (d->reg_width != 1 && d->reg_width != 4))
		return -EINVAL;
	if (d->len[0] < (LSR << d->reg_shift) + d->reg_width)
		return -EINVAL;
	regs = (volatile u8 *)d->regs[0];
	shift = d->reg_shift;
	width = d->reg_width;
	return 0;
}

static void putc(char c)
{
	for (unsigned i = 0; i < POLLS_MAX && !(rd(LSR) & LSR_THRE); i++)
		arch_relax();
	wr(THR, (u8)c);
}

static int getc(void)
{
	return rd(LSR) & LSR_DR ? (int)(rd(RBR) & 0xff) : -1;
}

static void irq_enable(void)
{
	wr(IER, IER_RECEIVE); /* reading RBR until it is empty is the acknowledgement */
}

static const char *const compatible[] = { "ns16550a", "ns16550", "snps,dw-apb-uart", NULL };

static const struct uart uart = {
	.compatible = compatible,
	.probe = probe,
	.putc = putc,
	.getc = getc,
	.irq_enable = irq_enable,
};
UART(ns16550, uart);
