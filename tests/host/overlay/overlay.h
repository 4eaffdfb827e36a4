/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/overlay/overlay.h - the parts of the program. */
#pragma once
#include <drivers/fdt/overlay.h>
#include <stdio.h>
#include <want.h>

void check_tests(void);  /* check.c */
void memory_tests(void); /* memory.c */
void stack_tests(void);  /* stack.c */
void tree_tests(void);
