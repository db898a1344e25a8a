// A disk that does as it is told, for a program that is started with LD_PRELOAD. Only files whose path has DISK_ROOT in it.
//   DISK_LOG=FILE    each change is written there, in its order, so that what a power cut would have left can be made of it
//   DISK=RULE;...    full:PART:FROM:COUNT   calls FROM to FROM + COUNT - 1 that need room in a file with PART in its path fail (ENOSPC)
//                    full:PART@FILE         all such calls fail as long as FILE is there
//                    hang:PART@FILE         syncs of a file with PART in its path never return once FILE is there
//   DISK_TOLD=FILE   each call that failed adds a line there
// An entry of the log, numbers little-endian: kind (u8), file (u64, its inode), place (u64), length of the path (u32), length of the
// bytes (u32), path, bytes. Kinds: C created, W written, T cut to place, S synced, D folder synced, R renamed (to bytes), U removed.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

struct rule {
  int hangs;
  char part[128], when[512];
  long from, count, calls;
};
static struct rule rules[8];
static int rule_count, log_file = -1, told_file = -1;
static const char *root = "";
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void begin(void) {
  if (getenv("DISK_ROOT")) root = getenv("DISK_ROOT");
  if (getenv("DISK_LOG"))
    log_file = REAL(open)(getenv("DISK_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (getenv("DISK_TOLD"))
    told_file = REAL(open)(getenv("DISK_TOLD"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  char *all = strdup(getenv("DISK") ? getenv("DISK") : ""), *rest = NULL;
  for (char *word = strtok_r(all, ";", &rest); word && rule_count < 8; word = strtok_r(NULL, ";", &rest)) {
    struct rule *rule = &rules[rule_count];
    char kind[8];
    if (sscanf(word, "%7[a-z]:%127[^@:]@%511s", kind, rule->part, rule->when) == 3 ||
        sscanf(word, "%7[a-z]:%127[^@:]:%ld:%ld", kind, rule->part, &rule->from, &rule->count) == 4) {
      rule->hangs = strcmp(kind, "hang") == 0;
      rule_count++;
    }
  }
  free(all);
}

// Whether the file is one of ours, and where it is.
static int ours(int fd, char path[1024]) {
  char name[64];
  pthread_once(&once, begin);
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(name, path, 1023);
  if (length <= 0) return 0;
  path[length] = 0;
  return path[0] == '/' && strstr(path, root) != NULL;
}

static int is_full(const char *path) {
  int full = 0;
  pthread_mutex_lock(&lock);
  for (int i = 0; i < rule_count; i++) {
    struct rule *rule = &rules[i];
    if (rule->hangs || !strstr(path, rule->part)) continue;
    if (rule->when[0]) {
      full |= access(rule->when, F_OK) == 0;
    } else {
      long now = ++rule->calls;
      full |= now >= rule->from && now < rule->from + rule->count;
    }
  }
  if (full && told_file >= 0 && REAL(write)(told_file, "full\n", 5) != 5) abort();
  pthread_mutex_unlock(&lock);
  if (full) errno = ENOSPC;
  return full;
}

static void hang(const char *path) {
  for (int i = 0; i < rule_count; i++)
    if (rules[i].hangs && strstr(path, rules[i].part))
      while (access(rules[i].when, F_OK) == 0) pause();
}

static void all_of(const void *bytes, size_t count) {
  const char *next = bytes;
  while (count > 0) {
    ssize_t done = REAL(write)(log_file, next, count);
    if (done <= 0) abort();
    next += done;
    count -= (size_t)done;
  }
}

static void note(char kind, uint64_t file, uint64_t place, const char *path, const void *bytes, uint32_t count) {
  if (log_file < 0) return;
  uint32_t length = (uint32_t)strlen(path);
  unsigned char head[25];
  head[0] = (unsigned char)kind;
  memcpy(head + 1, &file, 8);
  memcpy(head + 9, &place, 8);
  memcpy(head + 17, &length, 4);
  memcpy(head + 21, &count, 4);
  // One call, so that a kill leaves whole entries but for the last.
  char *entry = malloc(sizeof head + length + count);
  if (!entry) abort();
  memcpy(entry, head, sizeof head);
  memcpy(entry + sizeof head, path, length);
  if (count > 0) memcpy(entry + sizeof head + length, bytes, count);
  all_of(entry, sizeof head + length + count);
  free(entry);
}

static uint64_t inode(int fd) {
  struct stat found;
  return fstat(fd, &found) == 0 ? found.st_ino : 0;
}

static ssize_t put(int fd, const void *bytes, size_t count, off_t place, int has_place) {
  char path[1024];
  if (!ours(fd, path)) return has_place ? REAL(pwrite)(fd, bytes, count, place) : REAL(write)(fd, bytes, count);
  if (is_full(path)) return -1;
  int keep;
  pthread_mutex_lock(&lock);
  if (!has_place) place = lseek(fd, 0, fcntl(fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
  ssize_t done = has_place ? REAL(pwrite)(fd, bytes, count, place) : REAL(write)(fd, bytes, count);
  keep = errno;
  if (done > 0) note('W', inode(fd), (uint64_t)place, path, bytes, (uint32_t)done);
  pthread_mutex_unlock(&lock);
  errno = keep;
  return done;
}

ssize_t write(int fd, const void *b, size_t n) { return put(fd, b, n, 0, 0); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t at) { return put(fd, b, n, at, 1); }
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t at) { return put(fd, b, n, at, 1); }

static int cut(int fd, off_t size) {
  char path[1024];
  if (!ours(fd, path)) return REAL(ftruncate)(fd, size);
  struct stat found;
  if (fstat(fd, &found) == 0 && size > found.st_size && is_full(path)) return -1;
  pthread_mutex_lock(&lock);
  int result = REAL(ftruncate)(fd, size), keep = errno;
  if (result == 0) note('T', inode(fd), (uint64_t)size, path, NULL, 0);
  pthread_mutex_unlock(&lock);
  errno = keep;
  return result;
}

int ftruncate(int fd, off_t n) { return cut(fd, n); }
int ftruncate64(int fd, off64_t n) { return cut(fd, n); }

static int sync_file(int fd, int only_data) {
  char path[1024];
  if (!ours(fd, path)) return only_data ? REAL(fdatasync)(fd) : REAL(fsync)(fd);
  hang(path);
  pthread_mutex_lock(&lock);
  int result = only_data ? REAL(fdatasync)(fd) : REAL(fsync)(fd), keep = errno;
  struct stat found;
  if (result == 0 && fstat(fd, &found) == 0)
    note(S_ISDIR(found.st_mode) ? 'D' : 'S', found.st_ino, 0, path, NULL, 0);
  pthread_mutex_unlock(&lock);
  errno = keep;
  return result;
}

int fdatasync(int fd) { return sync_file(fd, 1); }
int fsync(int fd) { return sync_file(fd, 0); }

static int absolute(const char *path) {
  pthread_once(&once, begin);
  return path[0] == '/' && strstr(path, root) != NULL;
}

int rename(const char *a, const char *b) {
  if (!absolute(a)) return REAL(rename)(a, b);
  pthread_mutex_lock(&lock);
  int result = REAL(rename)(a, b), keep = errno;
  if (result == 0) note('R', 0, 0, a, b, (uint32_t)strlen(b));
  pthread_mutex_unlock(&lock);
  errno = keep;
  return result;
}

int unlink(const char *a) {
  if (!absolute(a)) return REAL(unlink)(a);
  pthread_mutex_lock(&lock);
  int result = REAL(unlink)(a), keep = errno;
  if (result == 0) note('U', 0, 0, a, NULL, 0);
  pthread_mutex_unlock(&lock);
  errno = keep;
  return result;
}

static int open_file(const char *path, int flags, mode_t mode) {
  if (!absolute(path) || !(flags & (O_CREAT | O_TRUNC))) return REAL(open)(path, flags, mode);
  struct stat found;
  if (stat(path, &found) != 0 && flags & O_CREAT && is_full(path)) return -1;
  pthread_mutex_lock(&lock);
  int is_new = stat(path, &found) != 0;
  int fd = REAL(open)(path, flags, mode), keep = errno;
  if (fd >= 0 && fstat(fd, &found) == 0 && S_ISREG(found.st_mode)) {
    if (is_new) note('C', found.st_ino, 0, path, NULL, 0);
    else if (flags & O_TRUNC) note('T', found.st_ino, 0, path, NULL, 0);
  }
  pthread_mutex_unlock(&lock);
  errno = keep;
  return fd;
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
