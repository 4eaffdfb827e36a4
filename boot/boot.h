/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/boot.h - what the entry code leaves for the boot story, and the throw-away early map.
 */
#pragma once
#include <lib/err.h>
#include <lib/types.h>

enum boot_entry {
	ENTRY_IMAGE, /* Linux' boot protocol */
	ENTRY_EFI,   /* as a UEFI application: handover() has the rest */
};

enum words_from { WORDS_TREE, WORDS_LOAD_OPTIONS, WORDS_FILE };

struct boot_info {
	paddr_t fdt_pa;    /* as handed over, untrusted, 0: none; tree_move() may move it */
	paddr_t image_pa;  /* where the image runs; link address IMAGE_VA */
	u64 image_len;     /* to _end, .noinit included */
	u64 hwid;          /* of the boot CPU */
	u64 entry_counter; /* instret (riscv64) at the first instruction, 0 on arm64 */
	u32 entry_el;      /* arm64: 1 or 2; riscv64: 0 */
	u32 relocated;     /* it moved itself */
	u32 entry;         /* enum boot_entry, of the first life */
	u32 words_from;    /* enum words_from: whose boot words count */
	paddr_t rsdp_pa;   /* of UEFI's configuration table; PA_NONE: it gave none */
};
extern struct boot_info boot_info; /* in .data, filled by the entry code */
/* UEFI's vendor and revision; NULL if UEFI did not start this image. */
const char *boot_uefi_vendor(u32 *revision);

/* The one exception to the choke points (ENGINE 3): pages of the throw-away map, device memory or
 * normal memory (the DTB), until the engine's tables take over.  NULL: its window is full. */
volatile void *early_map_device(paddr_t, u64 len);
const void *early_map_ro(paddr_t, u64 len);
void *early_map_rw(paddr_t, u64 len);
paddr_t early_pa_of(vaddr_t); /* of the image or of a page of the window; else PA_NONE */
/* Root of the throw-away map for so many levels; 0: it has none.  Its tables stay: ways out of a
 * tree lead over it. */
paddr_t early_root(unsigned levels);
/* For probes of the boot CPU: n times this cell, from a boundary of n on. */
const void *early_map_cells(u64 cell, unsigned n);
/* Tables for the first stage of the engine's build, inside the image. */
paddr_t boot_pool_alloc(void); /* one zeroed page of up to 64 KiB, or PA_NONE */

static inline paddr_t image_pa_of(const void *link_address)
{
	return (paddr_t)(uintptr_t)link_address - 0xffffffff80000000ull + boot_info.image_pa;
}

/* Where an image that was loaded at `pa` moves itself: not into the way of the code that does it.
 */
static inline paddr_t image_home(paddr_t pa)
{
	return is_aligned(pa, 2 * MiB) ? pa : align_up(pa + 8 * KiB, 2 * MiB);
}

/* Section edges, from linker/kernel.lds.S; 64 KiB aligned so that every granule protects them. */
extern char image_start[], text_end[], data_pristine[], data_pristine_end[], rodata_start[],
	rodata_end[], data_start[], image_end[];
extern char idmap_start[], idmap_end[]; /* one page of code that changes the translation regime */
extern char init_start[],
	init_end[]; /* boot-only code: unmapped before the first hot add (S0-44) */

/* The device tree leaves a node that is not the image's.  The registry is filled, nothing is
 * withheld yet; boot_info.fdt_pa and what this returns are where it lies then.  -ENOMEM in why: it
 * stays. */
const void *tree_move(const void *fdt, struct why *);

/* The registry is filled: boot memory that the CPU cannot address, or that does not keep what is
 * written to it, leaves it; a line each. */
void ram_check(const void *fdt, void (*say)(const char *sentence));

/* ---- intact.c: is what a further life begins with still what it was? ---- */
extern const u64 image_sum[2]; /* written by the link: boot-only code, and everything else */
/* The tree was checked: remember what it says. */
void intact_remember(const void *fdt);
/* Boot-only code is mapped during boot alone: false is a line and the reset of intact_damage(). */
bool intact_init_code(void);
const char *intact_damage(void); /* for kern_hooks.damage */

extern char kept_start[], kept_end[]; /* what a restart finds again (KEPT in lib/init.h) */

NORETURN void boot_main(void); /* at the link address, early map live, boot stack */
