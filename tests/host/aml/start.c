/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/aml/start.c - the steps of ACPICA's initialisation in order: a failed step is named
 * and ends the start; a failed start frees its allocations.
 */
#include "interpreter.h"

#define LOADED "root=1230 begin initialize io tables begin load "
#define SET_UP "begin enable begin objects work "
#define STOPPED "begin work terminate close "

static char said[200];

static void log_line(const char *sentence)
{
	WANT(!*said);
	snprintf(said, sizeof(said), "%s", sentence);
}

static const struct row {
	const char *failing;
	acpi_status status;
	const char *calls, *text, *said;
} rows[] = {
	{ "", 0, LOADED SET_UP, "", "" },
	{ "initialize", AE_NO_MEMORY, "root=1230 begin initialize " STOPPED,
	  "acpi: initialize: AE_OTHER: the first line", "" },
	{ "io", AE_NO_MEMORY, "root=1230 begin initialize io " STOPPED,
	  "acpi: initialize: AE_OTHER: the first line", "" },
	{ "tables", AE_NO_MEMORY, "root=1230 begin initialize io tables " STOPPED,
	  "acpi: tables: AE_OTHER: the first line", "" },
	{ "load", AE_NO_MEMORY, LOADED STOPPED, "acpi: definition blocks: AE_OTHER: the first line",
	  "" },
	{ "load", AE_CTRL_TERMINATE, LOADED SET_UP, "",
	  "acpi: a definition block cannot be loaded and is left out" },
	{ "enable", AE_NO_MEMORY, LOADED "begin enable " STOPPED,
	  "acpi: subsystem: AE_OTHER: the first line", "" },
	{ "objects", AE_NO_MEMORY, LOADED SET_UP STOPPED,
	  "acpi: _INI and _REG: AE_OTHER: the first line", "" },
};

void start_tests(void)
{
	WANT(!aml_running() && aml_stop() == 0);
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		unsigned failed = want_failed;
		struct why why = { 0 };

		acpica_begin();
		said[0] = 0;
		acpica.failing = r->failing;
		acpica.status = r->status;
		acpica.text = "the first line";
		WANT(aml_start(0x1230, log_line, &why) == (*r->text ? -EIO : 0));
		WANT_TEXT(acpica.calls, r->calls);
		WANT_TEXT(why.text, r->text);
		WANT_TEXT(said, r->said);
		WANT(aml_running() == !*r->text);
		acpica.calls[0] = 0;
		WANT(aml_stop() == (*r->text ? 0 : 5) && !aml_running());
		WANT_TEXT(acpica.calls, *r->text ? "" : STOPPED);
		if (failed != want_failed)
			printf("# FAIL ^ %s\n", r->failing);
	}
}
