/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/acpi_devices/fake.h - fakes: a namespace whose methods the program answers, and the
 * core of events. */
#pragma once
#include <drivers/acpi/acpi_machine.h>
#include <drivers/acpi/aml.h>
#include <drivers/acpi/dimm_source.h>
#include <want.h>

#define DEVICES 3u
#define HERE 0xf /* _STA: present, enabled, shown, functioning */

/* A device of memory; codes are those of aml.h, 0: the method answers. */
struct fake_device {
	u64 sta, pxm;
	int sta_code, pxm_code, crs_code, ej0_code, ost_code;
	bool stays;  /* _EJ0 does nothing */
	bool rivals; /* another request arrives with _EJ0: an interrupt */
	unsigned nr;
	struct acpi_resource crs[6];
	/* methods that were evaluated */
	unsigned ej0, sta_calls;
	char osts[80]; /* "1:0 3:84 " */
};

extern struct fake_device devices[DEVICES];
extern unsigned devices_nr;
extern struct acpi_machine machine;
extern const void *fit; /* what _FIT has; NULL: there is none */
extern u64 fit_bytes;
extern int fit_code;
extern bool has_nvdimms; /* an ACPI0012 device */

/* The state of the kernel, which a test sets. */
extern bool ram_at_boot, withheld, start_fails, ged_fails, no_handler, no_nvdimm_handler;
extern bool no_memory;  /* no block */
extern u64 blocks_lost; /* by ACPICA */
extern const struct srat_range *window;
extern bool has_windows;

/* Messages and actions. */
extern char said[400]; /* remarks and log lines, '|' after each */
extern unsigned posts;
extern struct event *posted, *posted_all[128]; /* the last one; each */
extern unsigned claims, releases;
extern bool claimed_elsewhere;

void fake_begin(void); /* everything above as for a machine without devices */
void aml_begin(void);  /* its part of that */
void aml_runs(void);   /* already */
void notify(unsigned device, u32 value);
void notify_nvdimms(u32 value);
/* The core answers the last event; returns the status for ost=. */
int answered(int code);
void works(void); /* run the posted works */
const struct event_source *source_of(const char *name);
bool is_said(const char *sentences); /* and forget them */
bool osts_are(unsigned device, const char *osts);

void look_tests(void);
void dimm_tests(void);
void request_tests(void);
void nvdimm_tests(void);
void nfit_tests(void);
