// SQLite with a write-ahead log. Arguments: FULL or NORMAL and the records a transaction, or `read`: passes over a million.
// flags: -I Benchmarks/Peers -lsqlite3
#include "peer.h"
#include "StoreForward/workload.h"
#include <sqlite3.h>

static sqlite3 *db;
static sqlite3_stmt *insert, *scan;
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

static uint64_t pass(uint64_t iterations) {
    for (uint64_t i = 0; i < iterations; i++) {
        uint64_t sum = 0, count = 0, first;
        while (sqlite3_step(scan) == SQLITE_ROW) {
            memcpy(&first, sqlite3_column_blob(scan, 1), 8);
            sum += first;
            count++;
        }
        sqlite3_reset(scan);
        if (count != READ_RECORDS || sum != READ_SUM) die("read");
    }
    return iterations;
}

int main(int argc, char **argv) {
    int reads = argc > 1 && !strcmp(argv[1], "read");
    int normal = reads || (argc > 1 && !strcmp(argv[1], "NORMAL"));
    batch = argc > 2 ? strtoull(argv[2], 0, 10) : 1;
    char *path = data_path("sqlite");
    if (sqlite3_open(path, &db) != SQLITE_OK) die(path);
    run("PRAGMA journal_mode=WAL");
    run(normal ? "PRAGMA synchronous=NORMAL" : "PRAGMA synchronous=FULL");
    run("CREATE TABLE r(n INTEGER PRIMARY KEY, p BLOB)");
    sqlite3_prepare_v2(db, "INSERT INTO r VALUES(?,?)", -1, &insert, 0);
    if (reads) {
        batch = READ_RECORDS;
        number = 1;
        work(1);
        run("PRAGMA wal_checkpoint(TRUNCATE)");
        sqlite3_prepare_v2(db, "SELECT n, p FROM r ORDER BY n", -1, &scan, 0);
    }
    int result = peer_main("SQLite " SQLITE_VERSION, reads ? pass : work);
    remove_tree(path);
    return result;
}
