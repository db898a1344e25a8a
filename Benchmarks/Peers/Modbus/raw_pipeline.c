// 1024 requests an iteration, of 125 holding registers each, over a bare socket: the limit of wire and server.
// Arguments: the port, and how many requests are under way at once.
// flags: -O2
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../peer.h"

static int server;
static unsigned depth;

static uint64_t work(uint64_t iterations) {
    static uint8_t requests[12 * 256], answers[1 << 18];
    uint64_t sent = 0, done = 0, check = 0;
    iterations *= 1024;
    size_t have = 0;
    while (done < iterations) {
        size_t length = 0;
        while (sent < iterations && sent - done < depth) {
            unsigned address = (unsigned)(sent % 1024 * 4);
            uint8_t request[12] = {(uint8_t)(sent >> 8), (uint8_t)sent, 0, 0, 0, 6, 1, 3,
                                   (uint8_t)(address >> 8), (uint8_t)address, 0, 125};
            memcpy(requests + length, request, 12);
            length += 12;
            sent++;
        }
        if (length && write(server, requests, length) != (ssize_t)length) exit(1);
        ssize_t count = read(server, answers + have, sizeof answers - have);
        if (count <= 0) exit(1);
        have += (size_t)count;
        size_t taken = 0;
        while (have - taken >= 259) {
            check += (uint64_t)answers[taken + 257] << 8 | answers[taken + 258];
            taken += 259;
            done++;
        }
        memmove(answers, answers + taken, have - taken);
        have -= taken;
    }
    return check;
}

int main(int count, char **arguments) {
    int port = count > 1 ? atoi(arguments[1]) : 0, one = 1;
    depth = count > 2 ? (unsigned)atoi(arguments[2]) : 1;
    if (depth < 1 || depth > 256) depth = 1;
    server = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(server, (struct sockaddr *)&address, sizeof address)) return 1;
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return peer_main("bare socket", work);
}
