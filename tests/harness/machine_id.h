/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/machine_id.h - identify this machine: a description, and a hash over it, so that
 * results can be compared.
 *
 * The hash does not depend on the arguments, on the boot CPU or on memory that was added: model,
 * number and kinds of CPUs by their identification registers, firmware with its version, counter,
 * memory at power-on, ACPI tables, and the device tree without /chosen, where firmware puts random
 * seeds and the command line.  If CPUs differ, those that are not started (cpus=) cannot be
 * included and change the hash.
 */
#pragma once
#include <lib/types.h>

void id_know_machine(void); /* once, after all initialization; a crash cannot query the CPUs */
u32 id_machine_hash(void);
void id_records(void);      /* `#: id`, after `#: run` */
const char *id_model(void); /* of the device tree: "linux,dummy-virt", "" when unknown */
const char *id_accel(void); /* tcg, kvm, hvf or bare */
const char *id_clues(char *buf, size_t size); /* kern/emulator.h: "marchid-42,devices" */
u32 id_tree_hash(void);                       /* without /chosen; 0 when there is no sound tree */
u32 id_acpi_hash(void);                       /* 0 when there are no tables */
const char *id_firmware(char *buf, size_t size); /* "PSCI 1.1" */
const char *id_cpu_text(unsigned nr);            /* "Cortex-A72 r0p3 (MIDR 410fd083)", "off" */
/* "4 x Cortex-A72 r0p3 (MIDR 410fd083)"; mixed CPUs are all named. */
void id_cpus_text(char *buf, size_t size);
