/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/acpi_devices/dimms.c - drivers/acpi/dimm_source.c: memory devices that are present at
 * boot, are added, requested for ejection and removed by surprise; each request of firmware is
 * answered once (ACPI 6.5, 6.3.5).
 */
#include "dimms.h"
#include <drivers/acpi/dimm.h>
#include <mm/page/buddy.h>

void memory(unsigned n, u64 sta)
{
	struct acpi_resource *r = &devices[n].crs[0];

	devices[n].sta = sta;
	devices[n].pxm = 1;
	devices[n].nr = 1;
	r->type = ACPI_RESOURCE_TYPE_ADDRESS64;
	r->data.address64.resource_type = ACPI_MEMORY_RANGE;
	r->data.address64.address.minimum = PA + n * LEN;
	r->data.address64.address.maximum = PA + (n + 1) * LEN - 1;
}

int start(void)
{
	struct why why = { 0 };
	int err = acpi_source_start(0x7000, &why);

	WANT(err == why.code);
	return err;
}

void machine_with(u64 first, u64 second)
{
	fake_begin();
	devices_nr = 2;
	memory(0, first);
	memory(1, second);
}

bool is(unsigned n, const char *origin, bool added, bool refused)
{
	struct acpi_dimm d;
	char path[8];

	snprintf(path, sizeof(path), "MEM%u", n);
	if (!acpi_dimm_nth(n, &d) || strcmp(d.path, path))
		return false;
	if (strcmp(d.origin, origin) || d.added != added || d.refused != refused)
		printf("# MEM%u: %s, added %u, refused %u\n", n, d.origin, d.added, d.refused);
	return !strcmp(d.origin, origin) && d.added == added && d.refused == refused;
}

bool posted_is(enum event_op op, unsigned n, bool here)
{
	return posted && posted->pending && posted->op == op && posted->here == here &&
	       posted->nr_ranges == 1 && posted->range[0].pa == PA + n * LEN &&
	       posted->range[0].len == LEN && posted->range[0].node == 1 &&
	       posted->kind == EVENT_BLOCKS && posted->source == source_of("acpi");
}

void interrupt(unsigned n, u32 value)
{
	notify(n, value);
	acpi_source_look();
}

void added(void)
{
	machine_with(HERE, 0);
	WANT(start() == 0 && posts == 1 && answered(0) == EVENT_NO_OST);
	works();
	WANT(is(0, "cold", true, false) && posts == 1);
}

/* ---- at boot, and later ---- */
static void at_boot(void)
{
	char text[80];
	struct acpi_dimm d;

	machine_with(HERE, 0);
	source_of("acpi")->describe(text, sizeof(text));
	WANT_TEXT(text, "none, no GED (try ACPI=1)");
	machine.has_tables = false;
	source_of("acpi")->describe(text, sizeof(text));
	WANT_TEXT(text, "none, no tables");
	WANT(!acpi_source_running() && start() == 0 && acpi_source_running());
	WANT(posts == 1 && posted_is(EVENT_ADD, 0, false) && posted->brings && !posted->surprise);
	WANT(is(0, "cold", false, false) && is(1, "empty", false, false));
	WANT(!acpi_dimm_nth(2, &d) && acpi_dimm_nth(1, &d) && !d.nr_ranges);
	WANT(acpi_dimm_nth(0, &d) && d.nr_ranges == 1 && d.range[0].pa == PA);
	source_of("acpi")->describe(text, sizeof(text));
	WANT_TEXT(text, "GED, 1 of 2 slots in use");
	acpi_source_look(); /* outstanding */
	WANT(posts == 1);
	WANT(answered(0) == EVENT_NO_OST && osts_are(0, ""));
	works();
	WANT(posts == 1 && is(0, "cold", true, false));
	WANT(is_said(""));
}

static void hot(void)
{
	added();
	memory(1, HERE);
	interrupt(1, DEVICE_CHECK);
	WANT(posts == 2 && posted_is(EVENT_ADD, 1, false) && is(1, "hot", false, false));
	WANT(osts_are(1, "") && answered(0) == 0 && osts_are(1, "1:0 "));
	works();
	WANT(is(1, "hot", true, false) && posts == 2 && osts_are(0, ""));
	interrupt(1, DEVICE_CHECK); /* present and unchanged */
	WANT(posts == 2 && osts_are(1, "1:0 "));
	acpi_source_look();
	WANT(osts_are(1, ""));
	machine_with(0, 0);
	start();
	interrupt(0, DEVICE_CHECK); /* absent */
	WANT(!posts && osts_are(0, "1:1 "));
}

/* A refused add is retried when the device notifies again. */
static void refused(void)
{
	machine_with(0, 0);
	start();
	memory(0, HERE);
	interrupt(0, DEVICE_CHECK);
	WANT(answered(-EINVAL) == OST_FAILURE && osts_are(0, "1:1 "));
	works();
	acpi_source_look();
	WANT(posts == 1 && is(0, "hot", false, true));
	interrupt(0, DEVICE_CHECK);
	WANT(posts == 2 && posted_is(EVENT_ADD, 0, false) && answered(0) == 0);
	WANT(is(0, "hot", true, false) && osts_are(0, "1:0 "));
	machine_with(HERE, 0);
	start();
	answered(-EINVAL);
	WANT(is(0, "cold", false, true));
	devices[0].sta = 0;
	acpi_source_look();
	WANT(is(0, "empty", false, true) && posts == 1);
}

static void of_ram(void)
{
	machine_with(HERE, 0);
	ram_at_boot = true;
	WANT(start() == 0 && !posts && is(0, "boot", false, false));
	interrupt(0, DEVICE_CHECK);
	WANT(!posts && osts_are(0, "1:0 "));
	interrupt(0, EJECT); /* the core refuses it */
	WANT(posts == 1 && posted_is(EVENT_REMOVE, 0, false));
	WANT(answered(-EPERM) == OST_EJECT_NOT_SUPPORTED && osts_are(0, "3:80 "));
}

static void of_withheld_memory(void)
{
	machine_with(HERE, 0);
	withheld = true;
	WANT(start() == 0 && posts == 1 && !posted->brings);
	WANT(answered(0) == EVENT_NO_OST);
}

/* All four ranges are added, unless they are RAM at boot. */
static void of_four_ranges(void)
{
	for (unsigned boot = 0; boot < 2; boot++) {
		machine_with(0, 0);
		memory(0, HERE);
		for (unsigned i = 1; i < 4; i++) {
			devices[0].crs[i] = devices[0].crs[0];
			devices[0].crs[i].data.address64.address.minimum = PA + 2 * i * LEN;
			devices[0].crs[i].data.address64.address.maximum =
				PA + (2 * i + 1) * LEN - 1;
		}
		devices[0].nr = 4;
		ram_at_boot = boot;
		WANT(start() == 0 && posts == !boot);
		for (unsigned i = 0; !boot && i < 4; i++)
			WANT(posted->nr_ranges == 4 && posted->range[i].pa == PA + 2 * i * LEN &&
			     posted->range[i].len == LEN && posted->range[i].node == 1);
	}
}

/* ---- nodes and windows ---- */
static void nodes(void)
{
	const struct srat_range w = { PA, LEN, 6, true, false };

	machine_with(HERE, 0);
	devices[0].pxm_code = -ENOENT;
	WANT(start() == 0 && posted->range[0].node == 0);
	machine_with(HERE, HERE);
	window = &w;
	has_windows = true;
	devices[0].pxm_code = -ENOENT;
	WANT(start() == 0 && posts == 2 && posted_is(EVENT_ADD, 1, false));
	WANT(is_said("acpi: MEM1: 0x88000000+128M is outside every window of the SRAT|"));
	answered(-EINVAL);
	posted = NULL;
	has_windows = false;
	interrupt(1, DEVICE_CHECK);
	WANT(is_said("") && answered(0) == 0);
	for (unsigned pxm = NODES_MAX - 1; pxm <= NODES_MAX; pxm++) {
		machine_with(0, 0);
		start();
		memory(0, HERE);
		devices[0].pxm = pxm;
		interrupt(0, DEVICE_CHECK);
		WANT(posts == (pxm < NODES_MAX) && osts_are(0, pxm < NODES_MAX ? "" : "1:1 "));
	}
	WANT(is_said("MEM0: proximity domain 8, nodes are 0 to 7|") && is(0, "empty", false, true));
	acpi_source_look();
	WANT(is_said("") && !posts);
}

static void node_of_the_window(void)
{
	const struct srat_range w = { PA, LEN, 6, true, false };

	machine_with(HERE, 0);
	window = &w;
	devices[0].pxm_code = -ENOENT;
	WANT(start() == 0 && posted->range[0].node == 6);
}

/* ---- stop ---- */
static void stops(void)
{
	struct why why;

	added();
	WANT(acpi_source_stop(&why) == -EBUSY && acpi_source_running());
	WANT_TEXT(why.text, "acpi: memory of MEM0 is in use");
	interrupt(0, EJECT);
	WANT(acpi_source_stop(&why) == -EBUSY);
	WANT(answered(0) == 0 && acpi_source_stop(&why) == 0 && !acpi_source_running());
	WANT(!aml_running() && !acpi_dimm_nth(0, &(struct acpi_dimm) { .path = "" }));
	machine_with(HERE, 0);
	start();
	WANT(acpi_source_stop(&why) == -EBUSY); /* outstanding */
}

static void starts(void)
{
	struct why why = { 0 };

	machine_with(HERE, 0);
	start_fails = true;
	WANT(start() == -EIO && !acpi_source_running() && !posts);
	machine_with(HERE, 0);
	ged_fails = true;
	WANT(start() == -ENODEV && !acpi_source_running() && !posts && !aml_running());
	machine_with(HERE, 0);
	no_handler = true;
	WANT(start() == -EIO && !acpi_source_running() && !posts);
	machine_with(HERE, 0);
	WANT(source_of("acpi")->init(NULL, &why) == -ENODEV && !posts && !aml_running());
	machine.has_ged = true;
	WANT(source_of("acpi")->init(NULL, &why) == 0 && posts == 1 && acpi_source_running());
	machine_with(HERE, 0);
	machine.has_tables = false;
	WANT(source_of("acpi")->init(NULL, &why) == -ENODEV && !posts);
}

static void memory_of_acpica(void)
{
	struct why why;

	machine_with(0, 0);
	no_memory = true;
	WANT(start() == 0 && is_said("acpi: no memory for another memory device|"
				     "acpi: no memory for another memory device|"));
	WANT(acpi_source_stop(&why) == 0 && is_said("") && acpi_source_stop(&why) == 0);
	machine_with(0, 0);
	start();
	blocks_lost = 3;
	WANT(acpi_source_stop(&why) == 0);
	WANT(is_said("acpi: ACPICA leaked 3 blocks of its memory: they are freed|"));
	machine_with(0, 0);
	aml_runs();
	WANT(source_of("acpi")->init(NULL, &why) == -ENODEV && !aml_running());
	machine_with(HERE, 0);
	aml_runs();
	WANT(start() == 0 && posts == 1); /* it is not started twice */
}

void dimm_tests(void)
{
	at_boot();
	hot();
	refused();
	of_ram();
	of_withheld_memory();
	of_four_ranges();
	nodes();
	node_of_the_window();
	stops();
	starts();
	memory_of_acpica();
}
