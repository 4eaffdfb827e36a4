/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/fdt/index.c - one validated walk over a device tree's structure block; see index.h. */
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <lib/init.h>
#include <lib/string.h>
#include <libfdt.h>

#define PROP_HEAD 12 /* tag, length, name */
/* A node without a slot; nodes below it are not indexed either. */
#define LEFT_OUT (-1)

/* Sorted by offset, which is the order of the blob.  `indexed`: the blob that is indexed, NULL:
 * none. */
static struct fdt_node nodes[FDT_NODES_MAX] NOINIT;
static const void *indexed;
static unsigned nodes_nr, too_deep, too_many;

/* State of the validating walk. */
struct index_walk {
	const u8 *base; /* structure block */
	u32 size, at;
	const char *strings;
	u32 strings_end; /* one past the last terminator: names before it are terminated */
	u32 compatible, phandle, phandle_old; /* offsets of these names, ~0: not seen yet */
	int parent[FDT_DEPTH_MAX];            /* indices of the open nodes; -1: left out */
	int depth;                            /* of the open node; -1 outside the root */
	bool closed;                          /* the root was closed */
};

/* The address of the block and `at` are multiples of 4: fdt_index_build() and align_up() ensure it.
 */
static u32 raw_word(const struct index_walk *w, u32 at)
{
	return *(const u32 *)(const void *)(w->base + at);
}

/* A word of the structure block, in native order. */
static u32 word(const struct index_walk *w, u32 at)
{
	return fdt32_to_cpu((fdt32_t)raw_word(w, at));
}

/* The walk checks four bytes of a name at a time: it delays the first line of output. */
static bool holds_zero_byte(u32 v)
{
	return (v - 0x01010101u) & ~v & 0x80808080u;
}

/* Length of a node's name with terminator and padding; 0: no terminator before the end. */
static u32 name_bytes(const struct index_walk *w)
{
	for (u32 i = w->at; i + 4 <= w->size; i += 4)
		if (holds_zero_byte(raw_word(w, i)))
			return i - w->at + 4;
	return 0;
}

/* Is there a slot for a node of this depth?  The last FDT_NODES_TOP slots are for nodes near the
 * root.  Slots are not freed, so nothing below a node that is left out is indexed. */
static bool has_place(int depth)
{
	return nodes_nr < (depth > FDT_DEPTH_TOP ? FDT_NODES_MAX - FDT_NODES_TOP : FDT_NODES_MAX);
}

/* Enter a node, and index it if there is a slot and it is not too deep. */
static const char *begin_node(struct index_walk *w)
{
	u32 offset = w->at - 4, bytes = name_bytes(w);

	if (!bytes)
		return "the name of a node is not terminated";
	if (w->closed)
		return "there is a second root";
	w->at += bytes;
	if (w->depth + 1 >= FDT_DEPTH_MAX) { /* not indexed: boot needs no node at this depth */
		w->depth++;
		too_deep++;
		return NULL;
	}
	if (!has_place(w->depth + 1)) {
		w->parent[++w->depth] = LEFT_OUT;
		too_many++;
		return NULL;
	}
	nodes[nodes_nr] = (struct fdt_node) {
		.offset = offset,
		.parent = w->depth < 0 ? FDT_NO_PARENT : (u16)w->parent[w->depth],
		.depth = (u16)(w->depth + 1),
		.first = w->at,
	};
	w->parent[++w->depth] = (int)nodes_nr++;
	return NULL;
}

/* End a node; after the root no node may begin. */
static const char *end_node(struct index_walk *w)
{
	if (w->depth < 0)
		return "the end of a node has no begin";
	w->closed = --w->depth < 0;
	return NULL;
}

/* Does the property have this name?  Properties of the same name usually share one string, so
 * the text is compared only once. */
static bool is_named(const struct index_walk *w, u32 name, u32 *known, const char *text)
{
	const char *s = w->strings + name;

	if (name == *known)
		return true;
	if (*s != *text || strcmp(s, text))
		return false;
	*known = name;
	return true;
}

/* Record phandle (devicetree specification 2.3.3; old blobs have linux,phandle, or both) and
 * compatible (2.3.1) of the open node.  The first of duplicates is used, as in fdt_prop(). */
static void note(struct index_walk *w, u32 name, u32 len)
{
	struct fdt_node *n;

	if (w->depth >= FDT_DEPTH_MAX || w->parent[w->depth] == LEFT_OUT)
		return;
	n = &nodes[w->parent[w->depth]];
	if (is_named(w, name, &w->compatible, "compatible"))
		n->compatible = n->compatible ? n->compatible : w->at - PROP_HEAD;
	else if (len == 4 && (is_named(w, name, &w->phandle, "phandle") ||
			      is_named(w, name, &w->phandle_old, "linux,phandle")))
		n->phandle = n->phandle ? n->phandle : word(w, w->at);
}

/* Check and skip one property: value inside the structure, name inside the strings. */
static const char *property(struct index_walk *w)
{
	u32 len, name;

	if (w->depth < 0)
		return "a property is outside any node";
	if (w->size - w->at < 8)
		return "a property is cut off";
	len = word(w, w->at);
	name = word(w, w->at + 4);
	w->at += 8;
	if (len > w->size - w->at)
		return "a property's value reaches beyond the end";
	if (name >= w->strings_end)
		return "a property's name is outside the strings";
	note(w, name, len);
	w->at += (u32)align_up(len, 4);
	return NULL;
}

/* Process one tag.  NULL, or the fault; *end is set at FDT_END. */
static const char *step(struct index_walk *w, bool *end)
{
	u32 tag;

	if (w->at > w->size || w->size - w->at < 4)
		return "the structure ends without an end";
	tag = word(w, w->at);
	w->at += 4;
	switch (tag) {
	case FDT_BEGIN_NODE:
		return begin_node(w);
	case FDT_END_NODE:
		return end_node(w);
	case FDT_PROP:
		return property(w);
	case FDT_NOP:
		return NULL;
	case FDT_END:
		*end = true;
		return w->closed ? NULL : "the structure ends inside a node";
	default:
		return "there is an unknown tag";
	}
}

/* One past the last terminator of the strings block. */
static u32 strings_end(const char *strings, u32 size)
{
	while (size && strings[size - 1])
		size--;
	return size;
}

/* libfdt's check of the header has bounded the blocks by the total size (version 17); an older
 * header has no size of the structure. */
static void walk_begin(struct index_walk *w, const void *fdt)
{
	const char *strings = (const char *)fdt + fdt_off_dt_strings(fdt);

	*w = (struct index_walk) {
		.base = (const u8 *)fdt + fdt_off_dt_struct(fdt),
		.size = fdt_version(fdt) >= 17 ? fdt_size_dt_struct(fdt)
					       : fdt_totalsize(fdt) - fdt_off_dt_struct(fdt),
		.strings = strings,
		.strings_end = strings_end(strings, fdt_size_dt_strings(fdt)),
		.compatible = ~0u,
		.phandle = ~0u,
		.phandle_old = ~0u,
		.depth = -1,
	};
	nodes_nr = 0;
	too_deep = 0;
	too_many = 0;
	indexed = NULL;
}

unsigned fdt_index_too_deep(void)
{
	return too_deep;
}

unsigned fdt_index_too_many(void)
{
	return too_many;
}

/* Quadratic in the number of phandles: called once, when boot has a console for the report. */
u32 fdt_index_twin(void)
{
	for (unsigned i = 0; i < nodes_nr; i++)
		for (unsigned k = 0; nodes[i].phandle && k < i; k++)
			if (nodes[k].phandle == nodes[i].phandle)
				return nodes[i].phandle;
	return 0;
}

/* The sentence has the offset that the walk reached: after the faulty tag. */
int fdt_index_build(const void *fdt, struct why *why)
{
	const char *fault = NULL;
	bool end = false;
	struct index_walk w;

	walk_begin(&w, fdt);
	if (!is_aligned((u64)(uintptr_t)w.base, 4))
		fault = "the structure is not aligned to 4 bytes";
	while (!end && !fault)
		fault = step(&w, &end);
	if (fault) {
		nodes_nr = 0;
		return refuse(why, EINVAL, "device tree: %s, before offset 0x%x of the structure",
			      fault, w.at);
	}
	indexed = fdt;
	return 0;
}

/* A malformed blob has no nodes: every query finds nothing. */
unsigned fdt_index_nr(const void *fdt)
{
	if (indexed != fdt && fdt_index_build(fdt, NULL))
		return 0;
	return nodes_nr;
}

const struct fdt_node *fdt_index_at(unsigned i)
{
	return &nodes[i];
}

int fdt_index_of(const void *fdt, int offset)
{
	unsigned lo = 0, hi = fdt_index_nr(fdt);

	while (lo < hi) { /* the index is sorted by offset */
		unsigned mid = (lo + hi) / 2;

		if (nodes[mid].offset < (u32)offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < nodes_nr && nodes[lo].offset == (u32)offset ? (int)lo : -1;
}

/* Devicetree specification 2.2.3: the unit address may be omitted from a path component. */
static bool name_matches(const char *have, const char *name, size_t len)
{
	if (strncmp(have, name, len))
		return false;
	return !have[len] || (have[len] == '@' && !memchr(name, '@', len));
}

/* The nodes below `parent` follow it; the first node that is not deeper ends the search. */
int fdt_index_child(const void *fdt, int parent, const char *name, size_t len)
{
	unsigned nr = fdt_index_nr(fdt);
	const char *structure = (const char *)fdt + fdt_off_dt_struct(fdt);

	for (unsigned i = (unsigned)parent + 1; i < nr && nodes[i].depth > nodes[parent].depth; i++)
		if (nodes[i].parent == parent &&
		    name_matches(structure + nodes[i].offset + 4, name, len))
			return (int)i;
	return -1;
}

/* Repeated and trailing slashes are skipped. */
int fdt_find(const void *fdt, const char *path, size_t len)
{
	const char *end = path + len;
	int at = fdt_index_nr(fdt) ? 0 : -1;

	while (at >= 0 && path < end) {
		const char *next;

		if (*path == '/') {
			path++;
			continue;
		}
		next = memchr(path, '/', (size_t)(end - path));
		next = next ? next : end;
		at = fdt_index_child(fdt, at, path, (size_t)(next - path));
		path = next;
	}
	return at < 0 ? -1 : (int)nodes[at].offset;
}

int fdt_by_phandle(const void *fdt, u32 phandle)
{
	unsigned nr = fdt_index_nr(fdt);

	for (unsigned i = 0; phandle && i < nr; i++)
		if (nodes[i].phandle == phandle)
			return (int)nodes[i].offset;
	return -1;
}

int fdt_parent(const void *fdt, int node)
{
	int i = fdt_index_of(fdt, node);

	return i < 0 || nodes[i].parent == FDT_NO_PARENT ? -1 : (int)nodes[nodes[i].parent].offset;
}

int fdt_child_after(const void *fdt, int parent, int child)
{
	int p = fdt_index_of(fdt, parent);
	int i = child < 0 ? p : fdt_index_of(fdt, child);
	unsigned nr = fdt_index_nr(fdt);

	if (p < 0 || i < 0)
		return -1;
	for (unsigned n = (unsigned)i + 1; n < nr && nodes[n].depth > nodes[p].depth; n++)
		if (nodes[n].parent == p)
			return (int)nodes[n].offset;
	return -1;
}

/* Properties follow the name of the node, before its children; the first of duplicates is used. */
const void *fdt_prop(const void *fdt, int node, const char *name, int *len)
{
	const char *structure = (const char *)fdt + fdt_off_dt_struct(fdt);
	const char *strings = (const char *)fdt + fdt_off_dt_strings(fdt);
	int i = node < 0 ? -1 : fdt_index_of(fdt, node);
	u32 at, tag;

	if (i < 0)
		return NULL;
	at = nodes[i].first;
	while ((tag = fdt32_ld((const fdt32_t *)(structure + at))) == FDT_PROP || tag == FDT_NOP) {
		u32 bytes = tag == FDT_PROP ? fdt32_ld((const fdt32_t *)(structure + at + 4)) : 0;

		if (tag == FDT_PROP &&
		    !strcmp(strings + fdt32_ld((const fdt32_t *)(structure + at + 8)), name)) {
			if (len)
				*len = (int)bytes;
			return structure + at + PROP_HEAD;
		}
		at += tag == FDT_PROP ? PROP_HEAD + (u32)align_up(bytes, 4) : 4;
	}
	return NULL;
}

const char *fdt_compatible(const void *fdt, unsigned i, int *len)
{
	const char *at = (const char *)fdt + fdt_off_dt_struct(fdt) + nodes[i].compatible;

	if (!nodes[i].compatible)
		return NULL;
	*len = (int)fdt32_ld((const fdt32_t *)(at + 4));
	return at + PROP_HEAD;
}

u32 fdt_u32(const void *fdt, int node, const char *name, u32 absent)
{
	int len;
	const fdt32_t *p = fdt_prop(fdt, node, name, &len);

	return p && len >= 4 ? fdt32_ld(p) : absent;
}

/* -1: malformed; a caller cannot mistake it for the default. */
static int cells(const void *fdt, int node, const char *name, int absent)
{
	int len;
	const fdt32_t *p = fdt_prop(fdt, node, name, &len);

	return !p ? absent : len == 4 && fdt32_ld(p) <= 4 ? (int)fdt32_ld(p) : -1;
}

int fdt_cells_address(const void *fdt, int node)
{
	return cells(fdt, node, "#address-cells", 2);
}

int fdt_cells_size(const void *fdt, int node)
{
	return cells(fdt, node, "#size-cells", 1);
}
