/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/console/fake.h - the simulated UART. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <drivers/console.h>
#include <drivers/device.h>

extern struct fake {
	u32 status, data;
	const char *text; /* input, NULL: the registers' values */
	u64 reads;
} fake;
extern const struct uart fake_uart;
void empty(void); /* no input is pending */

int run_wait_tests(void); /* wait.c: number of failures */
