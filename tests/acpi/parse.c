/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-21: of malformed tables the sound ones are used; each bad one is left out, or refused if
 * nothing can be used without it; and nothing of it is left.
 */
#include <drivers/acpi/acpi_firmware.h>
#include <lib/string.h>
#include <tests/acpi/board.h>

static void flip(u8 *p)
{
	*p ^= 0x10;
}

/* Not sealed: the checksum of the claimed length would read past the end of memory. */
static void cut(u8 *table, u32 claims)
{
	memcpy(table + 4, &claims, 4); /* both architectures are little endian */
}

static void mend_root(struct board_tables *b)
{
	board_seal(b->at + BOARD_XSDT);
}

static void far_entry(struct board_tables *b)
{
	b->at[BOARD_XSDT + TABLE_HEAD + 8 + 5] = 0x7f;
	mend_root(b);
}

static void small_list(struct board_tables *b)
{
	const u32 claims = 20;

	memcpy(b->at + BOARD_XSDT + 4, &claims, 4);
}

static const struct lie {
	const char *name;
	int code;
	unsigned left_out; /* unless it is refused */
	bool dsdt;
} lies[] = {
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

static void tell(struct board_tables *b, const char *lie)
{
	if (!strcmp(lie, "rsdp"))
		flip(b->at + 8);
	else if (!strcmp(lie, "rsdp-extended"))
		flip(b->at + 32);
	else if (!strcmp(lie, "xsdt-checksum"))
		flip(b->at + BOARD_XSDT + 9);
	else if (!strcmp(lie, "xsdt-short"))
		small_list(b);
	else if (!strcmp(lie, "entry-elsewhere"))
		far_entry(b);
	else if (!strcmp(lie, "srat-checksum"))
		flip(b->at + BOARD_SRAT + 50);
	else if (!strcmp(lie, "srat-cut"))
		cut(b->at + BOARD_SRAT, 0x10000);
	else if (!strcmp(lie, "fadt-checksum"))
		flip(b->at + BOARD_FADT + 9);
	else if (!strcmp(lie, "dsdt-checksum"))
		flip(b->at + BOARD_DSDT + 40);
	else if (!strcmp(lie, "dsdt-cut"))
		cut(b->at + BOARD_DSDT, 8);
}

static void check(struct test_run *t, const struct lie *lie, const struct board_tables *b)
{
	const struct acpi_machine *m = acpi_machine();
	struct why why = { 0 };
	int err = acpi_machine_read(b->pa, &why);

	CHECK_EQ(t, -err, lie->code);
	CHECK(t, !err || why.text[0]);
	if (err)
		return;
	CHECK_EQ(t, m->tables.left_out, lie->left_out);
	CHECK_EQ(t, m->tables.dsdt.len != 0, lie->dsdt);
	CHECK_EQ(t, m->has_ged, lie->dsdt);
}

TEST(acpi, parse, .claim = "sound tables are used, each that lies is left out with one line",
     .rows = "S1-21", .params = PARAMS_OF(lies))
{
	const struct lie *lie = &lies[t->param_at];
	struct board_tables b;

	if (acpi_source_running()) {
		test_skip(t, "the machine's own GED is in use");
		return;
	}
	acpi_machine_forget();
	if (board_tables(t, &b, 4 * GiB, GiB)) {
		tell(&b, lie->name);
		check(t, lie, &b);
	}
	board_machine_back();
}
