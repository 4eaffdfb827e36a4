/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/uart/main.c - a UART driver returns, whatever its device answers, for ever.
 *
 * Every register reads the same: all ones (no device drives the bus), a receiver that always has
 * a character, always a broken one (a cut line, a stopped clock), and others.  uart.h bounds a
 * call: a wait for room of UART_POLLS_MAX reads, once, and broken characters of one FIFO.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <drivers/device.h>
#include <drivers/uart/uart.h>
#include <string.h>

#define REGISTERS 0x1000u
#define GETC_READS 2000u /* 256 characters of noise, a few registers each */
#define PUTC_READS 100u  /* a device that is known to be stuck */

static u8 registers[REGISTERS];
static u32 answer;
static u64 reads;

static u32 look(const volatile void *reg)
{
	assert_in_range((uintptr_t)reg, (uintptr_t)registers, (uintptr_t)registers + REGISTERS - 1);
	assert_true(++reads < 8ul * UART_POLLS_MAX); /* else the driver loops for ever */
	return answer;
}

u8 mmio_read8(const volatile void *reg)
{
	return (u8)look(reg);
}

u16 mmio_read16(const volatile void *reg)
{
	return (u16)look(reg);
}

u32 mmio_read32(const volatile void *reg)
{
	return look(reg);
}

static void put(volatile void *reg)
{
	assert_in_range((uintptr_t)reg, (uintptr_t)registers, (uintptr_t)registers + REGISTERS - 1);
}

void mmio_write8(volatile void *reg, u8 value)
{
	(void)value;
	put(reg);
}

void mmio_write16(volatile void *reg, u16 value)
{
	(void)value;
	put(reg);
}

void mmio_write32(volatile void *reg, u32 value)
{
	(void)value;
	put(reg);
}

static u64 reads_of_getc(const struct uart *u)
{
	reads = 0;
	u->getc();
	return reads;
}

static u64 reads_of_putc(const struct uart *u)
{
	reads = 0;
	u->putc('x');
	return reads;
}

static void bounded(const struct uart *u, u64 nr, u64 most)
{
	if (nr > most)
		fail_msg("%s: %lu reads of 0x%x", *u->compatible, nr, answer);
}

static bool begin(const struct uart *u)
{
	struct device d = { .node = -1, .len = { REGISTERS }, .nr_regs = 1, .reg_width = 4 };

	d.regs[0] = registers;
	reads = 0;
	return !u->probe(&d);
}

/* Each bit of a word alone and in pairs, and the complements. */
static u32 answers[2 * (32 + 32 * 31 / 2)];

static void make_answers(void)
{
	unsigned n = 0;

	for (unsigned a = 0; a < 32; a++)
		for (unsigned b = 0; b <= a; b++) {
			answers[n++] = 1u << a | 1u << b;
			answers[n] = ~answers[n - 1];
			n++;
		}
	assert_int_equal(n, ARRAY_SIZE(answers));
}

static const struct uart *named(const char *name)
{
	reg_for_each (uarts, it)
		if ((*it)->name && !strcmp((*it)->name, name))
			return *it;
	fail_msg("no driver %s", name);
	return NULL;
}

static void every_call_comes_back(void **state)
{
	unsigned drivers = 0, calls = 0;

	(void)state;
	make_answers();
	reg_for_each (uarts, it) {
		drivers++;
		for (unsigned n = 0; n < ARRAY_SIZE(answers); n++) {
			answer = answers[n];
			if (!begin(*it))
				continue;
			calls++;
			bounded(*it, reads_of_getc(*it), GETC_READS);
			reads_of_putc(*it); /* it may wait, once */
			bounded(*it, reads_of_putc(*it), PUTC_READS);
		}
	}
	assert_in_range(drivers, 13, 100);
	assert_in_range(calls, drivers * ARRAY_SIZE(answers) / 2, drivers * ARRAY_SIZE(answers));
}

/* Not empty, and each character with a framing error; bits from the manuals, not from the
 * drivers. */
static void noise_is_no_input_and_has_an_end(void **state)
{
	static const struct {
		const char *name;
		u32 registers; /* DDI 0183: DR.FE; i.MX 8M Plus: URXD.FRMERR, USR2.RDR */
	} noisy[] = { { "pl011", 0x100 }, { "imx", 0x1001 } };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(noisy); i++) {
		const struct uart *u = named(noisy[i].name);

		answer = noisy[i].registers;
		assert_true(begin(u));
		reads = 0;
		assert_int_equal(u->getc(), -1);
		assert_in_range(reads, 2 * 16,
				GETC_READS); /* a FIFO of broken characters is skipped */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_comes_back),
		cmocka_unit_test(noise_is_no_input_and_has_an_end),
	};

	return cmocka_run_group_tests_name("uart", tests, NULL, NULL);
}
