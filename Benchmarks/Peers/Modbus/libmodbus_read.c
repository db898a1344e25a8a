// 1024 requests an iteration, of 125 holding registers each, with libmodbus's client, one at a time. Argument: the port.
// flags: -O2 $(pkg-config --cflags --libs libmodbus)
#include <modbus.h>
#include <stdlib.h>

#include "../peer.h"

static modbus_t *context;

static uint64_t work(uint64_t iterations) {
    uint16_t registers[125];
    uint64_t check = 0;
    for (uint64_t i = 0; i < iterations * 1024; i++) {
        if (modbus_read_registers(context, (int)(i % 1024 * 4), 125, registers) != 125) exit(1);
        check += registers[124];
    }
    return check;
}

int main(int count, char **arguments) {
    context = modbus_new_tcp("127.0.0.1", count > 1 ? atoi(arguments[1]) : 0);
    if (modbus_connect(context)) return 1;
    return peer_main("libmodbus " LIBMODBUS_VERSION_STRING, work);
}
