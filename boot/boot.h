/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/boot.h - values that the entry code passes to boot in C, and the trampoline page table.  All
 * functions run on the boot CPU, except image_pa_of() and intact_damage().
 */
#pragma once
#include <lib/err.h>
#include <lib/types.h>

enum boot_entry {
	ENTRY_IMAGE, /* by Linux's boot protocol */
	ENTRY_EFI,   /* as a UEFI application; see handover() */
};

enum words_from { WORDS_TREE, WORDS_LOAD_OPTIONS, WORDS_FILE };

struct boot_info {
	paddr_t fdt_pa;    /* from firmware, untrusted, 0: none; tree_move() may move it */
	paddr_t image_pa;  /* of the running image; link address IMAGE_VA */
	u64 image_len;     /* to image_end, .noinit included */
	u64 hwid;          /* of the boot CPU */
	u64 entry_counter; /* instret (riscv64) at the first instruction, 0 on arm64 */
	u32 entry_el;      /* arm64: 1 or 2; riscv64: 0 */
	u32 moved;         /* riscv64: bytes by which the image moved itself up; arm64: 0 */
	u32 entry;         /* enum boot_entry, of the first boot since power-on */
	u32 words_from;    /* enum words_from: the source of the boot arguments */
	paddr_t rsdp_pa;   /* from UEFI's configuration table; PA_NONE: it has none */
};
extern struct boot_info boot_info; /* in .data, filled by the entry code */
/* UEFI's firmware vendor and revision; NULL if UEFI did not start this image. */
const char *boot_uefi_vendor(u32 *revision);

/* The one exception to the choke points (ENGINE 3.5): map pages of device memory or normal memory
 * (the DTB) in the trampoline page table, until the kernel's page tables replace it; never
 * unmapped. NULL: its window is full. */
volatile void *early_map_device(paddr_t, u64 len);
const void *early_map_ro(paddr_t, u64 len);
void *early_map_rw(paddr_t, u64 len);
paddr_t early_pa_of(vaddr_t); /* of an address in the image or in the window; else PA_NONE */
/* Root of the trampoline page table for that many levels; 0: none.  Its tables are not freed: a
 * switch between modes, and a restart, use it. */
paddr_t early_root(unsigned levels);
/* For isa_probe.c: map n entries with this raw value, aligned to n pages; NULL: no space. */
const void *early_map_cells(u64 cell, unsigned n);
/* Tables for the first stage of kpt_build(), inside the image. */
paddr_t boot_pool_alloc(void); /* one zeroed page of up to 64 KiB, or PA_NONE */

static inline paddr_t image_pa_of(const void *link_address)
{
	return (paddr_t)(uintptr_t)link_address - 0xffffffff80000000ul + boot_info.image_pa;
}

#define IMAGE_HEAD_BYTES (8 * KiB) /* the entry section: the copy does not overwrite it */

/* The address to which an image that was loaded at `pa` moves itself; it never overlaps the code of
 * the copy. */
static inline paddr_t image_home(paddr_t pa)
{
	return is_aligned(pa, 2 * MiB) ? pa : align_up(pa + IMAGE_HEAD_BYTES, 2 * MiB);
}

/* Section edges, from linker/kernel.lds.S; 64 KiB aligned so that every granule protects them. */
extern char image_start[], text_end[], data_pristine[], data_pristine_end[], rodata_start[],
	rodata_end[], data_start[], image_end[];
extern char idmap_start[], idmap_end[]; /* one page of code that changes the translation regime */
extern char init_start[], init_end[];   /* boot-only code: unmapped before a hot add (S0-44) */

/* Move the device tree to memory after the image, if it is on another node, in the range of
 * withhold=, or in a page of this size that the linear map will not contain.  Called after the
 * registry is filled and before memory is withheld.  Returns its address, as in boot_info.fdt_pa;
 * -ENOMEM in why: it was not moved. */
const void *tree_move(const void *fdt, u64 page, struct why *);

/* Remove from the registry boot memory that the CPU cannot address, or that does not hold written
 * values, and report each range.  Called after the registry is filled. */
void ram_check(const void *fdt, void (*log)(const char *sentence));

/* ---- intact.c: are the image and the device tree, which a restart uses again, unchanged? ---- */
/* tools/hotplate imagesum writes them: of boot-only code, and of the rest. */
extern const u64 image_sum[2];
/* Store a checksum of the tree, which has passed fdt_check(). */
void intact_remember(const void *fdt);
/* Check boot-only code, which is mapped only during boot.  False: it is damaged, and
 * intact_damage() will report it. */
bool intact_init_code(void);
/* For kern_hooks.damage: a sentence about the corruption, or NULL.  Any CPU, in a crash too. */
const char *intact_damage(void);

NORETURN void boot_main(void); /* at the link address, in the early map, on the boot stack */
