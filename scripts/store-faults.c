// For scripts/store-soak: makes calls of a program fail, by LD_PRELOAD.
//   FAULT=CALL:ERRNO:NTH[:COUNT]   calls NTH to NTH + COUNT - 1 of that name fail with that number
//   FAULT=short                    every write takes at most 100 bytes, every read gives at most 1000
//   FAULT=lie                      fdatasync and fsync say that they have, and have not
// CALL: pwrite pread fdatasync fsync open ftruncate rename unlink flock
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static atomic_long calls;

static int is(const char *what) {
  const char *fault = getenv("FAULT");
  return fault && strcmp(fault, what) == 0;
}

static int fails(const char *call) {
  const char *fault = getenv("FAULT");
  char name[32];
  int number = 0;
  long nth = 0, count = 1;
  if (!fault || sscanf(fault, "%31[a-z]:%d:%ld:%ld", name, &number, &nth, &count) < 3) return 0;
  if (strcmp(name, call) != 0) return 0;
  long now = atomic_fetch_add(&calls, 1) + 1;
  if (now < nth || now >= nth + count) return 0;
  errno = number;
  return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static ssize_t write_at(__typeof__(&pwrite) real, int fd, const void *bytes, size_t n, off_t at) {
  if (fails("pwrite")) return -1;
  return real(fd, bytes, is("short") && n > 100 ? 100 : n, at);
}
static ssize_t read_at(__typeof__(&pread) real, int fd, void *bytes, size_t n, off_t at) {
  if (fails("pread")) return -1;
  return real(fd, bytes, is("short") && n > 1000 ? 1000 : n, at);
}
ssize_t pwrite(int fd, const void *b, size_t n, off_t at) { return write_at(REAL(pwrite), fd, b, n, at); }
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t at) { return write_at(REAL(pwrite), fd, b, n, at); }
ssize_t pread(int fd, void *b, size_t n, off_t at) { return read_at(REAL(pread), fd, b, n, at); }
ssize_t pread64(int fd, void *b, size_t n, off64_t at) { return read_at(REAL(pread), fd, b, n, at); }
int fdatasync(int fd) { return fails("fdatasync") ? -1 : is("lie") ? 0 : REAL(fdatasync)(fd); }
int fsync(int fd) { return fails("fsync") ? -1 : is("lie") ? 0 : REAL(fsync)(fd); }
int ftruncate(int fd, off_t n) { return fails("ftruncate") ? -1 : REAL(ftruncate)(fd, n); }
int ftruncate64(int fd, off64_t n) { return fails("ftruncate") ? -1 : REAL(ftruncate)(fd, n); }
int rename(const char *a, const char *b) { return fails("rename") ? -1 : REAL(rename)(a, b); }
int unlink(const char *a) { return fails("unlink") ? -1 : REAL(unlink)(a); }
int flock(int fd, int what) { return fails("flock") ? -1 : REAL(flock)(fd, what); }

static int open_file(const char *path, int flags, mode_t mode) {
  // Only the store's own files.
  if ((strstr(path, "/seg-") || strstr(path, "/cursors") || strstr(path, "/ledger")) && fails("open")) return -1;
  return REAL(open)(path, flags, mode);
}
int open(const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;
  va_end(list);
  return open_file(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;
  va_end(list);
  return open_file(path, flags, mode);
}
