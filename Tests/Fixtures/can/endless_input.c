// For Tests/CommandTests/WaitingForInputTests.swift: a file on standard input that never ends, by LD_PRELOAD. Behind its last byte it
// begins again, and makes a file "again" in the working folder.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

ssize_t read(int file, void *bytes, size_t count) {
  static ssize_t (*real_read)(int, void *, size_t);
  if (!real_read) real_read = (ssize_t(*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
  ssize_t length = real_read(file, bytes, count);
  if (length != 0 || count == 0 || file != STDIN_FILENO || lseek(file, 0, SEEK_SET) != 0) return length;
  int mark = open("again", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (mark >= 0) close(mark);
  return real_read(file, bytes, count);
}
