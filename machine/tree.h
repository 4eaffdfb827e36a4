/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/tree.h - the device tree of the machine, made with libfdt.
 */
#pragma once
#include <lib/types.h>

struct tree_of {
	unsigned cpus;
	u64 ram, bytes[2];    /* two nodes of memory, the second may be 0 */
	u64 second;           /* start of the second */
	bool numa;            /* CPUs and memory are assigned to nodes */
	u64 pmem, pmem_bytes; /* persistent memory; no bytes: there is none */
	u64 counter_hz;
	const char *args;
	u64 kaslr;                /* seed of the place of the kernel; 0: none */
	u64 initrd, initrd_bytes; /* the initial RAM disk; no bytes: there is none */
};

/* Make the tree in `blob`.  Returns its size, or 0: it does not fit. */
unsigned tree_make(const struct tree_of *t, void *blob, unsigned room);

/* ---- defined by an architecture: the contents of the root node ---- */
void tree_root(void *b, const struct tree_of *t);

/* ---- for it: begin, end and properties of a node; the first error is kept ---- */
void tree_check(int err);
void tree_begin(void *b, const char *name);
void tree_end(void *b);
void tree_text(void *b, const char *name, const char *value);
void tree_number(void *b, const char *name, u32 value);
void tree_empty(void *b, const char *name);
void tree_reg(void *b, u64 base, u64 bytes);
void tree_cells(void *b, unsigned address, unsigned size);
/* The host bridge (pci.h), if there is one.  The wire of each pin is n cells of the controller. */
void tree_pci(void *b, u32 controller, const u32 *wires, unsigned n);
/* The virtio device by MMIO, if there is one; its wire is n cells of the controller. */
void tree_virtio(void *b, u32 controller, const u32 *wire, unsigned n);
/* The banks of flash=, if there are some. */
void tree_flash(void *b);
/* /chosen; `console` is the path of its UART. */
void tree_chosen(void *b, const struct tree_of *t, const char *console);
/* The nodes of RAM, and /reserved-memory. */
void tree_memory(void *b, const struct tree_of *t);
void tree_reserved(void *b);
/* numa-node-id, if there are nodes. */
void tree_numa(void *b, const struct tree_of *t, unsigned node);
/* The persistent memory, if there is some. */
void tree_pmem(void *b, const struct tree_of *t);
