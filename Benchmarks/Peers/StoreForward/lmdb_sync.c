// LMDB, one synchronous transaction a batch, appending. Argument: records a batch.
// flags: -I Benchmarks/Peers -llmdb
#include "peer.h"
#include "StoreForward/workload.h"
#include <lmdb.h>

static MDB_env *env;
static MDB_dbi dbi;
static uint64_t batch, number;

static void check(int code) {
    if (code) {
        fprintf(stderr, "%s\n", mdb_strerror(code));
        exit(1);
    }
}

static uint64_t work(uint64_t iterations) {
    unsigned char record[RECORD];
    for (uint64_t i = 0; i < iterations; i++) {
        MDB_txn *txn;
        check(mdb_txn_begin(env, 0, 0, &txn));
        for (uint64_t k = 0; k < batch; k++, number++) {
            fill(record, number);
            uint64_t key = __builtin_bswap64(number);
            MDB_val k1 = {8, &key}, v = {RECORD, record};
            check(mdb_put(txn, dbi, &k1, &v, MDB_APPEND));
        }
        check(mdb_txn_commit(txn));
    }
    return iterations;
}

int main(int argc, char **argv) {
    batch = argc > 1 ? strtoull(argv[1], 0, 10) : 1;
    char *path = data_path("lmdb");
    mkdir(path, 0755);
    check(mdb_env_create(&env));
    check(mdb_env_set_mapsize(env, 64ull << 30));
    check(mdb_env_open(env, path, 0, 0644));
    MDB_txn *txn;
    check(mdb_txn_begin(env, 0, 0, &txn));
    check(mdb_dbi_open(txn, 0, 0, &dbi));
    check(mdb_txn_commit(txn));
    int result = peer_main("LMDB", work);
    mdb_env_close(env);
    remove_tree(path);
    return result;
}
