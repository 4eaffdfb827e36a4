/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/dtbs/registers.c - registers of emulated devices, in allocations of exactly the
 * length in the tree.
 *
 * Registers of a UART read as all ones and all zeroes in turn, so that a driver waits at most two
 * reads for any condition; registers that need certain values have them.
 */
#include "dtbs.h"
#include <arch/arch.h>
#include <stdlib.h>

#define FAKE_MAX 8
#define TYPER 8
#define TYPER_LAST 0x10u
#define FRAMES 0x20000ul

static struct {
	u64 offset;
	u32 value;
} fake[FAKE_MAX];
static unsigned fake_nr;

static struct mapped {
	u8 *at;
	u64 len;
} uart;
static bool ones;
bool registers_tell;

static unsigned irq_maps, regions, next_cpu;
static u64 stride;

void registers_play(u64 offset, u32 value)
{
	if (fake_nr == FAKE_MAX)
		abort();
	fake[fake_nr].offset = offset;
	fake[fake_nr++].value = value;
}

void registers_redistributors(unsigned nr, u64 bytes)
{
	regions = nr;
	stride = bytes ? bytes : FRAMES;
}

static struct mapped new (u64 len)
{
	struct mapped m = { calloc(1, len), len };

	if (!m.at)
		abort();
	return m;
}

volatile void *registers_plain(paddr_t pa, u64 len)
{
	(void)pa;
	return new (len).at;
}

volatile void *registers_uart(paddr_t pa, u64 len)
{
	printf("map 0x%lx 0x%lx\n", pa, len);
	uart = new (len);
	return uart.at;
}

static void put_typer(u8 *redistributor, u64 v)
{
	for (unsigned i = 0; i < 8; i++)
		redistributor[TYPER + i] = (u8)(v >> 8 * i);
}

/* IHI 0069, GICR_TYPER: the affinity in the upper half, and the bit of the region's last one. */
static void fill_region(struct mapped m)
{
	for (u64 at = 0; at + FRAMES <= m.len && next_cpu < cpus_nr; at += stride) {
		u64 hwid = cpus[next_cpu++].hwid;
		u64 affinity = (hwid >> 32 & 255) << 24 | (hwid & 0xffffff);
		bool last = at + stride + FRAMES > m.len || next_cpu == cpus_nr;

		put_typer(m.at + at, affinity << 32 | (last ? TYPER_LAST : 0));
		if (stride >= 2 * FRAMES && at + 2 * FRAMES <= m.len) /* padding: arbitrary */
			put_typer(m.at + at + FRAMES, ~0ul);
	}
}

volatile void *registers_irq(paddr_t pa, u64 len)
{
	struct mapped m = new (len);

	(void)pa;
	if (irq_maps && irq_maps <= regions)
		fill_region(m);
	irq_maps++;
	return m.at;
}

/* ---- accesses: to the memory first, whose bounds the sanitizer checks ---- */

static bool is_uart(const volatile void *reg)
{
	return uart.at && (const volatile u8 *)reg >= uart.at &&
	       (const volatile u8 *)reg < uart.at + uart.len;
}

u64 host_mmio_read(const volatile void *reg, unsigned bytes, u64 plain)
{
	(void)bytes;
	if (!is_uart(reg))
		return plain;
	for (unsigned i = 0; i < fake_nr; i++)
		if (uart.at + fake[i].offset == reg)
			return fake[i].value;
	ones = !ones;
	return ones ? ~0ul : 0;
}

void host_mmio_wrote(volatile void *reg, unsigned bytes, u64 v)
{
	if (is_uart(reg) && registers_tell)
		printf("write 0x%lx %u 0x%lx\n", (volatile u8 *)reg - uart.at, bytes, v);
}
