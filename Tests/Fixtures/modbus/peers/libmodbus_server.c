// A device by libmodbus's own server loop: libmodbus_server tcp PORT | rtu. Registers hold 500 + address.
// `rtu` is unit 9 at the end of a pseudo terminal, whose other end's path is printed.
// A process of its own, because libmodbus ends its process when a descriptor is beyond what select() can take.
#define _GNU_SOURCE
#include <fcntl.h>
#include <modbus/modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static modbus_mapping_t *bank;

// Until the client hangs up.
static void serve(modbus_t *device, int goes_on) {
    uint8_t request[512];
    for (;;) {
        int count = modbus_receive(device, request);
        if (count > 0)
            modbus_reply(device, request, count, bank);
        else if (count < 0 && !goes_on)
            return;
    }
}

int main(int count, char **arguments) {
    if (count < 2) return 64;
    bank = modbus_mapping_new(300, 300, 300, 300);
    for (int i = 0; i < 300; i++) bank->tab_registers[i] = (uint16_t)(500 + i);

    if (strcmp(arguments[1], "rtu") == 0) {
        int line = posix_openpt(O_RDWR | O_NOCTTY);
        if (line < 0 || grantpt(line) || unlockpt(line)) return 1;
        const char *path = ptsname(line);
        // Stays open, or reading would fail until the client opens it.
        if (open(path, O_RDWR | O_NOCTTY) < 0) return 1;
        modbus_t *device = modbus_new_rtu(path, 115200, 'N', 8, 1);
        modbus_set_socket(device, line);
        modbus_set_slave(device, 9);
        puts(path);
        fflush(stdout);
        serve(device, 1);
    } else if (count > 2) {
        modbus_t *device = modbus_new_tcp("127.0.0.1", atoi(arguments[2]));
        int door = modbus_tcp_listen(device, 4);
        if (door < 0) return 1;
        while (modbus_tcp_accept(device, &door) >= 0) {
            serve(device, 0);
            modbus_close(device);
        }
    }
    return 1;
}
