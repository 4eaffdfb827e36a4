/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/uart/ns16550.c - 16550 and compatibles, with registers of 1, 2 or 4 bytes and any
 * spacing.
 *
 * Line settings of firmware are not changed, because the input clock is often unknown.  So LCR,
 * which a busy DesignWare UART would refuse, is never written.  probe() may be called again with
 * registers at another address and does not change the device (except on XScale).
 */
#include <drivers/device.h>
#include <drivers/mmio.h>
#include <drivers/uart/uart.h>

enum { RBR = 0, THR = 0, IER = 1, IIR = 2, LSR = 5, USR = 31 };

#define LSR_DR 0x01u
#define LSR_BREAK 0x10u
#define LSR_THRE 0x20u
#define IER_RECEIVE 0x01u
#define IER_AUX 0x0cu            /* required for any interrupt (errata of the BCM2835 manual) */
#define IER_XSCALE_ON 0x40u      /* UUE: enables the unit (PXA manuals) */
#define IER_XSCALE_TIMEOUT 0x10u /* RTOIE: interrupt below the FIFO's watermark too */
#define IIR_WHAT 0x0fu
#define IIR_BUSY 0x07u /* DesignWare: firmware wrote LCR while busy; a read of USR clears it */
#define IIR_TIMEOUT 0x0cu

static volatile u8 *regs;
static unsigned shift, width;
static u32 receive;
static bool has_usr, stuck;

static u32 ns16550_rd(unsigned reg)
{
	return mmio_read(regs + (reg << shift), width);
}

static void ns16550_wr(unsigned reg, u32 v)
{
	mmio_write(regs + (reg << shift), width, v);
}

/* Registers must not be wider than their spacing: they would overlap and be unaligned. */
static int probe_as(struct device *d, unsigned reg_shift, unsigned reg_width)
{
	if (reg_shift > 4 || (reg_width != 1 && reg_width != 2 && reg_width != 4) ||
	    reg_width > 1u << reg_shift)
		return -EINVAL;
	if (!d->regs[0] || d->len[0] < d->reg_offset ||
	    d->len[0] - d->reg_offset < (LSR << reg_shift) + reg_width || d->reg_offset % reg_width)
		return -EINVAL;
	regs = (volatile u8 *)d->regs[0] + d->reg_offset;
	shift = reg_shift;
	width = reg_width;
	receive = IER_RECEIVE;
	has_usr = false;
	return 0;
}

static int ns16550_probe_width(struct device *d)
{
	return probe_as(d, d->reg_shift, d->reg_width);
}

/* A DesignWare UART has USR, if the node's range contains it. */
static int probe_dw(struct device *d)
{
	int err = ns16550_probe_width(d);

	has_usr = !err && d->len[0] - d->reg_offset >= (USR << shift) + width;
	return err;
}

/* The bindings define 32-bit registers, whether the node has the properties or not. */
static int probe_words(struct device *d)
{
	return probe_as(d, 2, 4);
}

/* BCM2835's mini UART. */
static int probe_aux(struct device *d)
{
	int err = probe_words(d);

	receive |= IER_AUX;
	return err;
}

/* Intel's XScale and derivatives (Marvell PXA, SpacemiT K1): a bit of IER enables the unit; in an
 * ordinary 16550 IER has only interrupt enables. */
static int probe_xscale(struct device *d)
{
	int err = ns16550_probe_width(d);

	receive |= IER_XSCALE_ON | IER_XSCALE_TIMEOUT;
	if (!err && !(ns16550_rd(IER) & IER_XSCALE_ON))
		ns16550_wr(IER, IER_XSCALE_ON);
	return err;
}

static bool tx_space(void)
{
	return ns16550_rd(LSR) & LSR_THRE;
}

static void putc(char c)
{
	if (uart_wait(tx_space, &stuck))
		ns16550_wr(THR, (u8)c);
}

static int getc(void)
{
	return ns16550_rd(LSR) & LSR_DR ? (int)(ns16550_rd(RBR) & 0xff) : -1;
}

/* Reads of RBR until it is empty acknowledge an interrupt, except one without a character. */
static void irq_ack(void)
{
	u32 what = ns16550_rd(IIR) & IIR_WHAT;

	if (what == IIR_BUSY && has_usr)
		(void)ns16550_rd(USR);
	else if (what == IIR_TIMEOUT && !(ns16550_rd(LSR) & (LSR_DR | LSR_BREAK)))
		(void)ns16550_rd(RBR);
}

static void irq_enable(void)
{
	ns16550_wr(IER, receive);
}

static const char *const compatible[] = { "ns16550a", "ns16550", "nuvoton,npcm750-uart", NULL };
static const char *const compatible_dw[] = { "snps,dw-apb-uart", NULL };
static const char *const compatible_aux[] = { "brcm,bcm2835-aux-uart", NULL };
static const char *const compatible_words[] = { "mediatek,mt6577-uart", "ti,am654-uart",
						"nvidia,tegra20-uart", "socionext,uniphier-uart",
						NULL };
static const char *const compatible_xscale[] = { "intel,xscale-uart", "spacemit,k1-uart", NULL };

#define NS16550(what, probe_it, named)                                                             \
	static const struct uart uart_##what = {                                                   \
		.name = named,                                                                     \
		.compatible = compatible##what,                                                    \
		.probe = probe_it,                                                                 \
		.putc = putc,                                                                      \
		.getc = getc,                                                                      \
		.irq_enable = irq_enable,                                                          \
		.irq_ack = irq_ack,                                                                \
	};                                                                                         \
	UART(ns16550##what, uart_##what)

NS16550(, ns16550_probe_width, "ns16550");
NS16550(_dw, probe_dw, NULL);
NS16550(_aux, probe_aux, NULL);
NS16550(_words, probe_words, NULL);
NS16550(_xscale, probe_xscale, NULL);
