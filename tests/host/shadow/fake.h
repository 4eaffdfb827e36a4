/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/shadow/fake.h - frames with struct pages, a tree of one level over the shadow, and
 * boot memory: fakes for mm/kernel/shadow.c, with their limits.
 */
#pragma once
#include <kern/cpu.h>
#include <mm/kernel/kpt.h>
#include <mm/page/page.h>
#include <mm/page/region.h>
#include <mm/pt/pt_tap.h>

#define SHADOW_PAGES 512 /* of shadow: the linear map has 16 MiB */
#define BLOCK (4 * MiB)
#define BLOCK_NODE 3

struct fake {
	unsigned scattered;   /* frames side by side; each second one; downwards */
	unsigned frames_most; /* that there are */
	struct mem_range ram[4];
	unsigned nr_ram, unmappable; /* the first one that the linear map does not reach */
	/* seen */
	struct page *frame[SHADOW_PAGES]; /* that is mapped */
	unsigned frames_out, mapped_runs, asked_node;
	int plans, gathers; /* that have not ended */
	bool owed;          /* an invalidation */
};
extern struct fake fake;
extern struct cpu cpus[];

void fake_begin(void);
