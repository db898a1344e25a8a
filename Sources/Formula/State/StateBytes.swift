/// Reads and writes exported memory, word by word.
package enum StateBytes {
  private static let mark = Array("IIOTFST1".utf8)

  /// FNV-1a of 64 bits: tells a damaged export from a sound one, and one call's text from another's.
  package static func hash(_ bytes: [UInt8], seed: UInt64 = 0) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325 ^ (seed &* 0x9E37_79B9_7F4A_7C15)) {
      ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3
    }
  }

  struct Writer {
    private var bytes = StateBytes.mark

    mutating func append(_ word: UInt64) {
      for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> (UInt64(shift) * 8))) }
    }

    func finish() -> [UInt8] {
      var writer = self
      writer.append(StateBytes.hash(bytes))
      return writer.bytes
    }
  }

  struct Reader {
    private let bytes: [UInt8]
    private var position = StateBytes.mark.count
    private let end: Int

    init(_ bytes: [UInt8]) throws(Complaint) {
      self.bytes = bytes
      end = bytes.count - 8
      guard end >= StateBytes.mark.count + 8, bytes.starts(with: StateBytes.mark) else {
        throw StateBytes.damaged("these bytes are no exported memory of a formula")
      }
      guard Self.word(bytes, at: end) == StateBytes.hash(Array(bytes[..<end])) else {
        throw StateBytes.damaged("the exported memory is damaged")
      }
    }

    private static func word(_ bytes: [UInt8], at position: Int) -> UInt64 {
      (0..<8).reduce(0) { $0 | UInt64(bytes[position + $1]) << (UInt64($1) * 8) }
    }

    mutating func next() throws(Complaint) -> UInt64 {
      guard position + 8 <= end else {
        throw StateBytes.damaged("the exported memory ends too early")
      }
      defer { position += 8 }
      return Self.word(bytes, at: position)
    }

    mutating func words(_ count: UInt64) throws(Complaint) -> [UInt64] {
      guard count <= UInt64(end - position) / 8 else {
        throw StateBytes.damaged("the exported memory ends too early")
      }
      var words: [UInt64] = []
      words.reserveCapacity(Int(count))
      for _ in 0..<count { words.append(try next()) }
      return words
    }

    func finish() throws(Complaint) {
      guard position == end else {
        throw StateBytes.damaged("the exported memory goes on where it should end")
      }
    }
  }

  private static func damaged(_ message: String) -> Complaint {
    Complaint(.state, message, at: 0, length: 0)
  }
}
