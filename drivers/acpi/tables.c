/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/tables.c - RSDP, RSDT or XSDT, and the header of each table (ACPI 6.5, 5.2.5 to
 * 5.2.8).
 */
#include <drivers/acpi/tables.h>
#include <lib/hash.h>
#include <lib/printf.h>
#include <lib/string.h>

/* Offsets in RSDP, table header and FADT, in bytes. */
enum { RSDP_REVISION = 15, RSDP_RSDT = 16, RSDP_XSDT = 24, RSDP_OLD_BYTES = 20 };
enum { HEAD_LENGTH = 4, HEAD_CHECKSUM = 9 };
enum { FADT_DSDT = 40, FADT_X_DSDT = 140 };

u16 table_u16(const u8 *p)
{
	return (u16)(p[0] | p[1] << 8);
}

u32 table_u32(const u8 *p)
{
	return (u32)p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

u64 table_u64(const u8 *p)
{
	return table_u32(p) | (u64)table_u32(p + 4) << 32;
}

/* `bytes` low bytes of a value, little endian. */
static void put_le(u8 *p, u64 v, unsigned bytes)
{
	for (; bytes; bytes--, v >>= 8)
		*p++ = (u8)v;
}

u8 table_sum(const u8 *p, u64 len)
{
	u8 sum = 0;

	while (len--)
		sum += *p++;
	return sum;
}

void tables_discard(const char *sentence)
{
	(void)sentence;
}

void tables_count(const struct tables *t, unsigned nr, const char *what)
{
	char line[120];

	if (!nr)
		return;
	snprintf(line, sizeof(line), "acpi: %u %s", nr, what);
	t->log(line);
}

/* The signature as text; bytes that cannot be printed become '?'. */
static void name_of(const u8 *head, char name[static 5])
{
	for (unsigned i = 0; i < 4; i++)
		name[i] = head[i] >= 0x20 && head[i] < 0x7f ? (char)head[i] : '?';
	name[4] = 0;
}

/* Verify memory, length and checksum of the table at `pa`; fill *out.  -EFAULT, -EINVAL.  The
 * length is verified first, because the checksum covers the length in the header. */
static int table_check(const struct tables *t, paddr_t pa, struct table *out, struct why *why)
{
	const u8 *head = t->at(pa, TABLE_HEAD), *all;
	u32 len;

	if (!head)
		return refuse(why, EFAULT, "acpi: a table at 0x%lx, where no table may be", pa);
	name_of(head, out->name);
	len = table_u32(head + HEAD_LENGTH);
	all = len < TABLE_HEAD ? NULL : t->at(pa, len);
	if (!all)
		return refuse(why, EINVAL, "acpi: %s at 0x%lx is cut off: it claims %u bytes",
			      out->name, pa, len);
	if (table_sum(all, len))
		return refuse(why, EINVAL, "acpi: %s at 0x%lx has a bad checksum", out->name, pa);
	out->pa = pa;
	out->len = len;
	return 0;
}

/* Report a bad table and count it. */
static void tables_reject(struct tables *t, const struct why *why)
{
	char line[220];

	t->left_out++;
	snprintf(line, sizeof(line), "%s; it is left out", why->text);
	t->log(line);
}

/* The DSDT is not in the root table but in the FADT; X_DSDT takes precedence over the 32-bit
 * field. */
static void tables_find_dsdt(struct tables *t, const struct table *fadt)
{
	const u8 *p = t->at(fadt->pa, fadt->len);
	struct why why = { 0 };
	paddr_t pa = 0;

	if (fadt->len >= FADT_X_DSDT + 8)
		pa = table_u64(p + FADT_X_DSDT);
	if (!pa && fadt->len >= FADT_DSDT + 4)
		pa = table_u32(p + FADT_DSDT);
	if (pa && table_check(t, pa, &t->dsdt, &why)) {
		t->dsdt.len = 0;
		tables_reject(t, &why);
	}
}

/* Is it a definition block?  The signature is read before length and checksum are verified. */
static bool is_aml(const struct tables *t, paddr_t pa)
{
	const u8 *name = t->at(pa, TABLE_HEAD);

	return name && (!memcmp(name, "SSDT", 4) || !memcmp(name, "PSDT", 4));
}

/* One entry of the root table; a bad table does not affect the others. */
static void entry(struct tables *t, paddr_t pa)
{
	struct why why = { 0 };
	struct table *to = &t->table[t->nr];

	if (t->no_aml && is_aml(t, pa))
		return;
	if (t->nr == TABLES_MAX)
		refuse(&why, ENOMEM, "acpi: more than %d tables", TABLES_MAX);
	else
		table_check(t, pa, to, &why);
	if (why.code) {
		tables_reject(t, &why);
		return;
	}
	t->nr++;
	if (!strcmp(to->name, "FACP") && !t->dsdt.len && !t->no_aml)
		tables_find_dsdt(t, to);
}

/* Walk the root table; `width`: bytes of an entry, 4 (RSDT) or 8 (XSDT). */
static int root(struct tables *t, paddr_t pa, const char *name, unsigned width, struct why *why)
{
	struct table list;
	int err = table_check(t, pa, &list, why);
	const u8 *p;

	if (err)
		return err;
	if (strcmp(list.name, name))
		return refuse(why, EINVAL, "acpi: %s at 0x%lx where %s should be", list.name, pa,
			      name);
	p = t->at(pa, list.len);
	for (u32 at = TABLE_HEAD; at + width <= list.len; at += width)
		entry(t, width == 8 ? table_u64(p + at) : table_u32(p + at));
	return 0;
}

/* The XSDT is preferred, as the specification requires; addresses in the RSDT have 32 bits.  The
 * extended RSDP, which has the XSDT's address, has a checksum of its own. */
int tables_read(struct tables *t, paddr_t rsdp, struct why *why)
{
	const u8 *p = t->at(rsdp, RSDP_OLD_BYTES);
	bool extended;

	t->nr = t->left_out = 0;
	t->dsdt.len = 0;
	if (!p || memcmp(p, "RSD PTR ", 8) || table_sum(p, RSDP_OLD_BYTES))
		return refuse(why, EINVAL, "acpi: no RSDP at 0x%lx, or its checksum is bad", rsdp);
	extended = p[RSDP_REVISION] >= 2 && t->at(rsdp, RSDP_BYTES);
	if (extended && table_sum(p, RSDP_BYTES))
		return refuse(why, EINVAL, "acpi: the RSDP at 0x%lx has a bad extended checksum",
			      rsdp);
	if (extended && table_u64(p + RSDP_XSDT))
		return root(t, table_u64(p + RSDP_XSDT), "XSDT", 8, why);
	return root(t, table_u32(p + RSDP_RSDT), "RSDT", 4, why);
}

const struct table *tables_find(const struct tables *t, const char *name, unsigned n)
{
	for (unsigned i = 0; i < t->nr; i++)
		if (!strcmp(t->table[i].name, name) && !n--)
			return &t->table[i];
	return NULL;
}

/* Search the bytes of a table: parsing it would need a namespace. */
static bool contains(const struct tables *t, const struct table *table, const char *text)
{
	const u8 *p = t->at(table->pa, table->len), *end = p + table->len;
	u64 len = strlen(text);

	for (; p && (p = memchr(p, text[0], (u64)(end - p))); p++)
		if ((u64)(end - p) >= len && !memcmp(p, text, len))
			return true;
	return false;
}

/* Search the DSDT and the SSDTs; a false positive only starts AML without need. */
bool tables_mention(const struct tables *t, const char *text)
{
	const struct table *ssdt;

	if (t->dsdt.len && contains(t, &t->dsdt, text))
		return true;
	for (unsigned n = 0; (ssdt = tables_find(t, "SSDT", n)); n++)
		if (contains(t, ssdt, text))
			return true;
	return false;
}

#define ROOT_XSDT 64 /* offset of the XSDT from the RSDP */

u64 tables_root_bytes(const struct tables *t)
{
	return ROOT_XSDT + TABLE_HEAD + t->nr * 8ul;
}

/* Each checksum is computed after all bytes that it covers are written. */
void tables_root(const struct tables *t, u8 *to, paddr_t pa)
{
	u8 *xsdt = to + ROOT_XSDT;
	u32 len = TABLE_HEAD + t->nr * 8;

	memset(to, 0, ROOT_XSDT + len);
	memcpy(to, "RSD PTR ", 8);
	to[RSDP_REVISION] = 2;
	put_le(to + 20, RSDP_BYTES, 4);
	put_le(to + RSDP_XSDT, pa + ROOT_XSDT, 8);
	to[8] = (u8)-table_sum(to, RSDP_OLD_BYTES);
	to[32] = (u8)-table_sum(to, RSDP_BYTES);
	memcpy(xsdt, "XSDT", 4);
	put_le(xsdt + HEAD_LENGTH, len, 4);
	xsdt[8] = 1;
	for (unsigned i = 0; i < t->nr; i++)
		put_le(xsdt + TABLE_HEAD + i * 8, t->table[i].pa, 8);
	xsdt[HEAD_CHECKSUM] = (u8)-table_sum(xsdt, len);
}

/* ---- identification of a machine by its tables ---- */

/* Tables whose bodies have no addresses of RAM: they are the same in each boot. */
static const char *const fixed[] = { "APIC", "SRAT", "SLIT", "GTDT", "MCFG",
				     "SPCR", "PPTT", "RHCT", "DSDT" };

/* Is the body part of the hash? */
static bool is_fixed(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(fixed); i++)
		if (!strcmp(fixed[i], name))
			return true;
	return false;
}

/* Hash of the header without the checksum, which depends on addresses, and of a `fixed` table's
 * body. */
static u64 hash_table(const struct tables *t, const struct table *one)
{
	const u8 *p = one->len ? t->at(one->pa, one->len) : NULL;
	u64 h = 0;

	if (!p)
		return 0;
	h = hash_bytes(hash_bytes(h, p, 9), p + 10, TABLE_HEAD - 10);
	return is_fixed(one->name) ? hash_bytes(h, p + TABLE_HEAD, one->len - TABLE_HEAD) : h;
}

u32 tables_hash(const struct tables *t)
{
	u64 sum = hash_table(t, &t->dsdt);

	for (unsigned i = 0; i < t->nr; i++)
		sum += hash_table(t, &t->table[i]); /* in any order */
	return (u32)(sum ^ sum >> 32);
}
