/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/vectors.S - exception entry that never trusts sp (ENGINE 8), and stack changes.
 *
 * sp is good when it points into the stack this CPU runs on (struct cpu, scratch[2]) with room to
 * spare; else the frame is stored on the overflow stack.  Stacks need no natural alignment.  A
 * fault while the frame is being saved uses the overflow stack too.  EL0 is never entered, so
 * TPIDR_EL0 and TPIDRRO_EL0 are scratch registers here.
 */
#include <trap.h>

	.macro	vector index
	.balign	128
	msr	tpidrro_el0, x0
	msr	tpidr_el0, x1
	mov	x1, #\index
	b	enter
	.endm

	.text
	.balign	2048
	.globl	vectors
vectors:
	.irp	index, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vector	\index
	.endr

	.balign	128
enter:
	mrs	x0, tpidr_el1
	stp	x2, x3, [x0, #CPU_SCRATCH]
	ldp	x2, x3, [x0, #CPU_STACK_NOW]
	cbnz	x3, reset_overflow	/* the last entry could not save its registers */
	mov	x3, sp
	sub	x2, x2, x3		/* in use; huge when sp is above the top */
	lsr	x2, x2, #TRAP_ROOM_SHIFT
	cmp	x2, #(1 << (CPU_STACK_SHIFT - TRAP_ROOM_SHIFT)) - 1
	b.hs	bad_sp
save:					/* x0 cpu, x1 vector, x3 where the frame ends */
	mov	x2, #1
	str	x2, [x0, #CPU_ENTERING]
	sub	x3, x3, #TRAP_FRAME_BYTES
	and	x3, x3, #~15		/* sp itself may be the cause: SP alignment fault */
	stp	x4, x5, [x3, #32]
	stp	x6, x7, [x3, #48]
	stp	x8, x9, [x3, #64]
	stp	x10, x11, [x3, #80]
	stp	x12, x13, [x3, #96]
	stp	x14, x15, [x3, #112]
	stp	x16, x17, [x3, #128]
	stp	x18, x19, [x3, #144]
	stp	x20, x21, [x3, #160]
	stp	x22, x23, [x3, #176]
	stp	x24, x25, [x3, #192]
	stp	x26, x27, [x3, #208]
	stp	x28, x29, [x3, #224]
	mov	x4, sp
	stp	x30, x4, [x3, #240]
	mov	sp, x3
	mrs	x4, tpidrro_el0
	mrs	x5, tpidr_el0
	stp	x4, x5, [sp]
	ldp	x4, x5, [x0, #CPU_SCRATCH]
	stp	x4, x5, [sp, #16]
	mrs	x4, elr_el1
	mrs	x5, spsr_el1
	stp	x4, x5, [sp, #256]
	add	x5, x4, #4		/* the unwinder takes 4 from a return address */
	stp	x29, x5, [sp, #304]
	add	x29, sp, #304
	mrs	x4, esr_el1
	mrs	x5, far_el1
	stp	x4, x5, [sp, #272]
	str	x1, [sp, #288]
	str	xzr, [x0, #CPU_ENTERING] /* a nested fault finds a good sp and saved registers now */
	mov	x0, sp
	bl	trap_enter

	ldp	x2, x3, [sp, #256]
	msr	elr_el1, x2
	msr	spsr_el1, x3
	mov	x0, sp
	ldp	x2, x3, [x0, #16]
	ldp	x4, x5, [x0, #32]
	ldp	x6, x7, [x0, #48]
	ldp	x8, x9, [x0, #64]
	ldp	x10, x11, [x0, #80]
	ldp	x12, x13, [x0, #96]
	ldp	x14, x15, [x0, #112]
	ldp	x16, x17, [x0, #128]
	ldp	x18, x19, [x0, #144]
	ldp	x20, x21, [x0, #160]
	ldp	x22, x23, [x0, #176]
	ldp	x24, x25, [x0, #192]
	ldp	x26, x27, [x0, #208]
	ldp	x28, x29, [x0, #224]
	ldp	x30, x1, [x0, #240]
	mov	sp, x1			/* exceptions are masked, so nothing overwrites the frame below */
	ldp	x0, x1, [x0]
	eret

bad_sp:
	ldr	x2, [x0, #CPU_OVERFLOW_TOP]
	sub	x2, x2, x3
	cmp	x2, #CPU_OVERFLOW_BYTES - TRAP_FRAME_BYTES - 512
	b.lo	save			/* an exception on the overflow stack itself */
reset_overflow:
	orr	x1, x1, #TRAP_ON_OVERFLOW
	ldr	x3, [x0, #CPU_OVERFLOW_TOP]
	b	save

/* void arch_call_on_stack(u64 sp, void (*fn)(void *), void *arg); */
	.globl	arch_call_on_stack
arch_call_on_stack:
	stp	x29, x30, [sp, #-32]!
	stp	x19, x20, [sp, #16]
	mov	x29, sp
	mrs	x20, tpidr_el1
	ldr	x19, [x20, #CPU_STACK_NOW]
	mrs	x3, daif
	msr	daifset, #15		/* sp and the word that describes it change together */
	str	x0, [x20, #CPU_STACK_NOW]
	mov	sp, x0
	msr	daif, x3
	mov	x0, x2
	blr	x1
	mrs	x3, daif
	msr	daifset, #15
	str	x19, [x20, #CPU_STACK_NOW]
	mov	sp, x29
	msr	daif, x3
	ldp	x19, x20, [sp, #16]
	ldp	x29, x30, [sp], #32
	ret

/* u64 arch_frame_address(void): a leaf without a frame, so x29 is the caller's. */
	.globl	arch_frame_address
arch_frame_address:
	mov	x0, x29
	ret

/*
 * void mmu_switch(const struct mmu_regs *, paddr_t idmap_switch): through the identity page and
 * back to the caller under the new regime; sp and the return address are the same addresses in both.
 */
	.globl	mmu_switch
mmu_switch:
	mov	x10, x1
	mov	x6, x0
	ldp	x0, x1, [x6]
	ldp	x2, x3, [x6, #16]
	ldr	x4, [x6, #32]
	mov	x5, x30
	br	x10

/* idmap.S branches here on a secondary CPU: x19 = struct cpu, x20 = its stack. */
	.globl	secondary_high
secondary_high:
	msr	tpidr_el1, xzr
	mov	sp, x20
	mov	x29, xzr
	mov	x30, xzr
	bl	mmu_close_low_half
	mov	x0, x19
	b	kern_secondary
