/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/optimise/fake.h - 256 frames, and 32 pages of struct pages that map some of them.
 *
 * The frames are a file, so a frame that is mapped twice is one memory, a store to a page that is
 * read-only ends the program, and so does any access in an open window.
 */
#pragma once
#include <kern/cpu.h>
#include <mm/hotplug/hotplug.h>
#include <mm/kernel/kpt.h>
#include <mm/pt/pt_tap.h>

#define PAGE 4096ul
#define BASE 0x40000000ul /* of the frames */
#define FRAMES 256u
#define VM_PAGES 32u /* of struct pages: 2048 */
#define VM_FIRST 64u /* the frame of the first one */
#define SPARE 128u   /* the first frame that is free elsewhere */
#define CHUNK 1024u  /* the first page of the block that was added */
#define NODE 5u

struct mapped {
	unsigned frame;
	bool rw;
};

struct fake {
	struct mapped map[VM_PAGES];
	bool used[FRAMES], whole[FRAMES], filled[FRAMES]; /* whole: in a chunk that is not split */
	struct block added, frames; /* that holds CHUNK, and that holds the frames of VM_FIRST */
	bool added_there, frames_there;
	unsigned any_most; /* frames elsewhere */
	bool split_fails;
	/* seen */
	vaddr_t window;
	u64 window_len;
	int gathers, plans;
	unsigned splits, joins, flushes, any_asked;
	vaddr_t split_va;
	u64 split_len;
};
extern struct fake fake;

extern struct cpu cpus[];

void fake_begin(void);
struct page *fake_page(unsigned pfn);
