// The device of the Modbus benchmarks: answers function 3 with registers that hold their own address, all requests that
// have come in one write. It writes its port to standard output and serves one client a process.
// flags: -O2
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static uint8_t requests[1 << 16], answers[1 << 21];

static void serve(int client) {
    size_t have = 0;
    ssize_t count;
    while ((count = read(client, requests + have, sizeof requests - have)) > 0) {
        have += (size_t)count;
        size_t taken = 0, length = 0;
        while (have - taken >= 12 && length < sizeof answers - 300) {
            const uint8_t *request = requests + taken;
            uint8_t *answer = answers + length;
            unsigned address = (unsigned)request[8] << 8 | request[9];
            unsigned registers = request[10] << 8 | request[11];
            if (registers > 125) return;
            memcpy(answer, request, 4);
            answer[4] = 0;
            answer[5] = (uint8_t)(3 + 2 * registers);
            answer[6] = request[6];
            answer[7] = request[7];
            answer[8] = (uint8_t)(2 * registers);
            for (unsigned i = 0; i < registers; i++) {
                answer[9 + 2 * i] = (uint8_t)((address + i) >> 8);
                answer[10 + 2 * i] = (uint8_t)(address + i);
            }
            length += 9 + 2 * registers;
            taken += 12;
        }
        if (write(client, answers, length) < 0) return;
        memmove(requests, requests + taken, have - taken);
        have -= taken;
    }
}

int main(void) {
    int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 64)) return 1;
    if (getsockname(listener, (struct sockaddr *)&address, &length)) return 1;
    signal(SIGCHLD, SIG_IGN);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        int client = accept(listener, 0, 0);
        if (client < 0) continue;
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            serve(client);
            _exit(0);
        }
        close(client);
    }
}
