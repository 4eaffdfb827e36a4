/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/acpi_bus/bus.h - AML devices by their _HID, and the messages that were printed. */
#pragma once
#include <drivers/acpi/aml.h>
#include <want.h>

#define RESOURCES 40u

/* A device; `crs` is in the order of its _CRS. */
struct bus_device {
	const char *hid;
	struct acpi_resource *crs[RESOURCES];
	unsigned nr;
	int crs_code;
	u64 seg, bbn;
};

extern struct bus_device bus[8];
extern unsigned bus_nr;
extern char said[300];      /* '|' after each line */
extern char called[200];    /* methods with their arguments: "_E05 _EVT(1234) " */
extern const char *methods; /* the methods that exist, a blank after each */
extern int method_code;
extern u8 granted[16]; /* what _OSC returns */
extern unsigned granted_bytes;
extern unsigned osc_calls;
extern unsigned blocks; /* not freed */

void bus_begin(void);
struct bus_device *bus_add(const char *hid);
struct acpi_resource *bus_resource(struct bus_device *, u32 type);
bool is_said(const char *);
bool were_called(const char *);

void ged_tests(void);
void root_tests(void);
void template_tests(void);
