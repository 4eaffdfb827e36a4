/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/uart/cadence.c - the Cadence UART of Xilinx Zynq and ZynqMP (UG585, UG1085: UART
 * module).
 *
 * Clock, baud rate and line settings of firmware are not changed; transmitter and receiver are
 * enabled if they are disabled.  probe() may be called again with registers at another address.
 */
#include <drivers/device.h>
#include <drivers/uart/uart.h>

enum { CR = 0x00, IER = 0x08, IDR = 0x0c, ISR = 0x14, RXWM = 0x20, SR = 0x2c, FIFO = 0x30 };

#define CR_RX_TX 0x14u     /* RXEN, TXEN */
#define CR_RX_TX_OFF 0x28u /* RXDIS, TXDIS */
#define SR_RX_EMPTY 0x02u
#define SR_TX_FULL 0x10u
#define INT_RX_TRIGGER 0x01u /* at least RXWM characters received; cleared by a write */

static volatile u8 *regs;
static bool stuck;

/* The disable bits override the enable bits, so they are cleared. */
static int probe(struct device *d)
{
	u32 cr;

	if (!d->regs[0] || d->len[0] < FIFO + 4)
		return -EINVAL;
	regs = (volatile u8 *)d->regs[0];
	cr = mmio_read32(regs + CR);
	if ((cr & (CR_RX_TX | CR_RX_TX_OFF)) != CR_RX_TX)
		mmio_write32(regs + CR, (cr & ~CR_RX_TX_OFF) | CR_RX_TX);
	return 0;
}

static bool tx_space(void)
{
	return !(mmio_read32(regs + SR) & SR_TX_FULL);
}

static void putc(char c)
{
	if (uart_wait(tx_space, &stuck))
		mmio_write32(regs + FIFO, (u8)c);
}

static int getc(void)
{
	return mmio_read32(regs + SR) & SR_RX_EMPTY ? -1 : (int)(mmio_read32(regs + FIFO) & 0xff);
}

static void irq_ack(void)
{
	mmio_write32(regs + ISR, INT_RX_TRIGGER);
}

/* Watermark 1: the first character raises the interrupt. */
static void irq_enable(void)
{
	mmio_write32(regs + IDR, ~0u);
	mmio_write32(regs + RXWM, 1);
	irq_ack();
	mmio_write32(regs + IER, INT_RX_TRIGGER);
}

static const char *const compatible[] = { "cdns,uart-r1p12", "cdns,uart-r1p8", "xlnx,xuartps",
					  "xlnx,zynqmp-uart", NULL };

static const struct uart uart = {
	.name = "cadence",
	.compatible = compatible,
	.probe = probe,
	.putc = putc,
	.getc = getc,
	.irq_enable = irq_enable,
	.irq_ack = irq_ack,
};
UART(cadence, uart);
