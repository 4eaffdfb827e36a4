/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/uart/geni.c - a serial engine of Qualcomm's generic interface (GENI) with UART firmware.
 * The main sequencer transmits, the secondary one receives; both execute commands.
 *
 * A character is a transfer of length 1.  Clock, baud rate, line settings and the packing of words
 * of firmware are not changed; the packing of received bytes is read back.  Input is polled.
 * probe() may be called again with registers at another address.
 */
#include <arch/arch.h>
#include <drivers/device.h>
#include <drivers/uart/packed.h>
#include <drivers/uart/uart.h>

enum {
	STATUS = 0x040,
	FW_REVISION = 0x068,
	TX_TRANS_LEN = 0x270,
	RX_PACKING_0 = 0x284,
	RX_PACKING_1 = 0x288,
	RX_WORD_LEN = 0x28c,
	M_CMD = 0x600,
	M_CMD_CTRL = 0x604,
	M_IRQ_CLEAR = 0x618,
	S_CMD = 0x630,
	S_IRQ_CLEAR = 0x648,
	TX_FIFO = 0x700,
	RX_FIFO = 0x780,
	TX_FIFO_STATUS = 0x800,
	RX_FIFO_STATUS = 0x804
};

#define STATUS_SENDS BIT(0)
#define STATUS_RECEIVES BIT(12)
#define PROTOCOL(revision) ((revision) >> 8 & 0xff)
#define PROTOCOL_UART 2
#define START (1u << 27) /* opcode 1: send (main) or receive (secondary) */
#define ABORT BIT(1)
#define FIFO_WORDS 0x01ffffffu
#define RX_LAST BIT(31)
#define RX_LAST_BYTES(v) ((v) >> 28 & 7)
#define PACKING_ONE_BYTE 0x0fu /* 8 bits from bit 0 on, then the word is full */
#define PACKING_FIELD 10
#define PACKING_STOP 1u

static volatile u8 *regs;
static struct packed packed;
static bool stuck;

static bool idle(void)
{
	return !(mmio_read32(regs + STATUS) & STATUS_SENDS);
}

/* Abort a transfer of firmware that waits for more bytes: no other transfer could begin. */
static void abort_transfer(void)
{
	if (uart_wait(idle, &stuck))
		return;
	mmio_write32(regs + M_CMD_CTRL, ABORT);
	uart_wait(idle, &stuck);
	mmio_write32(regs + M_IRQ_CLEAR, ~0u);
}

/* Start the receiver, unless firmware did; then its packing is not changed. */
static void receive_on(void)
{
	if (mmio_read32(regs + STATUS) & STATUS_RECEIVES)
		return;
	mmio_write32(regs + RX_PACKING_0, PACKING_ONE_BYTE);
	mmio_write32(regs + RX_PACKING_1, 0);
	mmio_write32(regs + RX_WORD_LEN, 8);
	mmio_write32(regs + S_IRQ_CLEAR, ~0u);
	mmio_write32(regs + S_CMD, START);
}

/* Accept only an engine with UART firmware; others are SPI or I2C. */
static int probe(struct device *d)
{
	if (!d->regs[0] || d->len[0] < RX_FIFO_STATUS + 4)
		return -EINVAL;
	regs = (volatile u8 *)d->regs[0];
	if (PROTOCOL(mmio_read32(regs + FW_REVISION)) != PROTOCOL_UART)
		return -ENODEV;
	abort_transfer();
	receive_on();
	return 0;
}

static bool fifo_empty(void)
{
	return !(mmio_read32(regs + TX_FIFO_STATUS) & FIFO_WORDS);
}

static bool tx_space(void)
{
	return idle() && fifo_empty();
}

/* One transfer for each character: length, command, data. */
static void putc(char c)
{
	if (!uart_wait(tx_space, &stuck))
		return;
	mmio_write32(regs + M_IRQ_CLEAR, ~0u);
	mmio_write32(regs + TX_TRANS_LEN, 1);
	mmio_write32(regs + M_CMD, START);
	mmio_write32(regs + TX_FIFO, (u8)c);
}

/* The number of bytes in a word: the first of the four packing fields with a stop bit ends it. */
static unsigned bytes_in_full_word(void)
{
	u64 fields = mmio_read32(regs + RX_PACKING_0) | (u64)mmio_read32(regs + RX_PACKING_1)
								<< 2 * PACKING_FIELD;
	unsigned n = 1;

	while (n < 4 && !(fields & PACKING_STOP)) {
		fields >>= PACKING_FIELD;
		n++;
	}
	return n;
}

/* The last word of a transfer may have fewer bytes than the packing allows. */
static void read_word(struct packed *p)
{
	u32 status = mmio_read32(regs + RX_FIFO_STATUS);

	if (!(status & FIFO_WORDS))
		return;
	p->nr = bytes_in_full_word();
	if ((status & FIFO_WORDS) == 1 && status & RX_LAST && RX_LAST_BYTES(status) &&
	    RX_LAST_BYTES(status) < p->nr)
		p->nr = RX_LAST_BYTES(status);
	p->word = mmio_read32(regs + RX_FIFO);
}

static int getc(void)
{
	return packed_next(&packed, read_word);
}

static const char *const compatible[] = { "qcom,geni-debug-uart", "qcom,geni-uart", NULL };

static const struct uart uart = {
	.name = "geni",
	.compatible = compatible,
	.probe = probe,
	.putc = putc,
	.getc = getc,
};
UART(geni, uart);
