// SPDX-License-Identifier: BSD-2-Clause
/*
 * drivers/uart/geni.c - a serial engine of Qualcomm's generic interface (GENI) that was loaded as a
 * UART.  The main sequencer sends, the secondary one receives; both are told what to do by
 * commands.
 *
 * A character is a transfer of length 1.  Clock, baud rate, line settings and the packing of words
 * stay as firmware left them; how received bytes are packed is read back.  Input is polled.
 * probe() may be called again with registers at another address.
 */
#include <arch/arch.h>
#include <drivers/device.h>
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
#define START (1u << 27) /* opcode 1 of either sequencer: send, read */
#define ABORT BIT(1)
#define FIFO_WORDS 0x01ffffffu
#define RX_LAST BIT(31)
#define RX_LAST_BYTES(v) ((v) >> 28 & 7)
#define PACKING_ONE_BYTE 0x0fu /* 8 bits from bit 0 on, and the word is full */
#define PACKING_FIELD 10
#define PACKING_STOP 1u

static volatile u8 *regs;
static u32 word; /* received and not yet taken, the oldest in the lowest byte */
static unsigned in_word;
static bool stuck;

static u32 rd(unsigned reg)
{
	return mmio_read32(regs + reg);
}

static void wr(unsigned reg, u32 v)
{
	mmio_write32(regs + reg, v);
}

static bool idle(void)
{
	return !(rd(STATUS) & STATUS_SENDS);
}

/* A transfer of firmware's that waits for bytes that never come would wait for ours. */
static void end_what_runs(void)
{
	if (uart_wait(idle, &stuck))
		return;
	wr(M_CMD_CTRL, ABORT);
	uart_wait(idle, &stuck);
	wr(M_IRQ_CLEAR, ~0u);
}

static void receive_on(void)
{
	if (rd(STATUS) & STATUS_RECEIVES)
		return;
	wr(RX_PACKING_0, PACKING_ONE_BYTE);
	wr(RX_PACKING_1, 0);
	wr(RX_WORD_LEN, 8);
	wr(S_IRQ_CLEAR, ~0u);
	wr(S_CMD, START);
}

static int probe(struct device *d)
{
	if (!d->regs[0] || d->len[0] < RX_FIFO_STATUS + 4)
		return -EINVAL;
	regs = (volatile u8 *)d->regs[0];
	if (PROTOCOL(rd(FW_REVISION)) != PROTOCOL_UART)
		return -ENODEV;
	end_what_runs();
	receive_on();
	return 0;
}

static bool fifo_empty(void)
{
	return !(rd(TX_FIFO_STATUS) & FIFO_WORDS);
}

static bool room(void)
{
	return idle() && fifo_empty();
}

static void putc(char c)
{
	if (!uart_wait(room, &stuck))
		return;
	wr(M_IRQ_CLEAR, ~0u);
	wr(TX_TRANS_LEN, 1);
	wr(M_CMD, START);
	wr(TX_FIFO, (u8)c);
}

/* The first of the four fields that ends a word. */
static unsigned bytes_in_full_word(void)
{
	u64 fields = rd(RX_PACKING_0) | (u64)rd(RX_PACKING_1) << 2 * PACKING_FIELD;
	unsigned n = 1;

	while (n < 4 && !(fields & PACKING_STOP)) {
		fields >>= PACKING_FIELD;
		n++;
	}
	return n;
}

static void take_word(void)
{
	u32 status = rd(RX_FIFO_STATUS);

	if (!(status & FIFO_WORDS))
		return;
	in_word = bytes_in_full_word();
	if ((status & FIFO_WORDS) == 1 && status & RX_LAST && RX_LAST_BYTES(status) &&
	    RX_LAST_BYTES(status) < in_word)
		in_word = RX_LAST_BYTES(status);
	word = rd(RX_FIFO);
}

static int getc(void)
{
	int c;

	if (!in_word)
		take_word();
	if (!in_word)
		return -1;
	in_word--;
	c = word & 0xff;
	word >>= 8;
	return c;
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
