/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/fuzz/acpi_loader.c - any bytes as a table loader's script, with file sizes from the
 * first bytes: no access is outside the files, and a refusal has a sentence.
 */
#include <drivers/acpi/loader.h>
#include <stdlib.h>
#include <string.h>

static const u8 *sizes;

static int load(struct loader_file *f, u64 align, struct why *why)
{
	static paddr_t next;

	if (*sizes == 0xff)
		return refuse(why, ENOMEM, "no memory");
	f->size = *sizes++ * 4;
	f->data = calloc(1, f->size ? f->size : 1);
	next = align_up(next + 4096, align);
	f->pa = next & 0xfffffffffful;
	return 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct loader l = { .load = load };
	struct why why = { 0 };

	if (size < LOADER_FILES + 1)
		return 0;
	sizes = data;
	if (loader_run(&l, data + LOADER_FILES + 1, size - LOADER_FILES - 1, &why) && !why.text[0])
		abort();
	(void)loader_file(&l, "etc/acpi/rsdp");
	for (unsigned i = 0; i < l.files_nr; i++)
		free(l.file[i].data);
	return 0;
}
