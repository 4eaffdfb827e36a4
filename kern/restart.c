/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/restart.c - the restart record, and the restart itself; see restart.h.
 *
 * Boot calls restart_adopt(); any CPU may call restart_leave(), with or without locks held: nothing
 * here takes one.  If the image or the device tree was corrupted, the image is not entered again:
 * firmware then has to reset the machine, which loads fresh ones.
 */
#include <arch/arch.h>
#include <kern/hooks.h>
#include <kern/kern_internal.h>
#include <kern/log.h>
#include <kern/persist.h>
#include <kern/restart.h>
#include <kern/trap.h>
#include <lib/init.h>
#include <lib/string.h>

#define MAGIC "HOTPLATE-LIFE-4"

struct restart restart;

static struct restart_record {
	struct persist head;
	struct restart saved;
} record PERSISTENT __attribute__((aligned(4096)));
_Static_assert(sizeof(struct restart_record) % 8 == 0, "the checksum is over words");

static void seal_record(void)
{
	persist_open(&record.head);
	record.saved = restart;
	persist_seal(&record.head, MAGIC, sizeof(record));
	/* the next boot begins with its caches off, or after a reset */
	arch_dcache_clean_inval(ptr_va(persist_start), (u64)(persist_end - persist_start));
	log_sync();
}

/* An unexpected reset: keep the counters of boots, resume nothing. */
static void keep_counters(void)
{
	struct restart counts = { .lives = restart.lives,
				  .soft = restart.soft,
				  .firmware = restart.firmware };

	restart = counts;
}

bool restart_adopt(void)
{
	restart.lives = 1;
	if (!persist_valid(&record.head, MAGIC, sizeof(record)))
		return false;
	restart = record.saved;
	restart.lives++;
	restart.soft += restart.how == RESTART_SOFT;
	restart.firmware += restart.how == RESTART_FIRMWARE;
	restart.resumed = restart.how != RESTART_DISARMED;
	if (!restart.resumed)
		keep_counters();
	restart.began = restart.how;
	restart.how = RESTART_DISARMED;
	seal_record();
	return restart.resumed;
}

/* Fill in the record for the next boot; the text may be part of the record itself, hence
 * memmove(). */
static void describe(const char *geometry, const char *reason)
{
	if (kern_hooks.entered)
		kern_hooks.entered(&restart);
	restart.args = boot_args;
	memmove(restart.geometry, geometry, strnlen(geometry, sizeof(restart.geometry) - 1) + 1);
	restart.geometry[sizeof(restart.geometry) - 1] = 0;
	memmove(restart.reason, reason, strnlen(reason, sizeof(restart.reason) - 1) + 1);
	restart.reason[sizeof(restart.reason) - 1] = 0;
}

/* Returns only if firmware cannot reset the machine; the record is then disarmed again. */
static void reset_by_firmware(void)
{
	restart.how = RESTART_FIRMWARE;
	seal_record();
	if (kern_hooks.reset)
		kern_hooks.reset();
	restart.how = RESTART_DISARMED;
	seal_record(); /* the reset failed: the run ends here, and no later boot may resume it */
}

static void print_reset(const char *reason)
{
	kprintf("# not entered again, but reset by firmware: %s\n", reason);
}

void restart_begin(void)
{
	bool all_off = cpus_all_off(); /* else the CPU that led has not turned itself off */
	const char *live = all_off && kern_hooks.devices_stop ? kern_hooks.devices_stop() : NULL;

	if (live)
		print_reset(live);
	if (!all_off || live) {
		reset_by_firmware();
		arch_halt();
	}
	cpu_quiesce();
	if (kern_hooks.reenter)
		kern_hooks.reenter();
	arch_halt();
}

void restart_leave(const char *geometry, const char *reason)
{
	u64 before = cost_now();
	const char *damage;
	bool others_off;

	arch_irq_disable();
	describe(geometry, reason);
	damage = kern_hooks.damage ? kern_hooks.damage() : NULL;
	if (!damage)
		damage = arch_cannot_reenter();
	if (damage)
		print_reset(damage);
	others_off = cpus_off() && !damage;
	restart.how = RESTART_SOFT;
	restart.left_cost = cost_now() - before;
	if (others_off) {
		seal_record();
		if (!this_cpu()->nr)
			restart_begin();
		cpu_boot_leads();
	}
	reset_by_firmware();
}
