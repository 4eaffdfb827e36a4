/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/uart/meson.c - the UART of Amlogic's SoCs (S905X data sheet, chapter UART), in the
 * always-on domain and elsewhere.
 *
 * Clock, baud rate and line settings of firmware are not changed; transmitter and receiver are
 * enabled if they are disabled.  Input is polled.  probe() may be called again with registers at
 * another address.
 */
#include <arch/arch.h>
#include <drivers/device.h>
#include <drivers/uart/uart.h>

enum { WFIFO = 0x00, RFIFO = 0x04, CONTROL = 0x08, STATUS = 0x0c };

#define CONTROL_TX_RX 0x3000u
#define CONTROL_TWO_WIRE 0x8000u
#define CONTROL_RESETS 0x01c00000u /* transmitter, receiver, errors */
#define STATUS_ERRORS 0x00030000u  /* parity, framing: of the next character */
#define STATUS_RX_EMPTY BIT(20)
#define STATUS_TX_FULL BIT(21)

static volatile u8 *regs;
static bool stuck;

/* A UART that firmware uses is not changed; otherwise enable it and clear its resets. */
static int probe(struct device *d)
{
	u32 v;

	if (!d->regs[0] || d->len[0] < STATUS + 4)
		return -EINVAL;
	regs = (volatile u8 *)d->regs[0];
	v = mmio_read32(regs + CONTROL);
	if ((v & CONTROL_TX_RX) != CONTROL_TX_RX || v & CONTROL_RESETS)
		mmio_write32(regs + CONTROL,
			     (v & ~CONTROL_RESETS) | CONTROL_TX_RX | CONTROL_TWO_WIRE);
	return 0;
}

static bool tx_space(void)
{
	return !(mmio_read32(regs + STATUS) & STATUS_TX_FULL);
}

static void putc(char c)
{
	if (uart_wait(tx_space, &stuck))
		mmio_write32(regs + WFIFO, (u8)c);
}

/* Error flags are sticky until they are cleared in CONTROL; a character with an error is dropped.
 */
static int getc(void)
{
	u32 status = mmio_read32(regs + STATUS), v;

	if (status & STATUS_RX_EMPTY)
		return -1;
	if (status & STATUS_ERRORS) {
		v = mmio_read32(regs + CONTROL);
		mmio_write32(regs + CONTROL, v | BIT(24));
		mmio_write32(regs + CONTROL, v & ~BIT(24));
	}
	v = mmio_read32(regs + RFIFO);
	return status & STATUS_ERRORS ? -1 : (int)(v & 0xff);
}

static const char *const compatible[] = { "amlogic,meson-gx-uart", "amlogic,meson-ao-uart",
					  "amlogic,meson-s4-uart", "amlogic,meson-g12a-uart",
					  "amlogic,meson-a1-uart", NULL };

static const struct uart uart = {
	.name = "meson",
	.compatible = compatible,
	.probe = probe,
	.putc = putc,
	.getc = getc,
};
UART(meson, uart);
