/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/uart/lpuart.c - NXP's low-power UART with 32-bit registers: LS1021A and its family
 * (big-endian there), LS1028A, and i.MX 7ULP, 8ULP, 8QXP, 93, 95, where they begin 16 bytes
 * later (i.MX 93 and LS1028A reference manuals, LPUART).
 *
 * Clock, baud rate and line settings stay as firmware set them; transmitter and receiver are
 * enabled if they are not.  Input is polled.  probe() may be called again with registers at
 * another address.
 */
#include <arch/arch.h>
#include <drivers/device.h>
#include <drivers/uart/uart.h>

enum { STAT = 0x04, CTRL = 0x08, DATA = 0x0c, FIFO = 0x18 };

#define STAT_SETTINGS 0x3e000000u /* settings, written back unchanged; flags are cleared by 1 */
#define STAT_TX_ROOM BIT(23)      /* at most as many characters as the watermark wait to be sent */
#define STAT_RECEIVED BIT(21)
#define STAT_ERRORS 0x000f0000u /* overrun (stops the receiver), noise, framing, parity */
#define STAT_BROKEN 0x00030000u
#define CTRL_TX_RX 0x000c0000u
#define FIFO_RX_ENABLED BIT(3)
#define FIFO_RX_EMPTY BIT(22)

static volatile u8 *regs;
static bool swapped, stuck;

static u32 order(u32 v)
{
	return swapped ? v >> 24 | (v >> 8 & 0xff00) | (v << 8 & 0xff0000) | v << 24 : v;
}

static u32 lpuart_rd(unsigned reg)
{
	return order(mmio_read32(regs + reg));
}

static void lpuart_wr(unsigned reg, u32 v)
{
	mmio_write32(regs + reg, order(v));
}

/* `offset`: of the registers from the start of `reg`. */
static int probe_as(struct device *d, unsigned offset, bool big_endian)
{
	u32 ctrl;

	if (!d->regs[0] || d->len[0] < offset + FIFO + 4)
		return -EINVAL;
	regs = (volatile u8 *)d->regs[0] + offset;
	swapped = big_endian;
	ctrl = lpuart_rd(CTRL);
	if ((ctrl & CTRL_TX_RX) != CTRL_TX_RX)
		lpuart_wr(CTRL, ctrl | CTRL_TX_RX);
	return 0;
}

static int probe(struct device *d)
{
	return probe_as(d, 0x10, false);
}

static int probe_ls1028a(struct device *d)
{
	return probe_as(d, 0, false);
}

static int probe_ls1021a(struct device *d)
{
	return probe_as(d, 0, true);
}

static bool room(void)
{
	return lpuart_rd(STAT) & STAT_TX_ROOM;
}

static void putc(char c)
{
	if (uart_wait(room, &stuck))
		lpuart_wr(DATA, (u8)c);
}

/* The flag is not raised by fewer characters than the FIFO's watermark, so the FIFO's state
 * decides. */
static bool received(u32 stat)
{
	u32 fifo = lpuart_rd(FIFO);

	return fifo & FIFO_RX_ENABLED ? !(fifo & FIFO_RX_EMPTY) : stat & STAT_RECEIVED;
}

/* Clear errors first: an overrun stops the receiver. */
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
static const char *const compatible_ls1028a[] = { "fsl,ls1028a-lpuart", NULL };
static const char *const compatible_ls1021a[] = { "fsl,ls1021a-lpuart", NULL };

#define LPUART(what, named)                                                                        \
	static const struct uart uart##what = {                                                    \
		.name = named,                                                                     \
		.compatible = compatible##what,                                                    \
		.probe = probe##what,                                                              \
		.putc = putc,                                                                      \
		.getc = getc,                                                                      \
	};                                                                                         \
	UART(lpuart##what, uart##what)

LPUART(, "lpuart");
LPUART(_ls1028a, NULL);
LPUART(_ls1021a, NULL);
