/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/stub/fake.h - an emulated firmware: the data it provides, how it responds, and
 * which calls the stub made.  It fails the test if the stub does something that UEFI does not
 * allow.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <boot/efi/stub.h>
#include <cmocka.h>

#define NEVER 1000u

struct fake {
	/* behaviour */
	const void *options;
	u32 options_bytes;
	const struct efi_path *path;
	bool no_device, no_volume, no_tree, no_tables;
	const char *file; /* content of hotplate.txt; NULL: no such file */
	u64 file_bytes;
	efi_status read_status;
	u64 read_bytes;         /* not 0: the reported length of a read */
	unsigned stale_keys;    /* number of calls of ExitBootServices that fail */
	efi_status exit_status; /* result of ExitBootServices */
	unsigned map_fails_at;  /* the call of GetMemoryMap that fails; 0: none */
	u64 map_bytes, map_grows;
	const u16 *vendor;

	/* calls */
	unsigned maps, exits, lines, files_open;
	bool over; /* after ExitBootServices: no call may follow */
	u64 key;
	char opened[300], said[2048];
};
extern struct fake fake;

void fake_begin(void);             /* a sound firmware without arguments */
efi_status play_run(void);         /* run the stub once */
const struct handover *left(void); /* the handover record that it left */

int run_words_tests(void);
int run_leave_tests(void);
