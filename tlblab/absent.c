/* SPDX-License-Identifier: BSD-2-Clause */
/* tlblab/absent.c - published litmus tests that are not part of this suite, and why. */
#include <tlblab/stress.h>

const struct stress_absent stress_absent[] = {
	{ "CoWT, CoWinvT", "the engine has a barrier: *.none.look" },
	{ "CoTT+po-popage, CoTT+dsb-popage", "a live frame without a break" },
	{ "CoWT.L23+dsb-isb", "a live table; table.none.look is run" },
	{ "MP.RT1+dsb-tlbiis-dsb+dsb-isb", "a live frame; replace.all.flag is run" },
	{ "MP.BBM1+po-tlbiis-po-po+po", "makes before the break is complete" },
	{ "MP.BBM1+dmb-tlbiis-dmb-dmb+dmb", "the same" },
	{ "MP.NC1+dsb-tlbiis-dsb-dc-dsb-...", "no memory type changes here" },
	{ "WRC.TRT+dsb-isbs, +dmbs", "a live frame without a break" },
	{ "sbi_remote_sfence_vma", "is write.all.flag with tlb=sbi" },
	{ "PTE_activate_satp_one_thread", "roots are loaded at boot only" },
	{ "PTE_OoO_fetch, PTE_IRIW", "allowed, and nothing relies on it" },
	{ "PTE_update_ad_lrsc, sc_d_bit", "entries are born accessed and dirty" },
	{ "sw_napot", "hotplug.contiguous_runs has the runs" },
	{ NULL, NULL },
};
