/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/acpi_devices/aml.c - the namespace: methods of devices, notifications, blocks. */
#include "fake.h"
#include <drivers/acpi/ged.h>
#include <stdlib.h>
#include <string.h>

struct fake_device devices[DEVICES];
unsigned devices_nr;
const void *fit;
u64 fit_bytes, blocks_lost;
int fit_code;
bool has_nvdimms, start_fails, ged_fails, no_handler, no_nvdimm_handler, no_memory;
static struct fake_device nvdimms;
static acpi_notify_handler dimm_handler, nvdimm_handler;
static const struct ged_use *ged;
static u64 interrupts;
static bool running;
static unsigned blocks;

/* ---- methods ---- */
static struct fake_device *device_of(acpi_handle h)
{
	struct fake_device *d = h;

	WANT(running && (d == &nvdimms || (d >= devices && d < devices + devices_nr)));
	return d;
}

static int fails(int code, const char *name, struct why *why)
{
	return code == -ENOENT || !code ? code : refuse(why, -code, "%s fails", name);
}

static int eject(struct fake_device *d, struct why *why)
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
	struct fake_device *d = device_of(h);

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
	struct fake_device *d = device_of(h);
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
	struct fake_device *d = device_of(h);

	for (unsigned i = 0; i < d->nr; i++)
		fn(&d->crs[i], arg);
	return fails(d->crs_code, "_CRS", why);
}

const char *aml_path(acpi_handle h, char path[static AML_PATH])
{
	snprintf(path, AML_PATH, "MEM%u", (unsigned)((struct fake_device *)h - devices));
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

int aml_start(paddr_t root, void (*log)(const char *sentence), struct why *why)
{
	WANT(root == 0x7000 && !running);
	log("aml starts");
	running = !start_fails;
	return start_fails ? refuse(why, EIO, "no namespace") : 0;
}

u64 aml_stop(void)
{
	WANT(!ged);
	running = false;
	return blocks_lost;
}

/* ---- functions of ACPICA ---- */
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
	void *p = no_memory ? NULL : malloc(size);

	if (!p)
		return NULL;
	memset(p, 0xa5, size);
	blocks++;
	return p;
}

void acpi_os_free(void *p)
{
	blocks--;
	free(p);
}

/* ---- GED ---- */
int ged_start(const struct ged_use *use, struct why *why)
{
	ged = use;
	WANT(use->irq_of(42) == 1042); /* by the MADT */
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

/* ---- for the tests ---- */
void aml_begin(void)
{
	WANT(!blocks && !ged);
	memset(devices, 0, sizeof(devices));
	devices_nr = 0;
	fit = NULL;
	fit_code = 0;
	blocks_lost = 0;
	has_nvdimms = start_fails = ged_fails = no_handler = no_nvdimm_handler = false;
	no_memory = running = false;
}

/* AML was started before the source, for the windows of the PCI bridge. */
void aml_runs(void)
{
	running = true;
}

void notify(unsigned device, u32 value)
{
	dimm_handler(device < DEVICES ? &devices[device] : (acpi_handle)said, value, NULL);
}

void notify_nvdimms(u32 value)
{
	nvdimm_handler(&nvdimms, value, NULL);
}

bool osts_are(unsigned device, const char *osts)
{
	bool right = !strcmp(devices[device].osts, osts);

	if (!right)
		printf("# _OST \"%s\", wanted \"%s\"\n", devices[device].osts, osts);
	devices[device].osts[0] = 0;
	return right;
}
