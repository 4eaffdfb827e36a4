/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/dimm_source.c - memory devices of ACPI, announced by a Generic Event Device.
 *
 * A notification only marks its device; after each interrupt all devices are checked, because two
 * changes may share one interrupt.  The state of the device and of its memory selects the event: a
 * device that is present and not added is added; an eject request for an added device removes its
 * memory.  _OST answers each request (ACPI 6.5, 6.3.5); _EJ0 is evaluated only after the core has
 * reported the removal of the memory (V-03).
 */
#include <drivers/acpi/acpi_machine.h>
#include <drivers/acpi/dimm.h>
#include <drivers/acpi/dimm_source.h>
#include <drivers/acpi/ged.h>
#include <drivers/acpi/madt.h>
#include <drivers/acpi/tree.h>
#include <drivers/device.h>
#include <kern/log.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/page/buddy.h>
#include <mm/page/region.h>

#define NO_REQUEST ~0u

/* One PNP0C80 device, from acpi_source_start() to acpi_source_stop().  Consumer's context only. */
struct dimm {
	struct dimm *next;
	acpi_handle handle;
	struct event event;
	enum dimm_origin origin;
	u32 request; /* the notification that _OST will answer, or NO_REQUEST */
	bool added, refused;
	bool check, eject; /* notified, and not checked since */
	bool removed;      /* surprise removal: no _EJ0, no _OST */
	char path[AML_PATH];
};

static const struct event_source source;
static struct dimm *dimms;
static bool running, booting;

/* ---- reports to the device and to the log ---- */

void acpi_log(const struct event_source *from, bool at_boot, const char *sentence)
{
	const char *bare = sentence + (strncmp(sentence, "acpi: ", 6) ? 0 : 6);

	if (at_boot)
		log_wrapped("acpi:", "", 6, bare);
	else
		event_remark(from->name, "%s", bare); /* the remark names the source */
}

static void dimm_report_error(const struct why *why)
{
	acpi_log(&source, booting, why->text);
}

/* Send _OST for a request.  Returns the status, for ost=; EVENT_NO_OST if no request is open. */
static int dimm_report_ost(const struct dimm *d, u32 request, u32 status)
{
	struct why why = { 0 };

	if (request == NO_REQUEST)
		return EVENT_NO_OST;
	if (dimm_ost(d->handle, request, status, &why))
		dimm_report_error(&why);
	return (int)status;
}

/* The status of _OST for a refused removal. */
static u32 dimm_ost_of(int code)
{
	switch (-code) {
	case EBUSY:
		return OST_EJECT_BUSY;
	case EPERM:
	case EOPNOTSUPP:
		return OST_EJECT_NOT_SUPPORTED;
	default:
		return OST_FAILURE;
	}
}

/* ---- from the state of a device to an event ---- */

/* Are all ranges of the device RAM since boot?  Then firmware described them as memory at boot. */
static bool is_boot_memory(const struct dimm_look *l)
{
	for (unsigned i = 0; i < l->nr; i++) {
		const struct mem_range *r = region_find(MEM_RAM, l->range[i].pa, l->range[i].len);

		if (!r || r->kind != MEM_RAM || !region_is_ram(l->range[i].pa, l->range[i].len))
			return false;
	}
	return true;
}

/* The node: _PXM, else the proximity domain of the SRAT's window, else 0. */
static u32 dimm_node(const struct dimm_look *l)
{
	const struct srat_range *w =
		srat_window(&acpi_machine()->srat, l->range[0].pa, l->range[0].len);

	return l->proximity != DIMM_NO_NODE ? l->proximity : w ? w->proximity : 0;
}

/* Report ranges outside all windows of the SRAT; they are added nevertheless. */
static void check_window(const struct dimm *d, const struct dimm_look *l)
{
	const struct srat *s = &acpi_machine()->srat;
	struct why why;

	for (unsigned i = 0; i < l->nr && srat_has_windows(s); i++) {
		if (srat_window(s, l->range[i].pa, l->range[i].len))
			continue;
		refuse(&why, ERANGE, "acpi: %s: %s is outside every window of the SRAT", d->path,
		       range_text(l->range[i].pa, l->range[i].len).text);
		dimm_report_error(&why);
	}
}

/* Prepare the device's event.  A removal of added memory uses the ranges of the add, even if
 * _CRS has changed since.  `l` may be NULL only then. */
static void dimm_fill_event(struct dimm *d, const struct dimm_look *l, enum event_op op, u32 node)
{
	struct event *e = &d->event;

	e->source = &source;
	e->op = op;
	e->cookie = d;
	e->here = d->added;
	e->surprise = d->removed;
	if (!l || (op == EVENT_REMOVE && d->added))
		return; /* the ranges are those of the add */
	/* the device of a test uses withheld memory of this machine */
	e->brings = !region_find(MEM_WITHHELD, l->range[0].pa, l->range[0].len);
	e->nr_ranges = l->nr;
	for (unsigned i = 0; i < l->nr; i++)
		e->range[i] = (struct event_range) { l->range[i].pa, l->range[i].len, node };
}

/* Request the add of a present device; if the device requested a check, _OST will answer it. */
static void dimm_request_add(struct dimm *d, const struct dimm_look *l)
{
	u32 node = dimm_node(l);
	struct why why;

	d->request = d->check ? OST_DEVICE_CHECK : NO_REQUEST;
	d->check = false;
	if (node >= NODES_MAX) {
		refuse(&why, ERANGE, "acpi: %s: proximity domain %u, nodes are 0 to %u", d->path,
		       node, NODES_MAX - 1);
		dimm_report_error(&why);
		d->refused = true;
		dimm_report_ost(d, d->request, OST_FAILURE);
		return;
	}
	check_window(d, l);
	d->origin = booting ? DIMM_COLD : DIMM_HOT;
	dimm_fill_event(d, l, EVENT_ADD, node);
	event_post(&d->event);
}

/* Eject the device.  -EEXIST with an interrupt since then is a success: another DIMM was plugged
 * into the same slot, and the following check will find it. */
static int dimm_eject_device(const struct dimm *d, struct why *why)
{
	u64 before = ged_interrupts();
	int err = dimm_eject(d->handle, why);

	return err == -EEXIST && ged_interrupts() != before ? 0 : err;
}

/* Eject a DIMM whose memory is not in use: its add was refused, or was not requested yet. */
static void dimm_eject_unused(struct dimm *d)
{
	struct why why = { 0 };
	int err = dimm_eject_device(d, &why);

	if (err)
		dimm_report_error(&why);
	d->origin = err ? d->origin : DIMM_EMPTY;
	d->refused = d->refused && err;
	dimm_report_ost(d, OST_EJECT, err ? OST_FAILURE : OST_SUCCESS);
}

/* Handle an eject request.  An absent device is a failure; memory that is not added is ejected
 * at once; otherwise the event's answer ejects it. */
static void dimm_eject_request(struct dimm *d, const struct dimm_look *l)
{
	d->eject = false;
	d->request = OST_EJECT;
	if (!l->present) {
		dimm_report_ost(d, OST_EJECT, OST_FAILURE);
	} else if (!d->added && d->origin != DIMM_BOOT) {
		dimm_eject_unused(d);
	} else {
		dimm_fill_event(d, l, EVENT_REMOVE, dimm_node(l));
		event_post(&d->event);
	}
}

/* Surprise removal: the memory is no longer backed.  Remove the blocks with event.surprise and
 * without _EJ0. */
static void dimm_surprise_removed(struct dimm *d)
{
	struct why why;

	refuse(&why, EIO, "acpi: %s was removed by surprise; its memory is taken out of use",
	       d->path);
	dimm_report_error(&why);
	d->removed = true;
	d->request = NO_REQUEST;
	dimm_fill_event(d, NULL, EVENT_REMOVE, 0);
	event_post(&d->event);
}

/* The state of the device cannot be read.  This is reported once until the next notification.  An
 * eject request is granted nevertheless if the memory is not in use. */
static void dimm_check_failed(struct dimm *d, const struct why *why)
{
	if (!d->refused || d->check || d->eject)
		dimm_report_error(why);
	if (d->check)
		dimm_report_ost(d, OST_DEVICE_CHECK, OST_FAILURE);
	d->refused = true;
	if (d->eject && !d->added)
		dimm_eject_unused(d);
	else if (d->eject)
		dimm_report_ost(d, OST_EJECT, OST_FAILURE);
	d->check = d->eject = false;
}

/* Compare the state of the device with our record, and request the event that follows. */
static void dimm_device_check(struct dimm *d)
{
	struct why why = { 0 };
	struct dimm_look l;

	if (event_pending(&d->event)) /* answer() checks again */
		return;
	if (dimm_look(d->handle, &l, &why)) {
		dimm_check_failed(d, &why);
		return;
	}
	if (!l.present && d->added)
		dimm_surprise_removed(d);
	else if (!l.present)
		d->origin = DIMM_EMPTY;
	else if (d->origin == DIMM_EMPTY && is_boot_memory(&l))
		d->origin = DIMM_BOOT;
	if (d->eject && !event_pending(&d->event))
		dimm_eject_request(d, &l);
	else if (l.present && !d->added && d->origin != DIMM_BOOT && (!d->refused || d->check))
		dimm_request_add(d, &l);
	else if (d->check)
		dimm_report_ost(d, OST_DEVICE_CHECK, l.present ? OST_SUCCESS : OST_FAILURE);
	d->check = false;
}

void acpi_source_look(void)
{
	for (struct dimm *d = dimms; d; d = d->next)
		dimm_device_check(d);
}

/* ---- answers from the core ---- */

/* The core has answered an add; a refused one is retried on the next device check. */
static int dimm_add_answered(struct dimm *d, const struct event_answer *a)
{
	d->added = !a->code;
	d->refused = a->code;
	return dimm_report_ost(d, d->request, a->code ? OST_FAILURE : OST_SUCCESS);
}

/* A successful removal ejects the device.  If the ejection fails the DIMM is present and unused:
 * `refused` until its next request. */
static int dimm_remove_answered(struct dimm *d, const struct event_answer *a)
{
	struct why why = { 0 };

	if (a->code)
		return dimm_report_ost(d, d->request, dimm_ost_of(a->code));
	d->added = false;
	if (!d->removed && dimm_eject_device(d, &why)) {
		dimm_report_error(&why);
		d->refused = true; /* present, and unused */
		return dimm_report_ost(d, d->request, OST_FAILURE);
	}
	d->removed = d->refused = false;
	d->origin = DIMM_EMPTY;
	return dimm_report_ost(d, d->request, OST_SUCCESS);
}

static void dimm_recheck(struct work *w)
{
	(void)w;
	acpi_source_look();
}

/* Slot `answer`: report to the device; a work item then checks all devices again, because _OST and
 * _EJ0 may have changed their state. */
static int answer(struct event *e, const struct event_answer *a)
{
	static struct work again = { .fn = dimm_recheck };
	struct dimm *d = e->cookie;
	int ost = e->op == EVENT_ADD ? dimm_add_answered(d, a) : dimm_remove_answered(d, a);

	work_post(&again);
	return ost;
}

static void begin(const struct event *e)
{
	const struct dimm *d = e->cookie;

	dimm_report_ost(d, d->request, OST_EJECT_IN_PROGRESS);
}

/* ---- notifications ---- */

enum { NOTIFY_BUS_CHECK, NOTIFY_DEVICE_CHECK, NOTIFY_EJECT = 3, NOTIFY_SPECIFIC = 0x80 };
#define OST_UNRECOGNIZED 2

/* Handler of notifications, run by osl_work().  It only marks the device: its state is checked
 * after all notifications of an interrupt. */
static void dimm_notify(acpi_handle h, u32 value, void *context)
{
	struct dimm *d = dimms;

	(void)context;
	while (d && d->handle != h)
		d = d->next;
	if (!d || value == NOTIFY_BUS_CHECK) /* all devices are checked anyway */
		return;
	if (value == NOTIFY_DEVICE_CHECK)
		d->check = true;
	else if (value == NOTIFY_EJECT)
		d->eject = true;
	else
		dimm_report_ost(d, value, OST_UNRECOGNIZED);
}

/* ---- start and stop ---- */

/* Callback of aml_each(): append a device to the list, which is in namespace order. */
static void dimm_register(acpi_handle h, void *arg)
{
	struct dimm **last = &dimms, *d = acpi_os_allocate(sizeof(*d));

	(void)arg;
	if (!d) {
		kprintf("acpi: no memory for another memory device\n");
		return;
	}
	memset(d, 0, sizeof(*d));
	d->handle = h;
	aml_path(h, d->path);
	while (*last)
		last = &(*last)->next;
	*last = d;
}

static void dimm_unregister_all(void)
{
	while (dimms) {
		struct dimm *d = dimms;

		dimms = d->next;
		acpi_os_free(d);
	}
}

static void acpi_source_log(const char *sentence)
{
	kprintf("%s\n", sentence);
}

static void start_clients(void)
{
	reg_for_each (acpi_clients, it)
		(*it)->start();
}

/* Check every device, as after an interrupt, and start the clients. */
static void dimm_first_check(void)
{
	acpi_source_look();
	start_clients();
}

static struct madt madt NOINIT;

/* Translate a GSI, whose bases are in the MADT, to the number of this machine's controller. */
static u32 irq_of(u32 gsi)
{
	return madt_irq(&madt, gsi, irqchip_pa);
}

static const struct ged_use ged_use = { .listener = acpi_source_look,
					.report_error = dimm_report_error,
					.irq_of = irq_of };

/* Read the MADT without log lines: its faults are logged when the tree is made of it. */
static void read_madt(void)
{
	static struct tables quiet NOINIT;

	quiet = acpi_machine()->tables;
	quiet.log = tables_discard;
	madt_read(&madt, &quiet);
}

int acpi_source_start(paddr_t root, struct why *why)
{
	int err = aml_running() ? 0 : aml_start(root, acpi_source_log, why);

	if (err)
		return err;
	if (ACPI_FAILURE(acpi_install_notify_handler(ACPI_ROOT_OBJECT, ACPI_ALL_NOTIFY, dimm_notify,
						     NULL)))
		err = refuse(why, EIO, "acpi: no handler for notifications");
	aml_each("PNP0C80", dimm_register, NULL);
	booting = true;
	read_madt();
	if (!err)
		err = ged_start(&ged_use, why);
	running = true;
	if (err)
		acpi_source_stop(NULL);
	else
		dimm_first_check();
	booting = false;
	return err;
}

int acpi_source_stop(struct why *why)
{
	u64 lost;

	if (!running)
		return 0;
	for (const struct dimm *d = dimms; d; d = d->next)
		if (d->added || event_pending(&d->event))
			return refuse(why, EBUSY, "acpi: memory of %s is in use", d->path);
	reg_for_each (acpi_clients, it)
		if ((*it)->busy(why))
			return -EBUSY;
	running = false;
	reg_for_each (acpi_clients, it)
		(*it)->stop();
	ged_stop();
	dimm_unregister_all();
	lost = aml_stop();
	if (lost)
		kprintf("acpi: ACPICA leaked %lu blocks of its memory: they are freed\n", lost);
	return 0;
}

bool acpi_source_running(void)
{
	return running;
}

bool acpi_dimm_nth(unsigned n, struct acpi_dimm *out)
{
	static const char *const origins[] = { "empty", "boot", "cold", "hot" };
	const struct dimm *d = dimms;

	while (d && n--)
		d = d->next;
	if (!d)
		return false;
	*out = (struct acpi_dimm) { .origin = origins[d->origin],
				    .added = d->added,
				    .refused = d->refused,
				    .nr_ranges = d->origin == DIMM_EMPTY ? 0 : d->event.nr_ranges };
	memcpy(out->path, d->path, sizeof(out->path));
	memcpy(out->range, d->event.range, sizeof(out->range));
	return true;
}

/* Slot `init`: start the source if the tables mention a GED.  Otherwise, and after a failure, only
 * the clients start: they can use the tables without AML. */
static int init(const void *fdt, struct why *why)
{
	int err = acpi_machine_find(fdt, why);

	if (err)
		return err;
	err = acpi_machine()->has_ged ? acpi_source_start(acpi_machine()->root, why) : -ENODEV;
	if (!err)
		return 0;
	aml_stop();
	start_clients();
	return err;
}

static void describe(char *buf, size_t size)
{
	unsigned all = 0, used = 0;

	if (!running) {
		snprintf(buf, size, "none, %s",
			 acpi_machine()->has_tables ? "no GED (try ACPI=1)" : "no tables");
		return;
	}
	for (const struct dimm *d = dimms; d; d = d->next, all++)
		used += d->origin != DIMM_EMPTY;
	snprintf(buf, size, "GED, %u of %u slots in use", used, all);
}

static const struct event_source source = {
	.name = "acpi",
	.label = "ACPI",
	.leaves = true, /* _EJ0 */
	.init = init,
	.describe = describe,
	.answer = answer,
	.begin = begin,
};
EVENT_SOURCE(acpi, source);
