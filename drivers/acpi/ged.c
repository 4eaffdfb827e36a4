/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/ged.c - Generic Event Devices; see ged.h.
 *
 * A level-triggered interrupt stays asserted until AML has served the device: the handler
 * disables it at the controller, and it is enabled again after its method has run.  An edge is
 * latched by the controller and needs no masking.  If the level is asserted again within AT_ONCE_NS
 * of its enable SCREAMS_MAX times in a row, its AML does not serve the device; the interrupt then
 * stays disabled, with one message, because it would use all time of the CPU.
 */
#include <drivers/acpi/aml.h>
#include <drivers/acpi/ged.h>
#include <drivers/irq/irq.h>
#include <kern/cpu.h>
#include <kern/log.h>
#include <kern/trap.h>
#include <kern/work.h>
#include <lib/assert.h>
#include <lib/atomic.h>
#include <lib/init.h>
#include <lib/printf.h>

#define LINES 16
#define AT_ONCE_NS 10000000
#define SCREAMS_MAX 100 /* in a row */

/* One interrupt.  `had`: irq_request() succeeded.  `active`: a started GED uses it.  A slot is
 * never freed, since interrupt handlers cannot be removed. */
static struct ged_line {
	struct work work;
	acpi_handle ged;
	u32 gsi, irq, screams; /* irq: number at the controller */
	u64 unmasked_ns;       /* time of the last enable, ns */
	bool level, active, had;
} lines[LINES] NOINIT;
static unsigned lines_nr; /* slots are never freed */
static struct why last_error;
static u64 interrupts;
static void (*listener)(void);
static void (*report_error)(const struct why *);
static u32 (*irq_of)(u32 gsi);

enum { TRIGGER_EDGE_RISING = 1, TRIGGER_LEVEL_HIGH = 4 }; /* the device tree's encoding */

/* _Exx or _Lxx of this interrupt, else _EVT with its number (ACPI 6.5, 5.6.9.2). */
static int ged_evaluate(const struct ged_line *l, struct why *why)
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

/* Evaluate the method and run the notifications that it queued; a failure is reported, not
 * returned. */
static void ged_run_evt(const struct ged_line *l)
{
	last_error.code = 0;
	if (ged_evaluate(l, &last_error))
		report_error(&last_error);
	osl_work();
}

static u32 ged_trigger(const struct ged_line *l)
{
	return l->level ? TRIGGER_LEVEL_HIGH : TRIGGER_EDGE_RISING;
}

/* Enable the interrupt on CPU 0 and record the time: ged_interrupt() detects an immediate assertion
 * by it. */
static void ged_unmask(struct ged_line *l)
{
	l->unmasked_ns = clock_ns();
	irqchip->enable(l->irq, ged_trigger(l), 0);
}

/* Enable a level-triggered interrupt again after its method, unless it is screaming. */
static void ged_unmask_level(struct ged_line *l)
{
	struct why why;

	if (l->screams < SCREAMS_MAX) {
		ged_unmask(l);
		return;
	}
	refuse(&why, EIO, "acpi: interrupt %u stays asserted after its method: it is disabled",
	       l->gsi);
	report_error(&why);
}

static void ged_work(struct work *w)
{
	struct ged_line *l = container_of(w, struct ged_line, work);

	if (!listener || !l->active)
		return;
	ged_run_evt(l);
	listener();
	if (l->level && l->had && !irq_is_off(l->irq))
		ged_unmask_level(l);
}

/* Interrupt handler: it runs no AML.  `screams` counts interrupts asserted within AT_ONCE_NS of
 * their enable. */
static void ged_interrupt(void *arg)
{
	struct ged_line *l = arg;

	atomic_fetch_add_relaxed(&interrupts, 1);
	if (l->level) {
		irqchip->disable(l->irq);
		l->screams = clock_ns() - l->unmasked_ns < AT_ONCE_NS ? l->screams + 1 : 0;
	}
	work_post(&l->work);
}

/* The slot of an interrupt.  Its handler stays installed over ged_stop() and ged_start(). */
static struct ged_line *ged_find_line(u32 gsi)
{
	for (unsigned i = 0; i < lines_nr; i++)
		if (lines[i].gsi == gsi)
			return &lines[i];
	return NULL;
}

/* Use an interrupt of a GED: install the handler the first time; when the source has been stopped
 * and is started again, only enable the interrupt. */
static void ged_claim(acpi_handle ged, u32 gsi, bool level)
{
	struct ged_line *l = ged_find_line(gsi);

	if (!l && lines_nr == LINES) {
		kprintf("acpi: interrupt %u of a GED is one too many\n", gsi);
		return;
	}
	if (!l) {
		l = &lines[lines_nr++];
		*l = (struct ged_line) { .gsi = gsi, .irq = irq_of(gsi), .level = level };
		work_init(&l->work, ged_work);
		l->had = !irq_request(l->irq, ged_trigger(l), "GED", ged_interrupt, l);
		if (!l->had)
			kprintf("acpi: interrupt %u of a GED is not available\n", gsi);
	}
	l->ged = ged;
	l->level = level;
	l->active = true;
	l->screams = 0;
	if (l->had) /* a level asserted after ged_stop() was disabled by the handler */
		ged_unmask(l);
}

/* Callback of aml_resources(): interrupts of a GED are Extended Interrupt descriptors only. */
static void ged_resource(const struct acpi_resource *r, void *ged)
{
	const struct acpi_resource_extended_irq *x = &r->data.extended_irq;

	if (r->type != ACPI_RESOURCE_TYPE_EXTENDED_IRQ)
		return;
	for (unsigned i = 0; i < x->interrupt_count; i++)
		ged_claim(ged, x->interrupts[i], x->triggering == ACPI_LEVEL_SENSITIVE);
}

/* Callback of aml_each(): a GED whose interrupts cannot be read is logged and skipped. */
static void ged_device(acpi_handle ged, void *arg)
{
	struct why why = { 0 };

	(void)arg;
	if (aml_resources(ged, ged_resource, ged, &why))
		kprintf("%s\n", why.code ? why.text : "acpi: a GED without interrupts");
}

int ged_start(const struct ged_use *use, struct why *why)
{
	report_error = use->report_error;
	irq_of = use->irq_of;
	aml_each("ACPI0013", ged_device, NULL);
	if (!ged_lines())
		return refuse(why, ENODEV, "acpi: no GED with an interrupt");
	listener = use->listener;
	/* an edge before irq_request() is lost, so evaluate each method once */
	for (unsigned i = 0; i < lines_nr; i++)
		if (lines[i].active)
			ged_run_evt(&lines[i]);
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
	struct ged_line *l = ged_find_line(gsi);

	ASSERT(l && l->active);
	work_post(&l->work);
}

const struct why *ged_complaint(void)
{
	return &last_error;
}
