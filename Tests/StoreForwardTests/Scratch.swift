import Foundation
import StoreForward
import Testing

/// A directory of its own for one test, removed at the end.
final class Scratch: Sendable {
  let path: String

  init() {
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("storeforward-\(UUID().uuidString)").path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  func read(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: file(name))))
  }

  func write(_ bytes: [UInt8], to name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
  }

  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }

  var diskUse: Int {
    names.reduce(0) { sum, name in
      let size = try? FileManager.default.attributesOfItem(atPath: file(name))[.size] as? Int
      return sum + (size ?? 0)
    }
  }
}

/// The payload that belongs to a number, so that wrong bytes are recognised without a copy.
func payload(_ number: UInt64, size: Int = 128) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(size + 8)
  var word = number
  var x = number &* 0x9E37_79B9_7F4A_7C15 &+ 0x2545_F491_4F6C_DD1D
  while bytes.count < size {
    withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
    x ^= x << 13
    x ^= x >> 7
    x ^= x << 17
    word = x
  }
  bytes.removeLast(bytes.count - size)
  return bytes
}

/// A batch of records with the payloads of the numbers that they will get.
func batch(
  from first: UInt64, count: Int, time: (UInt64) -> Int64 = { Int64($0) },
  size: (UInt64) -> Int = { _ in 128 }
) throws(StoreError) -> RecordBatch {
  var batch = RecordBatch()
  for number in first..<(first + UInt64(count)) {
    try batch.append(payload(number, size: size(number)), time: time(number))
  }
  return batch
}

/// Everything that a pass over a store gave.
struct Contents: Equatable {
  var numbers: [UInt64] = []
  var gaps: [Gap] = []
  var wrong: [UInt64] = []

  mutating func add(
    _ batch: borrowing StoredBatch, size: (UInt64) -> Int = { _ in 128 }
  ) {
    for index in 0..<batch.count {
      let number = batch.sequence(at: index)
      if batch.payload(at: index) != payload(number, size: size(number)) { wrong.append(number) }
      numbers.append(number)
    }
    gaps += batch.gaps
  }

  /// Numbers and gaps together cover `1 ... last` once, in order.
  func covers(through last: UInt64) -> Bool {
    var ranges = numbers.map { $0...$0 } + gaps.map { $0.first...$0.last }
    ranges.sort { $0.lowerBound < $1.lowerBound }
    var next: UInt64 = 1
    for range in ranges {
      guard range.lowerBound == next else { return false }
      next = range.upperBound + 1
    }
    return next == last + 1 && numbers == numbers.sorted()
  }
}

extension BlockingRingStore {
  func contents(size: (UInt64) -> Int = { _ in 128 }) throws -> Contents {
    var contents = Contents()
    let reader = try reader(from: .sequence(1))
    while try reader.next({ contents.add($0, size: size) }) != nil {}
    return contents
  }
}

extension StoreOptions {
  /// A small ring, so that segments roll over soon.
  static func small(
    segments: Int = 8, sync: SyncPolicy = .everyCommit, overflow: OverflowPolicy = .dropOldest
  ) -> StoreOptions {
    StoreOptions(
      capacity: .bytes(segments * (64 << 10)), segmentSize: 64 << 10, sync: sync,
      overflow: overflow)
  }
}
