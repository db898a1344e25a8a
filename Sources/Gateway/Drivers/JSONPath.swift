internal import IndustrialModel

/// A place in a JSON document, `readings.0.temperature`: keys, and positions in arrays from 0, joined by dots.
struct JSONPath: Sendable, Equatable {
  private let steps: [[UInt8]]

  /// Nil for an empty path or one with an empty step.
  init?(_ text: String) {
    steps = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
      .map { Array($0) }
    if steps.contains([]) { return nil }
  }

  /// What stands at the place.
  enum Finding: Equatable {
    case number(String)
    case truth(Bool)
    case text(String)
    case null
    /// An array or an object.
    case compound
    /// The document has no such place.
    case missing
    /// The bytes are no JSON document.
    case malformed
  }

  /// Reads the whole document; of a key that stands there twice the last one counts.
  func find(in document: [UInt8]) -> Finding {
    var reader = Reader(bytes: document, steps: steps)
    guard reader.value(matched: 0, depth: 0), reader.isAtEnd else { return .malformed }
    return reader.finding
  }

  /// A reader of RFC 8259 that builds nothing.
  private struct Reader {
    let bytes: [UInt8]
    let steps: [[UInt8]]
    var position = 0
    var finding = Finding.missing

    static let deepest = 64

    var isAtEnd: Bool {
      mutating get {
        skipBlanks()
        return position == bytes.count
      }
    }

    private mutating func skipBlanks() {
      while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
        position += 1
      }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
      skipBlanks()
      guard position < bytes.count, bytes[position] == byte else { return false }
      position += 1
      return true
    }

    private mutating func take(word: StaticString) -> Bool {
      guard position + word.utf8CodeUnitCount <= bytes.count else { return false }
      for index in 0..<word.utf8CodeUnitCount
      where bytes[position + index] != word.utf8Start[index] {
        return false
      }
      position += word.utf8CodeUnitCount
      return true
    }

    /// Reads one value. `matched` steps of the path lead here; nil when this is beside the path.
    mutating func value(matched: Int?, depth: Int) -> Bool {
      guard depth <= Self.deepest else { return false }
      skipBlanks()
      guard position < bytes.count else { return false }
      let isWanted = matched == steps.count
      switch bytes[position] {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        if isWanted { finding = .compound }
        return compound(matched: isWanted ? nil : matched, depth: depth)
      case UInt8(ascii: "\""):
        guard let text = string() else { return false }
        if isWanted { finding = .text(text) }
      case UInt8(ascii: "t"):
        guard take(word: "true") else { return false }
        if isWanted { finding = .truth(true) }
      case UInt8(ascii: "f"):
        guard take(word: "false") else { return false }
        if isWanted { finding = .truth(false) }
      case UInt8(ascii: "n"):
        guard take(word: "null") else { return false }
        if isWanted { finding = .null }
      default:
        guard let text = number() else { return false }
        if isWanted { finding = .number(text) }
      }
      return true
    }

    private mutating func compound(matched: Int?, depth: Int) -> Bool {
      let isObject = bytes[position] == UInt8(ascii: "{")
      let end = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
      position += 1
      if take(end) { return true }
      let wanted = matched.flatMap { $0 < steps.count ? steps[$0] : nil }
      let wantedIndex = wanted.flatMap { Int(String(decoding: $0, as: UTF8.self)) }
      var index = 0
      repeat {
        var isOnPath = !isObject && wantedIndex == index
        if isObject {
          skipBlanks()
          guard let key = string(), take(UInt8(ascii: ":")) else { return false }
          isOnPath = wanted.map { key.utf8.elementsEqual($0) } ?? false
        }
        guard value(matched: isOnPath ? matched.map { $0 + 1 } : nil, depth: depth + 1) else {
          return false
        }
        index += 1
      } while take(UInt8(ascii: ","))
      return take(end)
    }

    private mutating func number() -> String? {
      let start = position
      if take(UInt8(ascii: "-")) {}
      let isZero = position < bytes.count && bytes[position] == UInt8(ascii: "0")
      let first = position
      guard digits(), !isZero || position == first + 1 else { return nil }
      if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
        position += 1
        guard digits() else { return nil }
      }
      if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
        position += 1
        if position < bytes.count, [0x2B, 0x2D].contains(bytes[position]) { position += 1 }
        guard digits() else { return nil }
      }
      return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() -> Bool {
      let start = position
      while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
      return position > start
    }

    private mutating func string() -> String? {
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return nil }
      position += 1
      var text: [UInt8] = []
      while position < bytes.count {
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
        case UInt8(ascii: "\\"):
          guard let scalar = escape() else { return nil }
          text.append(contentsOf: String(scalar).utf8)
        case 0..<0x20: return nil
        default: text.append(byte)
        }
      }
      return nil
    }

    private mutating func escape() -> Unicode.Scalar? {
      guard position < bytes.count else { return nil }
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
      case UInt8(ascii: "b"): return "\u{8}"
      case UInt8(ascii: "f"): return "\u{C}"
      case UInt8(ascii: "n"): return "\n"
      case UInt8(ascii: "r"): return "\r"
      case UInt8(ascii: "t"): return "\t"
      case UInt8(ascii: "u"):
        guard let first = hexadecimal() else { return nil }
        guard (0xD800..<0xDC00).contains(first), take(word: "\\u"), let second = hexadecimal()
        else { return Unicode.Scalar(first) ?? "\u{FFFD}" }
        guard (0xDC00..<0xE000).contains(second) else { return "\u{FFFD}" }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
      default: return nil
      }
    }

    private mutating func hexadecimal() -> UInt32? {
      guard position + 4 <= bytes.count else { return nil }
      let digits = String(decoding: bytes[position..<(position + 4)], as: UTF8.self)
      guard digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }) else {
        return nil
      }
      position += 4
      return UInt32(digits, radix: 16)
    }
  }
}
