/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/loader.h - QEMU's table loader: the tables are files, and a script defines how to
 * link them (docs/specs/acpi, hw/acpi/bios-linker-loader).  The script is
 * untrusted: every offset is checked against the file it refers to, and one bad command ends the
 * script.
 *
 * No dependencies on the kernel: `load` provides files and memory, so a host fuzzer runs it too.
 */
#pragma once
#include <lib/err.h>

#define LOADER_FILES 8
#define LOADER_NAME 56

/* A loaded file.  `data` and `pa` are the same memory, which the callback `load` allocated. */
struct loader_file {
	char name[LOADER_NAME];
	u8 *data;
	paddr_t pa;
	u64 size;
};

/*
 * State of one run.  The caller owns it and the memory that `load` allocates, after an error too.
 */
struct loader {
	/* Allocate memory aligned to `align` and read the file `f->name` into it. */
	int (*load)(struct loader_file *f, u64 align, struct why *);
	struct loader_file file[LOADER_FILES];
	unsigned files_nr;
	/* Commands executed; `ignored`: WRITE_POINTER and unknown commands. */
	unsigned pointers, checksums, ignored;
};

/* Run the script of `len` bytes; an incomplete command at the end is ignored.  The caller sets
 * `load` and clears the rest.  -EINVAL, -ERANGE or the error of `load`; the files loaded so far
 * stay in `file`. */
int loader_run(struct loader *, const u8 *script, u64 len, struct why *);
/* The file that the script allocated under this name, or NULL. */
const struct loader_file *loader_file(const struct loader *, const char *name);
