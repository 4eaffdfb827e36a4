/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/acpi/nodes.c - all properties of a node at once; see craft.h. */
#include "craft.h"
#include <lib/printf.h>
#include <libfdt.h>
#include <string.h>

static bool is_text(const char *p, int len)
{
	for (int i = 0; i + 1 < len; i++)
		if (p[i] < 0x20 || p[i] > 0x7e)
			return false;
	return len > 1 && !p[len - 1];
}

/* Writes "name", "name text" or "name <1 a 0>"; the number of a phandle is unspecified and omitted.
 */
static void written(const void *fdt, int at, char *to, size_t size)
{
	const char *name;
	int len;
	const char *p = fdt_getprop_by_offset(fdt, at, &name, &len);
	size_t n = (size_t)snprintf(to, size, "%s", name);

	if (!len || !strcmp(name, "phandle"))
		return;
	if (is_text(p, len)) {
		snprintf(to + n, size - n, " %s", p);
		return;
	}
	for (int i = 0; i < len; i += 4)
		n += (size_t)snprintf(to + n, size - n, "%s%x", i ? " " : " <",
				      fdt32_ld((const fdt32_t *)(const void *)(p + i)));
	snprintf(to + n, size - n, ">");
}

void node_is(const void *fdt, const char *path, const char *const *wanted)
{
	int node = fdt_path_offset(fdt, path), at;
	unsigned nr = 0, found = 0;
	char is[512];

	assert_true(node >= 0);
	while (wanted[nr])
		nr++;
	fdt_for_each_property_offset(at, fdt, node)
	{
		unsigned i = 0;

		written(fdt, at, is, sizeof(is));
		while (i < nr && strcmp(wanted[i], is))
			i++;
		if (i == nr)
			fail_msg("%s: unexpected property \"%s\"", path, is);
		found++;
	}
	if (found != nr)
		fail_msg("%s: %u properties of %u", path, found, nr);
}
