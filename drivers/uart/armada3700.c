/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/uart/armada3700.c - the two UARTs of Marvell's Armada 3700 (functional specification,
 * UART); the second, "extended" one has other data registers and flags.
 *
 * Clock, baud rate and line settings stay as firmware set them.  Input is polled.  probe() may
 * be called again with registers at another address and changes nothing in the device.
 */
#include <arch/arch.h>
#include <drivers/device.h>
#include <drivers/uart/uart.h>

#define STATUS 0x0c
#define STATUS_TX_FULL BIT(11)
#define STATUS_BROKEN 0x0eu /* parity, framing, break */

static const struct armada_layout {
	u32 receive, transmit, ready;
} standard = { 0x00, 0x04, BIT(4) }, extended = { 0x18, 0x1c, BIT(14) };

static const struct armada_layout *at;
static volatile u8 *regs;
static bool stuck;

static int probe_as(struct device *d, const struct armada_layout *layout)
{
	if (!d->regs[0] || d->len[0] < STATUS + 4 || d->len[0] < layout->transmit + 4)
		return -EINVAL;
	regs = (volatile u8 *)d->regs[0];
	at = layout;
	return 0;
}

static int probe(struct device *d)
{
	return probe_as(d, &standard);
}

static int probe_extended(struct device *d)
{
	return probe_as(d, &extended);
}

static bool room(void)
{
	return !(mmio_read32(regs + STATUS) & STATUS_TX_FULL);
}

static void putc(char c)
{
	if (uart_wait(room, &stuck))
		mmio_write32(regs + at->transmit, (u8)c);
}

/* A broken character is consumed and not returned. */
static int getc(void)
{
	u32 status = mmio_read32(regs + STATUS), v;

	if (!(status & at->ready))
		return -1;
	v = mmio_read32(regs + at->receive);
	return status & STATUS_BROKEN ? -1 : (int)(v & 0xff); /* drop broken characters */
}

static const char *const compatible[] = { "marvell,armada-3700-uart", NULL };
static const char *const compatible_extended[] = { "marvell,armada-3700-uart-ext", NULL };

static const struct uart uart = {
	.name = "armada3700",
	.compatible = compatible,
	.probe = probe,
	.putc = putc,
	.getc = getc,
};
UART(armada3700, uart);

static const struct uart uart_extended = {
	.compatible = compatible_extended,
	.probe = probe_extended,
	.putc = putc,
	.getc = getc,
};
UART(armada3700_extended, uart_extended);
