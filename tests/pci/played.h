/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/pci/played.h - an emulated function: configuration space in memory, a mask of writable
 * bits, a record of the writes, and the number of accesses after which the function vanishes.
 */
#pragma once
#include <drivers/pci/msi.h>
#include <tests/harness/test.h>

#define PLAYED_BYTES 256
#define PLAYED_WRITES 32

struct played {
	struct pci_config config;
	u8 space[PLAYED_BYTES], writable[PLAYED_BYTES];
	unsigned accesses, gone_after; /* ~0: it does not vanish */
	struct {
		unsigned at;
		u32 value;
	} write[PLAYED_WRITES];
	unsigned writes;
};

/* A type 0 header with an empty capability list, nothing writable. */
void played_new(struct played *);
void played_put(struct played *, unsigned at, unsigned bytes, u32 value);
