/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/uart/uartdm.c - Qualcomm's UART with data mover, 1.1 to 1.4 (APQ8016E technical
 * reference manual, UART_DM).
 *
 * NCF_TX starts a transfer with its number of characters; each word of it is written when the
 * transmitter is ready.  The receiver packs four characters into a word; fewer stay in its buffer
 * until a command flushes them.  Clock, baud rate and line settings of firmware are not changed;
 * DMA is disabled.  Input is polled.  probe() may be called again with registers at another
 * address.
 */
#include <arch/arch.h>
#include <drivers/device.h>
#include <drivers/uart/packed.h>
#include <drivers/uart/uart.h>

enum {
	SR = 0x08,
	CR = 0x10,
	IMR = 0x14, /* on writes */
	ISR = 0x14, /* on reads */
	DMRX = 0x34,
	DMEN = 0x3c,
	NCF_TX = 0x40,
	RXFS = 0x50,
	FIFO = 0x70
};

#define SR_RX_READY BIT(0)
#define SR_TX_READY BIT(2)
#define SR_TX_EMPTY BIT(3)
#define SR_OVERRUN BIT(4)
#define ISR_TX_READY BIT(7)
#define CR_TX_RX_ON 0x05u
#define CR_RESET_ERRORS 0x030u
#define CR_RESET_STALE 0x080u
#define CR_RESET_TX_READY 0x300u
#define CR_FORCE_STALE 0x400u
#define CR_STALE_ON 0x500u
#define RXFS_IN_BUFFER(v) ((v) >> 7 & 7)
#define DMRX_MANY 0xffffffu

static volatile u8 *regs;
static struct packed packed;
static bool stuck, unready; /* one for each of the two waits */

/* Start a receive transfer of maximal length, and enable its stale event. */
static void receive_on(void)
{
	mmio_write32(regs + CR, CR_RESET_STALE);
	mmio_write32(regs + DMRX, DMRX_MANY);
	mmio_write32(regs + CR, CR_STALE_ON);
}

/* Disable interrupts and DMA, enable transmitter and receiver. */
static int probe(struct device *d)
{
	if (!d->regs[0] || d->len[0] < FIFO + 4)
		return -EINVAL;
	regs = (volatile u8 *)d->regs[0];
	mmio_write32(regs + IMR, 0);
	mmio_write32(regs + DMEN, 0);
	mmio_write32(regs + CR, CR_TX_RX_ON);
	receive_on();
	return 0;
}

static bool sent(void)
{
	return mmio_read32(regs + SR) & SR_TX_EMPTY || mmio_read32(regs + ISR) & ISR_TX_READY;
}

static bool ready(void)
{
	return mmio_read32(regs + SR) & SR_TX_READY;
}

/* Wait until the previous character is sent, start a transfer of one, write it when the FIFO is
 * ready. */
static void putc(char c)
{
	if (!uart_wait(sent, &stuck))
		return;
	mmio_write32(regs + CR, CR_RESET_TX_READY);
	mmio_write32(regs + NCF_TX, 1);
	(void)mmio_read32(regs + NCF_TX); /* NCF_TX is written before the word */
	if (uart_wait(ready, &unready))
		mmio_write32(regs + FIFO, (u8)c);
}

/* Read a full word from the FIFO, or else flush the characters in the packing buffer to it. */
static void read_word(struct packed *p)
{
	if (mmio_read32(regs + SR) & SR_OVERRUN)
		mmio_write32(regs + CR, CR_RESET_ERRORS);
	if (mmio_read32(regs + SR) & SR_RX_READY) {
		p->word = mmio_read32(regs + FIFO);
		p->nr = 4;
		return;
	}
	p->nr = RXFS_IN_BUFFER(mmio_read32(regs + RXFS));
	if (!p->nr)
		return;
	mmio_write32(regs + CR, CR_FORCE_STALE);
	p->word = mmio_read32(regs + FIFO);
	receive_on();
}

static int getc(void)
{
	return packed_next(&packed, read_word);
}

static const char *const compatible[] = { "qcom,msm-uartdm", NULL };

static const struct uart uart = {
	.name = "uartdm",
	.compatible = compatible,
	.probe = probe,
	.putc = putc,
	.getc = getc,
};
UART(uartdm, uart);
