/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-21: if some tables are malformed, the sound ones are used.  A malformed table is left out, or
 * all are refused if none can be used without it; no state of it remains.
 */
#include <drivers/acpi/acpi_firmware.h>
#include <lib/string.h>
#include <tests/acpi/board.h>

static void flip(u8 *p)
{
	*p ^= 0x10;
}

/* The checksum is not corrected: it would be computed over the claimed length, past the end of
 * memory. */
static void set_length(u8 *table, u32 length)
{
	memcpy(table + 4, &length, 4); /* both architectures are little endian */
}

static void seal_root(struct board_tables *b)
{
	board_seal(b->at + BOARD_XSDT);
}

static void far_entry(struct board_tables *b)
{
	b->at[BOARD_XSDT + TABLE_HEAD + 8 + 5] = 0x7f;
	seal_root(b);
}

static void small_list(struct board_tables *b)
{
	const u32 length = 20;

	memcpy(b->at + BOARD_XSDT + 4, &length, 4);
}

static const struct malformed_table {
	const char *name;
	int code;
	unsigned left_out; /* unless all are refused */
	bool dsdt;
} malformed[] = {
	{ "none", 0, 0, true },
	{ "rsdp", EINVAL, 0, false },
	{ "rsdp-extended", EINVAL, 0, false },
	{ "xsdt-checksum", EINVAL, 0, false },
	{ "xsdt-short", EINVAL, 0, false },
	{ "entry-elsewhere", 0, 1, true },
	{ "srat-checksum", 0, 1, true },
	{ "srat-cut", 0, 1, true },
	{ "fadt-checksum", 0, 1, false },
	{ "dsdt-checksum", 0, 1, false },
	{ "dsdt-cut", 0, 1, false },
};

static void corrupt(struct board_tables *b, const char *bad)
{
	if (!strcmp(bad, "rsdp"))
		flip(b->at + 8);
	else if (!strcmp(bad, "rsdp-extended"))
		flip(b->at + 32);
	else if (!strcmp(bad, "xsdt-checksum"))
		flip(b->at + BOARD_XSDT + 9);
	else if (!strcmp(bad, "xsdt-short"))
		small_list(b);
	else if (!strcmp(bad, "entry-elsewhere"))
		far_entry(b);
	else if (!strcmp(bad, "srat-checksum"))
		flip(b->at + BOARD_SRAT + 50);
	else if (!strcmp(bad, "srat-cut"))
		set_length(b->at + BOARD_SRAT, 0x10000);
	else if (!strcmp(bad, "fadt-checksum"))
		flip(b->at + BOARD_FADT + 9);
	else if (!strcmp(bad, "dsdt-checksum"))
		flip(b->at + BOARD_DSDT + 40);
	else if (!strcmp(bad, "dsdt-cut"))
		set_length(b->at + BOARD_DSDT, 8);
}

static void check(struct test_run *t, const struct malformed_table *bad,
		  const struct board_tables *b)
{
	const struct acpi_machine *m = acpi_machine();
	struct why why = { 0 };
	int err = acpi_machine_read(b->pa, &why);

	CHECK_EQ(t, -err, bad->code);
	CHECK(t, !err || why.text[0]);
	if (err)
		return;
	CHECK_EQ(t, m->tables.left_out, bad->left_out);
	CHECK_EQ(t, m->tables.dsdt.len != 0, bad->dsdt);
	CHECK_EQ(t, m->has_ged, bad->dsdt);
}

TEST(acpi, parse,
     .claim = "sound tables are used; each malformed one is left out and reported in one line",
     .rows = "S1-21", .params = PARAMS_OF(malformed))
{
	const struct malformed_table *bad = &malformed[t->param_at];
	struct board_tables b;

	if (acpi_source_running()) {
		test_skip(t, "the machine's own GED is in use");
		return;
	}
	acpi_machine_forget();
	if (board_tables(t, &b, 4 * GiB, GiB)) {
		corrupt(&b, bad->name);
		check(t, bad, &b);
	}
	board_machine_back();
}
