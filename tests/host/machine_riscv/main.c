/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_riscv/main.c - a hart of the worst legal machine is held to the manual by
 * itself.
 */
#include "hart_test.h"
#include <machine/random.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

u64 random_state = 1;
struct knobs knobs = { .age = 1000, .rate = 16 };

void machine_stop(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	exit(3);
}

void machine_refuse(const char *word, const char *why)
{
	machine_stop("%s: %s\n", word, why);
}

static void written(unsigned cpu, u64 word, struct frame_state *f)
{
	(void)cpu, (void)word;
	if (f->copy)
		fetch_written(f);
}

void begin_hart(u64 stores, u64 loads)
{
	knobs.adversary[ADV_STORES] = stores;
	knobs.adversary[ADV_LOADS] = loads;
	knobs.adversary[ADV_FETCH] = 1;
	for (u64 at = 0; at < TEST_RAM_BYTES; at += FRAME_BYTES)
		memory_frame(TEST_RAM + at)->copy = NULL;
	memset(memory_host(TEST_RAM), 0, TEST_RAM_BYTES);
	order_reset();
	order_hooks.visible = written;
	for (u64 at = 0; at < TEST_RAM_BYTES; at += FRAME_BYTES)
		*memory_frame(TEST_RAM + at) = (struct frame_state) { 0 };
	hart_begin(&harts[0], TEST_RAM, 0, 0);
}

int main(void)
{
	unsigned bad;

	if (memory_add(TEST_RAM, TEST_RAM_BYTES))
		return 2;
	harts_nr = 1;
	random_seed(7);
	bad = check_views() + check_fences() + check_encodings() + check_user() + check_errata() +
	      check_floats();
	if (!bad)
		printf("machine_riscv: ok\n");
	return bad != 0;
}
