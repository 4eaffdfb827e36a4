/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/lib/unit.h - cmocka and the declarations that the files of this program share. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <lib/types.h>

int run_printf_tests(void);
int run_string_tests(void);
int run_glob_tests(void);
int run_args_tests(void);
int run_sgi_tests(void);
int run_emulator_tests(void);
