/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/watchdog/watchdog.c - stops or serves watchdogs of firmware; see watchdog.h.
 *
 * A boot loader starts a watchdog to reset the machine if the system does not boot; later it would
 * reset the machine in the middle of a test.  A watchdog that does not run is not written: a write
 * might start it.
 */
#include <arch/arch.h>
#include <drivers/fdt/fdt.h>
#include <drivers/mmio.h>
#include <drivers/watchdog/watchdog.h>
#include <kern/log.h>
#include <libfdt.h>

/* A further watchdog is reported: it may reset the machine. */
#define SERVED_MAX 4 /* watchdogs served at the tick */

/* Watchdogs that cannot be stopped. */
static struct {
	const struct watchdog_model *model;
	volatile void *regs;
} served[SERVED_MAX];
static unsigned served_nr;

/* Accesses to real registers; a test has its own (struct watchdog_io). */
static u32 io_read(volatile void *regs, u16 at, u8 width)
{
	return mmio_read((volatile u8 *)regs + at, width);
}

static void io_write(volatile void *regs, u16 at, u8 width, u32 value)
{
	mmio_write((volatile u8 *)regs + at, width, value);
}

static const struct watchdog_io real = { io_read, io_write };

/* Execute the writes in order. */
static void watchdog_execute(const struct watchdog_step *steps, const struct watchdog_model *m,
			     volatile void *regs, const struct watchdog_io *io)
{
	for (unsigned i = 0; i < WATCHDOG_STEPS && steps[i].used; i++)
		io->write(regs, steps[i].at, m->width, steps[i].value);
}

static bool watchdog_is_running(const struct watchdog_model *m, volatile void *regs,
				const struct watchdog_io *io)
{
	return io->read(regs, m->state, m->width) & m->running;
}

void watchdog_serve(const struct watchdog_model *m, volatile void *regs,
		    const struct watchdog_io *io)
{
	watchdog_execute(m->serve, m, regs, io);
}

/* The state is read again after the stop, because firmware can lock some models against it.  The
 * watchdog is served once now, so that the first tick is within the time-out. */
enum watchdog_state watchdog_calm(const struct watchdog_model *m, volatile void *regs,
				  const struct watchdog_io *io)
{
	if (!watchdog_is_running(m, regs, io))
		return WATCHDOG_OFF;
	watchdog_execute(m->stop, m, regs, io);
	if (!watchdog_is_running(m, regs, io))
		return WATCHDOG_STOPPED;
	watchdog_serve(m, regs, io);
	return m->serve[0].used ? WATCHDOG_SERVED : WATCHDOG_RUNS;
}

static void watchdog_log(const char *name, const struct watchdog_model *m, const char *what)
{
	kprintf("watchdog: %.40s (%s) %s\n", name, m->compatible, what);
}

/* Handle one watchdog of the device tree.  A watchdog that cannot be served is logged, to explain a
 * later reset. */
static void watchdog_look_at(const void *fdt, int node, const struct watchdog_model *m,
			     volatile void *(*map)(paddr_t, u64 len))
{
	static const char *const outcome[] = {
		[WATCHDOG_STOPPED] = "ran: stopped",
		[WATCHDOG_SERVED] = "runs and does not stop: served at every tick",
		[WATCHDOG_RUNS] = "runs and does not stop: it may reset the machine",
	};
	const char *name = fdt_get_name(fdt, node, NULL);
	enum watchdog_state state;
	struct why why = { 0 };
	volatile void *regs;
	struct device d;

	if (m->untouched) {
		kprintf("watchdog: %.40s (%s) is not accessed: %s\n", name, m->compatible,
			m->untouched);
		return;
	}
	if (fdt_device(fdt, node, &d, &why)) {
		watchdog_log(name, m, why.text);
		return;
	}
	regs = map(d.pa[0], d.len[0]);
	if (!regs) {
		watchdog_log(name, m, "cannot be mapped: it is not serviced");
		return;
	}
	state = watchdog_calm(m, regs, &real);
	if (state == WATCHDOG_SERVED && served_nr == SERVED_MAX)
		state = WATCHDOG_RUNS;
	if (state == WATCHDOG_SERVED) {
		served[served_nr].model = m;
		served[served_nr++].regs = regs;
	}
	if (state != WATCHDOG_OFF)
		watchdog_log(name, m, outcome[state]);
}

void watchdogs_init(const void *fdt, volatile void *(*map)(paddr_t, u64 len))
{
	for (const struct watchdog_model *m = watchdog_models; m->compatible; m++) {
		const char *const names[] = { m->compatible, NULL };

		for (int node = fdt_next_compatible(fdt, -1, names); node >= 0;
		     node = fdt_next_compatible(fdt, node, names))
			watchdog_look_at(fdt, node, m, map);
	}
}

/* A tick is much shorter than any time-out of these models. */
void watchdogs_tick(void)
{
	for (unsigned i = 0; i < served_nr; i++)
		watchdog_serve(served[i].model, served[i].regs, &real);
}
