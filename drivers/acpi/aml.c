/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/aml.c - calls ACPICA and returns codes of lib/err.h with a sentence; see aml.h.
 *
 * Every call that may run AML begins with osl_begin().  This starts a new budget and clears the
 * message and the refused access of the previous call, which would otherwise be reported as the
 * cause of a failure of this call.
 */
#include <drivers/acpi/aml.h>
#include <drivers/acpi/template.h>
#include <kern/trap.h>
#include <lib/printf.h>
#include <lib/string.h>

/* Between aml_start() and aml_stop(); boot CPU.  `spent`: cost of all evaluations, in
 * cost_unit(). */
static bool running;
static u64 spent;

bool aml_running(void)
{
	return running;
}

/* Every evaluation uses this function, so that aml_cost() can report their cost apart from the cost
 * of hotplug.  Each one gets a new budget (osl_begin). */
static acpi_status evaluate(acpi_handle h, const char *name, struct acpi_object_list *in,
			    struct acpi_buffer *out, acpi_object_type type)
{
	u64 start = cost_now();
	acpi_status s;

	osl_begin();
	s = out ? acpi_evaluate_object_typed(h, (acpi_string)name, in, out, type)
		: acpi_evaluate_object(h, (acpi_string)name, in, NULL);
	spent += cost_now() - start;
	return s;
}

u64 aml_cost(void)
{
	return spent;
}

/* Compose the sentence of a failure from its most specific cause: a refused register access, the
 * exhausted budget, else the first line that ACPICA printed.  Always -EIO. */
static int aml_refuse(struct why *why, acpi_status status, const char *where, const char *name)
{
	char detail[140];

	if (osl_io_refused()[0])
		snprintf(detail, sizeof(detail), "%s", osl_io_refused());
	else if (osl_spent() || status == AE_AML_LOOP_TIMEOUT) /* by time: a slow machine */
		snprintf(detail, sizeof(detail), "AML does not terminate");
	else
		snprintf(detail, sizeof(detail), "%s", osl_text());
	return refuse(why, EIO, "acpi: %s%s%s: %s%s%s", where, *name ? "." : "", name,
		      acpi_format_exception(status), *detail ? ": " : "", detail);
}

/* Initialise the subsystem, then tables, then the namespace: ACPICA requires this order.  *step
 * names the step that failed, for the sentence.  A definition block that cannot be loaded is left
 * out (AE_CTRL_TERMINATE): the others may describe the memory devices. */
static acpi_status load(void (*log)(const char *), const char **step)
{
	acpi_status s;

	*step = "initialize";
	osl_begin();
	s = acpi_initialize_subsystem();
	if (ACPI_SUCCESS(s))
		s = osl_io_init();
	if (ACPI_FAILURE(s))
		return s;
	*step = "tables";
	s = acpi_initialize_tables(NULL, 16, TRUE);
	if (ACPI_FAILURE(s))
		return s;
	*step = "definition blocks";
	osl_begin();
	s = acpi_load_tables();
	if (s != AE_CTRL_TERMINATE)
		return s;
	log("acpi: a definition block cannot be loaded and is left out");
	return AE_OK;
}

/* After the namespace is loaded: run _INI and _REG, then the work that these queued. */
static acpi_status set_up(const char **step)
{
	acpi_status s;

	*step = "subsystem";
	osl_begin();
	s = acpi_enable_subsystem(ACPI_FULL_INITIALIZATION);
	if (ACPI_FAILURE(s))
		return s;
	*step = "_INI and _REG";
	osl_begin();
	s = acpi_initialize_objects(ACPI_FULL_INITIALIZATION);
	osl_work();
	return s;
}

/* `running` is set before the check, because aml_stop() has to free the allocations of a failed
 * start. */
int aml_start(paddr_t root, void (*log)(const char *), struct why *why)
{
	const char *step;
	acpi_status s;
	int err;

	osl_set_root(root);
	s = load(log, &step);
	if (ACPI_SUCCESS(s))
		s = set_up(&step);
	running = true;
	if (ACPI_SUCCESS(s))
		return 0;
	err = aml_refuse(why, s, step, "");
	aml_stop();
	return err;
}

/* Run the work that ACPICA deferred before acpi_terminate(): it holds references to objects. */
u64 aml_stop(void)
{
	if (!running)
		return 0;
	running = false;
	osl_begin();
	osl_work();
	acpi_terminate();
	return osl_heap_close();
}

/* Without `value` any result is accepted: methods such as _EJ0 may return anything. */
int aml_call_with(acpi_handle h, const char *name, union acpi_object *args, unsigned nr_args,
		  u64 *value, struct why *why)
{
	struct acpi_object_list list = { nr_args, args };
	union acpi_object out = { 0 };
	struct acpi_buffer result = { sizeof(out), &out };
	char path[AML_PATH];
	acpi_status s;

	s = evaluate(h, name, nr_args ? &list : NULL, value ? &result : NULL,
		     value ? ACPI_TYPE_INTEGER : ACPI_TYPE_ANY);
	if (s == AE_NOT_FOUND)
		return -ENOENT;
	if (ACPI_FAILURE(s))
		return aml_refuse(why, s, aml_path(h, path), name);
	if (value)
		*value = out.integer.value;
	return 0;
}

/* Integer arguments only; nearly all methods of memory devices take no others. */
int aml_call(acpi_handle h, const char *name, const u64 *args, unsigned nr_args, u64 *value,
	     struct why *why)
{
	union acpi_object in[4];

	if (nr_args > ARRAY_SIZE(in))
		return refuse(why, EINVAL, "acpi: %u arguments for %s", nr_args, name);
	for (unsigned i = 0; i < nr_args; i++) {
		in[i].type = ACPI_TYPE_INTEGER;
		in[i].integer.value = args[i];
	}
	return aml_call_with(h, name, in, nr_args, value, why);
}

int aml_buffer(acpi_handle h, const char *name, void (*fn)(const u8 *, u64 len, void *), void *arg,
	       struct why *why)
{
	return aml_buffer_with(h, name, NULL, 0, fn, arg, why);
}

/* ACPICA allocates the buffer, because its length is not known in advance; it is freed after `fn`
 * returns. */
int aml_buffer_with(acpi_handle h, const char *name, union acpi_object *args, unsigned nr_args,
		    void (*fn)(const u8 *, u64 len, void *), void *arg, struct why *why)
{
	struct acpi_object_list list = { nr_args, args };
	struct acpi_buffer result = { ACPI_ALLOCATE_BUFFER, NULL };
	char path[AML_PATH];
	union acpi_object *o;
	acpi_status s;

	s = evaluate(h, name, nr_args ? &list : NULL, &result, ACPI_TYPE_BUFFER);
	if (s == AE_NOT_FOUND)
		return -ENOENT;
	if (ACPI_FAILURE(s))
		return aml_refuse(why, s, aml_path(h, path), name);
	o = result.pointer;
	fn(o->buffer.pointer, o->buffer.length, arg);
	ACPI_FREE(o);
	return 0;
}

/* Arguments of each_resource(), which aml_buffer() calls with the bytes of _CRS. */
struct resources {
	void (*fn)(const struct acpi_resource *, void *);
	void *arg;
	struct why why;
};

/* The template is checked (template.h) before ACPICA converts it: AML is not trusted. */
static void each_resource(const u8 *template, u64 len, void *arg)
{
	struct resources *r = arg;

	template_each(template, len, r->fn, r->arg, &r->why);
}

/* `r.why` holds the fault of the template, because the callback of aml_buffer() has no result. */
int aml_resources(acpi_handle h, void (*fn)(const struct acpi_resource *, void *), void *arg,
		  struct why *why)
{
	struct resources r = { fn, arg, { 0 } };
	char path[AML_PATH];
	int err = aml_buffer(h, METHOD_NAME__CRS, each_resource, &r, why);

	if (err || !r.why.code)
		return err;
	return refuse(why, -r.why.code, "acpi: %s._CRS: %s", aml_path(h, path), r.why.text);
}

const char *aml_path(acpi_handle h, char path[static AML_PATH])
{
	struct acpi_buffer b = { AML_PATH, path };

	if (ACPI_FAILURE(acpi_get_name(h, ACPI_FULL_PATHNAME_NO_TRAILING, &b)))
		snprintf(path, AML_PATH, "a device");
	return path;
}

/* Arguments of aml_each() for its callback. */
struct aml_search {
	const char *hid;
	void (*fn)(acpi_handle, void *);
	void *arg;
};

/* Callback of acpi_walk_namespace().  A device whose information cannot be read does not end the
 * walk. */
static acpi_status compare_handle(acpi_handle h, u32 level, void *arg, void **unused)
{
	struct acpi_device_info *info;
	struct aml_search *s = arg;
	bool match;

	(void)level;
	(void)unused;
	if (ACPI_FAILURE(acpi_get_object_info(h, &info)))
		return AE_OK;
	match = info->valid & ACPI_VALID_HID && !strcmp(info->hardware_id.string, s->hid);
	ACPI_FREE(info);
	if (match)
		s->fn(h, s->arg);
	return AE_OK;
}

/* The walk has one budget; each evaluation in `fn` starts its own. */
void aml_each(const char *hid, void (*fn)(acpi_handle, void *), void *arg)
{
	struct aml_search s = { hid, fn, arg };

	osl_begin();
	acpi_walk_namespace(ACPI_TYPE_DEVICE, ACPI_ROOT_OBJECT, ACPI_UINT32_MAX, compare_handle,
			    NULL, &s, NULL);
}
