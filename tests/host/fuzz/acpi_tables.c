/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/fuzz/acpi_tables.c - any bytes as memory with ACPI tables, an RSDP first: every table
 * found is inside the memory, and the root table that is built from them lists the same tables. The
 * first byte selects whether checksums are corrected, without which little code would be reached.
 */
#include "acpi_memory.h"
#include <drivers/acpi/srat.h>

#define ROOT_AT 0x900000ul

static u8 *root;
static u64 root_len;

static const u8 *at(paddr_t pa, u64 len)
{
	if (root && pa >= ROOT_AT && pa - ROOT_AT <= root_len && len <= root_len - (pa - ROOT_AT))
		return root + (pa - ROOT_AT);
	return memory_at(pa, len);
}

static void read_again(const struct tables *first)
{
	static struct tables second;
	struct why why = { 0 };

	root_len = tables_root_bytes(first);
	root = malloc(root_len);
	tables_root(first, root, ROOT_AT);
	second.at = at;
	second.log = log_line;
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
	memory_fill(data, size);
	t.at = at;
	t.log = log_line;
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
