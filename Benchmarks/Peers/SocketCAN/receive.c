// Takes 100,000 frames an iteration out of a socket, with the time of each. Argument: how many frames a system call takes; 1 is
// what candump and most programs do.
// flags: -O2 -D_GNU_SOURCE -pthread -IBenchmarks/Sources/CFlood/include
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "../../Sources/CFlood/flood.c"
#include "../peer.h"

enum { FRAMES = 100000, MOST = 64 };

static int sender, receiver, batch;

static uint64_t work(uint64_t iterations) {
    static struct canfd_frame frames[MOST];
    static char controls[MOST][128];
    struct iovec parts[MOST];
    struct mmsghdr messages[MOST];
    uint64_t sum = 0;
    for (uint64_t n = 0; n < iterations; n++) {
        flood_start(sender, FRAMES);
        for (int left = FRAMES; left;) {
            for (int i = 0; i < batch; i++) {
                parts[i] = (struct iovec){&frames[i], sizeof frames[i]};
                messages[i].msg_hdr = (struct msghdr){
                    .msg_iov = &parts[i], .msg_iovlen = 1, .msg_control = controls[i], .msg_controllen = sizeof controls[i]};
            }
            int some;
            if (batch == 1)
                some = recvmsg(receiver, &messages[0].msg_hdr, MSG_DONTWAIT) < 0 ? -1 : 1;
            else
                some = recvmmsg(receiver, messages, (unsigned)batch, MSG_DONTWAIT, NULL);
            if (some < 0) {
                if (errno != EAGAIN) exit(1);
                struct pollfd entry = {receiver, POLLIN, 0};
                poll(&entry, 1, -1);
                continue;
            }
            for (int i = 0; i < some; i++) {
                struct timespec now;
                clock_gettime(CLOCK_REALTIME, &now);
                sum += frames[i].can_id + frames[i].data[0];
            }
            left -= some;
        }
    }
    return sum;
}

int main(int count, char **arguments) {
    batch = count > 1 ? atoi(arguments[1]) : 1;
    if (batch < 1 || batch > MOST || flood_pair(&sender, &receiver)) return 1;
    return peer_main("C", work);
}
