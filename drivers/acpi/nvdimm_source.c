/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/nvdimm_source.c - persistent memory of ACPI: the ranges of the NFIT, or of _FIT of
 * the NVDIMM root device (ACPI0012), which supersedes the table if it exists (ACPI 6.5, 6.5.9).
 *
 * The root device is notified when _FIT has changed.  A range that is listed and not added is
 * added; a range that is added and no longer listed is removed.  A refused event is retried after
 * the next notification.
 */
#include <drivers/acpi/acpi_machine.h>
#include <drivers/acpi/aml.h>
#include <drivers/acpi/dimm_source.h>
#include <drivers/acpi/nfit.h>
#include <drivers/memory/pmem.h>
#include <kern/log.h>
#include <lib/printf.h>
#include <lib/string.h>

#define BANKS NFIT_RANGES
enum { NOTIFY_UPDATE = 0x80, NOTIFY_ERROR = 0x81 };

static const struct event_source source;
/* A range that is listed or added. */
static struct nvdimm_bank {
	struct event event;
	paddr_t pa;
	u64 len; /* 0: free */
	bool added, refused;
	bool elsewhere; /* another source has claimed it */
} banks[BANKS];
static struct nfit nfit;
static acpi_handle root; /* NULL: only the table */
static bool booting;

/* ---- reading the list ---- */

static void nvdimm_log(const char *sentence)
{
	acpi_log(&source, booting, sentence);
}

/* Read the NFIT; a machine without one has an empty list. */
static void nvdimm_read_table(void)
{
	const struct tables *t = &acpi_machine()->tables;
	const struct table *table = tables_find(t, "NFIT", 0);

	nfit.nr = nfit.bad = 0;
	if (table)
		nfit_read_table(&nfit, t->at(table->pa, table->len), table->len);
}

/* Callback of aml_buffer(). */
static void nvdimm_read_fit(const u8 *structures, u64 len, void *arg)
{
	(void)arg;
	nfit_read(&nfit, structures, len);
}

/* Read _FIT, or at boot the table if there is no _FIT.  False: the list could not be read, and
 * nothing is changed. */
static bool read_list(void)
{
	struct why why = { 0 };
	int err = root ? aml_buffer(root, "_FIT", nvdimm_read_fit, NULL, &why) : -ENOENT;

	if (!err)
		return true;
	if (err != -ENOENT)
		nvdimm_log(why.text);
	if (booting)
		nvdimm_read_table();
	return booting;
}

/* ---- from the list to events ---- */

/* The bank of a range, (0, 0) for a free bank; NULL if there is none. */
static struct nvdimm_bank *nvdimm_bank_of(paddr_t pa, u64 len)
{
	for (unsigned i = 0; i < BANKS; i++)
		if (banks[i].len == len && (!len || banks[i].pa == pa))
			return &banks[i];
	return NULL;
}

/* Post the event of a bank; a removal uses the range of the add. */
static void nvdimm_post(struct nvdimm_bank *b, enum event_op op, u32 node)
{
	struct event *e = &b->event;

	e->source = &source;
	e->op = op;
	e->kind = EVENT_DEVICE;
	e->brings = true;
	e->here = b->added;
	e->cookie = b;
	if (op == EVENT_ADD) {
		e->nr_ranges = 1;
		e->range[0] = (struct event_range) { b->pa, b->len, node };
	}
	event_post(e);
}

/* A bank for a new range.  NULL: all banks are in use; a bank is free when its range is removed. */
static struct nvdimm_bank *new_bank(const struct nfit_range *r)
{
	struct nvdimm_bank *b = nvdimm_bank_of(0, 0);
	struct why why = { 0 };

	if (!b)
		return NULL;
	memset(b, 0, sizeof(*b));
	b->pa = r->pa;
	b->len = r->len;
	b->elsewhere = pmem_claim(&source, r->pa, r->len, &why);
	if (b->elsewhere)
		nvdimm_log(why.text);
	return b;
}

static void nvdimm_release(struct nvdimm_bank *b)
{
	pmem_release(&source, b->pa, b->len);
	b->len = 0;
}

/* Add a listed range, unless it is added, refused, outstanding, or another source's. */
static void nvdimm_request_add(const struct nfit_range *r)
{
	struct nvdimm_bank *b = nvdimm_bank_of(r->pa, r->len);

	b = b ? b : new_bank(r);
	if (b && !b->elsewhere && !b->added && !b->refused && !event_pending(&b->event))
		nvdimm_post(b, EVENT_ADD, r->proximity);
}

/* Compare the banks with the list: request the removal of banks that are not listed, and the add of
 * listed ranges. */
static void nvdimm_sync(void)
{
	for (unsigned i = 0; i < BANKS; i++) {
		struct nvdimm_bank *b = &banks[i];

		if (!b->len || event_pending(&b->event) || nfit_lists(&nfit, b->pa, b->len))
			continue;
		if (!b->added)
			nvdimm_release(b);
		else if (!b->refused && !nfit.bad) /* a malformed list removes nothing */
			nvdimm_post(b, EVENT_REMOVE, 0);
	}
	for (unsigned i = 0; i < nfit.nr; i++)
		nvdimm_request_add(&nfit.range[i]);
}

static void nvdimm_update_work(struct work *w)
{
	(void)w;
	if (!read_list())
		return;
	for (unsigned i = 0; i < BANKS; i++)
		banks[i].refused = false;
	nvdimm_sync();
}

/* Notification of the NVDIMM root device: a work item reads _FIT. */
static void nvdimm_notify(acpi_handle h, u32 value, void *context)
{
	static struct work work = { .fn = nvdimm_update_work };

	(void)h, (void)context;
	if (value == NOTIFY_UPDATE)
		work_post(&work);
	else if (value == NOTIFY_ERROR)
		nvdimm_log("an NVDIMM reports an uncorrectable error; nothing is done about it");
}

/* ---- callbacks of the core ---- */

static void nvdimm_sync_work(struct work *w)
{
	(void)w;
	nvdimm_sync();
}

/* Slot `answer`: record the result; a work item then compares the banks with the list again. */
static int answer(struct event *e, const struct event_answer *a)
{
	static struct work again = { .fn = nvdimm_sync_work };
	struct nvdimm_bank *b = e->cookie;

	b->refused = a->code;
	if (!a->code)
		b->added = e->op == EVENT_ADD;
	work_post(&again);
	return EVENT_NO_OST;
}

static void describe(char *buf, size_t size)
{
	unsigned used = 0;

	for (unsigned i = 0; i < BANKS; i++)
		used += banks[i].len && banks[i].added;
	*buf = '\0';
	if (root || nfit.nr)
		snprintf(buf, size, "%u of %u range%s in use", used, nfit.nr,
			 nfit.nr == 1 ? "" : "s");
}

static const struct event_source source = {
	.name = PMEM_NAME,
	.label = "NVDIMM",
	.leaves = true,
	.describe = describe,
	.answer = answer,
	.reserve = PMEM_RESERVE,
};
EVENT_SOURCE(nvdimm, source);

/* ---- start and stop ---- */

/* Callback of aml_each(): use the first ACPI0012 device. */
static void nvdimm_found_root(acpi_handle h, void *arg)
{
	(void)arg;
	root = root ? root : h;
}

/* Client callback `stop`, and the state at start. */
static void nvdimm_reset(void)
{
	root = NULL;
	pmem_release(&source, 0, 0);
	memset(banks, 0, sizeof(banks));
	memset(&nfit, 0, sizeof(nfit));
}

/* Client callback: find the NVDIMM root device, and add the ranges of the list. */
static void start(void)
{
	nvdimm_reset();
	nfit.log = nvdimm_log;
	if (aml_running())
		aml_each("ACPI0012", nvdimm_found_root, NULL);
	booting = true;
	if (root && ACPI_FAILURE(acpi_install_notify_handler(root, ACPI_DEVICE_NOTIFY,
							     nvdimm_notify, NULL)))
		nvdimm_log("no handler for notifications of NVDIMMs");
	nvdimm_update_work(NULL);
	booting = false;
}

/* Client callback: while memory of an NVDIMM is in use, the namespace stays loaded. */
static int busy(struct why *why)
{
	for (unsigned i = 0; i < BANKS; i++)
		if (banks[i].len && (banks[i].added || event_pending(&banks[i].event)))
			return refuse(why, EBUSY, "acpi: an NVDIMM's memory at 0x%lx is in use",
				      banks[i].pa);
	return 0;
}

static const struct acpi_client client = { .start = start, .busy = busy, .stop = nvdimm_reset };
ACPI_CLIENT(nvdimm, client);
