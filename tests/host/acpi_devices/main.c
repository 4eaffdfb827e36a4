/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/acpi_devices/main.c - the namespace, the core of events and what else the sources of
 * ACPI need.
 */
#include "played.h"
#include <drivers/acpi/agree.h>
#include <drivers/acpi/dimm.h>
#include <drivers/acpi/ged.h>
#include <drivers/acpi/madt.h>
#include <drivers/acpi/tree.h>
#include <drivers/device.h>
#include <drivers/memory/pmem.h>
#include <kern/log.h>
#include <kern/restart.h>
#include <mm/page/region.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct cpu *host_cpu;
u64 host_va_offset;
struct restart restart;
paddr_t irqchip_pa;

struct played_device devices[DEVICES];
unsigned devices_nr, posts, claims, releases;
struct acpi_machine machine;
const void *fit;
u64 fit_bytes;
int fit_code;
bool has_nvdimms, ram_at_boot, withheld, start_fails, ged_fails, no_handler;
bool no_nvdimm_handler;
bool has_windows, claimed_elsewhere;
const struct srat_range *window;
char said[400];
struct event *posted, *posted_all[128];
static struct played_device nvdimms;
static acpi_notify_handler dimm_handler, nvdimm_handler;
static const struct ged_use *ged;
static struct event as_posted[ARRAY_SIZE(posted_all)];
static u64 interrupts;
static bool running;
static struct work *queue[4];
static unsigned queued;

/* ---- AML ---- */
static struct played_device *device_of(acpi_handle h)
{
	struct played_device *d = h;

	WANT(running && (d == &nvdimms || (d >= devices && d < devices + devices_nr)));
	return d;
}

static int fails(int code, const char *name, struct why *why)
{
	return code == -ENOENT || !code ? code : refuse(why, -code, "%s fails", name);
}

static int eject(struct played_device *d, struct why *why)
{
	d->ej0++;
	if (!d->ej0_code && !d->stays)
		d->sta = 0;
	interrupts += d->rivals;
	return fails(d->ej0_code, "_EJ0", why);
}

int aml_call(acpi_handle h, const char *name, const u64 *args, unsigned nr, u64 *value,
	     struct why *why)
{
	struct played_device *d = device_of(h);

	if (!strcmp(name, "_EJ0")) {
		WANT(nr == 1 && *args == 1);
		return eject(d, why);
	}
	WANT(!nr && value);
	if (!strcmp(name, "_PXM")) {
		*value = d->pxm_code ? *value : d->pxm;
		return fails(d->pxm_code, name, why);
	}
	WANT(!strcmp(name, "_STA"));
	d->sta_calls++;
	*value = d->sta_code ? 0 : d->sta;
	return fails(d->sta_code, name, why);
}

int aml_call_with(acpi_handle h, const char *name, union acpi_object *args, unsigned nr, u64 *value,
		  struct why *why)
{
	struct played_device *d = device_of(h);
	size_t at = strlen(d->osts);

	WANT(!strcmp(name, "_OST") && nr == 3 && args[0].type == ACPI_TYPE_INTEGER);
	WANT(args[1].type == ACPI_TYPE_INTEGER && args[2].type == ACPI_TYPE_BUFFER);
	snprintf(d->osts + at, sizeof(d->osts) - at, "%lx:%lx ", args[0].integer.value,
		 args[1].integer.value);
	return fails(d->ost_code, name, why);
}

int aml_buffer(acpi_handle h, const char *name, void (*fn)(const u8 *, u64 len, void *arg),
	       void *arg, struct why *why)
{
	WANT(h == &nvdimms && !strcmp(name, "_FIT"));
	if (!fit_code && fit)
		fn(fit, fit_bytes, arg);
	return fit ? fails(fit_code, name, why) : -ENOENT;
}

int aml_resources(acpi_handle h, void (*fn)(const struct acpi_resource *, void *arg), void *arg,
		  struct why *why)
{
	struct played_device *d = device_of(h);

	for (unsigned i = 0; i < d->nr; i++)
		fn(&d->crs[i], arg);
	return fails(d->crs_code, "_CRS", why);
}

const char *aml_path(acpi_handle h, char path[static AML_PATH])
{
	snprintf(path, AML_PATH, "MEM%u", (unsigned)((struct played_device *)h - devices));
	return path;
}

void aml_each(const char *hid, void (*fn)(acpi_handle, void *arg), void *arg)
{
	if (!strcmp(hid, "ACPI0012") && has_nvdimms)
		fn(&nvdimms, arg);
	for (unsigned i = 0; !strcmp(hid, "PNP0C80") && i < devices_nr; i++)
		fn(&devices[i], arg);
}

bool aml_running(void)
{
	return running;
}

int aml_start(paddr_t root, void (*say)(const char *sentence), struct why *why)
{
	WANT(root == 0x7000 && !running);
	say("aml starts");
	running = !start_fails;
	return start_fails ? refuse(why, EIO, "no namespace") : 0;
}

u64 aml_stop(void)
{
	running = false;
	return 0;
}

acpi_status acpi_install_notify_handler(acpi_handle h, u32 type, acpi_notify_handler handler,
					void *context)
{
	if (h == ACPI_ROOT_OBJECT)
		dimm_handler = handler;
	else
		nvdimm_handler = handler;
	WANT(type == (h == ACPI_ROOT_OBJECT ? ACPI_ALL_NOTIFY : ACPI_DEVICE_NOTIFY));
	return (h == ACPI_ROOT_OBJECT ? no_handler : no_nvdimm_handler) ? AE_NO_MEMORY : AE_OK;
}

acpi_status acpi_resource_to_address64(struct acpi_resource *r, struct acpi_resource_address64 *out)
{
	if (r->type != ACPI_RESOURCE_TYPE_ADDRESS64)
		return AE_BAD_PARAMETER;
	*out = r->data.address64;
	return AE_OK;
}

void *acpi_os_allocate(acpi_size size)
{
	void *p = malloc(size);

	memset(p, 0xa5, size);
	return p;
}

void acpi_os_free(void *p)
{
	free(p);
}

/* ---- GED, tables, memory ---- */
int ged_start(const struct ged_use *use, struct why *why)
{
	ged = use;
	return ged_fails ? refuse(why, ENODEV, "no GED") : 0;
}

void ged_stop(void)
{
	ged = NULL;
}

u64 ged_interrupts(void)
{
	return interrupts;
}

unsigned arch_pa_bits(void)
{
	return 40;
}

const struct acpi_machine *acpi_machine(void)
{
	return &machine;
}

int acpi_machine_find(const void *fdt, struct why *why)
{
	return machine.has_tables ? 0 : refuse(why, ENODEV, "no tables");
}

bool madt_read(struct madt *m, const struct tables *t)
{
	WANT(t->say == tables_discard);
	return true;
}

u32 madt_irq(const struct madt *m, u32 gsi, paddr_t controller)
{
	return controller == irqchip_pa ? gsi + 1000 : 0;
}

void tables_discard(const char *sentence)
{
}

bool acpi_tree_is(const void *fdt)
{
	return false;
}

int acpi_tree_make(const struct tables *t, void *to, u64 size, struct why *why)
{
	return -ENOMEM;
}

void *acpi_tree_buffer(void)
{
	return NULL;
}

unsigned acpi_disagreements(const void *fdt, const void *made, void (*say)(const char *))
{
	WANT(!"there is no tree");
	return 0;
}

const struct srat_range *srat_window(const struct srat *s, paddr_t pa, u64 len)
{
	WANT(s == &machine.srat);
	return window && pa >= window->pa && pa + len <= window->pa + window->len ? window : NULL;
}

bool srat_has_windows(const struct srat *s)
{
	return has_windows;
}

const struct mem_range *region_find(enum region_kind array, paddr_t pa, u64 len)
{
	static const struct mem_range ram = { 0, ~0ul, MEM_RAM, 0 };

	WANT(pa >= len); /* and not the other way round */
	if (array == MEM_WITHHELD)
		return withheld ? &ram : NULL;
	WANT(array == MEM_RAM);
	return ram_at_boot ? &ram : NULL;
}

bool region_is_ram(paddr_t pa, u64 len)
{
	WANT(pa >= len);
	return ram_at_boot;
}

const struct table *tables_find(const struct tables *t, const char *name, unsigned n)
{
	WANT(t == &machine.tables && !strcmp(name, "NFIT") && !n);
	return t->nr ? &t->table[0] : NULL;
}

u64 table_u64(const u8 *p)
{
	u64 v;

	memcpy(&v, p, 8);
	return v;
}

u32 table_u32(const u8 *p)
{
	return (u32)table_u64(p);
}

u16 table_u16(const u8 *p)
{
	return (u16)(p[0] | p[1] << 8);
}

int pmem_claim(const struct event_source *s, paddr_t pa, u64 len, struct why *why)
{
	WANT(s == source_of("pmem") && pa && len && pa >= len);
	claims++;
	return claimed_elsewhere ? refuse(why, EEXIST, "claimed elsewhere") : 0;
}

void pmem_release(const struct event_source *s, paddr_t pa, u64 len)
{
	WANT(s == source_of("pmem") && (!len || pa >= len));
	claims = len ? claims : 0;
	releases += !!len;
}

/* ---- events and works ---- */
bool event_post(struct event *e)
{
	WANT(e->source && e->cookie);
	if (e->pending)
		return false;
	e->pending = 1;
	WANT(posts < ARRAY_SIZE(posted_all));
	as_posted[posts] = *e;
	posted_all[posts++] = posted = e;
	return true;
}

bool event_pending(const struct event *e)
{
	return e->pending;
}

bool work_post(struct work *w)
{
	for (unsigned i = 0; i < queued; i++)
		if (queue[i] == w)
			return false;
	WANT(queued < ARRAY_SIZE(queue));
	queue[queued++] = w;
	return true;
}

static void say(const char *sentence)
{
	size_t at = strlen(said);

	snprintf(said + at, sizeof(said) - at, "%s|", sentence);
}

void event_remark(const char *source, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	WANT(source_of(source) != NULL);
	say(text);
}

void log_wrapped(const char *label, const char *rest, unsigned indent, const char *text)
{
	char line[200];

	snprintf(line, sizeof(line), "%s %s", label, text);
	say(line);
}

void kprintf(const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text[strcspn(text, "\n")] = 0;
	if (strcmp(text, "aml starts"))
		say(text);
}

/* ---- for the tests ---- */
static void answer_all(int code)
{
	for (unsigned i = 0; i < posts; i++)
		if (posted_all[i]->pending) {
			posted = posted_all[i];
			answered(code);
		}
}

/* Devices leave, so that the sources may stop. */
static void all_leave(void)
{
	answer_all(-EINVAL);
	posts = 0;
	for (unsigned i = 0; i < devices_nr; i++) {
		devices[i].sta_code = devices[i].ost_code = 0;
		devices[i].sta = 0;
	}
	acpi_source_look();
	fit = "";
	fit_bytes = fit_code = 0;
	if (has_nvdimms && !no_nvdimm_handler)
		notify_nvdimms(0x80);
	works();
	answer_all(0);
	works();
	WANT(acpi_source_stop(NULL) == 0);
}

void played_begin(void)
{
	if (acpi_source_running())
		all_leave();
	memset(devices, 0, sizeof(devices));
	memset(&machine, 0, sizeof(machine));
	machine.root = 0x7000;
	machine.has_tables = true;
	devices_nr = posts = claims = releases = queued = 0;
	fit = NULL;
	fit_code = 0;
	has_nvdimms = ram_at_boot = withheld = start_fails = ged_fails = no_handler = false;
	no_nvdimm_handler = has_windows = claimed_elsewhere = running = false;
	window = NULL;
	posted = NULL;
	said[0] = 0;
}

void notify(unsigned device, u32 value)
{
	dimm_handler(device < DEVICES ? &devices[device] : (acpi_handle)said, value, NULL);
}

void notify_nvdimms(u32 value)
{
	nvdimm_handler(&nvdimms, value, NULL);
}

/* From the post to the answer it is the core's. */
static bool untouched(const struct event *e)
{
	unsigned n = posts;

	while (n && posted_all[n - 1] != e)
		n--;
	return n && !memcmp(&as_posted[n - 1].source, &e->source,
			    sizeof(*e) - offsetof(struct event, source));
}

int answered(int code)
{
	const struct event_answer a = { .code = code, .why = "" };

	WANT(posted && posted->pending && untouched(posted));
	posted->pending = 0;
	return posted->source->answer(posted, &a);
}

void works(void)
{
	while (queued) {
		struct work *w = queue[--queued];

		w->fn(w);
	}
}

const struct event_source *source_of(const char *name)
{
	reg_for_each (events, it)
		if (!strcmp((*it)->name, name))
			return *it;
	return NULL;
}

bool is_said(const char *sentences)
{
	bool right = !strcmp(said, sentences);

	if (!right)
		printf("# said \"%s\", wanted \"%s\"\n", said, sentences);
	said[0] = 0;
	return right;
}

bool osts_are(unsigned device, const char *osts)
{
	bool right = !strcmp(devices[device].osts, osts);

	if (!right)
		printf("# _OST \"%s\", wanted \"%s\"\n", devices[device].osts, osts);
	devices[device].osts[0] = 0;
	return right;
}

int main(void)
{
	irqchip_pa = 0x8000000;
	look_tests();
	dimm_tests();
	request_tests();
	nvdimm_tests();
	printf("acpi_devices: %u not so\n", want_failed);
	return want_failed != 0;
}
