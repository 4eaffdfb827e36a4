/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/uart/samsung.c - the UART of Samsung's S5PV210 and all Exynos, also in Google's and
 * Tesla's SoCs (S5PV210 and Exynos 4210 user's manuals, UART).
 *
 * Some of these buses require 32-bit accesses.  Clock, baud rate, line settings and FIFOs of
 * firmware are not changed.  Input is polled.  probe() may be called again with registers at
 * another address and does not change the device.
 */
#include <arch/arch.h>
#include <drivers/device.h>
#include <drivers/uart/uart.h>

enum { UFCON = 0x08, UTRSTAT = 0x10, UERSTAT = 0x14, UFSTAT = 0x18, UTXH = 0x20, URXH = 0x24 };

#define UFCON_FIFO 1u
#define UTRSTAT_RECEIVED 1u
#define UTRSTAT_TX_EMPTY 2u    /* the one-character buffer, if FIFOs are off */
#define UERSTAT_BROKEN 0x0eu   /* parity, frame, break: of the next character */
#define UFSTAT_RECEIVED 0x1ffu /* count, and full flag */
#define UFSTAT_TX_FULL BIT(24)

static volatile u8 *regs;
static bool stuck;

static int probe(struct device *d)
{
	if (!d->regs[0] || d->len[0] < URXH + 4)
		return -EINVAL;
	regs = (volatile u8 *)d->regs[0];
	return 0;
}

/* With FIFOs off, the status bits of the one-character buffers are used. */
static bool has_fifo(void)
{
	return mmio_read32(regs + UFCON) & UFCON_FIFO;
}

static bool tx_space(void)
{
	return has_fifo() ? !(mmio_read32(regs + UFSTAT) & UFSTAT_TX_FULL)
			  : mmio_read32(regs + UTRSTAT) & UTRSTAT_TX_EMPTY;
}

static void putc(char c)
{
	if (uart_wait(tx_space, &stuck))
		mmio_write32(regs + UTXH, (u8)c);
}

/* Is there a character? */
static bool received(void)
{
	return has_fifo() ? mmio_read32(regs + UFSTAT) & UFSTAT_RECEIVED
			  : mmio_read32(regs + UTRSTAT) & UTRSTAT_RECEIVED;
}

/* The error status is of the next character, so it is read before the character. */
static int getc(void)
{
	u32 broken, v;

	if (!received())
		return -1;
	broken = mmio_read32(regs + UERSTAT) & UERSTAT_BROKEN;
	v = mmio_read32(regs + URXH);
	return broken ? -1 : (int)(v & 0xff); /* drop broken characters */
}

static const char *const compatible[] = {
	"samsung,s5pv210-uart",    "samsung,exynos4210-uart",
	"samsung,exynos5433-uart", "samsung,exynos850-uart",
	"samsung,exynos8895-uart", "google,gs101-uart",
	"axis,artpec8-uart",       NULL,
};

static const struct uart uart = {
	.name = "samsung",
	.compatible = compatible,
	.probe = probe,
	.putc = putc,
	.getc = getc,
};
UART(samsung, uart);
