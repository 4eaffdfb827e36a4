/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/restart/main.c - kern/restart.c: how a boot ends, and the record that the next one
 * finds. Between two boots the kernel's data is initialized again, except PERSISTENT data.
 */
#include <fakes/arch.h>
#include <fakes/log.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <arch/arch.h>
#include <kern/hooks.h>
#include <kern/kern_internal.h>
#include <kern/log.h>
#include <kern/persist.h>
#include <kern/restart.h>
#include <kern/trap.h>
#include <lib/version.h>

enum ended { GOES_ON, ENTERED, RESET, HALTED };

static const struct row {
	const char *name;
	unsigned cpu; /* that leaves */
	bool others_on, cpu_0_silent, cpu_1_stays, no_firmware, reset_fails, no_entry;
	const char *damage, *cannot, *live;
	enum ended ended;
	enum restart_how how; /* of the next boot */
} rows[] = {
	{ .name = "all others are off", .ended = ENTERED, .how = RESTART_SOFT },
	{ .name = "one stays on", .others_on = true, .ended = RESET, .how = RESTART_FIRMWARE },
	{ .name = "the image is damaged",
	  .damage = "image",
	  .ended = RESET,
	  .how = RESTART_FIRMWARE },
	{ .name = "this CPU cannot", .cannot = "EL2", .ended = RESET, .how = RESTART_FIRMWARE },
	{ .name = "a device stays live", .live = "disk", .ended = RESET, .how = RESTART_FIRMWARE },
	{ .name = "another CPU leaves", .cpu = 1, .ended = ENTERED, .how = RESTART_SOFT },
	{ .name = "CPU 0 does not answer it",
	  .cpu = 1,
	  .cpu_0_silent = true,
	  .ended = RESET,
	  .how = RESTART_FIRMWARE },
	{ .name = "it does not turn itself off",
	  .cpu = 1,
	  .cpu_1_stays = true,
	  .ended = RESET,
	  .how = RESTART_FIRMWARE },
	{ .name = "nor does firmware reset",
	  .cpu = 1,
	  .cpu_1_stays = true,
	  .reset_fails = true,
	  .ended = HALTED,
	  .how = RESTART_DISARMED },
	{ .name = "there is no way in", .no_entry = true, .ended = HALTED, .how = RESTART_SOFT },
	{ .name = "no reset", .others_on = true, .reset_fails = true, .how = RESTART_DISARMED },
	{ .name = "no firmware", .others_on = true, .no_firmware = true, .how = RESTART_DISARMED },
};

static const struct row *row;
static jmp_buf ended;
static unsigned reenters, stops;
static bool written_back, synced, quiet; /* PERSISTENT and the log; the CPU that enters */

unsigned cpus_nr = 2;
struct args boot_args;
static char kept[8];
__asm__(".globl persist_start, persist_end\n.set persist_start, kept\n.set persist_end, kept + 8");

/* ---- fakes ---- */

const u8 build_id_note[16 + BUILD_ID_BYTES] = { [16] = 1, 2, 3 };

u64 cost_now(void)
{
	static u64 now;

	return now += 1000;
}

/* The record as it was sealed last, and barriers since. */
static struct persist *record;
static struct restart sealed;
static unsigned barriers;

/* A boot may find it at any time: it does not count as whole before a byte of it changes, nor
 * before all of it is there. */
void fake_mb(void)
{
	if (!record)
		return;
	assert_int_equal(record->checksum, 0);
	if (!barriers++)
		assert_memory_equal(record + 1, &sealed, sizeof(sealed));
}

/* After persist_seal()'s own one that of all that is PERSISTENT. */
void arch_dcache_clean_inval(vaddr_t va, u64 len)
{
	if (len > sizeof(kept)) {
		record = va_ptr(va);
		assert_int_equal(len, sizeof(*record) + sizeof(sealed));
		memcpy(&sealed, record + 1, sizeof(sealed));
		barriers = 0;
	}
	written_back = va == ptr_va(kept) && len == sizeof(kept);
}

void log_sync(void)
{
	synced = true;
}

void cpu_quiesce(void)
{
	quiet = true;
}

bool cpus_off(void)
{
	return !row->others_on;
}

bool cpus_all_off(void)
{
	return !row->cpu_1_stays;
}

void cpu_boot_leads(void)
{
	assert_int_not_equal(host_cpu->nr, 0);
	if (row->cpu_0_silent)
		return;
	host_cpu = &cpus[0];
	restart_begin();
}

const char *arch_cannot_reenter(void)
{
	return row->cannot;
}

NORETURN void arch_halt(void)
{
	longjmp(ended, HALTED);
}

static const char *damage(void)
{
	return row->damage;
}

/* Its driver may run on another CPU as long as one is on. */
static const char *devices_stop(void)
{
	assert_int_equal(host_cpu->nr, 0);
	assert_true(!row->others_on && !row->cpu_1_stays && !host_irqs);
	stops++;
	return row->live;
}

/* No handler changes what the record is made of. */
static void entered(struct restart *r)
{
	assert_false(host_irqs);
	r->entry_el = 2;
	r->fdt_pa = 0x48000000;
}

static NORETURN void reenter(void)
{
	assert_true(quiet && !host_irqs);
	reenters++;
	longjmp(ended, ENTERED);
}

static void reset(void)
{
	assert_false(host_irqs);
	if (!row->reset_fails)
		longjmp(ended, RESET);
}

/* ---- boots ---- */

static bool boot(void)
{
	for (unsigned n = 0; n < cpus_nr; n++)
		cpus[n].nr = n;
	host_cpu = &cpus[row->cpu];
	restart = (struct restart) { 0 };
	quiet = false;
	kern_hooks = (struct kern_hooks) {
		.damage = damage,
		.devices_stop = devices_stop,
		.entered = entered,
		.reenter = reenter,
		.reset = row->no_firmware ? NULL : reset,
	};
	return restart_adopt();
}

static enum ended leave_for(const char *geometry, const char *reason)
{
	int how;

	kern_hooks.reenter = row->no_entry ? NULL : reenter;
	host_irqs = true;
	how = setjmp(ended);
	if (!how)
		restart_leave(geometry, reason);
	assert_false(host_irqs);
	return (enum ended)how;
}

static enum ended leave(void)
{
	return leave_for("4k-48", "a reason");
}

/* The first boot of a row finds the record of the previous row; the last of them is a record
 * without a restart. */
static void what_the_next_boot_finds(void **state)
{
	unsigned soft = 0, firmware = 0, lives = 0;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		bool resumed;

		row = &rows[i];
		print_message("    %s\n", row->name);
		if (!i) {
			assert_false(boot());
			lives = 1;
		}
		assert_int_equal(restart.lives, lives);
		host_cpu = &cpus[row->cpu];
		kern_hooks.reset = row->no_firmware ? NULL : reset;
		reenters = fake_lines = stops = 0;
		written_back = synced = false;
		memset(&boot_args, 0x10 + (int)i, sizeof(boot_args));
		restart.run[0] = 0x1234 + i;
		assert_int_equal(leave(), row->ended);
		assert_int_equal(reenters, row->ended == ENTERED);
		assert_true(written_back && synced);
		assert_int_equal(fake_lines, row->damage || row->cannot || row->live);
		assert_true(stops || !reenters);
		resumed = boot();
		lives++;
		soft += row->how == RESTART_SOFT;
		firmware += row->how == RESTART_FIRMWARE;
		assert_int_equal(resumed, row->how != RESTART_DISARMED);
		assert_int_equal(restart.resumed, resumed);
		assert_int_equal(restart.began, row->how);
		assert_int_equal(restart.how, RESTART_DISARMED);
		assert_int_equal(restart.lives, lives);
		assert_int_equal(restart.soft, soft);
		assert_int_equal(restart.firmware, firmware);
		assert_string_equal(restart.geometry, resumed ? "4k-48" : "");
		assert_string_equal(restart.reason, resumed ? "a reason" : "");
		assert_int_equal(restart.run[0], resumed ? 0x1234 + i : 0);
		assert_int_equal(restart.entry_el, resumed ? 2 : 0);
		if (resumed)
			assert_memory_equal(&restart.args, &boot_args, sizeof(boot_args));
		assert_int_equal(restart.left_cost != 0, resumed);
	}
}

/* It was read once: a boot that ended otherwise is followed by one that resumes nothing. */
static void a_record_serves_once(void **state)
{
	(void)state;
	row = &rows[0];
	boot();
	assert_int_equal(leave(), ENTERED);
	assert_true(boot());
	assert_false(boot());
	assert_int_equal(restart.began, RESTART_DISARMED);
	assert_int_equal(restart.run[0], 0);
}

/* Text beyond its field is cut, and ends nevertheless. */
static void long_texts_are_cut(void **state)
{
	char text[sizeof(restart.reason) + 9];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	row = &rows[0];
	boot();
	memset(&restart, 'y', sizeof(restart));
	assert_int_equal(leave_for(text, text), ENTERED);
	assert_true(boot());
	assert_int_equal(strnlen(restart.geometry, sizeof(restart.geometry)),
			 sizeof(restart.geometry) - 1);
	assert_int_equal(strnlen(restart.reason, sizeof(restart.reason)),
			 sizeof(restart.reason) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_next_boot_finds),
		cmocka_unit_test(a_record_serves_once),
		cmocka_unit_test(long_texts_are_cut),
	};

	return cmocka_run_group_tests_name("restart", tests, NULL, NULL);
}
