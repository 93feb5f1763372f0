/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * resident.c: takes the mappings of the program and its libraries, gives their pages back. Does not touch what could
 * have been written.
 */
#include "resident.h"

#include <link.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * A segment that cannot be written holds what the file holds. The pages that it shares with its neighbours in the
 * address space are left alone, and so are those of the kernel's own library (vDSO), which is no file.
 */
static void trim_segment(const struct dl_phdr_info *info, const ElfW(Phdr) *p, uintptr_t page)
{
	uintptr_t start = (info->dlpi_addr + p->p_vaddr + page - 1) & ~(page - 1);
	uintptr_t end = (info->dlpi_addr + p->p_vaddr + p->p_filesz) & ~(page - 1);

	if (p->p_type == PT_LOAD && !(p->p_flags & PF_W) && start < end)
		madvise((void *)start, end - start, MADV_DONTNEED); /* what it refuses stays */
}

static int trim_object(struct dl_phdr_info *info, size_t size, void *page)
{
	(void)size;
	for (unsigned int i = 0; i < info->dlpi_phnum; i++)
		trim_segment(info, &info->dlpi_phdr[i], *(const uintptr_t *)page);
	return 0;
}

void resident__trim(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	dl_iterate_phdr(trim_object, &page);
}
