/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/uart/lpuart.c - NXP's low-power UART with 32-bit registers, as in i.MX 7ULP, 8ULP, 8QXP,
 * 93 and 95 (i.MX 93 reference manual, chapter LPUART).
 *
 * Clock, baud rate and line settings of firmware are not changed; transmitter and receiver are
 * enabled if they are disabled.  Input is polled.  probe() may be called again with registers at
 * another address.
 */
#include <arch/arch.h>
#include <drivers/device.h>
#include <drivers/uart/uart.h>

enum { STAT = 0x14, CTRL = 0x18, DATA = 0x1c, FIFO = 0x28 };

#define STAT_SETTINGS 0x3e000000u /* written back unchanged; flags are cleared by writing 1 */
#define STAT_TX_SPACE BIT(23)     /* the FIFO has at most as many characters as the watermark */
#define STAT_RECEIVED BIT(21)
#define STAT_ERRORS 0x000f0000u /* overrun (stops the receiver), noise, framing, parity */
#define STAT_BROKEN 0x00030000u
#define CTRL_TX_RX 0x000c0000u
#define FIFO_RX_ENABLED BIT(3)
#define FIFO_RX_EMPTY BIT(22)

static volatile u8 *regs;
static bool stuck;

static u32 lpuart_rd(unsigned reg)
{
	return mmio_read32(regs + reg);
}

static void lpuart_wr(unsigned reg, u32 v)
{
	mmio_write32(regs + reg, v);
}

static int probe(struct device *d)
{
	u32 ctrl;

	if (!d->regs[0] || d->len[0] < FIFO + 4)
		return -EINVAL;
	regs = (volatile u8 *)d->regs[0];
	ctrl = lpuart_rd(CTRL);
	if ((ctrl & CTRL_TX_RX) != CTRL_TX_RX)
		lpuart_wr(CTRL, ctrl | CTRL_TX_RX);
	return 0;
}

static bool tx_space(void)
{
	return lpuart_rd(STAT) & STAT_TX_SPACE;
}

static void putc(char c)
{
	if (uart_wait(tx_space, &stuck))
		lpuart_wr(DATA, (u8)c);
}

/* The flag is set only when the FIFO reaches its watermark, so read the state of the FIFO. */
static bool received(u32 stat)
{
	u32 fifo = lpuart_rd(FIFO);

	return fifo & FIFO_RX_ENABLED ? !(fifo & FIFO_RX_EMPTY) : stat & STAT_RECEIVED;
}

/* Errors are cleared first, because an overrun stops the receiver. */
static int getc(void)
{
	u32 stat = lpuart_rd(STAT), v;

	if (stat & STAT_ERRORS)
		lpuart_wr(STAT, (stat & STAT_SETTINGS) | STAT_ERRORS);
	if (!received(stat))
		return -1;
	v = lpuart_rd(DATA);
	return stat & STAT_BROKEN ? -1 : (int)(v & 0xff); /* drop broken characters */
}

static const char *const compatible[] = { "fsl,imx7ulp-lpuart", "fsl,imx8ulp-lpuart",
					  "fsl,imx8qxp-lpuart", NULL };

static const struct uart uart = {
	.name = "lpuart",
	.compatible = compatible,
	.probe = probe,
	.putc = putc,
	.getc = getc,
};
UART(lpuart, uart);
