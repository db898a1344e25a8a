/// The payload of the ledger file: what had to be given up, over the store's whole life.
struct Ledger: Equatable {
  var evictedThrough: UInt64 = 0
  /// Records that at least one cursor had not acknowledged, or all if there was no cursor.
  var evictedRecords: UInt64 = 0
  /// Sums of the label counts of those, by cursor; the empty name stands for the store.
  var labels: [String: [UInt32: UInt64]] = [:]
  /// How many records went before a cursor had acknowledged them, by its name. Here and not only in the
  /// cursor file, so that one save accounts for an eviction or does not.
  var evicted: [String: UInt64] = [:]

  /// Forgets a cursor.
  mutating func remove(cursor name: String) {
    labels[name] = nil
    evicted[name] = nil
  }

  func encode() -> [UInt8] {
    var out = ByteEncoder()
    out.append(evictedThrough)
    out.append(evictedRecords)
    out.append(UInt32(labels.count))
    for (name, sums) in labels.sorted(by: { $0.key < $1.key }) {
      out.append(name)
      out.append(UInt32(sums.count))
      for (label, count) in sums.sorted(by: { $0.key < $1.key }) {
        out.append(label)
        out.append(count)
      }
    }
    out.append(UInt32(evicted.count))
    for (name, count) in evicted.sorted(by: { $0.key < $1.key }) {
      out.append(name)
      out.append(count)
    }
    return out.bytes
  }

  init() {}

  init(_ bytes: ArraySlice<UInt8>) throws(ByteDecoder.OutOfBytes) {
    var input = ByteDecoder(bytes)
    evictedThrough = try input.next()
    evictedRecords = try input.next()
    let names = Int(try input.next(UInt32.self))
    guard input.mayHold(names, of: 6) else { throw ByteDecoder.OutOfBytes() }
    for _ in 0..<names {
      let name = try input.nextText()
      let count = Int(try input.next(UInt32.self))
      guard input.mayHold(count, of: 12) else { throw ByteDecoder.OutOfBytes() }
      var sums: [UInt32: UInt64] = [:]
      for _ in 0..<count { sums[try input.next()] = try input.next(UInt64.self) }
      labels[name] = sums
    }
    // Files of the first state of 0.1.0 end here.
    guard let readers = try? input.next(UInt32.self) else { return }
    guard input.mayHold(Int(readers), of: 10) else { throw ByteDecoder.OutOfBytes() }
    for _ in 0..<readers { evicted[try input.nextText()] = try input.next(UInt64.self) }
  }
}
