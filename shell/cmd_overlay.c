/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/cmd_overlay.c - overlay: a blob that firmware or a debugger put into memory, and the list.
 *
 * The user's address may be anything: every read through it is checked first, the size in the
 * blob's header included.
 */
#include <drivers/fdt/overlay_source.h>
#include <kern/log.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <libfdt.h>
#include <mm/kernel/kpt.h>
#include <mm/page/region.h>
#include <shell/command.h>
#include <shell/screen/text.h>
#include <shell/shell.h>

/* The ranges of memory that the overlay describes, with the number that `overlay remove` takes. */
static void show_overlay(unsigned id, const struct event *e)
{
	kprintf("overlay %u", id);
	for (unsigned i = 0; i < e->nr_ranges; i++)
		kprintf("%s %s node %u", i ? "," : "",
			range_text(e->range[i].pa, e->range[i].len).text, e->range[i].node);
	kputs("\n");
}

static int show(struct why *why)
{
	bool any = false;

	for (unsigned id = 1; id <= OVERLAYS; id++)
		if (overlay_event(id)) {
			show_overlay(id, overlay_event(id));
			any = true;
		}
	return any ? 0 : refuse(why, ENOENT, "none is applied; `overlay ADDR` applies one");
}

/* Only mapped memory can be read: memory in use, or reserved inside it.  A read elsewhere would
 * fault or access a device. */
static int check_readable(u64 pa, u64 len, struct why *why)
{
	if (!region_is_mapped(pa, len))
		return refuse(why, ENXIO, "%s is not memory in use", range_text(pa, len).text);
	return 0;
}

/* Calls check_readable() twice: for the header, which has the length, then for the whole blob.
 * libfdt requires an alignment of eight bytes. */
static int apply(u64 pa, struct why *why)
{
	const void *blob = pa_ptr(pa);
	int err;

	if (pa % 8)
		return refuse(why, EINVAL, "0x%lx is not aligned to 8 bytes", pa);
	err = check_readable(pa, FDT_V17_SIZE, why);
	if (!err && fdt_magic(blob) != FDT_MAGIC)
		err = refuse(why, EINVAL, "there is no device tree at 0x%lx", pa);
	if (!err)
		err = check_readable(pa, fdt_totalsize(blob), why);
	if (err)
		return err;
	err = overlay_apply(blob, fdt_totalsize(blob), NULL, why);
	if (err < 0)
		return err;
	kprintf("overlay %d\n", err);
	event_run();
	return 0;
}

/* event_run() handles the posted event now, so that its outcome is printed below this command.
 * Numbers beyond 32 bits are refused as unknown overlays. */
static int overlay(const struct command_line *line, struct why *why)
{
	u64 value;
	int err;

	if (!line->nr_words)
		return show(why);
	if (line->nr_words == 2 && !strcmp(line->words[0], "remove") &&
	    !parse_number(line->words[1], &value)) {
		err = overlay_remove(min_u32(~0u, value), NULL, why);
		if (!err)
			event_run();
		return err;
	}
	if (line->nr_words == 1 && !parse_number(line->words[0], &value))
		return apply(value, why);
	return refuse(why, EINVAL, "`overlay`, `overlay ADDR` or `overlay remove N`");
}

static const struct command command = {
	.name = "overlay",
	.group = GROUP_DEVICES,
	.usage = "overlay [ADDR | remove N]",
	.help = "Applies the device tree overlay at a physical address, or lists or "
		"removes those applied.",
	.run = overlay,
};
COMMAND(overlay, command);
