// SPDX-License-Identifier: BSD-2-Clause
/*
 * drivers/acpi/ged.c - Generic Event Devices; see ged.h.
 *
 * A level-triggered interrupt stays raised until AML has spoken to the device: it is switched off
 * from the interrupt until its method is over.  An edge is latched by the controller and needs
 * nothing.  A level that is up again at once, time after time, is one that AML does not take down:
 * it stays off with one line, or it would have the machine for itself.
 */
#include <drivers/acpi/aml.h>
#include <drivers/acpi/ged.h>
#include <mm/hotplug/event.h>
#include <drivers/irq/irq.h>
#include <kern/cpu.h>
#include <kern/log.h>
#include <kern/trap.h>
#include <lib/assert.h>
#include <lib/atomic.h>
#include <lib/init.h>
#include <lib/printf.h>

#define LINES 16
#define AT_ONCE_NS 10000000
#define SCREAMS_MAX 100 /* in a row */

static struct line {
	struct event_work work;
	acpi_handle ged;
	u32 gsi, irq, screams; /* irq: as the controller counts it */
	u64 let;               /* when it was switched on last, ns */
	bool level, active, had;
} lines[LINES] NOINIT;
static unsigned lines_nr; /* claimed, and never given back */
static struct why complaint;
static u64 interrupts;
static void (*listener)(void);
static void (*complain)(const struct why *);
static u32 (*irq_of)(u32 gsi);

enum { TRIGGER_EDGE_RISING = 1, TRIGGER_LEVEL_HIGH = 4 }; /* as the device tree has them */

/* _Exx or _Lxx for this number, else _EVT of it (5.6.9.2). */
static int evaluate(const struct line *l, struct why *why)
{
	char name[8];
	const u64 arg = l->gsi;
	int err = -ENOENT;

	if (l->gsi < 256) {
		snprintf(name, sizeof(name), "_%c%02X", l->level ? 'L' : 'E', l->gsi);
		err = aml_call(l->ged, name, NULL, 0, NULL, why);
	}
	if (err == -ENOENT)
		err = aml_call(l->ged, "_EVT", &arg, 1, NULL, why);
	return err == -ENOENT
		       ? refuse(why, ENOENT, "acpi: the GED has no method for interrupt %u", l->gsi)
		       : err;
}

static void ask(const struct line *l)
{
	complaint.code = 0;
	if (evaluate(l, &complaint))
		complain(&complaint);
	osl_work();
}

static u32 trigger(const struct line *l)
{
	return l->level ? TRIGGER_LEVEL_HIGH : TRIGGER_EDGE_RISING;
}

static void let(struct line *l)
{
	l->let = clock_ns();
	irqchip->enable(l->irq, trigger(l), 0);
}

/* After its method; it is off since its interrupt. */
static void let_again(struct line *l)
{
	struct why why;

	if (l->screams < SCREAMS_MAX) {
		let(l);
		return;
	}
	refuse(&why, EIO, "acpi: interrupt %u stays up whatever its method does: it is off",
	       l->gsi);
	complain(&why);
}

static void attend(struct event_work *w)
{
	struct line *l = container_of(w, struct line, work);

	if (!listener || !l->active)
		return;
	ask(l);
	listener();
	if (l->level && l->had && !irq_is_off(l->irq))
		let_again(l);
}

static void interrupt(void *arg)
{
	struct line *l = arg;

	atomic_fetch_add_relaxed(&interrupts, 1);
	if (l->level) {
		irqchip->disable(l->irq);
		l->screams = clock_ns() - l->let < AT_ONCE_NS ? l->screams + 1 : 0;
	}
	event_work_post(&l->work);
}

/* A line that was claimed before keeps its handler. */
static struct line *line_of(u32 gsi)
{
	for (unsigned i = 0; i < lines_nr; i++)
		if (lines[i].gsi == gsi)
			return &lines[i];
	return NULL;
}

static void claim(acpi_handle ged, u32 gsi, bool level)
{
	struct line *l = line_of(gsi);

	if (!l && lines_nr == LINES) {
		kprintf("acpi: interrupt %u of a GED is one too many\n", gsi);
		return;
	}
	if (!l) {
		l = &lines[lines_nr++];
		*l = (struct line) { .gsi = gsi, .irq = irq_of(gsi), .level = level };
		event_work_init(&l->work, attend);
		l->had = !irq_request(l->irq, trigger(l), "GED", interrupt, l);
		if (!l->had)
			kprintf("acpi: interrupt %u of a GED cannot be had\n", gsi);
	}
	l->ged = ged;
	l->level = level;
	l->active = true;
	l->screams = 0;
	if (l->had) /* a level that came while nobody listened is off since */
		let(l);
}

static void resource(const struct acpi_resource *r, void *ged)
{
	const struct acpi_resource_extended_irq *x = &r->data.extended_irq;

	if (r->type != ACPI_RESOURCE_TYPE_EXTENDED_IRQ)
		return;
	for (unsigned i = 0; i < x->interrupt_count; i++)
		claim(ged, x->interrupts[i], x->triggering == ACPI_LEVEL_SENSITIVE);
}

static void device(acpi_handle ged, void *arg)
{
	struct why why = { 0 };

	(void)arg;
	if (aml_resources(ged, resource, ged, &why))
		kprintf("%s\n", why.code ? why.text : "acpi: a GED without interrupts");
}

int ged_start(const struct ged_use *use, struct why *why)
{
	complain = use->complain;
	irq_of = use->irq_of;
	aml_each("ACPI0013", device, NULL);
	if (!ged_lines())
		return refuse(why, ENODEV, "acpi: no GED with an interrupt");
	listener = use->listener;
	/* An edge of the time before the handler is lost: whatever it announced is still there */
	for (unsigned i = 0; i < lines_nr; i++)
		if (lines[i].active)
			ask(&lines[i]);
	return 0;
}

void ged_stop(void)
{
	listener = NULL;
	for (unsigned i = 0; i < lines_nr; i++)
		lines[i].active = false;
}

unsigned ged_lines(void)
{
	unsigned nr = 0;

	for (unsigned i = 0; i < lines_nr; i++)
		nr += lines[i].active;
	return nr;
}

u64 ged_interrupts(void)
{
	return atomic_load_relaxed(&interrupts);
}

void ged_fire(u32 gsi)
{
	struct line *l = line_of(gsi);

	ASSERT(l && l->active);
	event_work_post(&l->work);
}

const struct why *ged_complaint(void)
{
	return &complaint;
}
