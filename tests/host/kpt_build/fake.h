/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/kpt_build/fake.h - a tree that counts how often each page of 4 GiB is mapped, an
 * image of 16 pages, the registry of memory, and the arguments.
 */
#pragma once
#include <kern/args.h>
#include <kern/cpu.h>
#include <mm/kernel/kpt.h>
#include <mm/page/region.h>
#include <mm/policy/policy.h>
#include <mm/pt/pt.h>
#include <mm/pt/pt_tap.h>
#include <want.h>

#define PAGE 4096ul
#define BASE 0x40000000ul /* of the physical memory that is looked at */
#define REACH (BASE + 4 * GiB)
#define PAGES (4 * GiB / PAGE)
#define LINEAR 0xffff800000000000ul
#define IMAGE_PA (BASE + 0x200000)
#define ROOT_PA 0x1234000ul
#define RANGES 8

struct fake {
	/* set */
	struct mem_range ram[RANGES], reserved[RANGES];
	unsigned nr_ram, nr_reserved;
	const char *vmalloc, *leaf;           /* the arguments */
	bool contig, no_root, usable, sticks; /* sticks: the registry removes nothing */
	unsigned fail_plan, fail_fill;        /* this one fails; 0: none */
	unsigned max_level;                   /* that the linear map has to have */
	u64 piece;
	/* seen */
	unsigned plans, fills, loads, images, removed;
	int open;
	paddr_t mapped_lo, mapped_hi; /* as reported to the boot pool */
	u8 count[PAGES];              /* maps of each page */
	char refused[160];            /* the last that args_refuse() got */
	const struct vmalloc_scheme *selected;
	vaddr_t fill_va[REGION_NR];
	u64 fill_len[REGION_NR];
};
extern struct fake fake;
extern struct cpu cpus[];
extern const struct vmalloc_scheme schemes[2];
extern const char *const image_edges[5]; /* start, text, rodata, data, rw end */

void fake_begin(const struct pt_fmt *);
/* Is this page one that the linear map may not have? */
bool fake_hole(paddr_t);
