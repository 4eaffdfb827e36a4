/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/cpu_arm64/machine.h - the registers of the running CPU, by name. */
#pragma once
#include <lib/types.h>
#include <want.h>

struct reg {
	const char *name;
	u64 value;
};

u64 *reg_of(const char *name); /* 0 until it is written */
extern unsigned unsynced;      /* writes since the last ISB */
extern const char *instruction[16];
extern unsigned instructions_nr;
extern unsigned errata_read, lines_read; /* by this CPU */

/* Hooks, or NULL. on_instruction is called before the effect of the instruction. */
extern void (*on_set)(const char *name, u64 was, u64 v), (*on_instruction)(const char *text);

void test_controls(void);
void test_geometries(void);
void test_regimes(void);
void test_switches(void);
void test_traps(void);
