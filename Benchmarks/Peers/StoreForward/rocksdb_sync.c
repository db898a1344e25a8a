// RocksDB, one WriteBatch with sync a batch. Argument: records a batch.
// flags: -I Benchmarks/Peers -lrocksdb
#include "peer.h"
#include "StoreForward/workload.h"
#include <rocksdb/c.h>

static rocksdb_t *db;
static rocksdb_writeoptions_t *options;
static uint64_t batch, number;

static uint64_t work(uint64_t iterations) {
    unsigned char record[RECORD];
    for (uint64_t i = 0; i < iterations; i++) {
        rocksdb_writebatch_t *group = rocksdb_writebatch_create();
        for (uint64_t k = 0; k < batch; k++, number++) {
            fill(record, number);
            uint64_t key = __builtin_bswap64(number);
            rocksdb_writebatch_put(group, (char *)&key, 8, (char *)record, RECORD);
        }
        char *error = 0;
        rocksdb_write(db, options, group, &error);
        if (error) {
            fprintf(stderr, "%s\n", error);
            exit(1);
        }
        rocksdb_writebatch_destroy(group);
    }
    return iterations;
}

int main(int argc, char **argv) {
    batch = argc > 1 ? strtoull(argv[1], 0, 10) : 1;
    char *path = data_path("rocksdb"), *error = 0;
    rocksdb_options_t *settings = rocksdb_options_create();
    rocksdb_options_set_create_if_missing(settings, 1);
    rocksdb_options_set_compression(settings, rocksdb_no_compression);
    db = rocksdb_open(settings, path, &error);
    if (error) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    options = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(options, 1);
    int result = peer_main("RocksDB", work);
    rocksdb_close(db);
    remove_tree(path);
    return result;
}
