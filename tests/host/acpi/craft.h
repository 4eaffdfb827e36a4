/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/acpi/craft.h - builds ACPI tables field by field, creates the device tree of them, and
 * reads the tree. */
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

#define CRAFT_AT 0x7f000000ul

/* ---- tables ---- */
void craft_begin(void);
void craft_table(const char name[4], u32 head); /* standard header, zeroes up to `head` */
void craft_put(u64 value, unsigned bytes);      /* append; more than 8 bytes: zeroes */
void craft_at(u32 offset, u64 value, unsigned bytes);
void craft_text(const char *, unsigned bytes);
void craft_seal(void); /* set length and checksum, add it to the root table */
void craft_end(void);  /* write XSDT and RSDP */
u8 *craft_last(void);  /* the table sealed last, for a test to corrupt */

/* The usual tables of a machine: GIC version 2 or 3, number of CPUs. */
void craft_arm(unsigned gic, unsigned cpus);
void craft_riscv(unsigned harts, bool aplic, bool imsic);
/* Entries of a MADT; `file`, `bytes`: the interrupt file of a hart, 0: none. */
void craft_rintc(u32 hart, u32 context, u64 file, u32 bytes);
void craft_plic(u8 id, u16 sources, u64 pa, u32 gsi);
void craft_aplic(u8 id, u16 contexts, u16 sources, u64 pa, u32 gsi);
void craft_fadt(u16 arm_boot);
void craft_spcr(u8 type, u8 access, u64 pa, u32 gsi);
void craft_mcfg(u64 pa, u16 segment, u8 first, u8 last);
void craft_gicc(u64 mpidr, u32 uid, u32 flags);
void craft_srat_memory(u32 domain, u64 pa, u64 len, u32 flags);

/* ---- results ---- */
const u8 *craft_bytes(paddr_t pa, u64 len);
const struct tables *craft_tables(void);
/* The tree, checked and indexed, or NULL, and the reason is in craft_why. craft_said: all messages.
 */
const void *craft_tree(void);
const void *craft_tree_in(void *to, u64 size);
extern struct why craft_why;
extern char craft_said[4096];
bool said(const char *text);

u64 cell_pair(const void *fdt, const char *path, const char *prop, unsigned n);
u32 cell(const void *fdt, const char *path, const char *prop, unsigned n);
unsigned cells(const void *fdt, const char *path,
	       const char *prop); /* number of cells; 0: absent */
const char *text(const void *fdt, const char *path, const char *prop);
bool there(const void *fdt, const char *path);
/* The node has these properties, in any order, and no others: "name", "name text" or
 * "name <1 a 0>".  NULL ends the list. */
void node_is(const void *fdt, const char *path, const char *const *wanted);

int run_arm_tests(void);
int run_riscv_tests(void);
int run_hart_tests(void);
int run_chip_tests(void);
int run_madt_tests(void);
int run_srat_tests(void);
int run_pci_tests(void);
int run_gic_tests(void);
int run_table_tests(void);
int run_hostile_tests(void);
int run_console_tests(void);
int run_early_tests(void);
