#include "flood.h"

#include <fcntl.h>
#include <stdint.h>

enum { BATCH = 256 };

int flood_pair(int *sender, int *receiver) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends)) return -1;
    int size = 1 << 20;
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    if (fcntl(ends[1], F_SETFL, O_NONBLOCK)) return -1;
    *sender = ends[0];
    *receiver = ends[1];
    return 0;
}

struct order {
    int sender;
    unsigned long count;
};

static struct order order;

static void *send_all(void *unused) {
    (void)unused;
    struct can_frame frames[BATCH];
    struct iovec parts[BATCH];
    struct mmsghdr messages[BATCH];
    memset(frames, 0, sizeof frames);
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < BATCH; i++) {
        frames[i].can_dlc = 8;
        parts[i] = (struct iovec){&frames[i], sizeof frames[i]};
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    for (unsigned long sent = 0; sent < order.count;) {
        unsigned long wanted = order.count - sent < BATCH ? order.count - sent : BATCH;
        for (unsigned long i = 0; i < wanted; i++) {
            uint64_t number = sent + i;
            frames[i].can_id = number & 0x7FF;
            memcpy(frames[i].data, &number, 8);
        }
        unsigned long done = 0;
        while (done < wanted) {
            int some = sendmmsg(order.sender, messages + done, (unsigned)(wanted - done), 0);
            if (some < 0) return NULL;
            done += (unsigned long)some;
        }
        sent += wanted;
    }
    return NULL;
}

void flood_start(int sender, unsigned long count) {
    pthread_t thread;
    order = (struct order){sender, count};
    if (pthread_create(&thread, NULL, send_all, NULL) == 0) pthread_detach(thread);
}
