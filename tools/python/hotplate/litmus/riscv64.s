# SPDX-License-Identifier: BSD-2-Clause
# What a bare program of litmus tests consists of besides the tests: start of all CPUs, a meeting of them, a table of
# states and its output.  TESTS is where the tests are, CPUS their number (bare.py).
#   meet          every CPU waits for all others, with full barriers
#   skew          wait for a random time, so that threads also run one after another, in each order
#   clear         the table of states is empty
#   tally N       count the state, which is N doublewords at TUPLE
#   report N      print each state: its count, then its N values, in hexadecimal; then a `.`
#   leave, stay   switch the machine off; wait for that
	.option norelax
	.option norvc
	.set AREA, 0x84000000
	.set ARRIVED, 0x84100000
	.set TABLE, 0x84102000
	.globl _start
_start:	li t0, ARRIVED
	sd zero, (t0)
	fence rw, rw
	mv s0, a0
	li s1, 0			# the number of a CPU; the hart that booted is 0
	li s2, 0			# the hart
1:	li t0, CPUS
	beq s2, t0, 2f
	beq s2, s0, 3f
	addi s1, s1, 1
	mv a0, s2
	lla a1, other
	mv a2, s1
	li a6, 0
	li a7, 0x48534d
	ecall
3:	addi s2, s2, 1
	j 1b
2:	li a1, 0
other:	mv s1, a1
	slli t0, s1, 12
	li t1, AREA
	add t0, t0, t1
	sd zero, 8(t0)
	mv tp, s1
	csrw sscratch, t0
	.irp n, 1, 2, 3, 4, 5, 6, 7
	.if \n < CPUS
	li t0, \n
	bne s1, t0, 4f
	lla t0, cpu\n
	jr t0
4:
	.endif
	.endr
	lla t0, cpu0
	jr t0
TESTS
meet:	csrr t2, sscratch
	ld t0, 8(t2)
	addi t0, t0, CPUS
	sd t0, 8(t2)
	li t1, ARRIVED
	fence rw, rw
	li t2, 1
	amoadd.d.aqrl zero, t2, (t1)
1:	ld t2, (t1)
	bltu t2, t0, 1b
	fence rw, rw
	ret
skew:	csrr t1, sscratch		# of this CPU
	ld t0, (t1)
	rdtime t2
	slli t2, t2, 16
	xor t0, t0, t1
	xor t0, t0, t2
	li t1, 0x9e3779b97f4a7c15
	mul t0, t0, t1
	srli t2, t0, 32
	xor t0, t0, t2
	mul t0, t0, t1
	srli t1, t0, 61
	li t2, 8
	sll t2, t2, t1
	addi t2, t2, -1			# 7 to 1023
	srli t0, t0, 8
	and t0, t0, t2
1:	beqz t0, 2f
	addi t0, t0, -1
	j 1b
2:	ret
clear:	li t0, TABLE
	sd zero, (t0)
	ret
tally:	li t0, TABLE
	li t1, TABLE - 0x1000		# TUPLE
	ld t2, (t0)			# number of states
	addi t3, t0, 8
	slli a0, a0, 3
1:	beqz t2, 4f
	li t4, 0
2:	beq t4, a0, 3f			# all are equal
	add t5, t1, t4
	ld t5, (t5)
	addi t4, t4, 8
	add t6, t3, t4
	ld t6, (t6)
	beq t5, t6, 2b
	add t3, t3, a0
	addi t3, t3, 8
	addi t2, t2, -1
	j 1b
3:	ld t5, (t3)
	addi t5, t5, 1
	sd t5, (t3)
	ret
4:	ld t2, (t0)
	addi t2, t2, 1
	sd t2, (t0)
	li t5, 1
	sd t5, (t3)
	li t4, 0
5:	beq t4, a0, 6f
	add t5, t1, t4
	ld t5, (t5)
	addi t4, t4, 8
	add t6, t3, t4
	sd t5, (t6)
	j 5b
6:	ret
report:	li s0, TABLE
	mv s1, a0
	ld s2, (s0)
	addi s0, s0, 8
	li a7, 1
1:	beqz s2, 5f
	li s3, 0
2:	ld s4, (s0)
	addi s0, s0, 8
	li s5, 60
6:	srl t0, s4, s5			# no zeros before the first digit
	bnez t0, 3f
	beqz s5, 3f
	addi s5, s5, -4
	j 6b
3:	srl a0, s4, s5
	andi a0, a0, 15
	addi a0, a0, 48
	li t0, 58
	bltu a0, t0, 4f
	addi a0, a0, 39
4:	ecall
	addi s5, s5, -4
	bgez s5, 3b
	li a0, 32
	ecall
	addi s3, s3, 1
	bleu s3, s1, 2b
	li a0, 10
	ecall
	addi s2, s2, -1
	j 1b
5:	li a0, 46
	ecall
	li a0, 10
	ecall
	ret
leave:	li a0, 0
	li a1, 0
	li a6, 0
	li a7, 0x53525354
	ecall
stay:	j stay
