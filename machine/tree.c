/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/tree.c - the device tree: what every architecture's has.
 */
#include <libfdt.h>
#include <machine/tree.h>
#include <stdio.h>

static int failed; /* the first error: libfdt's calls are made one after another */

void tree_check(int err)
{
	if (err < 0 && !failed)
		failed = err;
}

void tree_begin(void *b, const char *name)
{
	tree_check(fdt_begin_node(b, name));
}

void tree_end(void *b)
{
	tree_check(fdt_end_node(b));
}

void tree_text(void *b, const char *name, const char *value)
{
	tree_check(fdt_property_string(b, name, value));
}

void tree_number(void *b, const char *name, u32 value)
{
	tree_check(fdt_property_u32(b, name, value));
}

void tree_empty(void *b, const char *name)
{
	tree_check(fdt_property(b, name, "", 0));
}

void tree_reg(void *b, u64 base, u64 bytes)
{
	fdt64_t cells[2] = { cpu_to_fdt64(base), cpu_to_fdt64(bytes) };

	tree_check(fdt_property(b, "reg", cells, sizeof(cells)));
}

void tree_cells(void *b, unsigned address, unsigned size)
{
	tree_number(b, "#address-cells", address);
	tree_number(b, "#size-cells", size);
}

void tree_memory(void *b, u64 base, u64 bytes, unsigned node)
{
	char name[32];

	if (!bytes)
		return;
	snprintf(name, sizeof(name), "memory@%lx", base);
	tree_begin(b, name);
	tree_text(b, "device_type", "memory");
	tree_reg(b, base, bytes);
	tree_number(b, "numa-node-id", node);
	tree_end(b);
}

unsigned tree_make(const struct tree_of *t, void *blob, unsigned room)
{
	failed = 0;
	tree_check(fdt_create(blob, (int)room));
	tree_check(fdt_finish_reservemap(blob));
	tree_begin(blob, "");
	tree_root(blob, t);
	tree_end(blob);
	tree_check(fdt_finish(blob));
	return failed ? 0 : fdt_totalsize(blob);
}
