/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/uart/uart_words.c - UARTs with a transmit register, a receive register and two flags, all
 * 32-bit: Unisoc (Spreadtrum), Actions Owl, Nuvoton MA35, Broadcom BCM63xx, STM32 and NVIDIA's UTC.
 *
 * Clock, baud rate and line settings of firmware are not changed.  Input is polled.  probe() may
 * be called again with registers at another address and does not change the device.
 */
#include <arch/arch.h>
#include <drivers/device.h>
#include <drivers/uart/uart.h>

/* Offsets of the registers and masks of the flags. */
struct words {
	u16 transmit, receive, status;
	bool full, empty;     /* a set flag means full, empty; else space, received */
	u32 tx_flag, rx_flag; /* rx_flag 0: no input */
};

static const struct words *model;
static volatile u8 *regs;
static bool stuck;

/* The node's range must contain all registers of the model. */
static int probe_as(struct device *d, const struct words *w)
{
	u64 last = w->transmit > w->receive ? w->transmit : w->receive;

	if (!d->regs[0] || d->len[0] < (last > w->status ? last : w->status) + 4)
		return -EINVAL;
	regs = (volatile u8 *)d->regs[0];
	model = w;
	return 0;
}

static bool flag(u32 mask)
{
	return mmio_read32(regs + model->status) & mask;
}

static bool tx_space(void)
{
	return flag(model->tx_flag) != model->full;
}

static void putc(char c)
{
	if (uart_wait(tx_space, &stuck))
		mmio_write32(regs + model->transmit, (u8)c);
}

static int getc(void)
{
	if (!model->rx_flag || flag(model->rx_flag) == model->empty)
		return -1;
	return (int)(mmio_read32(regs + model->receive) & 0xff);
}

#define WORDS(id, text, ...)                                                                       \
	static int probe_##id(struct device *d)                                                    \
	{                                                                                          \
		static const struct words words = { __VA_ARGS__ };                                 \
                                                                                                   \
		return probe_as(d, &words);                                                        \
	}                                                                                          \
	static const char *const compatible_##id[] = { text, NULL };                               \
	static const struct uart uart_##id = {                                                     \
		.compatible = compatible_##id,                                                     \
		.probe = probe_##id,                                                               \
		.putc = putc,                                                                      \
		.getc = getc,                                                                      \
	};                                                                                         \
	UART(id, uart_##id)

/* The flags are the counts of characters in the FIFOs: space means that the transmit FIFO is empty.
 */
WORDS(sprd, "sprd,sc9836-uart", .transmit = 0x00, .receive = 0x04, .status = 0x0c, .full = true,
      .tx_flag = 0xff00, .rx_flag = 0xff);
WORDS(owl, "actions,owl-uart", .transmit = 0x08, .receive = 0x04, .status = 0x0c, .full = true,
      .empty = true, .tx_flag = BIT(6), .rx_flag = BIT(5));
WORDS(ma35, "nuvoton,ma35d1-uart", .transmit = 0x00, .receive = 0x00, .status = 0x18, .full = true,
      .empty = true, .tx_flag = BIT(23), .rx_flag = BIT(14));
WORDS(bcm63xx, "brcm,bcm6345-uart", .transmit = 0x14, .receive = 0x14, .status = 0x10,
      .tx_flag = BIT(5), .rx_flag = BIT(11));
WORDS(stm32, "st,stm32h7-uart", .transmit = 0x28, .receive = 0x24, .status = 0x1c,
      .tx_flag = BIT(7), .rx_flag = BIT(5));
/* The receiver's registers are in the node's second range, which is not used: no input. */
WORDS(utc, "nvidia,tegra264-utc", .transmit = 0x20, .status = 0x100, .full = true,
      .tx_flag = BIT(1));
