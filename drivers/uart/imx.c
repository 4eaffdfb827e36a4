/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/uart/imx.c - the UART of NXP i.MX (i.MX 8M Plus reference manual, chapter UART).
 *
 * Clock, baud rate and line settings of firmware are not changed; a disabled UART is enabled.  An
 * empty receiver is not read, because the read may raise a bus error.  probe() may be called again
 * with registers at another address.
 */
#include <drivers/device.h>
#include <drivers/uart/uart.h>

enum {
	URXD = 0x00,
	UTXD = 0x40,
	UCR1 = 0x80,
	UCR2 = 0x84,
	UCR3 = 0x88,
	UCR4 = 0x8c,
	UFCR = 0x90,
	USR2 = 0x98,
	UTS = 0xb4
};

#define URXD_FRAMING_OR_BREAK 0x1800u
#define UCR1_ON 0x0001u
#define UCR1_RX_READY_INT 0x0200u
#define UCR2_ON 0x0007u       /* TXEN, RXEN, not in reset */
#define UCR2_8_NO_RTS 0x4020u /* 8 bits, ignore the RTS pin */
#define UCR3_RX_MUX 0x0004u   /* RXDMUXSEL: must be set (UCR3) */
#define UFCR_RX_LEVEL 0x003fu
#define USR2_RX_READY 0x0001u
#define UTS_TX_FULL 0x0010u

static volatile u8 *regs;
static bool stuck;

static void imx_set(unsigned reg, u32 clear, u32 bits)
{
	mmio_write32(regs + reg, (mmio_read32(regs + reg) & ~clear) | bits);
}

/* If firmware did not enable the UART, enable it with 8 bits and without RTS. */
static int probe(struct device *d)
{
	if (!d->regs[0] || d->len[0] < UTS + 4)
		return -EINVAL;
	regs = (volatile u8 *)d->regs[0];
	if (mmio_read32(regs + UCR1) & UCR1_ON && (mmio_read32(regs + UCR2) & UCR2_ON) == UCR2_ON)
		return 0;
	imx_set(UCR1, 0, UCR1_ON);
	imx_set(UCR2, 0, UCR2_ON | UCR2_8_NO_RTS);
	imx_set(UCR3, 0, UCR3_RX_MUX);
	return 0;
}

static bool tx_space(void)
{
	return !(mmio_read32(regs + UTS) & UTS_TX_FULL);
}

static void putc(char c)
{
	if (uart_wait(tx_space, &stuck))
		mmio_write32(regs + UTXD, (u8)c);
}

/* Skip broken characters; bounded, see UART_NOISE_MAX. */
static int getc(void)
{
	u32 v;

	for (unsigned n = 0; n < UART_NOISE_MAX && mmio_read32(regs + USR2) & USR2_RX_READY; n++) {
		v = mmio_read32(regs + URXD);
		if (!(v & URXD_FRAMING_OR_BREAK))
			return v & 0xff;
	}
	return -1;
}

/* One received character raises the interrupt; the read of the character acknowledges it. */
static void irq_enable(void)
{
	mmio_write32(regs + UCR4, 0);
	imx_set(UFCR, UFCR_RX_LEVEL, 1);
	mmio_write32(regs + UCR1, UCR1_ON | UCR1_RX_READY_INT);
}

static const char *const compatible[] = { "fsl,imx6q-uart", "fsl,imx21-uart", "fsl,imx8mp-uart",
					  NULL };

static const struct uart uart = {
	.name = "imx",
	.compatible = compatible,
	.probe = probe,
	.putc = putc,
	.getc = getc,
	.irq_enable = irq_enable,
};
UART(imx, uart);
