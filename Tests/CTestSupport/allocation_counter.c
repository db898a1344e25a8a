// The allocation functions below take the place of glibc's in the test program (the dynamic linker finds the program's
// own first) and hand on to glibc's internal names. Under a sanitizer, which has allocation functions of its own, its
// hooks tell of them instead.

#include "allocation_counter.h"

#include <errno.h>
#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

// A counter a thread: tests run beside one another. Nothing allocates to reach it.
static __thread int counting __attribute__((tls_model("initial-exec")));
static __thread uint64_t allocations __attribute__((tls_model("initial-exec")));

static inline void count(void) {
  if (counting) allocations++;
}

void iiot_allocations_begin(void) {
  allocations = 0;
  counting = 1;
}

uint64_t iiot_allocations_end(void) {
  counting = 0;
  return allocations;
}

#if defined(SANITIZED)

extern int __sanitizer_install_malloc_and_free_hooks(
    void (*allocated)(const volatile void *, size_t), void (*freed)(const volatile void *));

static void allocated(const volatile void *place, size_t size) {
  (void)place, (void)size;
  count();
}

static void freed(const volatile void *place) { (void)place; }

int iiot_allocations_are_counted(void) {
  static int installed;
  if (!installed) installed = __sanitizer_install_malloc_and_free_hooks(allocated, freed);
  return installed != 0;
}

#elif defined(__GLIBC__)

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

int iiot_allocations_are_counted(void) { return 1; }

void *malloc(size_t size) {
  count();
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count();
  return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
  count();
  return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
  count();
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **result, size_t alignment, size_t size) {
  if (alignment % sizeof(void *) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0)
    return EINVAL;
  int saved = errno;
  void *place = memalign(alignment, size);
  errno = saved;
  if (place == NULL) return ENOMEM;
  *result = place;
  return 0;
}

#else

int iiot_allocations_are_counted(void) { return 0; }

#endif

#if defined(__GLIBC__) && !defined(SANITIZED)

#include <malloc.h>

uint64_t iiot_bytes_in_use(void) {
  struct mallinfo2 info = mallinfo2();
  return (uint64_t)info.uordblks + (uint64_t)info.hblkhd;
}

#else

uint64_t iiot_bytes_in_use(void) { return 0; }

#endif
