// Counts allocations and Swift reference counting between two points.
//
// The allocation functions below take the place of glibc's in any program that links this target
// (the dynamic linker finds the program's own first), and hand on to glibc's internal names.
// Retain and release are seen through the hooks that the Swift runtime has for instruments.

#include "counters.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static atomic_bool counting;
static atomic_ullong allocations, allocated_bytes, frees, retains, releases;

static inline void add(atomic_ullong *counter, uint64_t n) {
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static inline _Bool on(void) {
    return __builtin_expect(atomic_load_explicit(&counting, memory_order_relaxed), 0);
}

static inline void count_allocation(size_t size) {
    if (on()) {
        add(&allocations, 1);
        add(&allocated_bytes, size);
    }
}

void *malloc(size_t size) {
    count_allocation(size);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    count_allocation(count * size);
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
    count_allocation(size);
    return __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(old, total);
}

void *memalign(size_t alignment, size_t size) {
    count_allocation(size);
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **result, size_t alignment, size_t size) {
    if (alignment % sizeof(void *) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0)
        return EINVAL;
    int saved = errno;
    void *p = memalign(alignment, size);
    errno = saved;
    if (p == NULL) return ENOMEM;
    *result = p;
    return 0;
}

void free(void *p) {
    if (p != NULL && on()) add(&frees, 1);
    __libc_free(p);
}

// The Swift runtime's hooks; it looks at them only while the flag is set.
extern _Atomic(_Bool) _swift_enableSwizzlingOfAllocationAndRefCountingFunctions_forInstrumentsOnly;
extern void *(*_swift_retain)(void *);
extern void *(*_swift_retain_n)(void *, uint32_t);
extern void (*_swift_release)(void *);
extern void (*_swift_release_n)(void *, uint32_t);

static void *(*runtime_retain)(void *);
static void *(*runtime_retain_n)(void *, uint32_t);
static void (*runtime_release)(void *);
static void (*runtime_release_n)(void *, uint32_t);

// While its hooks are on, the runtime strips the top byte of what it is given and so loses the mark of strings that are
// stored in place: their letters come here as if they were an address. An object lies where Linux puts programs and
// their heaps (0x55..., 0x56...) or mappings (0x7e..., 0x7f...); letters of fourteen-byte strings can't begin like that
// unless they end in U, V or ~.
static inline _Bool is_object(const void *object) {
    uintptr_t top = (uintptr_t)object >> 40;
    return top == 0x55 || top == 0x56 || top == 0x7E || top == 0x7F;
}

static void *counted_retain(void *object) {
    if (!is_object(object)) return object;
    add(&retains, 1);
    return runtime_retain(object);
}

static void *counted_retain_n(void *object, uint32_t n) {
    if (!is_object(object)) return object;
    add(&retains, n);
    return runtime_retain_n(object, n);
}

static void counted_release(void *object) {
    if (!is_object(object)) return;
    add(&releases, 1);
    runtime_release(object);
}

static void counted_release_n(void *object, uint32_t n) {
    if (!is_object(object)) return;
    add(&releases, n);
    runtime_release_n(object, n);
}

void iiot_counting_begin(_Bool references) {
    atomic_store(&allocations, 0);
    atomic_store(&allocated_bytes, 0);
    atomic_store(&frees, 0);
    atomic_store(&retains, 0);
    atomic_store(&releases, 0);
    atomic_store(&counting, 1);
    if (!references) return;
    if (runtime_retain == NULL) {
        runtime_retain = _swift_retain;
        runtime_retain_n = _swift_retain_n;
        runtime_release = _swift_release;
        runtime_release_n = _swift_release_n;
    }
    _swift_retain = counted_retain;
    _swift_retain_n = counted_retain_n;
    _swift_release = counted_release;
    _swift_release_n = counted_release_n;
    atomic_store(&_swift_enableSwizzlingOfAllocationAndRefCountingFunctions_forInstrumentsOnly, 1);
}

struct iiot_counts iiot_counting_end(void) {
    atomic_store(&counting, 0);
    atomic_store(&_swift_enableSwizzlingOfAllocationAndRefCountingFunctions_forInstrumentsOnly, 0);
    if (runtime_retain != NULL) {
        _swift_retain = runtime_retain;
        _swift_retain_n = runtime_retain_n;
        _swift_release = runtime_release;
        _swift_release_n = runtime_release_n;
    }
    return (struct iiot_counts){
        .allocations = atomic_load(&allocations),
        .allocated_bytes = atomic_load(&allocated_bytes),
        .frees = atomic_load(&frees),
        .retains = atomic_load(&retains),
        .releases = atomic_load(&releases),
    };
}

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>

int iiot_under_valgrind(void) { return RUNNING_ON_VALGRIND != 0; }

void iiot_instructions_begin(void) {
    CALLGRIND_ZERO_STATS;
    CALLGRIND_TOGGLE_COLLECT;
}

void iiot_instructions_end(const char *label) {
    CALLGRIND_TOGGLE_COLLECT;
    CALLGRIND_DUMP_STATS_AT(label);
}
#else
int iiot_under_valgrind(void) { return 0; }
void iiot_instructions_begin(void) {}
void iiot_instructions_end(const char *label) { (void)label; }
#endif
