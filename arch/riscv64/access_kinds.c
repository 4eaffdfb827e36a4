/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/access_kinds.c - kinds of access (struct access_kind); access_probe.S executes them.
 *
 * Firmware may not have enabled CBO.ZERO, and unaligned accesses may trap: conform_missing() tries
 * each kind on a page that is mapped.
 */
#include "trap.h"
#include <arch/tlb_form.h>
#include <lib/types.h>

static const char *lacks_zicboz(void)
{
	return isa_of_all() & ISA_ZICBOZ ? NULL : "a hart's riscv,isa does not name zicboz";
}

static const char *lacks_d(void)
{
	return isa_of_all() & ISA_D ? NULL : "a hart's riscv,isa does not name d";
}

static const char *lacks_v(void)
{
	return isa_of_all() & ISA_V ? NULL : "a hart's riscv,isa does not name v";
}

int probe_store(vaddr_t), probe_stream(vaddr_t), probe_stream_store(vaddr_t),
	probe_exclusive(vaddr_t);
int probe_atomic(vaddr_t), probe_swap(vaddr_t), probe_unaligned(vaddr_t), probe_crossing(vaddr_t);
int probe_zero(vaddr_t), probe_prefetch(vaddr_t), probe_float(vaddr_t), probe_float_store(vaddr_t);
int probe_vector(vaddr_t), probe_vector_store(vaddr_t);

const struct access_kind access_kinds[] = {
	{ .name = "store", .insn = "SD", .probe = probe_store, .stores = true },
	{ .name = "stream", .insn = "NTL.ALL, LD", .probe = probe_stream },
	{ .name = "stream-store",
	  .insn = "NTL.ALL, SD",
	  .probe = probe_stream_store,
	  .stores = true },
	{ .name = "exclusive", .insn = "LR, SC", .probe = probe_exclusive },
	{ .name = "atomic", .insn = "AMOADD", .probe = probe_atomic },
	{ .name = "swap", .insn = "AMOSWAP", .probe = probe_swap, .stores = true },
	{ .name = "unaligned", .insn = "LD at an odd address", .probe = probe_unaligned },
	{ .name = "crossing",
	  .insn = "LD from the page before",
	  .probe = probe_crossing,
	  .crosses = true },
	{ .name = "zero",
	  .insn = "CBO.ZERO",
	  .probe = probe_zero,
	  .lacks = lacks_zicboz,
	  .stores = true },
	{ .name = "prefetch", .insn = "PREFETCH.R, LD", .probe = probe_prefetch },
	{ .name = "float", .insn = "FLD", .probe = probe_float, .lacks = lacks_d },
	{ .name = "float-store",
	  .insn = "FSD",
	  .probe = probe_float_store,
	  .lacks = lacks_d,
	  .stores = true },
	{ .name = "vector", .insn = "VL1RE8", .probe = probe_vector, .lacks = lacks_v },
	{ .name = "vector-store",
	  .insn = "VS1R",
	  .probe = probe_vector_store,
	  .lacks = lacks_v,
	  .stores = true },
};
const unsigned access_kinds_nr = ARRAY_SIZE(access_kinds);
