/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/acpi/craft.h - ACPI tables written field by field, the tree that is made of them, and
 * what it says. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <drivers/acpi/spcr.h>
#include <drivers/acpi/tree.h>
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>

#define CRAFT_AT 0x7f000000ull

/* ---- tables ---- */
void craft_begin(void);
void craft_table(const char name[4], u32 head); /* `head` bytes with the standard head, zeroed */
void craft_put(u64 value, unsigned bytes);      /* behind what is there; above 8: zeros */
void craft_at(u32 offset, u64 value, unsigned bytes);
void craft_text(const char *, unsigned bytes);
void craft_seal(void); /* length and checksum; the table is listed */
void craft_end(void);  /* XSDT and RSDP */
u8 *craft_last(void);  /* the table that was sealed last, to spoil it */

/* The usual ones: `gic` 2 or 3, `cpus` of them. */
void craft_arm(unsigned gic, unsigned cpus);
void craft_riscv(unsigned harts, bool aplic, bool imsic);
/* Entries of a MADT. */
void craft_plic(u8 id, u16 sources, u64 pa, u32 gsi);
void craft_aplic(u8 id, u16 contexts, u16 sources, u64 pa, u32 gsi);
void craft_fadt(u16 arm_boot);
void craft_spcr(u8 type, u8 access, u64 pa, u32 gsi);
void craft_mcfg(u64 pa, u16 segment, u8 first, u8 last);
void craft_gicc(u64 mpidr, u32 uid, u32 flags);
void craft_srat_memory(u32 domain, u64 pa, u64 len, u32 flags);

/* ---- what comes of them ---- */
const u8 *craft_bytes(paddr_t pa, u64 len);
const struct tables *craft_tables(void);
/* The tree, checked and indexed; NULL and the sentence in craft_why.  craft_said: all sentences. */
const void *craft_tree(void);
const void *craft_tree_in(void *to, u64 size);
extern struct why craft_why;
extern char craft_said[4096];
bool said(const char *text);

u64 cell_pair(const void *fdt, const char *path, const char *prop, unsigned n);
u32 cell(const void *fdt, const char *path, const char *prop, unsigned n);
unsigned cells(const void *fdt, const char *path, const char *prop); /* 0: it is not there */
const char *text(const void *fdt, const char *path, const char *prop);
bool there(const void *fdt, const char *path);

int run_arm_tests(void);
int run_riscv_tests(void);
int run_hostile_tests(void);
int run_console_tests(void);
int run_agree_tests(void);
int run_early_tests(void);
