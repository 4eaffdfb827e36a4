/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/fdt/overlay_check.c - checks libfdt's assumptions about an overlay before it is applied:
 * offsets of fixups are inside their properties, paths are terminated, and no fixup changes another
 * fixup or a path after this check.
 */
#include <drivers/fdt/index.h>
#include <drivers/fdt/overlay.h>
#include <lib/string.h>
#include <libfdt.h>

/* Properties that must not have fixups: phandles, which libfdt renumbers first, and a target's
 * path. */
static bool is_sacred(const char *name)
{
	return !strcmp(name, "phandle") || !strcmp(name, "linux,phandle") ||
	       !strcmp(name, "target-path");
}

/* False for __fixups__, __local_fixups__, __symbols__ and any other reserved name. */
static bool may_have_fixups(const char *name)
{
	return name && (name[0] != '_' || !strcmp(name, "__overlay__"));
}

/* ---- targets ---- */

/* libfdt takes target-path as a string. */
static int check_targets(const void *o, struct why *why)
{
	int node, len;

	fdt_for_each_subnode(node, o, 0)
	{
		const char *path = fdt_getprop(o, node, "target-path", &len);

		if (path && (len < 1 || strnlen(path, (size_t)len) == (size_t)len))
			return refuse(why, EINVAL,
				      "the target-path of a fragment is not terminated");
	}
	return 0;
}

/* ---- __local_fixups__: for each property, offsets of cells ---- */

/* The fault of one property's offsets, or NULL: each must be the offset of a whole cell of the
 * property. */
static const char *offsets_fault(const void *o, int node, const char *name, const fdt32_t *offset,
				 int len)
{
	int size;
	const void *value = fdt_getprop(o, node, name, &size);

	if (len % 4 || !value || is_sacred(name))
		return "a local fixup refers to no property that can have one";
	for (; len; len -= 4, offset++)
		if (size < 4 || fdt32_ld(offset) > (u32)size - 4)
			return "a local fixup points outside of its property";
	return NULL;
}

static const char *local_fault(const void *o, int tree, int fixups);

/* A node of __local_fixups__ must exist in the overlay at the same path. */
static const char *child_fault(const void *o, int tree, int child)
{
	const char *name = fdt_get_name(o, child, NULL);
	int node = may_have_fixups(name) ? fdt_subnode_offset(o, tree, name) : -1;

	return node < 0 ? "a local fixup refers to no node that can have one"
			: local_fault(o, node, child);
}

/* Check the fixups of a node and, recursively, of its children.  The depth is bounded:
 * fdt_overlay_check() has refused blobs that nest too deep. */
static const char *local_fault(const void *o, int tree, int fixups)
{
	const char *name, *fault = NULL;
	int prop, child, len;

	fdt_for_each_property_offset(prop, o, fixups)
	{
		const fdt32_t *offsets = fdt_getprop_by_offset(o, prop, &name, &len);

		fault = offsets ? offsets_fault(o, tree, name, offsets, len) : "a property is bad";
		if (fault)
			return fault;
	}
	fdt_for_each_subnode(child, o, fixups)
	{
		fault = child_fault(o, tree, child);
		if (fault)
			return fault;
	}
	return NULL;
}

/* ---- __fixups__: strings PATH:PROPERTY:OFFSET ---- */

/* A path must not lead to the reserved nodes of the overlay, whose names begin with `_`; several
 * leading slashes count as one. */
static bool path_ok(const char *s, const char *end)
{
	if (*s != '/')
		return false;
	while (s < end && *s == '/')
		s++;
	return s == end || *s != '_';
}

static bool offset_ok(const char *s)
{
	unsigned n = 0;

	while (s[n] >= '0' && s[n] <= '9')
		n++;
	return n && n <= 5 && !s[n]; /* at most 99999: sums with it cannot overflow */
}

/* One entry of __fixups__: PATH:PROPERTY:OFFSET. */
static bool fixup_ok(const char *s)
{
	const char *name = strchr(s, ':'), *offset = name ? strchr(name + 1, ':') : NULL;
	char copy[16];
	size_t n;

	if (!offset || !path_ok(s, name) || !offset_ok(offset + 1))
		return false;
	n = (size_t)(offset - name) - 1;
	if (n >= sizeof(copy))
		return true;
	memcpy(copy, name + 1, n);
	copy[n] = 0;
	return !is_sacred(copy);
}

/* Every property of __fixups__ is a list of such strings. */
static const char *fixups_fault(const void *o, int fixups)
{
	const char *label, *s;
	int prop, len;

	fdt_for_each_property_offset(prop, o, fixups)
	{
		s = fdt_getprop_by_offset(o, prop, &label, &len);
		if (!s || len < 1 || s[len - 1] || is_sacred(label))
			return "a fixup is no list of strings";
		for (const char *end = s + len; s < end; s += strlen(s) + 1)
			if (!fixup_ok(s))
				return "a fixup is not PATH:PROPERTY:OFFSET";
	}
	return NULL;
}

int fdt_overlay_check(const void *o, struct why *why)
{
	int local = fdt_subnode_offset(o, 0, "__local_fixups__");
	int fixups = fdt_subnode_offset(o, 0, "__fixups__");
	const char *fault = NULL;

	if (fdt_index_too_deep())
		fault = "its nodes nest too deep";
	if (!fault && local >= 0)
		fault = local_fault(o, 0, local);
	if (!fault && fixups >= 0)
		fault = fixups_fault(o, fixups);
	return fault ? refuse(why, EINVAL, "%s", fault) : check_targets(o, why);
}
