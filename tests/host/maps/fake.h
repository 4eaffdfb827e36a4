/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/maps/fake.h - a tree of pages and of leaves of 16 pages, frames with struct pages,
 * locks that check their order, and a scheme of vmalloc=: fakes for the files under test.
 *
 * An unmapped page stays stale until its gather is flushed: before that no frame is freed and no
 * address is mapped again.
 */
#pragma once
#include <kern/cpu.h>
#include <kern/lock.h>
#include <mm/kernel/kpt.h>
#include <mm/page/buddy.h>
#include <mm/pt/pt.h>
#include <mm/pt/pt_tap.h>
#include <mm/vmalloc/vmalloc.h>
#include <want.h>

#define PAGE 4096ul
#define SLOT 16u          /* pages of a leaf of level 1 */
#define VM_PAGES 4096u    /* at most */
#define DEVICE_PAGES 600u /* at most */
#define FRAMES 4096u
#define VM 0xffff900000005000ul /* not at a multiple of 16 pages */
#define DEVICE 0xffffa00000000000ul
#define RW_PROT (PT_R | PT_W | PT_GLOBAL)
#define OWNER "who asks"
#define NODE 3

enum part { PART_VM, PART_DEVICE, PART_LINEAR, PARTS };
enum { EMPTY, MAPPED, STALE };

struct entry {
	paddr_t pa;
	u8 state, level;
	enum pt_prot prot;
	const struct pt_gather *by; /* STALE: whose flush ends it */
};

struct fake {
	/* set */
	struct pt *tree;                        /* that is worked on */
	enum pt_writer writer;                  /* who has to be the one that stores */
	unsigned frames_most, order_most, node; /* of the machine, and the node of the requests */
	unsigned fail_plan;                     /* this plan fails; 0: none */
	bool scattered, first, large;           /* frames; the scheme; larger leaves are mapped */
	void (*on_unlock)(const char *name);    /* another CPU's turn, once */
	/* seen */
	unsigned frames_out, nr_plans, parts, flushes, slots_freed, contig, applied;
	int plans, gathers, section;
	bool table[VM_PAGES / SLOT + 1]; /* an empty page table behind a slot */
	bool in_remove;
};
extern struct fake fake;
extern struct cpu cpus[];
extern struct pt other_tree;
extern struct pt_fmt fake_fmt;

void fake_tree_begin(void);
void fake_begin(unsigned vm_pages, unsigned device_pages);
void fake_first(bool first); /* a scheme whose lock is before all others */
void fake_quiet(void);       /* nothing is open, locked or stale, and no writer is declared */
struct entry *fake_at(vaddr_t);
unsigned fake_mapped(enum part); /* pages that are mapped or stale */
void fake_check_frame_free(paddr_t);
bool fake_locked(const char *name);
bool fake_any_lock(void);
bool fake_reads(const char *name);
bool fake_filled(paddr_t);
/* Does the call end in an assertion? */
bool fake_asserts(void (*call)(void *), void *arg);
/* A frame of the caller's. */
paddr_t fake_frame(unsigned i);

void check_devices(void);
void check_addresses(void);
void check_memory(void);
void check_large(void);
void check_lazy(void);
void check_direct(void);
void check_apply(void);
