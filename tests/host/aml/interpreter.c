/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/aml/interpreter.c - the functions that drivers/acpi/aml.c calls. */
#include "interpreter.h"
#include <drivers/acpi/template.h>
#include <kern/trap.h>
#include <lib/printf.h>
#include <stdlib.h>

struct acpica acpica;

void acpica_begin(void)
{
	WANT(!acpica.live);
	acpica = (struct acpica) { .failing = "", .refused = "", .text = "", .sound_args = true };
}

void called(const char *word)
{
	size_t at = strlen(acpica.calls);

	snprintf(acpica.calls + at, sizeof(acpica.calls) - at, "%s ", word);
}

static acpi_status step(const char *word)
{
	called(word);
	return strcmp(word, acpica.failing) ? AE_OK : acpica.status;
}

/* ---- the OS layer ---- */
void osl_begin(void)
{
	called("begin");
}

void osl_work(void)
{
	called("work");
}

void osl_set_root(paddr_t root)
{
	char word[20];

	snprintf(word, sizeof(word), "root=%lx", root);
	called(word);
}

acpi_status osl_io_init(void)
{
	return step("io");
}

u64 osl_heap_close(void)
{
	called("close");
	return 5;
}

bool osl_spent(void)
{
	return acpica.spent;
}

const char *osl_io_refused(void)
{
	return acpica.refused;
}

const char *osl_text(void)
{
	return acpica.text;
}

u64 cost_now(void)
{
	return acpica.now += 10;
}

void acpi_os_free(void *p)
{
	WANT(p && acpica.live);
	acpica.live--;
	called("free");
	free(p);
}

/* ---- ACPICA ---- */
acpi_status acpi_initialize_subsystem(void)
{
	return step("initialize");
}

acpi_status acpi_initialize_tables(struct acpi_table_desc *list, u32 nr, u8 resize)
{
	WANT(!list && nr == 16 && resize);
	return step("tables");
}

acpi_status acpi_load_tables(void)
{
	return step("load");
}

acpi_status acpi_enable_subsystem(u32 flags)
{
	WANT(flags == ACPI_FULL_INITIALIZATION);
	return step("enable");
}

acpi_status acpi_initialize_objects(u32 flags)
{
	WANT(flags == ACPI_FULL_INITIALIZATION);
	return step("objects");
}

acpi_status acpi_terminate(void)
{
	return step("terminate");
}

const char *acpi_format_exception(acpi_status s)
{
	return s == AE_AML_LOOP_TIMEOUT ? "AE_AML_LOOP_TIMEOUT" : "AE_OTHER";
}

static void note_arguments(acpi_handle h, acpi_string name, struct acpi_object_list *in)
{
	acpica.handle = h;
	snprintf(acpica.name, sizeof(acpica.name), "%s", name);
	acpica.had_list = in;
	acpica.nr_args = in ? in->count : 0;
	for (unsigned i = 0; i < acpica.nr_args; i++) {
		acpica.sound_args &= in->pointer[i].type == ACPI_TYPE_INTEGER;
		acpica.args[i] = in->pointer[i].integer.value;
	}
	acpica.now += 1000;
}

acpi_status acpi_evaluate_object(acpi_handle h, acpi_string name, struct acpi_object_list *in,
				 struct acpi_buffer *out)
{
	WANT(!out);
	note_arguments(h, name, in);
	acpica.had_result = false;
	return step("evaluate");
}

acpi_status acpi_evaluate_object_typed(acpi_handle h, acpi_string name, struct acpi_object_list *in,
				       struct acpi_buffer *out, acpi_object_type type)
{
	acpi_status s = step("evaluate");
	union acpi_object *o = out->pointer;

	note_arguments(h, name, in);
	acpica.had_result = true;
	if (ACPI_FAILURE(s))
		return s;
	if (type != acpica.type)
		return AE_TYPE;
	if (type == ACPI_TYPE_INTEGER) {
		WANT(out->length == sizeof(*o));
		o->type = type;
		o->integer.value = acpica.integer;
		return AE_OK;
	}
	WANT(out->length == ACPI_ALLOCATE_BUFFER);
	out->pointer = o = malloc(sizeof(*o));
	acpica.live++;
	o->type = type;
	o->buffer.pointer = acpica.bytes;
	o->buffer.length = acpica.nr_bytes;
	return AE_OK;
}

/* Handles are numbers from 1; the path of number 3 is too long, and that of 4 is not readable. */
acpi_status acpi_get_name(acpi_handle h, u32 kind, struct acpi_buffer *to)
{
	WANT(kind == ACPI_FULL_PATHNAME_NO_TRAILING && to->length == AML_PATH);
	snprintf(to->pointer, to->length, "\\_SB.DEV%u", (unsigned)(uintptr_t)h);
	return (uintptr_t)h == 3 ? AE_BUFFER_OVERFLOW : AE_OK;
}

acpi_status acpi_get_object_info(acpi_handle h, struct acpi_device_info **to)
{
	static char hids[HANDLES + 1][9] = { "", "PNP0C80", "PNP0C80", "ACPI0013", "PNP0C80" };
	unsigned n = (unsigned)(uintptr_t)h;

	if (n == 4)
		return AE_NO_MEMORY;
	*to = calloc(1, sizeof(**to));
	acpica.live++;
	(*to)->valid = n == 2 ? ACPI_VALID_UID : ACPI_VALID_HID | ACPI_VALID_UID;
	(*to)->hardware_id.string = hids[n];
	return AE_OK;
}

acpi_status acpi_walk_namespace(acpi_object_type type, acpi_handle from, u32 depth,
				acpi_walk_callback down, acpi_walk_callback up, void *arg,
				void **to)
{
	WANT(type == ACPI_TYPE_DEVICE && from == ACPI_ROOT_OBJECT && depth == ACPI_UINT32_MAX);
	WANT(down && !up && !to);
	called("walk");
	for (uintptr_t n = HANDLES; n; n--)
		WANT(down((acpi_handle)n, 1, arg, NULL) == AE_OK);
	WANT(down((acpi_handle)1, 1, arg, NULL) == AE_OK);
	return AE_OK;
}

/* One resource for every byte; tests/host/acpi_bus tests template_each() itself. */
int template_each(const u8 *aml, u64 len, void (*fn)(const struct acpi_resource *, void *arg),
		  void *arg, struct why *why)
{
	struct acpi_resource r = { 0 };

	WANT(aml == acpica.bytes);
	if (acpica.template_code)
		return refuse(why, -acpica.template_code, "it is cut off");
	for (u64 i = 0; i < len; i++) {
		r.type = aml[i];
		fn(&r, arg);
	}
	return 0;
}

int main(void)
{
	start_tests();
	call_tests();
	machine_tests();
	early_tests();
	acpica_begin();
	printf("aml: %u not so\n", want_failed);
	return want_failed != 0;
}
