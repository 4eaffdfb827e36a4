/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/pci/fake_function.h - a fake function: configuration space in memory, a mask of writable
 * bits, a record of the writes, and the number of accesses after which the function disappears.
 */
#pragma once
#include <drivers/pci/msi.h>
#include <tests/harness/test.h>

#define FAKE_BYTES 256
#define FAKE_WRITES 32

struct fake_function {
	struct pci_config config;
	u8 space[FAKE_BYTES], writable[FAKE_BYTES];
	unsigned accesses, gone_after; /* ~0: it does not disappear */
	struct {
		unsigned at;
		u32 value;
	} write[FAKE_WRITES];
	unsigned writes;
};

/* A type 0 header with an empty capability list, nothing writable. */
void fake_new(struct fake_function *);
void fake_put(struct fake_function *, unsigned at, unsigned bytes, u32 value);
