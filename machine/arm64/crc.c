/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/crc.c - FEAT_CRC32 (DDI 0487, C6.2, CRC32B to CRC32CX): optional in Armv8.0, absent
 * unless crc=1.
 */
#include "cpu.h"

/* Poly32Mod2() of bit-reversed operands: the polynomials 04C11DB7 and 1EDC6F41, reversed. */
#define POLYNOMIAL 0xedb88320u
#define POLYNOMIAL_C 0x82f63b78u

static u32 crc(u32 sum, u64 data, unsigned bytes, u32 polynomial)
{
	for (unsigned i = 0; i < bytes; i++) {
		sum ^= (u32)(data >> 8 * i) & 255;
		for (unsigned bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? polynomial : 0);
	}
	return sum;
}

static void op_crc(struct a64_cpu *c, const struct a64_op *op)
{
	unsigned bytes = 1u << (op->word >> 10 & 3);

	if (!features.crc)
		exception_undefined(c, op);
	else
		c->x[op->rd] = crc((u32)c->x[op->rn], c->x[op->rm], bytes,
				   op->word >> 12 & 1 ? POLYNOMIAL_C : POLYNOMIAL);
}

/* C and sz are bits 12, 11:10; sz 3 has sf 1, the others 0. */
#define ROW(size)                                                                                  \
	{                                                                                          \
		0xffe0ec00, 0x1ac04000 | (size) << 10 | ((size) == 3 ? BIT(31) : 0),               \
			{ op_crc, op_crc, op_crc, op_crc }, FORM_TWO, KIND_RESULT                  \
	}
const struct a64_row rows_crc[] = { ROW(0), ROW(1), ROW(2), ROW(3), { 0 } };
