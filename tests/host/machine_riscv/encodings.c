/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_riscv/encodings.c - reserved encodings are no instructions; jumps out of a
 * frame.
 */
#include "hart_test.h"
#include <stdio.h>

/* Reserved in the tables of "C", and code points that this machine has no instruction for. */
static const u32 reserved_short[] = {
	0x0000,         /* illegal by definition */
	0x2000,         /* C.FLD */
	0x6101,         /* C.ADDI16SP 0 */
	0x6081,         /* C.LUI x1, 0 */
	0x2001,         /* C.ADDIW x0 */
	0x4002,         /* C.LWSP x0 */
	0x6002,         /* C.LDSP x0 */
	0x8002,         /* C.JR x0 */
	0x9c41, 0x9c61, /* quadrant 1, beyond C.ADDW */
};

static const u32 reserved_long[] = {
	0x00002007,                         /* FLW */
	0x0030200f,                         /* no CBO: INVAL, CLEAN, FLUSH are 0 to 2 */
	0x0040200f,                         /* CBO.ZERO */
	0x02000073, 0xffffffff, 0x80001013, /* SLLI with funct6 32 */
};

static unsigned judge_jump(s64 by)
{
	struct rv_hart *h = &harts[0];
	u32 i = (u32)by;
	u64 from = TEST_RAM + 0x100000;

	begin_hart(0, 0);
	*(u32 *)(void *)memory_host(from) = (i >> 20 & 1) << 31 | (i >> 1 & 0x3ff) << 21 |
					    (i >> 11 & 1) << 20 | (i >> 12 & 0xff) << 12 | 0x6f;
	hart_jump(h, from);
	hart_run(h, 1);
	if (hart_pc(h, h->next) == from + (u64)by)
		return 0;
	printf("a jump by %ld leads to %lx\n", by, hart_pc(h, h->next));
	return 1;
}

unsigned check_encodings(void)
{
	static const s64 jumps[] = { 2, -0x100000, 0xffffe, 0x800, -0x800, 0xffe, 0x1000, -2 };
	struct rv_op op;
	unsigned bad = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(reserved_short); i++)
		if (expand_compressed(reserved_short[i])) {
			printf("%04x is reserved and runs\n", reserved_short[i]);
			bad++;
		}
	for (unsigned i = 0; i < ARRAY_SIZE(reserved_long); i++)
		if (decode_word(reserved_long[i], &op)) {
			printf("%08x is reserved and runs\n", reserved_long[i]);
			bad++;
		}
	for (unsigned i = 0; i < ARRAY_SIZE(jumps); i++)
		bad += judge_jump(jumps[i]);
	return bad;
}
