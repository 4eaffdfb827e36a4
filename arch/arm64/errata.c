// SPDX-License-Identifier: BSD-2-Clause
/*
 * arch/arm64/errata.c - rows of published errata.  One affected CPU is enough: a broadcast waits
 * for all of them.
 *
 * Repeat TLBI: TLBI; DSB may complete before accesses that went through the invalidated entry are
 * observed everywhere (the invalidation itself is right).  Arm's remedy is one further broadcast
 * TLBI, any, and DSB.  Cortex-A55 2441007, Cortex-A510 2441009, Cortex-A76 1286807, Falkor 1009,
 * and CVE-2025-10263 (4118414 and the like numbers of other cores).
 */
#include <arch/arch.h>
#include <cpu.h>
#include <errata.h>
#include <lib/string.h>
#include <sysreg.h>

static const struct midr_range repeat_tlbi[] = {
	{ 0x41d05, 0x00, 0xff }, /* Cortex-A55 */
	{ 0x41d46, 0x00, 0x11 }, /* Cortex-A510 to r1p1 */
	{ 0x51c00, 0x00, 0x00 }, /* Falkor v1 */
	{ 0x41d0b, 0x00, 0xff }, /* Cortex-A76 */
	{ 0x41d0e, 0x00, 0xff }, /* Cortex-A76AE */
	{ 0x41d0d, 0x00, 0xff }, /* Cortex-A77 */
	{ 0x41d41, 0x00, 0xff }, /* Cortex-A78 */
	{ 0x41d42, 0x00, 0xff }, /* Cortex-A78AE */
	{ 0x41d4b, 0x00, 0xff }, /* Cortex-A78C */
	{ 0x41d47, 0x00, 0xff }, /* Cortex-A710 */
	{ 0x41d44, 0x00, 0xff }, /* Cortex-X1 */
	{ 0x41d4c, 0x00, 0xff }, /* Cortex-X1C */
	{ 0x41d48, 0x00, 0xff }, /* Cortex-X2 */
	{ 0x41d4e, 0x00, 0xff }, /* Cortex-X3 */
	{ 0x41d82, 0x00, 0xff }, /* Cortex-X4 */
	{ 0x41d85, 0x00, 0xff }, /* Cortex-X925 */
	{ 0x41d0c, 0x00, 0xff }, /* Neoverse-N1 */
	{ 0x41d49, 0x00, 0xff }, /* Neoverse-N2 */
	{ 0x41d40, 0x00, 0xff }, /* Neoverse-V1 */
	{ 0x41d4f, 0x00, 0xff }, /* Neoverse-V2 */
	{ 0x41d84, 0x00, 0xff }, /* Neoverse-V3 */
	{ 0x41d83, 0x00, 0xff }, /* Neoverse-V3AE */
};

static bool repeat, forced;

void errata_this_cpu(void)
{
	u64 midr = SYSREG_READ(midr_el1);

	if (midr_listed(repeat_tlbi, ARRAY_SIZE(repeat_tlbi), midr))
		__atomic_store_n(&repeat, true, __ATOMIC_RELAXED);
}

bool errata_repeat_tlbi(void)
{
	return __atomic_load_n(&repeat, __ATOMIC_RELAXED) ||
	       __atomic_load_n(&forced, __ATOMIC_RELAXED);
}

int arch_errata_force(const char *text, struct why *why)
{
	if (strcmp(text, "+repeat-tlbi"))
		return refuse(why, EINVAL, "errata=%s: there is +repeat-tlbi", text);
	__atomic_store_n(&forced, true, __ATOMIC_RELAXED);
	return 0;
}

bool arch_errata_repeat(void)
{
	return errata_repeat_tlbi();
}

const char *arch_errata_applied(void)
{
	return errata_repeat_tlbi() ? "repeat-tlbi" : "";
}

bool arch_fences(struct arch_fences *out)
{
	(void)out;
	return false;
}
