/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/acpi/spcr.c - finds the console in the SPCR or the DBG2; see spcr.h. */
#include <drivers/acpi/spcr.h>
#include <lib/string.h>

/* Offsets in the two tables, in bytes, and minimal lengths. */
enum { SPCR_TYPE = 36, SPCR_ADDRESS = 40, SPCR_INTERRUPT = 52, SPCR_GSI = 54, SPCR_BYTES = 58 };
enum { DBG2_FIRST = 36, DBG2_NR = 40, DBG2_BYTES = 44, DEVICE_BYTES = 22, PORT_SERIAL = 0x8000 };
enum { ADDRESS_BYTES = 12, SPACE_MEMORY = 0 };
#define WIRED 0x18u /* interrupt type: GIC or RISC-V PLIC/APLIC, by GSI */

static const struct spcr_kind { /* interface types, the same numbers in both tables */
	u8 type;
	bool spaced; /* 16550: the access size is the register width */
	u16 bytes;
	char compatible[28];
} kinds[] = {
	{ 0x00, true, 0x08, "ns16550a" },
	{ 0x01, true, 0x08, "ns16550a" },
	{ 0x03, false, 0x1000, "arm,pl011" },
	{ 0x0d, false, 0x1000, "arm,sbsa-uart" }, /* 32-bit accesses only, like our driver's */
	{ 0x0e, false, 0x1000, "arm,sbsa-uart" },
	{ 0x10, false, 0x40, "brcm,bcm2835-aux-uart" },
	{ 0x12, true, 0x08, "ns16550a" },
};

/* NULL: no driver for this UART. */
static const struct spcr_kind *interface_of(u32 type)
{
	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}

/* Bytes of an access: access sizes 1, 2 and 3 are 1, 2 and 4 bytes.  Size 0 is undefined (legacy),
 * and 4 is wider than any register of these UARTs: 1 byte. */
static u8 access_of(const u8 *address)
{
	return address[3] >= 1 && address[3] <= 3 ? (u8)(1u << (address[3] - 1)) : 1;
}

/* Fill *s from an interface type and a Generic Address Structure.  -ENODEV: no driver, not in
 * memory, or beyond the address space. */
static int spcr_fill(struct spcr *s, const char *table, u32 type, const u8 *address,
		     struct why *why)
{
	const struct spcr_kind *k = interface_of(type);
	u8 width = access_of(address);

	if (!k)
		return refuse(why, ENODEV,
			      "acpi: no driver for the UART that the %s names (type 0x%x)", table,
			      type);
	if (address[0] != SPACE_MEMORY || !table_u64(address + 4))
		return refuse(why, ENODEV, "acpi: the %s names a UART at no address in memory",
			      table);
	*s = (struct spcr) { .pa = table_u64(address + 4), .len = k->bytes, .width = 1 };
	memcpy(s->compatible, k->compatible, sizeof(s->compatible));
	if (k->spaced) {
		s->width = width;
		s->shift = (u8)log2_u64(width);
		s->len = (u32)k->bytes << s->shift;
	}
	if (s->pa + s->len < s->pa)
		return refuse(why, ENODEV, "acpi: the %s names a UART beyond memory", table);
	return 0;
}

/* Read the console and its interrupt from the SPCR; GSI 0: no interrupt. */
static int from_spcr(struct spcr *s, const struct tables *t, struct why *why)
{
	const struct table *spcr = tables_find(t, "SPCR", 0);
	const u8 *p = spcr && spcr->len >= SPCR_BYTES ? t->at(spcr->pa, spcr->len) : NULL;
	int err;

	if (!p)
		return refuse(why, ENODEV, "acpi: no SPCR, so no console is known");
	err = spcr_fill(s, "SPCR", p[SPCR_TYPE], p + SPCR_ADDRESS, why);
	if (!err && p[SPCR_INTERRUPT] & WIRED && table_u32(p + SPCR_GSI)) {
		s->has_gsi = true;
		s->gsi = table_u32(p + SPCR_GSI);
	}
	return err;
}

/* Parse one device of the DBG2 at offset `at`; *found becomes 0 if it is a usable UART.  Returns
 * its length, 0 if it is cut off. */
static u32 debug_device(struct spcr *s, const u8 *p, u32 at, u32 len, int *found)
{
	u32 bytes = len - at >= DEVICE_BYTES ? table_u16(p + at + 1) : 0, address;

	if (bytes < DEVICE_BYTES || bytes > len - at)
		return 0;
	address = table_u16(p + at + 18);
	if (table_u16(p + at + 12) == PORT_SERIAL && p[at + 3] &&
	    address + ADDRESS_BYTES <= bytes &&
	    !spcr_fill(s, "DBG2", table_u16(p + at + 14), p + at + address, NULL))
		*found = 0;
	return bytes;
}

/* The first usable UART of the DBG2; the list ends at the first entry that is cut off. */
static int from_dbg2(struct spcr *s, const struct tables *t)
{
	const struct table *dbg2 = tables_find(t, "DBG2", 0);
	const u8 *p = dbg2 && dbg2->len >= DBG2_BYTES ? t->at(dbg2->pa, dbg2->len) : NULL;
	u32 at = p ? table_u32(p + DBG2_FIRST) : 0, bytes;
	int found = -ENODEV;

	for (u32 nr = p ? table_u32(p + DBG2_NR) : 0; nr && found && at < dbg2->len; nr--) {
		bytes = debug_device(s, p, at, dbg2->len, &found);
		if (!bytes)
			break;
		at += bytes;
	}
	return found;
}

/* If both fail, the sentence is that of the SPCR: the table that should describe the console. */
int spcr_read(struct spcr *s, const struct tables *t, struct why *why)
{
	int err = from_spcr(s, t, why);

	if (err && !from_dbg2(s, t)) {
		if (why)
			why->code = 0;
		return 0;
	}
	return err;
}
