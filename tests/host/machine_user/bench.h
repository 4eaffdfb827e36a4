/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_user/bench.h - one CPU of the arm64 machine, by instructions: at EL1 or EL0,
 * with pages of which the test chooses the descriptors.  A part returns the number of its
 * complaints, which it has printed.
 */
#pragma once
#include <machine/arm64/cpu.h>

#define RAM 0x40000000ul
#define RAM_BYTES (2 * MiB)

/* Addresses that the tables map.  Every level may execute TEXT, and EL1 alone VECTORS. */
#define TEXT 0x1000ul
#define VECTORS 0x2000ul
#define PAGE 0x205000ul /* the page under test */
#define PAGE_FRAME (RAM + 0x30000)
#define STACK_EL0 0x3333000ul
#define STACK_EL1 0x4444000ul

enum level { AT_EL1, AT_EL0 };

/* The CPU is at this level with the MMU on, SP_EL1 selected, and PAN 0; PAGE has this descriptor
 * (without its address), and the table above it these bits. */
struct a64_cpu *begin_at(enum level level);
#define NO_LEAF (~0ul)
void set_page(u64 leaf, u64 table);
/* A write of SCTLR_EL1 is in force. */
void set_control(u64 bits, bool on);

/* Execute a word at TEXT, or continue at an address; at most one instruction. */
void execute(u32 word);
void execute_at(u64 pc);
/* The exception class that the instruction took, or NO_EXCEPTION. */
#define NO_EXCEPTION 0xffu
unsigned exception_of(void);
u64 syndrome(void); /* ESR_EL1.ISS */

unsigned complain(bool wrong, const char *format, ...) PRINTF_LIKE(2, 3);
extern const char *last_stop; /* the machine stopped: why; NULL: it did not */

unsigned check_rights(void);    /* which pages a level may read, write and execute */
unsigned check_levels(void);    /* vectors, returns, stack pointers */
unsigned check_traps(void);     /* system instructions at EL0 */
unsigned check_denied(void);    /* what the ID registers deny */
unsigned check_registers(void); /* timers, counters, caches */
unsigned check_firmware(void);  /* PSCI, SMCCC */
unsigned check_fp(void);        /* fp=1 */
unsigned check_sme(void);       /* fp=1 sme=1 */
