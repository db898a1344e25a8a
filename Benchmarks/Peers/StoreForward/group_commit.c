// Group commit in C: threads that each append one record and wait for it, one thread that writes and
// syncs what has gathered, into a file whose blocks exist. Argument: threads.
// flags: -I Benchmarks/Peers -lpthread
#include "peer.h"
#include "StoreForward/workload.h"
#include <pthread.h>

#define FRAME (RECORD + 16u)
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER, done = PTHREAD_COND_INITIALIZER;
static unsigned char buffer[2][1 << 20];
static size_t used;
static int current, file, threads;
static uint64_t next, durable, limit;
static off_t offset;
static const off_t size = 256 << 20;

static void *producer(void *unused) {
    unsigned char record[RECORD];
    (void)unused;
    pthread_mutex_lock(&lock);
    while (next < limit) {
        uint64_t number = next++;
        fill(record, number);
        uint32_t length = RECORD, c = crc32c(0, record, RECORD);
        unsigned char *p = buffer[current] + used;
        memcpy(p, &length, 4);
        memcpy(p + 4, &c, 4);
        memcpy(p + 8, &number, 8);
        memcpy(p + 16, record, RECORD);
        used += FRAME;
        pthread_cond_signal(&more);
        while (durable <= number) pthread_cond_wait(&done, &lock);
    }
    pthread_mutex_unlock(&lock);
    return 0;
}

static uint64_t work(uint64_t iterations) {
    pthread_t ids[1024];
    limit = next + iterations;
    for (int i = 0; i < threads; i++) pthread_create(&ids[i], 0, producer, 0);
    pthread_mutex_lock(&lock);
    while (durable < limit) {
        while (!used) pthread_cond_wait(&more, &lock);
        int which = current;
        size_t count = used;
        uint64_t upto = next;
        current ^= 1;
        used = 0;
        pthread_mutex_unlock(&lock);
        if (offset + (off_t)count > size) offset = 0;
        if (pwrite(file, buffer[which], count, offset) < 0) die("write");
        if (fdatasync(file)) die("fdatasync");
        offset += (off_t)count;
        pthread_mutex_lock(&lock);
        durable = upto;
        pthread_cond_broadcast(&done);
    }
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < threads; i++) pthread_join(ids[i], 0);
    return iterations;
}

int main(int argc, char **argv) {
    threads = argc > 1 ? atoi(argv[1]) : 1;
    if (threads > 1024) threads = 1024;
    char *path = data_path("group");
    file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
    if (file < 0) die(path);
    unlink(path);
    char *zeros = calloc(1, 1 << 20);
    for (off_t o = 0; o < size; o += 1 << 20)
        if (pwrite(file, zeros, 1 << 20, o) < 0) die("zero");
    if (fsync(file)) die("fsync");
    return peer_main("threads and condition variables", work);
}
