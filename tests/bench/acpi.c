/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/bench/acpi.c - a GiB that a GED plugs, from the interrupt to _OST: the cost of AML and of
 * the rest.  The board of tests/acpi/ emulates the device, so the figures are the same on every
 * machine; the memory is withheld.
 */
#include <kern/trap.h>
#include <lib/printf.h>
#include <tests/acpi/board.h>
#include <tests/harness/bench.h>

static void part(const char *name, const char *what, u64 value, const char *unit)
{
	char text[64];

	snprintf(text, sizeof(text), "%s_%s", name, what);
	bench_line(text, value, unit);
}

/* Measure the interrupt and all its events; AML is counted separately. */
static void measure_event(const char *name)
{
	u64 aml = aml_cost(), start = cost_now(), all;

	board_interrupt();
	all = cost_now() - start;
	aml = aml_cost() - aml;
	if (!name)
		return;
	bench_line(name, all - aml, cost_unit());
	part(name, "aml", aml, cost_unit());
}

static void rounds(const struct range *r)
{
	for (int warm = 1; warm >= 0; warm--) {
		board_plug(0, r->pa, r->len, SLOT_PRESENT | SLOT_INSERT);
		measure_event(warm ? NULL : "acpi.add_online_1g");
		board->slot[0].flags |= SLOT_EJECT;
		measure_event(warm ? NULL : "acpi.offline_remove_eject_1g");
	}
}

static void run(const struct bench *b)
{
	static const struct test none = { .name = "bench.acpi" };
	void (*log)(const struct event_record *) = event_printer;
	struct test_run t = { .test = &none };
	struct range r;
	u64 start;

	if (!range_get(&t, &r, GiB / layout.block_bytes, NULL)) {
		kprintf("# bench %s left out: %s\n", b->name, t.skip ? t.skip : "no memory");
		return;
	}
	start = cost_now();
	if (!board_up(&t, r.pa, r.len)) {
		kprintf("# bench %s left out: %s\n", b->name, t.skip ? t.skip : "no board");
		return;
	}
	bench_line("acpi.namespace", cost_now() - start, cost_unit());
	event_printer = NULL; /* without the cost of the console */
	rounds(&r);
	event_printer = log;
	board_down(&t);
}

static const struct bench slot = {
	.name = "acpi.slot_1g",
	.what = "1 GiB plugged in and ejected by a GED",
	.run = run,
};
BENCH(acpi_slot, slot);
