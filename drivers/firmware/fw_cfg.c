/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/firmware/fw_cfg.c - QEMU's firmware configuration device, memory-mapped, with DMA.
 *
 * A request is a block in memory {control, length, address}, big endian.  The driver writes its
 * address to the DMA register; the device clears the control word when it has finished, except for
 * bit 0 after a failure.  The device is not trusted: names are bounded, and callers check sizes.
 */
#include <arch/arch.h>
#include <drivers/fdt/fdt.h>
#include <drivers/firmware/fw_cfg.h>
#include <lib/init.h>
#include <lib/string.h>
#include <libfdt.h>
#include <mm/kernel/kpt.h>
#include <mm/page/buddy.h>

enum { REG_DATA = 0, REG_SELECTOR = 8, REG_DMA = 16 };
enum { ITEM_SIGNATURE = 0, ITEM_FEATURES = 1, ITEM_DIRECTORY = 0x19 };
enum { DMA_ERROR = 1, DMA_READ = 2, DMA_SELECT = 8 };
#define FEATURE_DMA 2u
#define FILES_MAX 64
#define PATIENCE 1000000 /* polls; QEMU responds immediately */

/* libfdt's conversions: a builtin may become a call of the compiler's run-time library. */
static u16 be16(u16 v)
{
	return (u16)cpu_to_fdt16(v);
}

static u32 be32(u32 v)
{
	return (u32)cpu_to_fdt32(v);
}

static u64 be64(u64 v)
{
	return (u64)cpu_to_fdt64(v);
}

/* A directory entry, big endian. */
struct fw_cfg_entry {
	u32 size;
	u16 selector, reserved;
	char name[FW_CFG_NAME];
};

static volatile u8 *regs;
/* DMA needs physical addresses: the request is in a page of the linear map, allocated once. */
static struct request {
	struct {
		u32 control, length;
		u64 address;
	} dma;
	u32 count;
	struct fw_cfg_entry file[FILES_MAX];
} * request;
static u32 files_nr;

static u64 bus_pa(const volatile void *p)
{
	return linear_pa((vaddr_t)(uintptr_t)p);
}

/* Read `len` bytes of an item to `to`, which is in the linear map.  -EIO: failure, or no response.
 */
static int transfer(u16 item, void *to, u32 len, struct why *why)
{
	volatile u32 *control = &request->dma.control;
	u32 patience = PATIENCE;

	*control = be32((u32)item << 16 | DMA_SELECT | DMA_READ);
	request->dma.length = be32(len);
	request->dma.address = be64(bus_pa(to));
	arch_io_mb(); /* the device can read the request before it is notified */
	mmio_write64(regs + REG_DMA, be64(bus_pa(&request->dma)));
	while (*control & be32(~(u32)DMA_ERROR) && --patience)
		arch_relax();
	arch_io_mb(); /* completion is observed before the data is read */
	return *control ? refuse(why, EIO, "fw_cfg: item 0x%x cannot be read", item) : 0;
}

/* Is this a fw_cfg device, and does it support DMA? */
static int check_device(paddr_t pa, struct why *why)
{
	u32 *word = &request->count;

	/* verify the signature without DMA, before the device gets an address */
	mmio_write16(regs + REG_SELECTOR, be16(ITEM_SIGNATURE));
	for (unsigned i = 0; i < 4; i++)
		((u8 *)word)[i] = mmio_read8(regs + REG_DATA);
	if (memcmp(word, "QEMU", 4))
		return refuse(why, ENODEV, "fw_cfg: no signature at 0x%lx", pa);
	mmio_write16(regs + REG_SELECTOR, be16(ITEM_FEATURES));
	*word = 0;
	for (unsigned i = 0; i < 4; i++)
		((u8 *)word)[i] = mmio_read8(regs + REG_DATA);
	return *word & FEATURE_DMA ? 0 : refuse(why, ENODEV, "fw_cfg: it has no DMA");
}

/* The directory is read for each search: QEMU may change sizes. */
static int read_directory(struct why *why)
{
	int err =
		transfer(ITEM_DIRECTORY, &request->count, sizeof(u32) + sizeof(request->file), why);

	files_nr = be32(request->count);
	if (files_nr > FILES_MAX)
		files_nr = FILES_MAX;
	return err;
}

int fw_cfg_init(const void *fdt, struct why *why)
{
	static const char *const compatible[] = { "qemu,fw-cfg-mmio", NULL };
	int node = fdt_next_compatible(fdt, -1, compatible), err;
	struct page *page;
	struct device d;

	if (regs)
		return 0;
	if (node < 0)
		return refuse(why, ENODEV, "fw_cfg: the device tree has none");
	err = fdt_device(fdt, node, &d, why);
	if (err)
		return err;
	page = page_alloc_any(0, ZONE_NORMAL, 13 > page_shift() ? 13 - page_shift() : 0, "fw_cfg");
	regs = page ? (volatile u8 *)kpt_map_device(d.pa[0], d.len[0]) : NULL;
	request = regs ? page_ptr(page) : NULL;
	err = regs ? check_device(d.pa[0], why)
		   : refuse(why, ENOMEM, "fw_cfg: no memory for its requests");
	if (err) {
		if (page)
			page_free(page, page_order(page));
		regs = NULL;
	}
	return err;
}

int fw_cfg_find(const char *name, struct fw_cfg_file *f, struct why *why)
{
	int err = regs ? read_directory(why) : 0;

	if (err)
		return err;
	for (u32 i = 0; regs && i < files_nr; i++) {
		const struct fw_cfg_entry *e = &request->file[i];

		if (strnlen(e->name, FW_CFG_NAME) == strlen(name) &&
		    !strncmp(e->name, name, FW_CFG_NAME)) {
			f->size = be32(e->size);
			f->selector = be16(e->selector);
			return 0;
		}
	}
	return refuse(why, ENOENT, "fw_cfg: there is no file %.55s", name);
}

int fw_cfg_read(const struct fw_cfg_file *f, void *to, u32 size, struct why *why)
{
	return transfer(f->selector, to, size < f->size ? size : f->size, why);
}
