/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/stub/play.h - a firmware that is played: what it hands over, how it answers, and what
 * was asked of it.  It fails the test itself where the stub does what UEFI does not allow.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <boot/efi/stub.h>
#include <cmocka.h>

#define NEVER 1000u

struct play {
	/* what it does */
	const void *options;
	u32 options_bytes;
	const struct efi_path *path;
	bool no_device, no_tree, no_tables;
	const char *file; /* what hotplate.txt holds; NULL: there is none */
	u64 file_bytes;
	efi_status read_status;
	u64 read_bytes;         /* not 0: what it says that it read */
	unsigned stale_keys;    /* so many calls of ExitBootServices fail */
	efi_status exit_status; /* not 0: instead of 0 */
	unsigned map_fails_at;  /* which call of GetMemoryMap fails; 0: none */
	u64 map_bytes, map_grows;
	const u16 *vendor;

	/* what happened */
	unsigned maps, exits, lines, files_open;
	bool over; /* firmware's console was used after ExitBootServices: nothing may follow */
	u64 key;
	char opened[300], said[2048];
};
extern struct play play;

void play_begin(void);             /* a sound firmware, which nobody gave any words */
efi_status play_run(void);         /* the stub, once */
const struct handover *left(void); /* what it left for the boot story */

int run_words_tests(void);
int run_leave_tests(void);
