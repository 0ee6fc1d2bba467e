/* SPDX-License-Identifier: Apache-2.0 */
/* Loaded before a sanitizer's run-time library. Many builds of APR (Debian's) have their
 * pools' memory from mmap(), of which a sanitizer knows nothing: what was freed reads as
 * it was, or is soon another pool's. Here it comes from malloc(), with its guards. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of sanitizer/allocator_interface.h, which not every compiler brings. */
int __sanitizer_get_ownership(const volatile void *memory);

enum { PAGE = 4096 };

static int is_apr(const void *caller)
{
    Dl_info library;

    return dladdr(caller, &library) && library.dli_fname &&
           strstr(library.dli_fname, "/libapr-1");
}

void *mmap(void *address, size_t size, int protection, int flags, int file, off_t offset)
{
    void *memory;

    if (address || flags != (MAP_PRIVATE | MAP_ANONYMOUS) ||
        !is_apr(__builtin_return_address(0)))
        return (void *)syscall(SYS_mmap, address, size, protection, flags, file, offset);
    memory = aligned_alloc(PAGE, size);
    return memory ? memory : MAP_FAILED;
}

int munmap(void *address, size_t size)
{
    if (!is_apr(__builtin_return_address(0)) || !__sanitizer_get_ownership(address))
        return (int)syscall(SYS_munmap, address, size);
    free(address);
    return 0;
}
