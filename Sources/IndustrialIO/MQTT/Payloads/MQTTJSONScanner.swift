/// Whether bytes are one JSON document (RFC 8259), not too deep.
package func isJSONDocument(_ bytes: [UInt8]) -> Bool { MQTTJSONScanner.isDocument(bytes) }

/// Goes once through a JSON document (RFC 8259) and notes what stands at some places of it. Builds nothing else, so that
/// neither size nor content of a document cost more than the reading; depth has a bound.
struct MQTTJSONScanner {
  /// What stands at a place.
  enum Finding: Equatable {
    /// As it is written.
    case number(String)
    case truth(Bool)
    case text(String)
    case null
    /// An array or an object.
    case compound
    /// The document has no such place.
    case missing
    /// The bytes are no JSON document, or it is too deep.
    case malformed
  }

  /// Arrays and objects inside of one another, at most.
  static let deepest = 64

  /// What stands at each of the places. Of a key that an object has twice, the last one counts, as everywhere in the field.
  static func find(_ paths: [MQTTJSONPath], in document: [UInt8]) -> [Finding] {
    var findings: [Finding] = []
    findings.reserveCapacity(paths.count)
    // A bit for each path that may still lead further.
    for start in stride(from: 0, to: paths.count, by: 64) {
      let part = Array(paths[start..<min(start + 64, paths.count)])
      var scanner = MQTTJSONScanner(bytes: document, paths: part)
      let all = part.count == 64 ? UInt64.max : (1 << UInt64(part.count)) - 1
      if scanner.value(all, depth: 0), scanner.isAtEnd {
        findings += scanner.findings
      } else {
        findings += part.map { _ in .malformed }
      }
    }
    return findings
  }

  /// Whether bytes are a document.
  static func isDocument(_ bytes: [UInt8]) -> Bool {
    var scanner = MQTTJSONScanner(bytes: bytes, paths: [])
    return scanner.value(0, depth: 0) && scanner.isAtEnd
  }

  private let bytes: [UInt8]
  private let paths: [MQTTJSONPath]
  private var findings: [Finding]
  private var position = 0

  private init(bytes: [UInt8], paths: [MQTTJSONPath]) {
    self.bytes = bytes
    self.paths = paths
    findings = Array(repeating: .missing, count: paths.count)
  }

  private var isAtEnd: Bool {
    mutating get {
      skipBlanks()
      return position == bytes.count
    }
  }

  // MARK: Paths

  private func forEach(_ set: UInt64, _ body: (Int) -> Void) {
    var left = set
    while left != 0 {
      body(left.trailingZeroBitCount)
      left &= left - 1
    }
  }

  /// Those of the paths that satisfy a condition.
  private func filter(_ set: UInt64, _ condition: (MQTTJSONPath) -> Bool) -> UInt64 {
    var result: UInt64 = 0
    forEach(set) { if condition(paths[$0]) { result |= 1 << UInt64($0) } }
    return result
  }

  private mutating func note(_ finding: Finding, _ set: UInt64) {
    var left = set
    while left != 0 {
      findings[left.trailingZeroBitCount] = finding
      left &= left - 1
    }
  }

  // MARK: Values

  /// Reads one value, to which the first `depth` steps of the paths in `leading` lead.
  private mutating func value(_ leading: UInt64, depth: Int) -> Bool {
    skipBlanks()
    guard position < bytes.count else { return false }
    let ending = filter(leading) { $0.steps.count == depth }
    switch bytes[position] {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      guard depth < Self.deepest else { return false }
      note(.compound, ending)
      let isObject = bytes[position] == UInt8(ascii: "{")
      position += 1
      return isObject
        ? object(leading & ~ending, depth: depth) : array(leading & ~ending, depth: depth)
    case UInt8(ascii: "\""):
      guard let token = string() else { return false }
      if ending != 0 { note(.text(text(of: token)), ending) }
    case UInt8(ascii: "t"):
      guard take(word: "true") else { return false }
      note(.truth(true), ending)
    case UInt8(ascii: "f"):
      guard take(word: "false") else { return false }
      note(.truth(false), ending)
    case UInt8(ascii: "n"):
      guard take(word: "null") else { return false }
      note(.null, ending)
    default:
      guard let place = number() else { return false }
      if ending != 0 { note(.number(String(decoding: bytes[place], as: UTF8.self)), ending) }
    }
    return true
  }

  private mutating func object(_ leading: UInt64, depth: Int) -> Bool {
    if take(UInt8(ascii: "}")) { return true }
    repeat {
      skipBlanks()
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\""), let key = string(),
        take(UInt8(ascii: ":"))
      else { return false }
      let further = leading == 0 ? 0 : filter(leading) { has($0.steps[depth].key, key) }
      // What the same key held before does not count any more.
      note(.missing, further)
      guard value(further, depth: depth + 1) else { return false }
    } while take(UInt8(ascii: ","))
    return take(UInt8(ascii: "}"))
  }

  private mutating func array(_ leading: UInt64, depth: Int) -> Bool {
    if take(UInt8(ascii: "]")) { return true }
    var index = 0
    repeat {
      let further = leading == 0 ? 0 : filter(leading) { $0.steps[depth].index == index }
      guard value(further, depth: depth + 1) else { return false }
      index += 1
    } while take(UInt8(ascii: ","))
    return take(UInt8(ascii: "]"))
  }

  /// Where a number stands; nil when there is none.
  private mutating func number() -> Range<Int>? {
    let start = position
    if position < bytes.count, bytes[position] == UInt8(ascii: "-") { position += 1 }
    let first = position
    guard digits(), bytes[first] != UInt8(ascii: "0") || position == first + 1 else { return nil }
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      position += 1
      guard digits() else { return nil }
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      position += 1
      if position < bytes.count, bytes[position] == 0x2B || bytes[position] == 0x2D {
        position += 1
      }
      guard digits() else { return nil }
    }
    return start..<position
  }

  private mutating func digits() -> Bool {
    let start = position
    while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
    return position > start
  }

  // MARK: Texts

  private struct Token {
    var place: Range<Int>
    var hasEscapes: Bool
  }

  /// Reads a text, from its opening to its closing quote, and checks it.
  private mutating func string() -> Token? {
    position += 1
    let start = position
    var hasEscapes = false
    var isASCII = true
    while position < bytes.count {
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "\""):
        let place = start..<position
        position += 1
        if !isASCII, String(validating: bytes[place], as: UTF8.self) == nil { return nil }
        return Token(place: place, hasEscapes: hasEscapes)
      case UInt8(ascii: "\\"):
        hasEscapes = true
        position += 1
        guard skipEscape() else { return nil }
      case 0..<0x20: return nil
      default:
        if byte >= 0x80 { isASCII = false }
        position += 1
      }
    }
    return nil
  }

  private mutating func skipEscape() -> Bool {
    guard let escape = JSONEscape(bytes[position...]) else { return false }
    position += escape.length
    return true
  }

  /// Whether the text of a key is these bytes.
  private func has(_ key: [UInt8], _ token: Token) -> Bool {
    token.hasEscapes
      ? text(of: token).utf8.elementsEqual(key) : bytes[token.place].elementsEqual(key)
  }

  /// A text that was checked.
  private func text(of token: Token) -> String {
    guard token.hasEscapes else { return String(decoding: bytes[token.place], as: UTF8.self) }
    var text: [UInt8] = []
    var place = token.place.lowerBound
    while place < token.place.upperBound {
      let byte = bytes[place]
      place += 1
      if byte == UInt8(ascii: "\\"), let escape = JSONEscape(bytes[place..<token.place.upperBound])
      {
        text += String(escape.scalar).utf8
        place += escape.length
      } else {
        text.append(byte)
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  // MARK: Bytes

  private mutating func skipBlanks() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
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
    for index in 0..<word.utf8CodeUnitCount where bytes[position + index] != word.utf8Start[index] {
      return false
    }
    position += word.utf8CodeUnitCount
    return true
  }
}
