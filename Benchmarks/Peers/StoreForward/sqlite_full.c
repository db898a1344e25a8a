// SQLite, write-ahead log, synchronous=FULL: one transaction a batch. Argument: records a batch.
// flags: -I Benchmarks/Peers -lsqlite3
#include "peer.h"
#include "StoreForward/workload.h"
#include <sqlite3.h>

static sqlite3 *db;
static sqlite3_stmt *insert;
static uint64_t batch, number;

static void run(const char *sql) {
    if (sqlite3_exec(db, sql, 0, 0, 0) != SQLITE_OK) {
        fprintf(stderr, "%s\n", sqlite3_errmsg(db));
        exit(1);
    }
}

static uint64_t work(uint64_t iterations) {
    unsigned char record[RECORD];
    for (uint64_t i = 0; i < iterations; i++) {
        run("BEGIN");
        for (uint64_t k = 0; k < batch; k++, number++) {
            fill(record, number);
            sqlite3_bind_int64(insert, 1, (sqlite3_int64)number);
            sqlite3_bind_blob(insert, 2, record, RECORD, SQLITE_STATIC);
            if (sqlite3_step(insert) != SQLITE_DONE) die("insert");
            sqlite3_reset(insert);
        }
        run("COMMIT");
    }
    return iterations;
}

int main(int argc, char **argv) {
    batch = argc > 1 ? strtoull(argv[1], 0, 10) : 1;
    char *path = data_path("sqlite");
    if (sqlite3_open(path, &db) != SQLITE_OK) die(path);
    run("PRAGMA journal_mode=WAL");
    run("PRAGMA synchronous=FULL");
    run("CREATE TABLE r(n INTEGER PRIMARY KEY, p BLOB)");
    sqlite3_prepare_v2(db, "INSERT INTO r VALUES(?,?)", -1, &insert, 0);
    int result = peer_main("SQLite " SQLITE_VERSION " WAL FULL", work);
    remove_tree(path);
    return result;
}
