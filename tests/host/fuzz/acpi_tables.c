// SPDX-License-Identifier: BSD-2-Clause
/*
 * tests/host/fuzz/acpi_tables.c - any bytes as memory that holds ACPI tables, an RSDP first: what
 * is found lies inside, and the list we make of it leads to the same tables.  The first byte says
 * whether the checksums are mended first, or nothing behind them would ever be reached.
 */
#include <drivers/acpi/srat.h>
#include <drivers/acpi/tables.h>
#include <stdlib.h>
#include <string.h>

#define AT 0x10000ull
#define ROOT_AT 0x900000ull

static u8 *memory, *root;
static u64 memory_len, root_len;

static const u8 *at(paddr_t pa, u64 len)
{
	if (pa >= AT && pa - AT <= memory_len && len <= memory_len - (pa - AT))
		return memory + (pa - AT);
	if (root && pa >= ROOT_AT && pa - ROOT_AT <= root_len && len <= root_len - (pa - ROOT_AT))
		return root + (pa - ROOT_AT);
	return NULL;
}

static void say(const char *sentence)
{
	if (!sentence[0])
		abort();
}

static void seal(paddr_t pa)
{
	u8 *t = (u8 *)at(pa, TABLE_HEAD);
	u32 len = t ? table_u32(t + 4) : 0;

	if (len < TABLE_HEAD || !at(pa, len))
		return;
	t[9] = 0;
	t[9] = (u8)-table_sum(t, len);
}

/* Children first: a table's sum covers only itself, but a FADT may lie inside of another table. */
static void mend(void)
{
	u8 *r = (u8 *)at(AT, RSDP_BYTES);
	const u8 *list;
	u32 len;

	if (!r)
		return;
	list = at(table_u64(r + 24), TABLE_HEAD);
	len = list ? table_u32(list + 4) : 0;
	if (len >= TABLE_HEAD && at(table_u64(r + 24), len))
		for (u32 i = TABLE_HEAD; i + 8 <= len; i += 8) {
			const u8 *t = at(table_u64(list + i), 148);

			if (t)
				seal(table_u64(t + 140));
			seal(table_u64(list + i));
		}
	seal(table_u64(r + 24));
	r[8] = 0;
	r[8] = (u8)-table_sum(r, 20);
	r[32] = 0;
	r[32] = (u8)-table_sum(r, RSDP_BYTES);
}

static void read_again(const struct tables *first)
{
	static struct tables second;
	struct why why = { 0 };

	root_len = tables_root_bytes(first);
	root = malloc(root_len);
	tables_root(first, root, ROOT_AT);
	second.at = at;
	second.say = say;
	if (tables_read(&second, ROOT_AT, &why) || second.nr != first->nr || second.left_out)
		if (!first->left_out)
			abort();
	free(root);
	root = NULL;
}

static void affinity(const struct tables *t)
{
	const struct table *table = tables_find(t, "SRAT", 0);
	struct srat s;

	if (!table)
		return;
	srat_read(&s, at(table->pa, table->len), table->len);
	for (unsigned i = 0; i < s.nr; i++)
		if (!s.range[i].len || s.range[i].pa + s.range[i].len < s.range[i].pa)
			abort();
	(void)srat_window(&s, AT, 4096);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct tables t;
	struct why why = { 0 };

	if (!size)
		return 0;
	memory_len = size - 1;
	memory = malloc(memory_len ? memory_len : 1);
	memcpy(memory, data + 1, memory_len);
	if (data[0] & 1)
		mend();
	t.at = at;
	t.say = say;
	if (!tables_read(&t, AT, &why)) {
		read_again(&t);
		affinity(&t);
		(void)tables_mention(&t, "ACPI0013");
	} else if (!why.text[0]) {
		abort();
	}
	free(memory);
	return 0;
}
