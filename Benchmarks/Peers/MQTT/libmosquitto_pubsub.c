// 1000 messages of 100 bytes an iteration, from one libmosquitto client over the broker to another, each with the library's own
// thread. Arguments: the port, the QoS.
// flags: -O2 -pthread $(pkg-config --cflags --libs libmosquitto)
#include <mosquitto.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "../peer.h"

static struct mosquitto *publisher, *subscriber;
static sem_t ready;
static atomic_ulong received, wanted;
static sem_t arrived;
static int qos;

static void on_subscribe(struct mosquitto *m, void *o, int mid, int count, const int *granted) {
    (void)m, (void)o, (void)mid, (void)count, (void)granted;
    sem_post(&ready);
}

static void on_connect(struct mosquitto *m, void *o, int reason) {
    (void)o;
    if (reason) exit(1);
    if (m == subscriber)
        mosquitto_subscribe(m, NULL, "bench/peer", qos);
    else
        sem_post(&ready);
}

static void on_message(struct mosquitto *m, void *o, const struct mosquitto_message *message) {
    (void)m, (void)o, (void)message;
    if (atomic_fetch_add(&received, 1) + 1 == atomic_load(&wanted)) sem_post(&arrived);
}

static uint64_t work(uint64_t iterations) {
    char payload[100];
    memset(payload, 'x', sizeof payload);
    for (uint64_t i = 0; i < iterations; i++) {
        atomic_store(&received, 0);
        atomic_store(&wanted, 1000);
        for (int n = 0; n < 1000; n++)
            if (mosquitto_publish(publisher, NULL, "bench/peer", sizeof payload, payload, qos, false))
                exit(1);
        sem_wait(&arrived);
    }
    return iterations * 1000;
}

static struct mosquitto *client(void) {
    struct mosquitto *m = mosquitto_new(NULL, true, NULL);
    mosquitto_connect_callback_set(m, on_connect);
    mosquitto_subscribe_callback_set(m, on_subscribe);
    mosquitto_message_callback_set(m, on_message);
    mosquitto_int_option(m, MOSQ_OPT_TCP_NODELAY, 1);
    return m;
}

static void start(struct mosquitto *m, int port) {
    if (mosquitto_connect(m, "127.0.0.1", port, 60) || mosquitto_loop_start(m)) exit(1);
    sem_wait(&ready);
}

int main(int count, char **arguments) {
    int port = count > 1 ? atoi(arguments[1]) : 1883;
    qos = count > 2 ? atoi(arguments[2]) : 0;
    sem_init(&ready, 0, 0);
    sem_init(&arrived, 0, 0);
    mosquitto_lib_init();
    subscriber = client();
    publisher = client();
    start(subscriber, port);
    start(publisher, port);
    return peer_main("libmosquitto", work);
}
