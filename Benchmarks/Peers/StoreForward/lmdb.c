// LMDB. Arguments: `sync` and the records of a transaction, appending, or `read`: passes over a million with a cursor.
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

static uint64_t pass(uint64_t iterations) {
    for (uint64_t i = 0; i < iterations; i++) {
        MDB_txn *txn;
        MDB_cursor *cursor;
        MDB_val key, value;
        uint64_t sum = 0, count = 0, first;
        check(mdb_txn_begin(env, 0, MDB_RDONLY, &txn));
        check(mdb_cursor_open(txn, dbi, &cursor));
        while (!mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
            memcpy(&first, value.mv_data, 8);
            sum += first;
            count++;
        }
        mdb_cursor_close(cursor);
        mdb_txn_abort(txn);
        if (count != READ_RECORDS || sum != READ_SUM) die("read");
    }
    return iterations;
}

int main(int argc, char **argv) {
    int reads = argc > 1 && !strcmp(argv[1], "read");
    batch = argc > 2 ? strtoull(argv[2], 0, 10) : 1;
    char *path = data_path("lmdb");
    mkdir(path, 0755);
    check(mdb_env_create(&env));
    check(mdb_env_set_mapsize(env, 64ull << 30));
    check(mdb_env_open(env, path, 0, 0644));
    MDB_txn *txn;
    check(mdb_txn_begin(env, 0, 0, &txn));
    check(mdb_dbi_open(txn, 0, 0, &dbi));
    check(mdb_txn_commit(txn));
    if (reads) {
        batch = READ_RECORDS;
        number = 1;
        work(1);
    }
    int result = peer_main("LMDB", reads ? pass : work);
    mdb_env_close(env);
    remove_tree(path);
    return result;
}
