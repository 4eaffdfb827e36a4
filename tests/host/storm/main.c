/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/storm/main.c - tells an interrupt storm from a line at full speed.
 *
 * The emulated UART has no FIFO: one interrupt for each character, and, if the controller
 * samples a falling level, a second one without a character.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <drivers/console.h>
#include <drivers/fdt/fdt.h>
#include <drivers/irq/irq.h>
#include <kern/cpu.h>
#include <kern/log.h>
#include <kern/trap.h>
#include <libfdt.h>
#include <string.h>

#define IRQ 10u
#define BITS_8N1 10u
#define PASTE 2000000u /* at 115,200 baud three minutes */

static u64 now_ns;
static bool off;
static u32 waiting; /* characters in the UART */

u64 clock_ns(void)
{
	return now_ns;
}

void kprintf(const char *fmt, ...)
{
	assert_non_null(strstr(fmt, "turned off after"));
}

static int is_chip(struct device *d)
{
	(void)d;
	return 0;
}

static void no_cpu(void)
{
}

static void enable(u32 irq, u32 flags, unsigned cpu)
{
	(void)flags, (void)cpu;
	assert_int_equal(irq, IRQ);
}

static void disable(u32 irq)
{
	assert_int_equal(irq, IRQ);
	off = true;
}

static const char *const compatible[] = { "fake", NULL };
static const struct irqchip chip = { .compatible = compatible,
				     .name = "fake",
				     .probe = is_chip,
				     .cpu_init = no_cpu,
				     .enable = enable,
				     .disable = disable };
IRQCHIP(fake, chip);

int fdt_next_compatible(const void *fdt, int from, const char *const *words)
{
	(void)fdt, (void)words;
	return from < 0 ? 1 : -1;
}

int fdt_device(const void *fdt, int node, struct device *d, struct why *why)
{
	(void)fdt, (void)node, (void)why;
	memset(d, 0, sizeof(*d));
	return 0;
}

uint32_t fdt_get_phandle(const void *fdt, int node)
{
	(void)fdt, (void)node;
	return 1;
}

static volatile void *map(paddr_t pa, u64 len)
{
	(void)pa, (void)len;
	return NULL;
}

static int getc(void)
{
	return waiting && waiting-- ? 'x' : -1;
}

static const struct uart uart = { .name = "fake", .getc = getc };

/* As in drivers/console.c. */
static void receive(void *arg)
{
	(void)arg;
	if (console_receive(&uart) == RX_SOME)
		irq_served(IRQ);
}

static void nothing(void *arg)
{
	(void)arg;
}

static void begin(void (*handler)(void *))
{
	static bool found;

	if (!found)
		assert_int_equal(irq_init(NULL, map), 0);
	else
		irq_release(IRQ);
	found = true;
	now_ns += 100000000000ul;
	assert_int_equal(irq_request(IRQ, 4, "console", handler, NULL), 0);
	off = false;
}

/* Raise `nr` interrupts, one every `ns`; returns the number taken before it was turned off. */
static u64 come(u64 nr, u64 ns)
{
	u64 n = 0;

	for (; n < nr && !off; n++) {
		now_ns += ns;
		irq_dispatch(IRQ);
	}
	return n;
}

static void paste(u64 baud, unsigned idle)
{
	u64 ns = 1000000000ul * BITS_8N1 / baud;

	begin(receive);
	for (unsigned n = 0; n < PASTE; n++) {
		waiting = 1;
		come(1 + idle, ns / (1 + idle));
		while (console_getc() != -1)
			;
	}
	assert_false(off);
	assert_int_equal(irq_nth(0)->served, PASTE);
}

static void a_line_at_full_speed_is_none(void **state)
{
	static const u64 bauds[] = { 9600, 115200, 921600, 1500000 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bauds); i++)
		for (unsigned idle = 0; idle < 2; idle++)
			paste(bauds[i], idle);
}

/* A CPU that does nothing else takes some hundred thousand a second. */
static void a_level_that_stays_up_is_one(void **state)
{
	static const u64 ns[] = { 1000, 3000, 20000 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(ns); i++) {
		begin(nothing);
		assert_in_range(come(100000, ns[i]), 1000, 60000);
		assert_true(off);
		assert_true(irq_is_off(IRQ));
	}
	begin(nothing); /* a thousand a second for two minutes */
	assert_int_equal(come(120000, 1000000), 120000);
}

/* An interrupt that worked until its level stuck: earlier served ones are no unlimited credit. */
static void a_level_that_sticks_later_is_one(void **state)
{
	(void)state;
	paste(115200, 0);
	assert_in_range(come(10000000, 1000), 1000, 60000);
	assert_true(off);
}

/* A character with each interrupt, as fast as a CPU takes them: no line is that fast. */
static void characters_faster_than_any_line_are_one(void **state)
{
	u64 n = 0;

	(void)state;
	begin(receive);
	for (; n < 10000000 && !off; n++) {
		waiting = 1;
		come(1, 3000);
		while (console_getc() != -1)
			;
	}
	assert_true(off);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_at_full_speed_is_none),
		cmocka_unit_test(a_level_that_stays_up_is_one),
		cmocka_unit_test(a_level_that_sticks_later_is_one),
		cmocka_unit_test(characters_faster_than_any_line_are_one),
	};

	return cmocka_run_group_tests_name("storm", tests, NULL, NULL);
}
