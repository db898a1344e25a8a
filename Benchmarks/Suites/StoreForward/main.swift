import Foundation
import Harness
import StoreForward

// A directory on the disk to be measured; a tmpfs has no sync to pay for and measures nothing.
let base = ProcessInfo.processInfo.environment["BENCH_DATA"] ?? "/var/tmp/iiot-bench"

/// A fresh directory below it, which goes with this process.
func directory(_ name: String) -> String {
  let path = "\(base)/ours-\(name)-\(getpid())"
  try? FileManager.default.removeItem(atPath: path)
  try? FileManager.default.createDirectory(atPath: base, withIntermediateDirectories: true)
  return path
}

/// Removes what this process made there, and what processes left that were killed: the last number of each
/// name is theirs.
func tidy(alsoOwn: Bool) {
  for name in (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? [] {
    let numbers = name.split(separator: "-").compactMap { pid_t($0.prefix { $0.isNumber }) }
    guard let process = numbers.last else { continue }
    let isOwn = process == getpid()
    if isOwn ? alsoOwn : kill(process, 0) != 0 && errno == ESRCH {
      try? FileManager.default.removeItem(atPath: "\(base)/\(name)")
    }
  }
}
tidy(alsoOwn: false)
atexit { tidy(alsoOwn: true) }

/// Blocks of all segments exist from the beginning, as in the peers' pre-written files.
let options = StoreOptions(capacity: .mebibytes(256), reserve: .full)

/// The record of a number, as `Peers/StoreForward/workload.h` makes it.
func fill(_ record: inout InlineArray<16, UInt64>, _ number: UInt64) {
  var x = number &* 0x9E37_79B9_7F4A_7C15 &+ 0x2545_F491_4F6C_DD1D
  record[0] = number
  for index in 1..<16 {
    x ^= x << 13
    x ^= x >> 7
    x ^= x << 17
    record[index] = x
  }
}

/// Adds the next `count` records.
func add(_ count: Int, from number: inout UInt64, to batch: inout RecordBatch) throws {
  var record = InlineArray<16, UInt64>(repeating: 0)
  for _ in 0..<count {
    fill(&record, number)
    try batch.append(record.span.bytes, time: Int64(number))
    number += 1
  }
}

var suite = BenchmarkSuite("StoreForward")

for size in [1, 100, 1000] {
  suite.add("durable append of \(size)") {
    let store = try BlockingRingStore(directory: directory("append-\(size)"), options: options)
    return Comparison(
      operation: "append of \(size) records", itemsPerOperation: Double(size),
      bytesPerOperation: Double(size * 128),
      ours: { iterations in
        var batch = RecordBatch()
        var number = store.nextSequence
        for _ in 0..<iterations {
          batch.removeAll()
          try add(size, from: &number, to: &batch)
          try store.append(batch)
        }
        return UInt64(iterations)
      },
      against: [
        .limit(
          "write + fdatasync, framed", program: "StoreForward/raw_framed.c", arguments: ["\(size)"]),
        .peer(
          "SQLite WAL FULL", program: "StoreForward/sqlite.c", arguments: ["FULL", "\(size)"]),
        .peer(
          "RocksDB sync", program: "StoreForward/rocksdb_sync.c", arguments: ["\(size)"]),
        .peer("LMDB sync", program: "StoreForward/lmdb.c", arguments: ["sync", "\(size)"]),
      ])
  }
}

for appenders in [1, 16, 64] {
  suite.add("durable append, \(appenders) tasks") {
    let store = try await RingStore(directory: directory("tasks-\(appenders)"), options: options)
    let latencies = Latencies()
    return Comparison(
      operation: "record", bytesPerOperation: 128,
      ours: { iterations in
        try await withThrowingTaskGroup(of: Void.self) { group in
          for task in 0..<appenders {
            group.addTask {
              var batch = RecordBatch()
              var number = UInt64(task)
              var measured: [Duration] = []
              let clock = ContinuousClock()
              for _ in 0..<((iterations + appenders - 1 - task) / appenders) {
                batch.removeAll()
                try add(1, from: &number, to: &batch)
                let start = clock.now
                try await store.append(batch)
                measured.append(clock.now - start)
              }
              latencies.add(measured)
            }
          }
          try await group.waitForAll()
        }
        return UInt64(iterations)
      },
      against: [
        .peer(
          "group commit in C", program: "StoreForward/group_commit.c", arguments: ["\(appenders)"])
      ], remark: { latencies.summary })
  }
}

suite.add("append of 100, synced every 100 ms") {
  var relaxed = options
  relaxed.sync = .interval(.milliseconds(100))
  let store = try BlockingRingStore(directory: directory("interval"), options: relaxed)
  return Comparison(
    operation: "append of 100 records", itemsPerOperation: 100, bytesPerOperation: 12_800,
    ours: { iterations in
      var batch = RecordBatch()
      var number = store.nextSequence
      for _ in 0..<iterations {
        batch.removeAll()
        try add(100, from: &number, to: &batch)
        try store.append(batch)
      }
      return UInt64(iterations)
    },
    against: [
      .peer("SQLite WAL NORMAL", program: "StoreForward/sqlite.c", arguments: ["NORMAL", "100"])
    ])
}

suite.add("ordered read, every checksum verified") {
  let store = try BlockingRingStore(directory: directory("read"), options: options)
  var batch = RecordBatch()
  var number: UInt64 = 1
  for _ in 0..<1000 {
    batch.removeAll()
    try add(1000, from: &number, to: &batch)
    try store.append(batch)
  }
  return Comparison(
    operation: "pass over 1,000,000 records", itemsPerOperation: 1_000_000,
    bytesPerOperation: 128_000_000, gate: Gate(allocations: 0.001),
    ours: { iterations in
      for _ in 0..<iterations {
        var sum: UInt64 = 0
        var count = 0
        let reader = try store.reader(from: .sequence(1))
        while try reader.next({ batch in
          batch.forEach { _, _, payload in
            sum &+= payload.unsafeLoad(as: UInt64.self)
            count += 1
          }
        }) != nil {}
        precondition(count == 1_000_000 && sum == 500_000_500_000)
      }
      return UInt64(iterations)
    },
    against: [
      .peer("SQLite scan", program: "StoreForward/sqlite.c", arguments: ["read"]),
      .peer("LMDB cursor, no checksums", program: "StoreForward/lmdb.c", arguments: ["read"]),
    ])
}

/// Takes a store's files out of the page cache (the host below may still have them).
func chill(_ path: String) {
  for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
    let descriptor = open("\(path)/\(name)", O_RDONLY)
    guard descriptor >= 0 else { continue }
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
    close(descriptor)
  }
}

suite.add("ordered read, every checksum verified, cold") {
  let path = directory("cold")
  let store = try BlockingRingStore(directory: path, options: options)
  var batch = RecordBatch()
  var number: UInt64 = 1
  for _ in 0..<1000 {
    batch.removeAll()
    try add(1000, from: &number, to: &batch)
    try store.append(batch)
  }
  return Comparison(
    operation: "pass over 1,000,000 records", itemsPerOperation: 1_000_000,
    bytesPerOperation: 128_000_000,
    ours: { iterations in
      for _ in 0..<iterations {
        chill(path)
        var count = 0
        let reader = try store.reader(from: .sequence(1))
        while try reader.next({ count += $0.count }) != nil {}
        precondition(count == 1_000_000)
      }
      return UInt64(iterations)
    },
    against: [
      .limit("pread of the same files") { iterations in
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        for _ in 0..<iterations {
          chill(path)
          var left = 152_100_000
          for slot in 0..<16 where left > 0 {
            let name = "\(path)/seg-\(String(repeating: "0", count: slot < 10 ? 3 : 2))\(slot)"
            let descriptor = open(name, O_RDONLY)
            guard descriptor >= 0 else { break }
            var offset = 0
            while left > 0 {
              let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
              if count <= 0 { break }
              offset += count
              left -= count
            }
            close(descriptor)
          }
        }
        return UInt64(iterations)
      }
    ])
}

// BENCH_STORE_GIB=4 for the size that the bar speaks of; the time may not depend on it. Not without being asked:
// it fills so much of the disk.
let largeRing =
  ProcessInfo.processInfo.environment["BENCH_STORE_GIB"].flatMap { Int($0) } ?? 0

for isCold in [false, true] where largeRing > 0 {
  suite.add("open after a crash, \(largeRing) GiB of full segments, \(isCold ? "cold" : "warm")") {
    let path = directory("crash-\(isCold)")
    var large = options
    large.capacity = .gibibytes(largeRing)
    large.sync = .manual
    var number: UInt64 = 1
    do {
      let store = try BlockingRingStore(directory: path, options: large)
      var batch = RecordBatch()
      while store.metrics.appendedBytes < UInt64(largeRing) << 30 {
        batch.removeAll()
        try add(1000, from: &number, to: &batch)
        try store.append(batch)
      }
      try store.sync()
      // What a kill leaves: the files without the closing entry.
      try FileManager.default.copyItem(atPath: "\(path)/cursors", toPath: "\(path)-cursors")
      try store.close()
    }
    let (expected, crashed) = (number, large)
    return Comparison(
      operation: "open",
      ours: { iterations in
        for _ in 0..<iterations {
          try FileManager.default.removeItem(atPath: "\(path)/cursors")
          try FileManager.default.copyItem(atPath: "\(path)-cursors", toPath: "\(path)/cursors")
          if isCold { chill(path) }
          let store = try BlockingRingStore(directory: path, options: crashed)
          precondition(!store.recovery.wasClean && store.nextSequence == expected)
          try store.close()
        }
        return UInt64(iterations)
      })
  }
}

suite.add("what opening after a crash reads, 256 MiB") {
  let path = directory("recovery")
  let store = try BlockingRingStore(directory: path, options: options)
  var batch = RecordBatch()
  var number: UInt64 = 1
  for _ in 0..<1500 {
    batch.removeAll()
    try add(1000, from: &number, to: &batch)
    try store.append(batch)
  }
  let last = number - 1
  return Comparison(
    operation: "open",
    ours: { iterations in
      for _ in 0..<iterations {
        // The store is in use, so nothing may be taken for granted: as after a kill.
        let reader = try StoreReader(directory: path)
        precondition(reader.lastSequence == last && store.nextSequence == last + 1)
      }
      return UInt64(iterations)
    })
}

suite.run()
