/* SPDX-License-Identifier: BSD-2-Clause */
/* boot/stage.c - print stage letters, once C runs at the link address (boot/stage.h). */
#include <arch/arch.h>
#include <boot/stage.h>
#include <drivers/mmio.h>
#include <kern/log.h>

#define PORT_BYTES 0x100
#define SBI_PUTCHAR 1

_Static_assert(offsetof(struct stage_port, stop) == STAGE_STOP, "arch/ARCH/stage.S");
_Static_assert(offsetof(struct stage_port, status) == STAGE_STATUS, "arch/ARCH/stage.S");

static volatile u8 *regs;
static bool ended;

void stage_map(volatile void *(*map)(paddr_t, u64 len))
{
	if (stage_port.kind == STAGE_MMIO && !ended)
		regs = (volatile u8 *)map(stage_port.address, PORT_BYTES);
}

static void stage_put(char c)
{
	if (stage_port.kind == STAGE_SBI)
		arch_firmware_call(FW_SBI, SBI_PUTCHAR, 0, (u8)c, 0, 0, 0);
	if (!regs)
		return;
	for (unsigned i = 0; i < STAGE_POLLS; i++) {
		u32 status = mmio_read(regs + stage_port.status, stage_port.width);

		if ((status & stage_port.mask) != stage_port.busy)
			break;
	}
	mmio_write(regs + stage_port.data, stage_port.width, (u8)c);
}

void stage(char letter)
{
	if (!stage_port.kind || ended)
		return;
	stage_put(letter);
	if (letter != stage_port.stop)
		return;
	log_sync();
	arch_halt();
}

void stage_end(void)
{
	if (stage_port.kind && !ended) {
		stage_put('\r');
		stage_put('\n');
	}
	ended = true;
}
