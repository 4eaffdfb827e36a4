/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/uart/scif.c - Renesas's serial interface with FIFO: SCIF and HSCIF of R-Car and RZ/G2
 * (registers 4 bytes apart), SCIF of RZ/A, RZ/G2L and RZ/V2H (2 bytes apart).  R-Car Gen3 and
 * RZ/G2L hardware manuals, chapters HSCIF and SCIFA.  Control and status have 16 bits, data 8.
 *
 * Clock, baud rate and line settings of firmware are not changed; transmitter and receiver are
 * enabled if they are disabled.  Input is polled.  probe() may be called again with registers at
 * another address.
 */
#include <arch/arch.h>
#include <drivers/device.h>
#include <drivers/uart/uart.h>

enum { SCSCR = 2, SCFTDR = 3, SCFSR = 4, SCFRDR = 5, SCFDR = 7, SCLSR = 9 }; /* register numbers */

#define SCSCR_TE_RE 0x30u
#define SCFSR_TX_SPACE 0x20u /* TDFE */
#define SCFSR_SENT 0x40u     /* TEND */
#define SCFSR_BROKEN 0x9cu   /* ER, BRK, FER, PER; the last two are of the next character */
#define SCFSR_RECEIVED 0x03u
#define SCLSR_OVERRUN 0x01u /* stops the receiver until it is cleared */

static volatile u8 *regs;
static unsigned shift;
static bool stuck;

static u32 scif_rd(unsigned reg)
{
	return mmio_read16(regs + (reg << shift));
}

static void scif_wr(unsigned reg, u32 v)
{
	mmio_write16(regs + (reg << shift), (u16)v);
}

/* Enable transmitter and receiver unless firmware has. */
static int probe_as(struct device *d, unsigned reg_shift)
{
	if (!d->regs[0] || d->len[0] < (SCLSR << reg_shift) + 2u)
		return -EINVAL;
	regs = (volatile u8 *)d->regs[0];
	shift = reg_shift;
	if ((scif_rd(SCSCR) & SCSCR_TE_RE) != SCSCR_TE_RE)
		scif_wr(SCSCR, scif_rd(SCSCR) | SCSCR_TE_RE);
	return 0;
}

static int probe(struct device *d)
{
	return probe_as(d, 2);
}

static int probe_rz(struct device *d)
{
	return probe_as(d, 1);
}

static bool tx_space(void)
{
	return scif_rd(SCFSR) & SCFSR_TX_SPACE;
}

/* A flag is cleared by writing 0 after it was read as 1; writing 1 does not change it. */
static void clear(u32 flags)
{
	(void)scif_rd(SCFSR);
	scif_wr(SCFSR, ~flags);
}

/* The hardware sets TDFE again while the FIFO has space. */
static void putc(char c)
{
	if (!uart_wait(tx_space, &stuck))
		return;
	mmio_write8(regs + (SCFTDR << shift), (u8)c);
	clear(SCFSR_TX_SPACE | SCFSR_SENT);
}

/* An overrun stops the receiver; error flags are sticky. */
static int getc(void)
{
	u32 status = scif_rd(SCFSR);
	u8 c;

	if (scif_rd(SCLSR) & SCLSR_OVERRUN)
		scif_wr(SCLSR, 0);
	if (!(status & SCFSR_RECEIVED)) {
		if (status & SCFSR_BROKEN)
			clear(SCFSR_BROKEN);
		return -1;
	}
	c = mmio_read8(regs + (SCFRDR << shift));
	clear(SCFSR_RECEIVED | (status & SCFSR_BROKEN));
	return status & SCFSR_BROKEN ? -1 : c; /* drop broken characters */
}

static const char *const compatible[] = { "renesas,scif", "renesas,hscif", NULL };
static const char *const compatible_rz[] = { "renesas,scif-r7s9210", "renesas,scif-r9a07g044",
					     "renesas,scif-r9a09g057", NULL };

static const struct uart uart = {
	.name = "scif",
	.compatible = compatible,
	.probe = probe,
	.putc = putc,
	.getc = getc,
};
UART(scif, uart);

static const struct uart uart_rz = {
	.name = "scif-rz",
	.compatible = compatible_rz,
	.probe = probe_rz,
	.putc = putc,
	.getc = getc,
};
UART(scif_rz, uart_rz);
