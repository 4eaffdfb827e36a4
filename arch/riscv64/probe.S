/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/probe.S - loads, stores, jumps and CSR reads that may fault (fixup.inc).
 */
#include <fixup.inc>

	.macro PROBE name, op, size
	.globl \name
\name:
1:	\op t0, 0(a0)
	MAY_FAULT 1b, probe_failed
	s\size t0, 0(a1)
	li a0, 0
	ret
	.size \name, . - \name
	.endm

	.text
/* int arch_probe_loadN(vaddr_t, uN *value) */
	PROBE arch_probe_load64, ld, d
	PROBE arch_probe_load32, lwu, w
	PROBE arch_probe_load16, lhu, h
	PROBE arch_probe_load8, lbu, b

/* int arch_probe_storeN(vaddr_t, uN value) */
	.macro PROBE_STORE name, op
	.globl \name
\name:
1:	\op a1, 0(a0)
	MAY_FAULT 1b, probe_failed
	li a0, 0
	ret
	.endm
	PROBE_STORE arch_probe_store64, sd
	PROBE_STORE arch_probe_store32, sw
	PROBE_STORE arch_probe_store16, sh
	PROBE_STORE arch_probe_store8, sb

/* int probe_stimecmp(void): stimecmp is CSR 0x14d (Sstc) */
	.globl probe_stimecmp
probe_stimecmp:
1:	csrr t0, 0x14d
	MAY_FAULT 1b, probe_failed
	li a0, 0
	ret

/* int probe_siselect(void): siselect is CSR 0x150 (Ssaia, indirect access to the interrupt file) */
	.globl probe_siselect
probe_siselect:
1:	csrr t0, 0x150
	MAY_FAULT 1b, probe_failed
	li a0, 0
	ret

/* int probe_cycle(void) */
	.globl probe_cycle
probe_cycle:
1:	csrr t0, cycle
	MAY_FAULT 1b, probe_failed
	li a0, 0
	ret

/* int probe_cbo_flush(const void *), probe_cbo_inval(): CMO spec, MISC-MEM with funct3 2 */
	.globl probe_cbo_flush
probe_cbo_flush:
1:	.insn i 0x0f, 2, x0, a0, 2
	MAY_FAULT 1b, probe_failed
	li a0, 0
	ret
	.globl probe_cbo_inval
probe_cbo_inval:
1:	.insn i 0x0f, 2, x0, a0, 0
	MAY_FAULT 1b, probe_failed
	li a0, 0
	ret

/*
 * int probe_svinval(void): SFENCE.W.INVAL, SINVAL.VMA of whatever address is in a0,
 * SFENCE.INVAL.IR.  TVM and VTVM make SINVAL.VMA alone illegal (Svinval: the other two "are
 * unaffected").
 * Unshown (svinval): it is executed only to see whether it traps.
 */
	.globl probe_svinval
probe_svinval:
1:	.4byte 0x18000073
2:	.4byte 0x16050073
3:	.4byte 0x18100073
	MAY_FAULT 1b, probe_failed
	MAY_FAULT 2b, probe_failed
	MAY_FAULT 3b, probe_failed
	li a0, 0
	ret

probe_failed:
	ret

/*
 * int arch_probe_exec(vaddr_t): the fault is not here but at the target (sepc == t2) with ra
 * pointing back; arch_fixup() knows it by both.
 */
	.globl arch_probe_exec
arch_probe_exec:
	addi sp, sp, -16
	sd ra, 8(sp)
	sd s0, 0(sp)
	addi s0, sp, 16
	mv t2, a0
	/* what the target holds may have been stored a moment ago: stores before fetches */
	fence.i
	jalr ra, 0(t2)
	.globl probe_exec_return
probe_exec_return:
	li a0, 0
	.globl probe_exec_out
probe_exec_out:
	ld ra, 8(sp)
	ld s0, 0(sp)
	addi sp, sp, 16
	ret
