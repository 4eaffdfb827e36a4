/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/uart/armada3700.c - the first UART of Marvell's Armada 3700 (functional specification,
 * UART).  The second, "extended" one has other registers and is not supported.
 *
 * Clock, baud rate and line settings of firmware are not changed.  Input is polled.  probe() may
 * be called again with registers at another address and does not change the device.
 */
#include <arch/arch.h>
#include <drivers/device.h>
#include <drivers/uart/uart.h>

enum { RECEIVE = 0x00, TRANSMIT = 0x04, STATUS = 0x0c };

#define STATUS_RX_READY BIT(4)
#define STATUS_TX_FULL BIT(11)
#define STATUS_BROKEN 0x0eu /* parity, framing, break */

static volatile u8 *regs;
static bool stuck;

static int probe(struct device *d)
{
	if (!d->regs[0] || d->len[0] < STATUS + 4)
		return -EINVAL;
	regs = (volatile u8 *)d->regs[0];
	return 0;
}

static bool tx_space(void)
{
	return !(mmio_read32(regs + STATUS) & STATUS_TX_FULL);
}

static void putc(char c)
{
	if (uart_wait(tx_space, &stuck))
		mmio_write32(regs + TRANSMIT, (u8)c);
}

/* A broken character is read and dropped. */
static int getc(void)
{
	u32 status = mmio_read32(regs + STATUS), v;

	if (!(status & STATUS_RX_READY))
		return -1;
	v = mmio_read32(regs + RECEIVE);
	return status & STATUS_BROKEN ? -1 : (int)(v & 0xff);
}

static const char *const compatible[] = { "marvell,armada-3700-uart", NULL };

static const struct uart uart = {
	.name = "armada3700",
	.compatible = compatible,
	.probe = probe,
	.putc = putc,
	.getc = getc,
};
UART(armada3700, uart);
