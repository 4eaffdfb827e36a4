/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/bench/dimm.c - a GiB that the host plugs into a slot and removes again, from the interrupt
 * of the GED to _OST: idle, and with 768 MiB of it in use.  tools/hotplate bench-dimm plugs it when
 * this program prints that it waits.  AML is counted separately; `waited` is time without
 * instructions.
 */
#include <drivers/acpi/aml.h>
#include <drivers/acpi/dimm_source.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/hotplug/event.h>
#include <mm/hotplug/movable.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/bench.h>

#define PATIENCE_NS 120000000000ul
#define IN_USE (768 * MiB)

struct cost {
	u64 all, aml, ns;
};

static void start(struct cost *c)
{
	*c = (struct cost) { cost_now(), aml_cost(), clock_ns() };
}

static void stop(struct cost *c)
{
	*c = (struct cost) { cost_now() - c->all, aml_cost() - c->aml, clock_ns() - c->ns };
}

static void print_cost(const char *name, const struct cost *c)
{
	char text[64];

	bench_line(name, c->all - c->aml, cost_unit());
	snprintf(text, sizeof(text), "%s_aml", name);
	bench_line(text, c->aml, cost_unit());
	snprintf(text, sizeof(text), "%s_waited", name);
	bench_line(text, c->ns > c->all ? c->ns - c->all : 0, "ns");
}

/* Wait for the next event and measure it from the moment that work is pending.  False: no event
 * arrived, or it was refused (logged). */
static bool next_event(const char *wanted, struct cost *c)
{
	u64 since = clock_ns(), answered = 0;
	struct cpu_pause p = { 0 };

	kprintf("# bench dimm.slot_1g waits for the host: %s 1 GiB\n", wanted);
	while (!answered && clock_ns() - since < PATIENCE_NS) {
		while (!event_waiting())
			cpu_pause(&p);
		start(c);
		answered = event_run();
		stop(c);
	}
	if (!answered)
		kprintf("# bench dimm.slot_1g left out: run tools/hotplate bench-dimm\n");
	else if (event_nth(0)->outcome)
		kprintf("# bench dimm.slot_1g failed: %s\n", event_nth(0)->text);
	return answered && !event_nth(0)->outcome;
}

static u64 fill(struct movable *m, unsigned node)
{
	u64 n = 0;

	while (n < IN_USE / page_size() && !movable_alloc(&m[n], node, "bench", NULL))
		n++;
	return n;
}

static void in_use(void)
{
	u64 pages = IN_USE / page_size(), n;
	u64 map = (pages * sizeof(struct movable) + page_size() - 1) >> page_shift();
	struct movable *m = vmalloc(map, 0, "bench");
	struct cost c;

	if (!m)
		return;
	if (!next_event("add", &c)) {
		vfree(m, map);
		return;
	}
	n = fill(m, event_nth(0)->range[0].node);
	if (n < pages)
		kprintf("# bench dimm.slot_1g failed: %lu of %lu pages\n", n, pages);
	else if (next_event("remove", &c))
		print_cost("dimm.offline_768m_in_use", &c);
	while (n)
		movable_free(&m[--n]);
	vfree(m, map);
}

static void run(const struct bench *b)
{
	void (*say_event)(const struct event_record *) = event_printer;
	struct cost add, gone;

	if (!acpi_source_running()) {
		kprintf("# bench %s left out: no GED (ACPI=1)\n", b->name);
		return;
	}
	event_printer = NULL; /* without the cost of the console */
	if (next_event("add", &add) && next_event("remove", &gone) && next_event("add", &add) &&
	    next_event("remove", &gone)) {
		print_cost("dimm.add_online_1g", &add);
		print_cost("dimm.offline_remove_eject_1g", &gone);
		in_use();
	}
	event_printer = say_event;
}

static const struct bench slot = {
	.name = "dimm.slot_1g",
	.what = "1 GiB that the host plugs and unplugs, idle and in use",
	.run = run,
};
BENCH(dimm_slot, slot);
