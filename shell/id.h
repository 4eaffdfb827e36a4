/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/id.h - what machine and what image this is: the lines of `id`, and a hash over those of
 * them that describe the machine, so that results can be compared.
 */
#pragma once
#include <lib/types.h>

void id_print(void);
const char *id_model(void); /* of the device tree: "linux,dummy-virt", "" when unknown */
u32 id_machine_hash(void);
/* "4 x Cortex-A72 r0p3 (MIDR 410fd083)"; mixed CPUs are all named. */
void id_cpus_text(char *buf, size_t size);
