/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/uart/pl011.c - Arm PrimeCell PL011 (DDI 0183) and its SBSA subset.
 *
 * Baud rate and line settings of firmware are not changed, because the input clock is often
 * unknown.  probe() may be called again with registers at another address.
 */
#include <drivers/device.h>
#include <drivers/uart/uart.h>

enum { DR = 0x00, FR = 0x18, LCR_H = 0x2c, CR = 0x30, IMSC = 0x38, ICR = 0x44 };

#define FR_RXFE 0x10u
#define FR_TXFF 0x20u
#define DR_FRAMING_OR_BREAK 0x500u
#define LCR_H_8N1_FIFO 0x70u
#define CR_ON 0x301u      /* UARTEN, TXE, RXE */
#define INT_RECEIVE 0x50u /* receive level, receive timeout */

static volatile u8 *regs;
static bool stuck;

/* The common part: registers up to ICR. */
static int probe_sbsa(struct device *d)
{
	if (!d->regs[0] || d->len[0] < ICR + 4)
		return -EINVAL;
	regs = (volatile u8 *)d->regs[0];
	return 0;
}

/* Enable a disabled PL011 with 8N1.  (The SBSA subset has neither CR nor LCR_H: firmware enables
 * it.) */
static int probe(struct device *d)
{
	int err = probe_sbsa(d);

	if (!err && (mmio_read32(regs + CR) & CR_ON) != CR_ON) {
		mmio_write32(regs + LCR_H, LCR_H_8N1_FIFO);
		mmio_write32(regs + CR, CR_ON);
	}
	return err;
}

static bool tx_space(void)
{
	return !(mmio_read32(regs + FR) & FR_TXFF);
}

static void putc(char c)
{
	if (uart_wait(tx_space, &stuck))
		mmio_write32(regs + DR, (u8)c);
}

/* Skip broken characters; bounded, see UART_NOISE_MAX. */
static int getc(void)
{
	u32 v;

	for (unsigned n = 0; n < UART_NOISE_MAX && !(mmio_read32(regs + FR) & FR_RXFE); n++) {
		v = mmio_read32(regs + DR);
		if (!(v & DR_FRAMING_OR_BREAK))
			return v & 0xff;
	}
	return -1;
}

static void irq_ack(void)
{
	mmio_write32(regs + ICR, INT_RECEIVE);
}

/* Clear stale interrupts before unmasking. */
static void irq_enable(void)
{
	irq_ack();
	mmio_write32(regs + IMSC, INT_RECEIVE);
}

static const char *const compatible[] = { "arm,pl011", NULL };
static const char *const compatible_sbsa[] = { "arm,sbsa-uart", NULL };

static const struct uart pl011 = {
	.name = "pl011",
	.compatible = compatible,
	.probe = probe,
	.putc = putc,
	.getc = getc,
	.irq_enable = irq_enable,
	.irq_ack = irq_ack,
};
UART(pl011, pl011);

static const struct uart sbsa = {
	.name = "sbsa",
	.compatible = compatible_sbsa,
	.probe = probe_sbsa,
	.putc = putc,
	.getc = getc,
	.irq_enable = irq_enable,
	.irq_ack = irq_ack,
};
UART(sbsa, sbsa);
