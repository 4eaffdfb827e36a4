/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/acpi/t_tables.c - roots, lists and headers of tables, and the hash that distinguishes
 * machines. */
#include "craft.h"
#include <string.h>

enum { AS_IS, OTHER_ORDER, ELSEWHERE, OTHER_FIXED, OTHER_LOOSE, ONE_LESS, OTHER_REVISION };

static void table(const char name[4], u32 value, u8 revision)
{
	craft_table(name, 36);
	craft_at(8, revision, 1);
	craft_put(value, 4);
	craft_seal();
}

/* The hash includes the bodies of tables that contain no addresses of RAM. */
static u32 hash(unsigned how)
{
	craft_begin();
	if (how == ELSEWHERE)
		craft_put(0, 512);
	if (how != OTHER_ORDER)
		table("APIC", 1, 1);
	table("SRAT", how == OTHER_FIXED ? 7 : 2, 1);
	table("XYZT", how == OTHER_LOOSE ? 7 : 3, 1);
	if (how != ONE_LESS)
		table("SLIT", 4, how == OTHER_REVISION ? 2 : 1);
	if (how == OTHER_ORDER)
		table("APIC", 1, 1);
	craft_end();
	return tables_hash(craft_tables());
}

static void a_machine_is_the_same_wherever_its_tables_are(void **state)
{
	u32 same;

	(void)state;
	same = hash(AS_IS);
	assert_int_equal(hash(OTHER_ORDER), same);
	assert_int_equal(hash(ELSEWHERE), same);
	assert_int_equal(hash(OTHER_LOOSE), same);
}

static void another_machine_is_another(void **state)
{
	u32 same;

	(void)state;
	same = hash(AS_IS);
	assert_int_not_equal(hash(OTHER_FIXED), same);
	assert_int_not_equal(hash(ONE_LESS), same);
	assert_int_not_equal(hash(OTHER_REVISION), same);
}

static void definition_block(u32 value)
{
	u64 at;

	craft_begin();
	craft_table("DSDT", 36);
	craft_put(value, 4);
	craft_seal();
	at = CRAFT_AT + 64; /* the first table follows the RSDP */
	craft_table("FACP", 276);
	craft_at(140, at, 8);
	craft_seal();
	craft_end();
}

static void the_dsdt_counts_too(void **state)
{
	u32 one;

	(void)state;
	definition_block(1);
	assert_int_not_equal(craft_tables()->dsdt.len, 0);
	one = tables_hash(craft_tables());
	definition_block(2);
	assert_int_not_equal(tables_hash(craft_tables()), one);
	definition_block(1);
	assert_int_equal(tables_hash(craft_tables()), one);
}

/* A read discards the previous contents of the struct. */
static void an_older_list_is_forgotten(void **state)
{
	static struct tables fresh;
	u32 after;

	(void)state;
	hash(AS_IS);
	after = hash(ONE_LESS);
	fresh.at = craft_bytes;
	assert_int_equal(tables_read(&fresh, CRAFT_AT, NULL), 0);
	assert_int_equal(tables_hash(&fresh), after);
	definition_block(1);
	assert_int_not_equal(craft_tables()->dsdt.len, 0);
	hash(AS_IS);
	assert_int_equal(craft_tables()->dsdt.len, 0);
}

/* ---- the list of tables ---- */
static void reseal(u8 *p, u32 len, unsigned at)
{
	p[at] = (u8)(p[at] - table_sum(p, len));
}

/* A root table built by hand: entries of `width` bytes, then `more` bytes that form no entry. */
static void list_of(const char *name, const u64 *pa, unsigned nr, unsigned width, unsigned more)
{
	u8 *rsdp = (u8 *)(uintptr_t)craft_bytes(CRAFT_AT, 36);
	u64 at;

	craft_end();
	craft_table(name, 36);
	for (unsigned i = 0; i < nr; i++)
		craft_put(pa[i], width);
	craft_put(0x6162636465666768, more);
	craft_seal();
	at = CRAFT_AT + (u64)(craft_last() - rsdp);
	memset(rsdp + 16, 0, 20);
	rsdp[15] = width == 8 ? 2 : 0;
	memcpy(rsdp + (width == 8 ? 24 : 16), &at, width);
	reseal(rsdp, 20, 8);
	reseal(rsdp, 36, 32);
}

static u64 place(void)
{
	return CRAFT_AT + (u64)(craft_last() - craft_bytes(CRAFT_AT, 1));
}

static const struct tables *listed(const char *name, unsigned nr, unsigned width, unsigned more)
{
	u64 pa[TABLES_MAX + 2];

	craft_begin();
	table("APIC", 1, 1);
	for (unsigned i = 0; i < nr; i++)
		pa[i] = place();
	list_of(name, pa, nr, width, more);
	return craft_tables();
}

static void entries_have_their_lists_width(void **state)
{
	static const struct {
		const char *name;
		unsigned width, more;
	} rows[] = {
		{ "XSDT", 8, 0 },
		{ "XSDT", 8, 7 },
		{ "RSDT", 4, 0 },
		{ "RSDT", 4, 3 },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		for (unsigned nr = 1; nr < 4; nr++) {
			const struct tables *t =
				listed(rows[i].name, nr, rows[i].width, rows[i].more);

			assert_int_equal(t->nr, nr);
			assert_int_equal(t->left_out, 0);
			assert_string_equal(t->table[nr - 1].name, "APIC");
			assert_int_equal(t->table[nr - 1].len, 40);
		}
}

/* An RSDP of revision 1 has no field for an XSDT; in revision 2 the field may be 0. */
static void old_roots(void **state)
{
	u8 *rsdp;

	(void)state;
	for (u8 revision = 0; revision <= 2; revision++) {
		listed("RSDT", 2, 4, 0);
		rsdp = (u8 *)(uintptr_t)craft_bytes(CRAFT_AT, 36);
		rsdp[15] = revision;
		if (revision < 2)
			memset(rsdp + 20, 0x77, 16);
		reseal(rsdp, 20, 8);
		if (revision == 2)
			reseal(rsdp, 36, 32);
		assert_int_equal(craft_tables()->nr, 2);
	}
}

static void more_tables_than_fit(void **state)
{
	const struct tables *t = listed("XSDT", TABLES_MAX, 8, 0);

	(void)state;
	assert_int_equal(t->nr, TABLES_MAX);
	assert_int_equal(t->left_out, 0);
	tables_hash(t);
	t = listed("XSDT", TABLES_MAX + 2, 8, 0);
	assert_int_equal(t->nr, TABLES_MAX);
	assert_int_equal(t->left_out, 2);
	assert_true(said("acpi: more than 48 tables; it is left out\n"));
}

/* ---- headers ---- */
static void a_header_has_36_bytes(void **state)
{
	(void)state;
	for (u32 len = 35; len <= 37; len++) {
		craft_begin();
		craft_table("A ~Z", 37);
		craft_seal();
		memcpy(craft_last() + 4, &len, 4);
		reseal(craft_last(), len, 9);
		craft_end();
		assert_int_equal(craft_tables()->nr, len >= 36);
		assert_int_equal(craft_tables()->left_out, len < 36);
		assert_int_equal(said("A ~Z at 0x7f000040 is cut off: it claims 35 bytes"),
				 len < 36);
	}
}

static void names_are_text(void **state)
{
	(void)state;
	craft_begin();
	table("\x1f ~\x7f", 1, 1);
	table("\x80\xff!}", 1, 1);
	craft_end();
	assert_non_null(tables_find(craft_tables(), "? ~?", 0));
	assert_non_null(tables_find(craft_tables(),
				    "?"
				    "?!}",
				    0));
}

/* ---- the DSDT ---- */
static const struct tables *fadt(u32 len, u64 x, u32 old)
{
	craft_begin();
	craft_table("DSDT", 36);
	craft_put(1, 4);
	craft_seal();
	craft_table("DSDT", 36);
	craft_put(2, 8);
	craft_seal();
	craft_table("FACP", len);
	craft_at(40, old, len < 44 ? 3 : 4);
	if (len > 140)
		craft_at(140, x, len < 148 ? len - 140 : 8);
	craft_seal();
	craft_put(0, 16);
	craft_end();
	return craft_tables();
}

#define FIRST (CRAFT_AT + 64)   /* of 40 bytes */
#define SECOND (CRAFT_AT + 112) /* of 44 */

static void the_fadt_has_two_fields_for_the_dsdt(void **state)
{
	static const struct {
		u32 len;
		u64 x;
		u32 old, found;
	} rows[] = {
		{ 276, SECOND, FIRST, 44 }, { 148, SECOND, FIRST, 44 }, { 147, SECOND, FIRST, 40 },
		{ 276, 0, FIRST, 40 },      { 44, 0, FIRST, 40 },       { 43, 0, FIRST, 0 },
		{ 276, 0, 0, 0 },           { 276, SECOND, 0, 44 },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct tables *t = fadt(rows[i].len, rows[i].x, rows[i].old);

		assert_int_equal(t->dsdt.len, rows[i].found);
		assert_int_equal(t->left_out, 0);
	}
	assert_int_equal(fadt(276, FIRST + 1, SECOND)->dsdt.len, 0);
	assert_int_equal(craft_tables()->left_out, 1);
	assert_true(said("; it is left out\n"));
}

/* A definition block mentions a text only if it contains the whole text. */
static void mentioned(const char *where, unsigned before, const char *what, unsigned bytes, bool is)
{
	craft_begin();
	craft_table(where, 36);
	craft_put(0, before);
	craft_text(what, bytes);
	craft_seal();
	craft_text(what + bytes, 8 - bytes); /* the rest of the text follows the table */
	craft_table("SSDT", 36);
	craft_text("ACPI0007", 8);
	craft_seal();
	craft_table("FACP", 276);
	craft_at(140, where[0] == 'D' ? FIRST : 0, 8);
	craft_seal();
	craft_end();
	assert_int_equal(tables_mention(craft_tables(), "ACPI0013"), is);
	assert_true(tables_mention(craft_tables(), "ACPI0007"));
}

static void a_text_in_a_definition_block(void **state)
{
	(void)state;
	for (unsigned before = 0; before < 4; before++) {
		mentioned("DSDT", before, "ACPI0013", 8, true);
		mentioned("SSDT", before, "ACPI0013", 8, true);
		mentioned("DSDT", before, "ACPI0013", 7, false);
		mentioned("SSDT", before, "ACPI0013", 7, false);
		mentioned("OEM1", before, "ACPI0013", 8, false);
	}
	mentioned("DSDT", 0, "AAAAPI03", 8, false);
}

/* ---- a new root ---- */
#define ROOT_AT 0x6000000ul

static u8 new_root[1024];

static const u8 *both(paddr_t pa, u64 len)
{
	return pa >= ROOT_AT && pa + len <= ROOT_AT + sizeof(new_root) ? new_root + (pa - ROOT_AT)
								       : craft_bytes(pa, len);
}

static void a_new_root_lists_the_sound_tables(void **state)
{
	static struct tables again;
	const struct tables *t;
	u64 bytes;

	(void)state;
	craft_begin();
	table("APIC", 1, 1);
	table("SRAT", 2, 1);
	craft_last()[9]++; /* bad checksum */
	table("SLIT", 3, 1);
	craft_end();
	t = craft_tables();
	assert_int_equal(t->nr, 2);
	assert_int_equal(t->left_out, 1);
	memset(new_root, 0xcc, sizeof(new_root));
	bytes = tables_root_bytes(t);
	tables_root(t, new_root, ROOT_AT);
	for (u64 i = bytes; i < sizeof(new_root); i++)
		assert_int_equal(new_root[i], 0xcc);
	assert_int_equal(table_u32(new_root + 20), 36); /* the RSDP's length, and no RSDT */
	assert_int_equal(table_u32(new_root + 16), 0);
	again.at = both;
	assert_int_equal(tables_read(&again, ROOT_AT, NULL), 0);
	assert_int_equal(again.nr, 2);
	assert_int_equal(again.table[0].pa, t->table[0].pa);
	assert_int_equal(again.table[1].pa, t->table[1].pa);
	assert_string_equal(again.table[1].name, "SLIT");
	assert_int_equal(both(table_u64(new_root + 24), 36)[8], 1); /* revision of an XSDT */
}

int run_table_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_is_the_same_wherever_its_tables_are),
		cmocka_unit_test(another_machine_is_another),
		cmocka_unit_test(the_dsdt_counts_too),
		cmocka_unit_test(an_older_list_is_forgotten),
		cmocka_unit_test(entries_have_their_lists_width),
		cmocka_unit_test(old_roots),
		cmocka_unit_test(more_tables_than_fit),
		cmocka_unit_test(a_header_has_36_bytes),
		cmocka_unit_test(names_are_text),
		cmocka_unit_test(the_fadt_has_two_fields_for_the_dsdt),
		cmocka_unit_test(a_text_in_a_definition_block),
		cmocka_unit_test(a_new_root_lists_the_sound_tables),
	};

	return cmocka_run_group_tests_name("acpi: tables", tests, NULL, NULL);
}
