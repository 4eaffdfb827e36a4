/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/fdt/index.h - the nodes of a device tree after one validated walk.
 *
 * libfdt answers each question about a node by walking the structure again, byte by byte through
 * every name; boot asks dozens.  The walk is done once, here, with every bound checked, and kept as
 * offsets: they stay right when the blob is mapped elsewhere.
 */
#pragma once
#include <lib/err.h>
#include <lib/types.h>

#define FDT_NODES_MAX 3072
#define FDT_NODES_TOP                                                                              \
	512             /* the last of these places are for nodes that are not deeper than this: */
#define FDT_DEPTH_TOP 2 /* /cpus, /chosen, /memory, /soc/... wherever in the tree they stand */
#define FDT_NO_PARENT 0xffff

struct fdt_node {
	u32 offset; /* as libfdt counts: from the start of the structure block */
	u16 parent; /* index, FDT_NO_PARENT for the root */
	u16 depth;
	u32 phandle;    /* 0: it has none */
	u32 first;      /* offset of the tag behind its name */
	u32 compatible; /* offset of the tag of this property, 0: it has none */
};

/* Validate the structure block and index it; the header has been checked. */
int fdt_index_build(const void *fdt, struct why *);
/* Nodes of the last blob that nest deeper than FDT_DEPTH_MAX and were left out. */
unsigned fdt_index_too_deep(void);
/* Nodes of the last blob that there was no place for. */
unsigned fdt_index_too_many(void);
/* A phandle that two nodes of the last blob have, or 0. */
u32 fdt_index_twin(void);
/* The index of this blob; built again when another one was asked about in between. */
unsigned fdt_index_nr(const void *fdt);
const struct fdt_node *fdt_index_at(unsigned i);
/* Index of the node at this offset, or -1. */
int fdt_index_of(const void *fdt, int offset);
/* Child of node `parent` (index) with this name; the unit address may be left out.  -1. */
int fdt_index_child(const void *fdt, int parent, const char *name, size_t len);
/* Offset of an absolute path's node, or -1. */
int fdt_find(const void *fdt, const char *path, size_t len);
/* Offset of the first node with this phandle, or -1. */
int fdt_by_phandle(const void *fdt, u32 phandle);
/* Offset of this node's parent; -1 for the root, and for what is no node. */
int fdt_parent(const void *fdt, int node);
/* Next child of `parent` (offset) after `child` (offset, -1 to start); -1 at the end. */
int fdt_child_after(const void *fdt, int parent, int child);

/*
 * A property's value, or NULL.  libfdt's fdt_getprop checks every offset again on every step; after
 * the validated walk none can be wrong, and the first line of output waits for these look-ups.
 */
const void *fdt_prop(const void *fdt, int node, const char *name, int *len);
/* The list "compatible" of a node by index, or NULL; boot asks it of every node, again and again.
 */
const char *fdt_compatible(const void *fdt, unsigned i, int *len);
/* A property's first cell; `absent` where it is missing or shorter. */
u32 fdt_u32(const void *fdt, int node, const char *name, u32 absent);
/* #address-cells and #size-cells of a node, with the specification's defaults (2.3.5). */
int fdt_cells_address(const void *fdt, int node);
int fdt_cells_size(const void *fdt, int node);
