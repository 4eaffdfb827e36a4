/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/uart/sifive.c - the UART of SiFive's FU540 and FU740 (FU540-C000 manual, "Universal
 * Asynchronous Receiver/Transmitter"; FU740 has the same).
 *
 * Divisor and stop bits of firmware are not changed: the input clock may depend on the core's
 * clock, which only firmware knows.  probe() may be called again with registers at another address.
 */
#include <arch/arch.h>
#include <drivers/device.h>
#include <drivers/uart/uart.h>

enum { TXDATA = 0x00, RXDATA = 0x04, TXCTRL = 0x08, RXCTRL = 0x0c, IE = 0x10 };

#define TX_FULL BIT(31)
#define RX_EMPTY BIT(31)
#define ENABLE 1u
#define RX_WATERMARK 0x70000u /* the interrupt is raised above this many characters */
#define IE_RECEIVE 2u

static volatile u8 *regs;
static bool stuck;

static u32 sifive_rd(unsigned reg)
{
	return mmio_read32(regs + reg);
}

static void sifive_wr(unsigned reg, u32 v)
{
	mmio_write32(regs + reg, v);
}

/* Enable both directions; watermark 0: the first character raises the receive interrupt. */
static int probe(struct device *d)
{
	if (!d->regs[0] || d->len[0] < IE + 4)
		return -EINVAL;
	regs = (volatile u8 *)d->regs[0];
	sifive_wr(TXCTRL, sifive_rd(TXCTRL) | ENABLE);
	sifive_wr(RXCTRL, (sifive_rd(RXCTRL) & ~RX_WATERMARK) | ENABLE);
	return 0;
}

static bool tx_space(void)
{
	return !(sifive_rd(TXDATA) & TX_FULL);
}

static void putc(char c)
{
	if (uart_wait(tx_space, &stuck))
		sifive_wr(TXDATA, (u8)c);
}

/* A read returns the empty flag and removes the character. */
static int getc(void)
{
	u32 v = sifive_rd(RXDATA);

	return v & RX_EMPTY ? -1 : (int)(v & 0xff);
}

static void irq_enable(void)
{
	sifive_wr(IE, IE_RECEIVE); /* the device deasserts it when the FIFO is empty */
}

static const char *const compatible[] = { "sifive,uart0", "sifive,fu540-c000-uart0", NULL };

static const struct uart uart = {
	.name = "sifive",
	.compatible = compatible,
	.probe = probe,
	.putc = putc,
	.getc = getc,
	.irq_enable = irq_enable,
};
UART(sifive, uart);
