/* SPDX-License-Identifier: BSD-2-Clause */
/* arch/arm64/access_kinds.c - kinds of access (struct access_kind); access_probe.S executes them.
 */
#include <arch/tlb_form.h>
#include <lib/types.h>
#include <sysreg.h>

static const char *lacks_lse(void)
{
	return id_field(SYSREG_READ(id_aa64isar0_el1), 20) >= 2
		       ? NULL
		       : "needs ID_AA64ISAR0_EL1.Atomic (FEAT_LSE)";
}

static const char *lacks_zva(void)
{
	return SYSREG_READ(dczid_el0) & 16 ? "DCZID_EL0.DZP: DC ZVA is prohibited" : NULL;
}

static const char *lacks_fp(void)
{
	return id_field(SYSREG_READ(id_aa64pfr0_el1), 16) == 15
		       ? "ID_AA64PFR0_EL1.FP: no FP and AdvSIMD"
		       : NULL;
}

static const char *lacks_sve(void)
{
	return id_field(SYSREG_READ(id_aa64pfr0_el1), 32) ? NULL
							  : "needs ID_AA64PFR0_EL1.SVE (FEAT_SVE)";
}

static const char *lacks_sme(void)
{
	return id_field(SYSREG_READ(id_aa64pfr1_el1), 24) ? NULL
							  : "needs ID_AA64PFR1_EL1.SME (FEAT_SME)";
}

int probe_store(vaddr_t), probe_pair(vaddr_t), probe_pair_store(vaddr_t), probe_stream(vaddr_t);
int probe_stream_store(vaddr_t), probe_exclusive(vaddr_t), probe_atomic(vaddr_t);
int probe_acquire(vaddr_t), probe_release(vaddr_t), probe_unaligned(vaddr_t);
int probe_crossing(vaddr_t), probe_zero(vaddr_t), probe_prefetch(vaddr_t);
int probe_float(vaddr_t), probe_float_store(vaddr_t), probe_vector(vaddr_t);
int probe_vector_store(vaddr_t), probe_list(vaddr_t), probe_list_store(vaddr_t);
int probe_vector_stream(vaddr_t), probe_vector_stream_store(vaddr_t);
int probe_sve(vaddr_t), probe_sve_store(vaddr_t), probe_sve_stream(vaddr_t);
int probe_sve_stream_store(vaddr_t), probe_sme(vaddr_t), probe_sme_store(vaddr_t);
int probe_sm_float(vaddr_t), probe_sm_float_store(vaddr_t), probe_sm_vector(vaddr_t);
int probe_sm_vector_store(vaddr_t), probe_sm_sve(vaddr_t), probe_sm_sve_store(vaddr_t);

const struct access_kind access_kinds[] = {
	{ .name = "store", .insn = "STR", .probe = probe_store, .stores = true },
	{ .name = "pair", .insn = "LDP", .probe = probe_pair },
	{ .name = "pair-store", .insn = "STP", .probe = probe_pair_store, .stores = true },
	{ .name = "stream", .insn = "LDNP", .probe = probe_stream },
	{ .name = "stream-store", .insn = "STNP", .probe = probe_stream_store, .stores = true },
	{ .name = "exclusive", .insn = "LDXR, STXR", .probe = probe_exclusive },
	{ .name = "atomic", .insn = "LDADD", .probe = probe_atomic, .lacks = lacks_lse },
	{ .name = "acquire", .insn = "LDAR", .probe = probe_acquire },
	{ .name = "release", .insn = "STLR", .probe = probe_release, .stores = true },
	{ .name = "unaligned", .insn = "LDUR at an odd address", .probe = probe_unaligned },
	{ .name = "crossing",
	  .insn = "LDUR from the page before",
	  .probe = probe_crossing,
	  .crosses = true },
	{ .name = "zero",
	  .insn = "DC ZVA",
	  .probe = probe_zero,
	  .lacks = lacks_zva,
	  .stores = true },
	{ .name = "prefetch", .insn = "PRFM, LDR", .probe = probe_prefetch },
	{ .name = "float", .insn = "LDR D", .probe = probe_float, .lacks = lacks_fp },
	{ .name = "float-store",
	  .insn = "STR D",
	  .probe = probe_float_store,
	  .lacks = lacks_fp,
	  .stores = true },
	{ .name = "vector", .insn = "LDR Q", .probe = probe_vector, .lacks = lacks_fp },
	{ .name = "vector-store",
	  .insn = "STR Q",
	  .probe = probe_vector_store,
	  .lacks = lacks_fp,
	  .stores = true },
	{ .name = "list", .insn = "LD1", .probe = probe_list, .lacks = lacks_fp },
	{ .name = "list-store",
	  .insn = "ST1",
	  .probe = probe_list_store,
	  .lacks = lacks_fp,
	  .stores = true },
	{ .name = "vector-stream",
	  .insn = "LDNP Q",
	  .probe = probe_vector_stream,
	  .lacks = lacks_fp },
	{ .name = "vector-stream-store",
	  .insn = "STNP Q",
	  .probe = probe_vector_stream_store,
	  .lacks = lacks_fp,
	  .stores = true },
	{ .name = "sve", .insn = "LD1D Z", .probe = probe_sve, .lacks = lacks_sve },
	{ .name = "sve-store",
	  .insn = "ST1D Z",
	  .probe = probe_sve_store,
	  .lacks = lacks_sve,
	  .stores = true },
	{ .name = "sve-stream", .insn = "LDNT1D Z", .probe = probe_sve_stream, .lacks = lacks_sve },
	{ .name = "sve-stream-store",
	  .insn = "STNT1D Z",
	  .probe = probe_sve_stream_store,
	  .lacks = lacks_sve,
	  .stores = true },
	{ .name = "sme", .insn = "LDR ZA", .probe = probe_sme, .lacks = lacks_sme },
	{ .name = "sme-store",
	  .insn = "STR ZA",
	  .probe = probe_sme_store,
	  .lacks = lacks_sme,
	  .stores = true },
	{ .name = "sm-float",
	  .insn = "LDR D in Streaming mode",
	  .probe = probe_sm_float,
	  .lacks = lacks_sme },
	{ .name = "sm-float-store",
	  .insn = "STR D in Streaming mode",
	  .probe = probe_sm_float_store,
	  .lacks = lacks_sme,
	  .stores = true },
	{ .name = "sm-vector",
	  .insn = "LDR Q in Streaming mode",
	  .probe = probe_sm_vector,
	  .lacks = lacks_sme },
	{ .name = "sm-vector-store",
	  .insn = "STR Q in Streaming mode",
	  .probe = probe_sm_vector_store,
	  .lacks = lacks_sme,
	  .stores = true },
	{ .name = "sm-sve",
	  .insn = "LDR Z in Streaming mode",
	  .probe = probe_sm_sve,
	  .lacks = lacks_sme },
	{ .name = "sm-sve-store",
	  .insn = "STR Z in Streaming mode",
	  .probe = probe_sm_sve_store,
	  .lacks = lacks_sme,
	  .stores = true },
};
const unsigned access_kinds_nr = ARRAY_SIZE(access_kinds);
