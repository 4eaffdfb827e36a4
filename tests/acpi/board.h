/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/acpi/board.h - an emulated machine with a GED and three memory slots: it has tables of its
 * own (tests/acpi/board.asl), and a structure in memory in place of registers.  One test at a
 * time uses it, and only if the machine itself uses no GED.
 */
#pragma once
#include <drivers/acpi/acpi_machine.h>
#include <drivers/acpi/aml.h>
#include <drivers/acpi/dimm_source.h>
#include <drivers/acpi/ged.h>
#include <tests/harness/util.h>

#define BOARD_SLOTS 3
#define BOARD_GSI 0x50
#define BOARD_LEVEL 0x51 /* has a method of its own, _L51 */
#define BOARD_OEM_SPACE 0x80
#define BOARD_FIT 0x100

enum { SLOT_PRESENT = 1, SLOT_INSERT = 2, SLOT_EJECT = 4, SLOT_ODD_NOTIFY = 8 };
enum board_mode { /* what _EVT does */
		  BOARD_SCAN,
		  BOARD_LOOP,
		  BOARD_RECURSION,
		  BOARD_PEEK,
		  BOARD_POKE,
		  BOARD_SLEEP,
		  BOARD_PORT,
		  BOARD_DIVIDE,
		  BOARD_FATAL,
		  BOARD_OEM, /* reads the OEM address space */
};

/* The registers; board.asl has the same layout. */
struct board_slot {
	u64 base[4]; /* base, length, base, length */
	u32 flags, proximity;
	u32 ost_event, ost_status, ost_count, ejects;
	u32 unused[2];
};
struct board_registers {
	struct board_slot slot[4];
	u32 mode, events;
	u64 address;
	u32 seen, levels;
	u32 fit_bytes;  /* length of _FIT; above BOARD_FIT the method fails */
	u32 fit_notify; /* the next notification of the NVDIMM root device, once */
	u8 unused[0xe0];
	u8 fit[BOARD_FIT];
};
extern struct board_registers *board;

/* ---- tables in memory, before they are read ---- */
enum {
	BOARD_XSDT = 0x40,
	BOARD_FADT = 0x100,
	BOARD_SRAT = 0x300,
	BOARD_NFIT = 0x360,
	BOARD_DSDT = 0x400
};
struct board_tables {
	u8 *at; /* RSDP, and the others at the offsets above */
	paddr_t pa;
	u64 len;
};
/* Called by board_up() with tables and registers before either is read; then set to NULL. */
extern void (*board_prepare)(const struct board_tables *);
/* Append a structure to an NFIT: after the table's header, or in `fit`.  Returns the new total
 * length. */
u32 board_spa(u8 *structures, u32 bytes, paddr_t, u64 len);
void board_nfit(u8 *table, u32 structures); /* set its length and checksum */
/* `window`: the SRAT's window, where memory may be added. */
bool board_tables(struct test_run *, struct board_tables *, paddr_t window, u64 len);
void board_seal(u8 *table);    /* correct its checksum after a change */
void board_machine_back(void); /* use the machine's own tables again */

/* Start tables, namespace and slots as `board` describes them.  False: the test is skipped or
 * failed. */
bool board_up(struct test_run *, paddr_t window, u64 len);
/* Stop everything and verify that nothing is left, ACPICA's memory included; the machine's own
 * tables are used again. */
void board_down(struct test_run *);
extern u64 board_loses; /* blocks that ACPICA may leak in the current test */
void board_plug(unsigned slot, paddr_t, u64 len, u32 flags);
/* Raise the GED's interrupt and process all events that it causes. */
void board_interrupt(void);
