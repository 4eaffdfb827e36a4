/* SPDX-License-Identifier: BSD-2-Clause */
/* boot/report.c - messages of boot, and its end after a fatal error. */
#include <arch/arch.h>
#include <boot/report.h>
#include <drivers/device.h>
#include <kern/args.h>
#include <kern/log.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <tests/harness/run.h>

void boot_log(const char *sentence)
{
	kprintf("%s\n", sentence);
}

void boot_refuse(const char *sentence)
{
	boot_log(sentence);
	args_refuse(sentence);
}

NORETURN INIT_CODE void boot_stop(const char *step, const struct why *why)
{
	char reason[160];

	kprintf("boot: %s: %s: %s\n", step, err_name(why->code), why->text);
	snprintf(reason, sizeof(reason), "boot: %s: %s", step, why->text);
	run_boot_failed(reason);
	if (power)
		machine_off();
	arch_halt();
}
