// SPDX-License-Identifier: BSD-2-Clause
/*
 * kern/restart.c - the record and the leaving; see restart.h.
 *
 * Who may call: boot (adopt), and whoever ends this life (leave), on any CPU, with or without locks
 * held: nothing here takes one.  The checksum is stored last, so a record that was cut off by a
 * reset is not taken for one.
 */
#include <arch/arch.h>
#include <boot/boot.h>
#include <kern/hooks.h>
#include <kern/internal.h>
#include <kern/log.h>
#include <kern/restart.h>
#include <kern/trap.h>
#include <lib/hash.h>
#include <lib/init.h>
#include <lib/string.h>
#include <lib/version.h>

#define MAGIC "HOTPLATE-LIFE-1"
#define RECORD_VERSION 1

struct restart restart;

static struct record {
	char magic[16];
	u32 version, length;
	u8 image[BUILD_ID_BYTES + 4]; /* pointers and layout are one image's */
	struct restart life;
	u64 checksum; /* of everything before it */
} record KEPT __attribute__((aligned(4096)));
_Static_assert(sizeof(struct record) % 8 == 0, "the checksum is over words");

static u64 checksum(void)
{
	const u64 *word = (const u64 *)(const void *)&record;
	u64 h = 0;

	for (size_t i = 0; i < offsetof(struct record, checksum) / 8; i++)
		h = hash_u64(h, word[i]);
	return h;
}

static bool whole(void)
{
	return !memcmp(record.magic, MAGIC, sizeof(MAGIC)) && record.version == RECORD_VERSION &&
	       record.length == sizeof(record) &&
	       !memcmp(record.image, build_id(), BUILD_ID_BYTES) && record.checksum == checksum();
}

static void seal(void)
{
	record.checksum = 0;
	arch_mb(); /* a reader that is not finished must not find the old checksum valid */
	memcpy(record.magic, MAGIC, sizeof(MAGIC));
	record.version = RECORD_VERSION;
	record.length = sizeof(record);
	memset(record.image, 0, sizeof(record.image));
	memcpy(record.image, build_id(), BUILD_ID_BYTES);
	record.life = restart;
	arch_mb(); /* the contents before what declares them valid */
	record.checksum = checksum();
	/* the next life begins with its caches off, or after a reset */
	arch_mem_leave(ptr_va(kept_start), (u64)(kept_end - kept_start));
	log_sync();
}

/* A reset that nobody announced: the machine is counted as the same one, nothing is resumed. */
static void count_only(void)
{
	struct restart counts = { .lives = restart.lives,
				  .soft = restart.soft,
				  .firmware = restart.firmware };

	restart = counts;
}

bool restart_adopt(void)
{
	restart.lives = 1;
	if (!whole())
		return false;
	restart = record.life;
	restart.lives++;
	restart.soft += restart.how == RESTART_SOFT;
	restart.firmware += restart.how == RESTART_FIRMWARE;
	restart.resumed = restart.how != RESTART_DISARMED;
	if (restart.resumed)
		boot_info.entry_el = restart.entry_el;
	else
		count_only();
	restart.how = RESTART_DISARMED;
	seal();
	return restart.resumed;
}

static void describe(const char *geometry, const char *reason)
{
	restart.fdt_pa = boot_info.fdt_pa;
	restart.entry_el = boot_info.entry_el;
	restart.args = boot_args;
	memmove(restart.geometry, geometry, strnlen(geometry, sizeof(restart.geometry) - 1) + 1);
	restart.geometry[sizeof(restart.geometry) - 1] = 0;
	memmove(restart.reason, reason, strnlen(reason, sizeof(restart.reason) - 1) + 1);
	restart.reason[sizeof(restart.reason) - 1] = 0;
}

static void by_firmware(void)
{
	restart.how = RESTART_FIRMWARE;
	seal();
	if (kern_hooks.reset)
		kern_hooks.reset();
	restart.how = RESTART_DISARMED;
	seal(); /* nobody resumes what ends here */
}

void restart_begin(void)
{
	if (!cpus_all_off()) {
		by_firmware();
		arch_halt(); /* it said that it would turn itself off */
	}
	cpu_quiesce();
	arch_reenter(boot_info.image_pa, boot_info.hwid, boot_info.fdt_pa);
}

void restart_leave(const char *geometry, const char *reason)
{
	u64 before = cost_now();
	bool others_off;

	arch_irq_disable();
	describe(geometry, reason);
	others_off = cpus_off();
	restart.how = RESTART_SOFT;
	restart.left_cost = cost_now() - before;
	if (others_off) {
		seal();
		if (!this_cpu()->nr)
			restart_begin();
		cpu_boot_leads();
	}
	by_firmware();
}
