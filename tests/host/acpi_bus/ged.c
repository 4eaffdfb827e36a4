/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/acpi_bus/ged.c - drivers/acpi/ged.c: the method of an interrupt (ACPI 6.5, 5.6.9), a
 * level-triggered interrupt that is disabled until its method has run, an interrupt storm, and a
 * restarted source.
 */
#include "bus.h"
#include <asserts.h>
#include <drivers/acpi/ged.h>
#include <drivers/irq/irq.h>
#include <kern/work.h>
#include <lib/assert.h>

#define LINES 16u
#define SCREAMS 100u
#define FAST 9999999ul  /* ns from the enable to the next interrupt: counts as a storm */
#define SLOW 10000000ul /* does not count */

static struct line {
	u32 irq, trigger;
	bool on, off_for_good;
	unsigned enables;
	void (*fn)(void *);
	void *arg;
} lines[LINES + 4];
static unsigned requests, listens, works_run;
static struct work *queue[LINES];
static unsigned queued;
static u64 now;
static bool full;
static char errors[120];

static struct line *line_of(u32 irq)
{
	unsigned i = 0;

	while (i < ARRAY_SIZE(lines) - 1 && lines[i].irq && lines[i].irq != irq)
		i++;
	lines[i].irq = irq;
	return &lines[i];
}

/* ---- functions that the file calls ---- */
static void enable(u32 irq, u32 flags, unsigned cpu)
{
	WANT(cpu == 0 && flags == line_of(irq)->trigger);
	line_of(irq)->on = true;
	line_of(irq)->enables++;
}

static void disable(u32 irq)
{
	line_of(irq)->on = false;
}

static const struct irqchip chip = { .enable = enable, .disable = disable };
const struct irqchip *irqchip = &chip;

int irq_request(u32 irq, u32 flags, const char *name, void (*fn)(void *), void *arg)
{
	struct line *l = line_of(irq);

	WANT(!l->fn && (flags == 1 || flags == 4));
	requests++;
	if (full)
		return -ENODEV;
	*l = (struct line) { .irq = irq, .trigger = flags, .fn = fn, .arg = arg };
	return 0;
}

bool irq_is_off(u32 irq)
{
	return line_of(irq)->off_for_good;
}

u64 clock_ns(void)
{
	return now;
}

void work_init(struct work *w, void (*fn)(struct work *))
{
	*w = (struct work) { .fn = fn, .machine = true };
}

bool work_post(struct work *w)
{
	WANT(w->machine && queued < LINES);
	for (unsigned i = 0; i < queued; i++)
		if (queue[i] == w)
			return false;
	queue[queued++] = w;
	return true;
}

void osl_work(void)
{
	works_run++;
}

static char before_listen[200]; /* methods that were called before the listener */

static void listen(void)
{
	listens++;
	snprintf(before_listen, sizeof(before_listen), "%s", called);
}

static void report(const struct why *why)
{
	snprintf(errors, sizeof(errors), "%s", why->text);
}

static u32 irq_of(u32 gsi)
{
	return gsi + 32;
}

static const struct ged_use use = { listen, report, irq_of };

/* ---- devices ---- */
static void works(void)
{
	unsigned n = queued;

	queued = 0;
	for (unsigned i = 0; i < n; i++)
		queue[i]->fn(queue[i]);
}

static bool fires(u32 gsi)
{
	struct line *l = line_of(gsi + 32);

	if (!l->fn || !l->on)
		return false;
	l->fn(l->arg);
	return true;
}

static void has(struct bus_device *d, u32 gsi, bool level)
{
	struct acpi_resource *r = bus_resource(d, ACPI_RESOURCE_TYPE_EXTENDED_IRQ);

	r->data.extended_irq.interrupt_count = 1;
	r->data.extended_irq.triggering = level ? ACPI_LEVEL_SENSITIVE : ACPI_EDGE_SENSITIVE;
	r->data.extended_irq.interrupts[0] = gsi;
}

static int start(void)
{
	struct why why = { 0 };
	int err = ged_start(&use, &why);

	WANT(err == why.code);
	WANT(!err || !strcmp(why.text, "acpi: no GED with an interrupt"));
	return err;
}

/* ---- cases ---- */
static void without(void)
{
	bus_begin();
	WANT(start() == -ENODEV && !ged_lines());
	bus_add("ACPI0013");
	bus_resource(&bus[0], ACPI_RESOURCE_TYPE_IRQ); /* of another kind */
	WANT(start() == -ENODEV && is_said("") && !requests);
	bus[0].crs_code = -EIO;
	WANT(start() == -ENODEV && is_said("_CRS fails|"));
	bus[0].crs_code = -ENOENT;
	WANT(start() == -ENODEV && is_said("acpi: a GED without interrupts|"));
}

/* Each method is evaluated once at the start, because earlier edges were lost. */
static void methods_by_number(void)
{
	u64 before = ged_interrupts();

	bus_begin();
	bus_add("ACPI0013");
	has(&bus[0], 5, false);
	has(&bus[0], 0xfe, true);
	has(&bus[0], 255, false);
	has(&bus[0], 256, false);
	has(&bus[0], 7, true);
	methods = "_E05 _LFE _EFF _EVT _L05 _E07 _E100 "; /* a name has four letters */
	listens = works_run = 0;
	WANT(start() == 0 && ged_lines() == 5 && requests == 5 && !listens && works_run == 5);
	WANT(were_called("_E05 _LFE _EFF _EVT(256) _EVT(7) "));
	WANT(fires(5) && !listens && works_run == 5);
	works();
	WANT_TEXT(before_listen, "_E05 ");
	WANT(were_called("_E05 ") && listens == 1 && works_run == 6 && line_of(37)->on);
	WANT(line_of(37)->trigger == 1 && line_of(0xfe + 32)->trigger == 4);
	WANT(fires(256));
	WANT(fires(256)); /* one call for both */
	works();
	WANT(were_called("_EVT(256) ") && listens == 2 && ged_interrupts() == before + 3);
	ged_fire(7);
	works();
	WANT(were_called("_EVT(7) ") && ged_complaint()->code == 0 && !errors[0]);
	methods = "_E05 ";
	WANT(fires(256));
	works();
	WANT_TEXT(errors, "acpi: the GED has no method for interrupt 256");
	WANT(ged_complaint()->code == -ENOENT && listens == 4);
	method_code = -EIO;
	WANT(fires(5));
	works();
	WANT_TEXT(errors, "_E05 fails");
	WANT(ged_complaint()->code == -EIO && listens == 5);
	method_code = 0;
	errors[0] = 0;
	WANT(fires(5));
	works();
	WANT(!errors[0] && !ged_complaint()->code);
	were_called("_E05 _E05 ");
}

/* A level-triggered interrupt is disabled until its method ends. */
static void level(void)
{
	methods = "_LFE ";
	now = SLOW;
	WANT(line_of(0xfe + 32)->on && fires(0xfe) && !line_of(0xfe + 32)->on && !fires(0xfe));
	works();
	WANT(line_of(0xfe + 32)->on);
	WANT(fires(5) && line_of(37)->on); /* an edge stays enabled */
	works();
	errors[0] = 0;
	for (unsigned again = 0; again < 2; again++) {
		for (unsigned i = 0; i < SCREAMS - 1; i++) {
			now += FAST;
			WANT(fires(0xfe));
			works();
		}
		now += SLOW; /* slow: the count restarts */
		WANT(fires(0xfe));
		works();
		WANT(line_of(0xfe + 32)->on && !errors[0]);
	}
	for (unsigned i = 0; i < SCREAMS; i++) {
		WANT(!errors[0]);
		now += FAST;
		WANT(fires(0xfe));
		works();
	}
	WANT(!line_of(0xfe + 32)->on);
	WANT_TEXT(errors, "acpi: interrupt 254 stays asserted after its method: it is disabled");
	called[0] = 0;
}

/* A stopped source keeps its handlers, and interrupts have no effect until it starts again. */
static void again(void)
{
	unsigned before = listens;

	ged_stop();
	WANT(!ged_lines() && fires(5));
	works();
	WANT(were_called("") && listens == before && line_of(37)->on);
	requests = 0;
	methods = "_E05 _LFE ";
	WANT(start() == 0 && ged_lines() == 5 && !requests && line_of(0xfe + 32)->on);
	called[0] = 0;
	now += FAST; /* the count of the storm was reset */
	WANT(fires(0xfe));
	works();
	WANT(line_of(0xfe + 32)->on && were_called("_LFE "));
	ged_stop();
	bus_begin();
	bus_add("ACPI0013");
	has(&bus[0], 5, false);
	methods = "_E05 ";
	WANT(start() == 0 && ged_lines() == 1 && were_called("_E05 "));
	WANT(fires(0xfe) && !line_of(0xfe + 32)->on); /* no method: it stays disabled */
	works();
	WANT(were_called("") && !line_of(0xfe + 32)->on);
	ged_stop();
	bus_begin();
	bus_add("ACPI0013");
	has(&bus[0], 5, true); /* an edge before */
	line_of(37)->trigger = 4;
	methods = "_E05 _L05 ";
	WANT(start() == 0 && were_called("_L05 ") && fires(5) && !line_of(37)->on);
	works();
	WANT(were_called("_L05 ") && line_of(37)->on);
	line_of(0xfe + 32)->off_for_good = true;
	has(&bus[0], 0xfe, true);
	start();
	WANT(fires(0xfe));
	works();
	WANT(!line_of(0xfe + 32)->on); /* disabled by irq.c */
	ged_stop();
}

static void many(void)
{
	bus_begin();
	bus_add("ACPI0013");
	full = true;
	has(&bus[0], 50, true);
	WANT(start() == 0 && is_said("acpi: interrupt 50 of a GED is not available|"));
	ged_fire(50);
	works();
	WANT(!line_of(82)->enables);
	full = false;
	for (unsigned i = 0; i < 12; i++)
		has(&bus[0], 60 + i, false);
	WANT(start() == 0 && ged_lines() == 11);
	WANT(is_said("acpi: interrupt 70 of a GED is one too many|"
		     "acpi: interrupt 71 of a GED is one too many|"));
	WANT(fires(69) && !fires(70));
	methods = "_E45 ";
	called[0] = 0;
	works();
	WANT(were_called("_E45 "));
	ged_stop();
}

void ged_tests(void)
{
	without();
	methods_by_number();
	level();
	again();
	many();
}
