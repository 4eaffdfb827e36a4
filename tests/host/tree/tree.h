/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/tree/tree.h - the parts of the program. */
#pragma once
#include <drivers/fdt/fdt.h>
#include <stdio.h>
#include <want.h>

void memory_tests(void); /* memory.c */
void index_tests(void);  /* index.c */
void fault_tests(void);  /* faults.c */
void query_tests(void);  /* queries.c */
