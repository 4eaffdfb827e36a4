/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/fdt/index.h - the nodes of a device tree after one validated walk.
 *
 * libfdt walks the structure again for each query, byte by byte through every name; boot has dozens
 * of queries.  This index needs one walk, which checks every bound.  It holds offsets, which stay
 * valid when the blob is mapped elsewhere.
 *
 * One index, for one blob at a time: a query for another blob builds it again.  Not reentrant.
 * Unless stated otherwise nodes are libfdt offsets.
 */
#pragma once
#include <lib/err.h>
#include <lib/types.h>

#define FDT_NODES_MAX 3072
/* The last FDT_NODES_TOP slots are for nodes that are not deeper than FDT_DEPTH_TOP: /cpus,
 * /chosen, /memory, /soc/..., which may be at the end of a large tree. */
#define FDT_NODES_TOP 512
#define FDT_DEPTH_TOP 2
#define FDT_NO_PARENT 0xffff

/* One indexed node; all offsets are relative to the structure block. */
struct fdt_node {
	u32 offset; /* from the start of the structure block, as libfdt counts */
	u16 parent; /* index, FDT_NO_PARENT for the root */
	u16 depth;
	u32 phandle;    /* 0: none */
	u32 first;      /* offset of the first tag after its name */
	u32 compatible; /* offset of the tag of this property, 0: none */
};

/* Validate the structure block and index it; the caller has checked the header.  -EINVAL with the
 * fault and its offset; the index is empty then. */
int fdt_index_build(const void *fdt, struct why *);
/* Nodes of the last indexed blob that are nested deeper than FDT_DEPTH_MAX and were left out. */
unsigned fdt_index_too_deep(void);
/* Nodes of the last indexed blob for which there was no slot. */
unsigned fdt_index_too_many(void);
/* A phandle that two nodes of the last indexed blob share, or 0. */
u32 fdt_index_twin(void);
/* Number of indexed nodes of this blob; builds the index if another blob's is cached.  0:
 * malformed. */
unsigned fdt_index_nr(const void *fdt);
/* The i-th node, i < fdt_index_nr(); in the order of the blob, so parents precede children. */
const struct fdt_node *fdt_index_at(unsigned i);
/* Index of the node at this offset, or -1. */
int fdt_index_of(const void *fdt, int offset);
/* Index of the child of node `parent` (an index) with this name, with or without unit address;
 * -1. */
int fdt_index_child(const void *fdt, int parent, const char *name, size_t len);
/* Node of an absolute path of `len` bytes, or -1. */
int fdt_find(const void *fdt, const char *path, size_t len);
/* The first node with this phandle, or -1. */
int fdt_by_phandle(const void *fdt, u32 phandle);
/* The parent of a node; -1 for the root, or if `node` is no node. */
int fdt_parent(const void *fdt, int node);
/* The next child of `parent` after `child` (-1: the first); -1 at the end. */
int fdt_child_after(const void *fdt, int parent, int child);

/*
 * A property's value inside the blob, or NULL; *len (may be NULL): its length in bytes.  Unlike
 * libfdt's fdt_getprop() it does not check each offset again: the walk has validated them, and
 * these queries delay the first line of output.
 */
const void *fdt_prop(const void *fdt, int node, const char *name, int *len);
/* The property "compatible" of the i-th node, from the index, or NULL; boot reads it several times
 * for every node. */
const char *fdt_compatible(const void *fdt, unsigned i, int *len);
/* The first cell of a property; `absent` if it is missing or shorter than a cell. */
u32 fdt_u32(const void *fdt, int node, const char *name, u32 absent);
/* #address-cells and #size-cells of a node, with the specification's defaults (2.3.5); -1:
 * malformed, or more than 4. */
int fdt_cells_address(const void *fdt, int node);
int fdt_cells_size(const void *fdt, int node);
