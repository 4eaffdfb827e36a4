/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/loader.h - QEMU's table loader: firmware's tables come as files and as a script that
 * says how to link them (docs/specs/acpi, hw/acpi/bios-linker-loader).  The script is untrusted:
 * every offset is checked against the file it names, and one bad command ends it.
 *
 * Pure: the caller gets files and memory for them; runs in a host fuzzer as it does here.
 */
#pragma once
#include <lib/err.h>

#define LOADER_FILES 8
#define LOADER_NAME 56

struct loader_file {
	char name[LOADER_NAME];
	u8 *data;
	paddr_t pa;
	u64 size;
};

struct loader {
	/* Allocate memory aligned to `align` and read the file `f->name` into it. */
	int (*load)(struct loader_file *f, u64 align, struct why *);
	struct loader_file file[LOADER_FILES];
	unsigned files_nr;
	unsigned pointers, checksums, ignored;
};

int loader_run(struct loader *, const u8 *script, u64 len, struct why *);
/* The file that the script allocated under this name, or NULL. */
const struct loader_file *loader_file(const struct loader *, const char *name);
