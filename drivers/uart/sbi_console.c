/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/uart/sbi_console.c - the console of firmware, used if no UART is found: SBI DBCN, else
 * the legacy calls.  It has no compatible string and no interrupt; input is polled.
 */
#include <arch/arch.h>
#include <boot/boot.h>
#include <drivers/device.h>

#define SBI_BASE 0x10ul
#define SBI_PROBE 3
#define SBI_LEGACY_PUTCHAR 1
#define SBI_LEGACY_GETCHAR 2
#define SBI_DBCN 0x4442434eul

enum { DBCN_READ = 1, DBCN_WRITE_BYTE = 2 };

static bool dbcn;
static volatile u8 input; /* in the image: image_pa_of() gives its physical address */

static struct fw_result call(u64 ext, u64 fid, u64 a0, u64 a1)
{
	return arch_firmware_call(FW_SBI, ext, fid, a0, a1, 0, 0);
}

/* Prefer DBCN; older firmware has only the legacy calls. */
static int probe(struct device *d)
{
	struct fw_result r;

	(void)d;
	if (arch_firmware_native() != FW_SBI)
		return -ENODEV;
	r = call(SBI_BASE, SBI_PROBE, SBI_DBCN, 0);
	dbcn = !r.error && r.value;
	if (dbcn)
		return 0;
	r = call(SBI_BASE, SBI_PROBE, SBI_LEGACY_PUTCHAR, 0);
	return !r.error && r.value ? 0 : -ENODEV;
}

static void putc(char c)
{
	if (dbcn)
		call(SBI_DBCN, DBCN_WRITE_BYTE, (u8)c, 0);
	else
		call(SBI_LEGACY_PUTCHAR, 0, (u8)c, 0);
}

/* DBCN writes the character to memory, by its physical address. */
static int getc(void)
{
	struct fw_result r;

	if (!dbcn)
		return (int)call(SBI_LEGACY_GETCHAR, 0, 0, 0).error; /* legacy: the value, or -1 */
	r = call(SBI_DBCN, DBCN_READ, 1, image_pa_of((const void *)&input));
	return !r.error && r.value == 1 ? input : -1;
}

static const struct uart uart = {
	.probe = probe,
	.putc = putc,
	.getc = getc,
};
UART(sbi, uart);
