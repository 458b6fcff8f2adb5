#include "AllocationCount.h"

#include <stddef.h>

static _Thread_local unsigned long allocations;

unsigned long allocation_count(void) { return allocations; }

#ifdef __GLIBC__
// Takes the place of the C library's malloc in the whole process, which its documentation allows, and counts.
extern void *__libc_malloc(size_t size);

void *malloc(size_t size) {
    allocations++;
    return __libc_malloc(size);
}
#endif
