/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/errata.c - published errata of harts (erratum=, errata.h), as Linux states them:
 * arch/riscv/Kconfig.errata, arch/riscv/errata/sifive/errata.c.  docs/ERRATA.md has the texts and
 * the results.
 *
 * CIP-1200 is an erratum of the instruction; remote fences of firmware are whole ones here, because
 * firmware is made for its harts (OpenSBI has a limit of 0 for ranges on SiFive's).
 */
#include "errata.h"
#include "hart.h"

#define SIFIVE 0x489
#define U74 0x8000000000000007

/* The affected harts have Sv39 alone, and none of the extensions of hart_lacks. */
static void needs_u74(void)
{
	hart_kind.levels = 3;
	for (unsigned i = 0; i < WORST_CPUS; i++)
		hart_lacks[i] = LACKS_ALL;
}

const struct machine_erratum core_errata[] = {
	{ "cip-1200", LOST_ADDRESS, { SIFIVE, U74, 0x20191105 }, needs_u74 },
	{ "cip-1200-user", LOST_LATER, { SIFIVE, U74, 0x20191105 }, needs_u74 },
	{ "cip-453", SHORT_STVAL, { SIFIVE, U74, 0x20191105 }, needs_u74 },
	{ NULL, 0, { 0 }, NULL },
};

/*
 * Mistakes of RTL and of an emulator, in own words after the threads that are named:
 * openhwgroup/cva6 3307 and 364, openhwgroup/cvw 1768 (withdrawn; its successor 1872 is right),
 * OpenXiangShan/NEMU 1175, OpenXiangShan/XiangShan 1859 and 1889.
 */
const struct machine_erratum core_wrong[] = {
	{ "cva6-3307", OTHER_SELECTOR, { 0 }, NULL },
	{ "cva6-364", SATP_ASID, { 0 }, NULL },
	{ "cvw-1768", VA_SPARES_GLOBAL, { 0 }, NULL },
	{ "nemu-1175", ONE_PIECE, { 0 }, NULL },
	{ "xiangshan-1859", LARGE_GLOBAL, { 0 }, NULL },
	{ "xiangshan-1889", WRONG_TAG, { 0 }, NULL },
	{ NULL, 0, { 0 }, NULL },
};
