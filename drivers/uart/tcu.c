/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/uart/tcu.c - NVIDIA's combined UART (Tegra194, Tegra234): a firmware processor owns the
 * UART and reads characters from a shared mailbox of the hardware synchronisation primitives (HSP;
 * Xavier technical reference manual).
 *
 * The mailbox is a word that is full while bit 31 is set; bits 25:24 are the number of bytes in it.
 * Received characters arrive in a mailbox of another HSP, which is not used: there is no input.
 * probe() may be called again with registers at another address.
 */
#include <arch/arch.h>
#include <drivers/device.h>
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <drivers/uart/uart.h>
#include <libfdt.h>

#define FULL BIT(31)
#define ONE_BYTE BIT(24)
#define MAILBOXES 0x10000ul
#define MAILBOX_BYTES 0x8000ul
#define MAILBOX_NR 0xffffffu /* number in the third cell; the higher bits are the direction */
#define CELLS 3              /* phandle, kind, number */
#define KIND_SHARED 1

static volatile u8 *mailbox;
static bool stuck;

/* The entry of `mboxes` named "tx", or NULL. */
static const fdt32_t *transmitter(const void *fdt, int node)
{
	int len, n = fdt_stringlist_search(fdt, node, "mbox-names", "tx");
	const fdt32_t *p = fdt_prop(fdt, node, "mboxes", &len);

	return n < 0 || !p || n >= len / (CELLS * 4) ? NULL : p + n * CELLS;
}

/* Slot `locate` of struct uart: the registers are a mailbox inside the HSP's node. */
static int locate(const void *fdt, int node, struct device *d, struct why *why)
{
	const fdt32_t *tx = transmitter(fdt, node);
	int hsp = tx ? fdt_by_phandle(fdt, fdt32_ld(tx)) : -1, err;
	u64 at;

	if (hsp < 0 || fdt32_ld(tx + 1) != KIND_SHARED)
		return refuse(why, EINVAL, "device tree: %s has no mailbox to send",
			      fdt_get_name(fdt, node, NULL));
	err = fdt_registers(fdt, hsp, d, why);
	if (err)
		return err;
	at = MAILBOXES + (fdt32_ld(tx + 2) & MAILBOX_NR) * MAILBOX_BYTES;
	if (at + 4 > d->len[0])
		return refuse(why, EINVAL, "device tree: %s has no mailbox at 0x%lx",
			      fdt_get_name(fdt, hsp, NULL), at);
	d->node = node;
	d->pa[0] += at;
	d->len[0] = 4;
	d->nr_regs = 1;
	d->irq = ~0u;
	return 0;
}

/* regs[0] is the mailbox, which locate() has found. */
static int probe(struct device *d)
{
	if (!d->regs[0] || d->len[0] < 4)
		return -EINVAL;
	mailbox = (volatile u8 *)d->regs[0];
	return 0;
}

static bool tx_space(void)
{
	return !(mmio_read32(mailbox) & FULL);
}

static void putc(char c)
{
	if (uart_wait(tx_space, &stuck))
		mmio_write32(mailbox, FULL | ONE_BYTE | (u8)c);
}

static int getc(void)
{
	return -1;
}

static const char *const compatible[] = { "nvidia,tegra194-tcu", NULL };

static const struct uart uart = {
	.compatible = compatible,
	.locate = locate,
	.probe = probe,
	.putc = putc,
	.getc = getc,
};
UART(tcu, uart);
