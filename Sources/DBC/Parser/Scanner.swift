/// Reads tokens from the text of a DBC file.
///
/// `base` points at `end` bytes of text and at least 16 zero bytes behind them, so that one byte, and one word, may
/// always be looked at without a check; a zero byte is no part of any token.
struct Scanner {
  let base: UnsafePointer<UInt8>
  let end: Int
  let hash: NameHash
  var position = 0
  /// From here on no quoted text ends: searched once, so that a text of opening quotes costs no more than its length.
  private var unclosedFrom = Int.max

  static let padding = 16

  init(base: UnsafePointer<UInt8>, end: Int, hash: NameHash) {
    self.base = base
    self.end = end
    self.hash = hash
  }

  /// What was wrong at `offset`; made into a finding by the parser.
  struct Failure: Error {
    var offset: Int
    var rule: Rule
    var message: String
  }

  @inline(__always)
  var byte: UInt8 { base[position] }

  @inline(__always)
  func byte(at offset: Int) -> UInt8 { base[offset] }

  /// The characters of a text for a message, 80 bytes of them at most.
  func text(_ range: TextRange) -> String {
    let shown = min(Int(range.count), 80)
    return TextEncoding.automatic.text(
      of: UnsafeBufferPointer(start: base + range.start, count: shown))
  }

  // MARK: Blanks

  /// Passes blanks and line ends.
  @inline(__always)
  mutating func skipSpace() {
    while isSpace(base[position]) { position &+= 1 }
  }

  /// Passes blanks up to the end of the line.
  @inline(__always)
  mutating func skipBlanks() {
    while base[position] == 0x20 || base[position] == 0x09 { position &+= 1 }
  }

  @inline(__always)
  func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte &- 9) < 5 }

  var isAtLineEnd: Bool {
    byte == 0x0A || byte == 0x0D || position >= end
  }

  /// Passes the rest of the line and its end.
  mutating func skipLine() {
    while position < end, base[position] != 0x0A, base[position] != 0x0D { position &+= 1 }
    if position < end { position &+= 1 }
  }

  // MARK: Punctuation

  /// Passes `character` if it is next.
  @inline(__always)
  mutating func accept(_ character: UInt8) -> Bool {
    skipSpace()
    guard base[position] == character, position < end else { return false }
    position &+= 1
    return true
  }

  @inline(__always)
  mutating func expect(_ character: UInt8, _ place: StaticString) throws(Failure) {
    if !accept(character) {
      throw expected("'\(Character(Unicode.Scalar(character)))'", place)
    }
  }

  // MARK: Names

  /// Passes a name and gives its place; an empty one when there is none.
  @inline(__always)
  mutating func name() -> TextRange {
    skipSpace()
    let start = position
    while isNameByte(base[position]) { position &+= 1 }
    return TextRange(offset: start, count: position &- start)
  }

  @inline(__always)
  mutating func expectName(_ what: StaticString) throws(Failure) -> TextRange {
    let range = name()
    if range.count == 0 { throw expected("\(what)", "") }
    return range
  }

  /// Letters, digits, underscore, and every byte outside ASCII (reported elsewhere).
  @inline(__always)
  func isNameByte(_ byte: UInt8) -> Bool {
    let letter = (byte | 0x20) &- 0x61
    return letter < 26 || (byte &- 0x30) < 10 || byte == 0x5F || byte >= 0x80
  }

  @inline(__always)
  func hash(_ range: TextRange) -> UInt32 {
    hash.hash(base + range.start, count: Int(range.count))
  }

  func equal(_ left: TextRange, _ right: TextRange) -> Bool {
    guard left.count == right.count else { return false }
    if left.offset == right.offset { return true }
    let a = UnsafeRawPointer(base + left.start)
    let b = UnsafeRawPointer(base + right.start)
    let count = Int(left.count)
    var index = 0
    while index &+ 8 <= count {
      if a.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        != b.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      {
        return false
      }
      index &+= 8
    }
    while index < count {
      if base[left.start &+ index] != base[right.start &+ index] { return false }
      index &+= 1
    }
    return true
  }

  @inline(__always)
  func equal(_ range: TextRange, _ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard Int(range.count) == count else { return false }
    let other = text.utf8Start
    var index = 0
    while index < count {
      if base[range.start &+ index] != other[index] { return false }
      index &+= 1
    }
    return true
  }

  // MARK: Strings

  /// Passes a quoted text and gives the place between the quotes. `\"` does not end it.
  mutating func expectString() throws(Failure) -> TextRange {
    skipSpace()
    guard base[position] == UInt8(ascii: "\"") else { throw expected("a quoted text", "") }
    let start = position &+ 1
    var index = start >= unclosedFrom ? end : start
    let raw = UnsafeRawPointer(base)
    while true {
      // Eight bytes at a time: the borrow trick marks the first byte that is a quote.
      while index &+ 8 <= end {
        let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian
        let difference = word ^ 0x2222_2222_2222_2222
        let mark =
          (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
        if mark != 0 {
          index &+= mark.trailingZeroBitCount >> 3
          break
        }
        index &+= 8
      }
      while index < end, base[index] != UInt8(ascii: "\"") { index &+= 1 }
      guard index < end else {
        unclosedFrom = min(unclosedFrom, start)
        throw Failure(
          offset: position, rule: .unterminatedString,
          message: "the quoted text that begins here has no closing quote")
      }
      if index > start, base[index &- 1] == UInt8(ascii: "\\") {
        index &+= 1
        continue
      }
      position = index &+ 1
      return TextRange(offset: start, count: index &- start)
    }
  }

  // MARK: Failures

  func expected(_ what: String, _ place: StaticString) -> Failure {
    let suffix = place.utf8CodeUnitCount > 0 ? " \(place)" : ""
    return Failure(
      offset: position, rule: .syntax, message: "expected \(what)\(suffix), found \(nextToken)")
  }

  /// What stands at `position`, for a message.
  var nextToken: String {
    guard position < end else { return "the end of the text" }
    var stop = position
    while stop < end, stop &- position < 40, isNameByte(base[stop]) { stop &+= 1 }
    if stop == position { stop &+= 1 }
    let bytes = UnsafeBufferPointer(start: base + position, count: stop &- position)
    if bytes[0] == 0x0A || bytes[0] == 0x0D { return "the end of the line" }
    let text = TextEncoding.automatic.text(of: bytes)
    return bytes[0] < 0x20 ? "a control character" : "'\(text)'"
  }
}
