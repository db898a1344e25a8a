internal import IndustrialModel
internal import Sinks

/// A line of an audit trail: a JSON object whose last member is the code of all before it.
///
/// `{"n":7,"time":"...","who":"...","what":"reload","of":"configuration","before":...,"after":...,"code":"64 digits"}`
struct AuditLine {
  /// The number of the entry, from 1.
  var number: UInt64
  /// The bytes that the code is of: the line up to the comma before `"code"`.
  var body: ArraySlice<UInt8>
  /// The code that stands there.
  var code: AuditCode

  /// What an entry about the trail itself is of.
  static let trail = "audit trail"
  /// Who forges a line can't make it hold; a number beyond this one would only take away the room behind it.
  static let largestUnproven = UInt64(Int64.max)

  private static let codeKey = Array(",\"code\":\"".utf8)
  private static let start = Array("{\"n\":".utf8)
  /// What stands before the head in an entry that goes on behind another file.
  private static let resumption = Array(
    ",\"what\":\"\(AuditEntry.Action.resume.rawValue)\",\"of\":\"\(trail)\",\"before\":\"".utf8)
  /// What an entry has that tells of a trail that was not as it had been written.
  private static let doubt = Array(
    ",\"what\":\"\(AuditEntry.Action.doubt.rawValue)\",\"of\":\"\(trail)\"".utf8)
  /// What follows the body, without the line's end.
  private static let tailLength = codeKey.count + 2 * AuditCode.length + 2

  /// Reads a line without its end; nil for what is none.
  init?(_ line: ArraySlice<UInt8>) {
    guard line.count > Self.tailLength, line.starts(with: Self.start),
      line.suffix(2).elementsEqual("\"}".utf8)
    else { return nil }
    body = line.dropLast(Self.tailLength)
    let tail = line.suffix(Self.tailLength)
    guard tail.starts(with: Self.codeKey),
      let code = AuditCode(hexadecimal: tail.dropFirst(Self.codeKey.count).dropLast(2)),
      let number = UInt64(
        String(
          decoding: line.dropFirst(Self.start.count).prefix { $0 != UInt8(ascii: ",") },
          as: UTF8.self)),
      // Something has to follow it.
      number < .max
    else { return nil }
    self.code = code
    self.number = number
  }

  /// The head of the file before, in an entry that goes on behind it (`resume`); nil in any other.
  ///
  /// In a text of an entry no quotation mark stands by itself, so these bytes are nowhere else.
  var resumedHead: AuditHead? {
    guard let start = place(of: Self.resumption) else { return nil }
    let text = body[start...].dropFirst(Self.resumption.count).prefix { $0 != UInt8(ascii: "\"") }
    return AuditHead(String(decoding: text, as: UTF8.self))
  }

  /// Whether it tells that the trail was not as it had been written (`doubt`).
  var isDoubt: Bool { place(of: Self.doubt) != nil }

  private func place(of part: [UInt8]) -> Int? {
    body.indices.first { body[$0...].starts(with: part) }
  }

  /// The bytes of an entry's line, with its end, and its code.
  static func bytes(
    of entry: AuditEntry, number: UInt64, after previous: AuditCode, key: [UInt8]
  ) -> (line: [UInt8], code: AuditCode) {
    var line = start
    line += String(number).utf8
    for (name, value) in [
      ("time", "\(entry.time)"), ("who", entry.actor), ("what", entry.action.rawValue),
      ("of", entry.subject), ("before", entry.before), ("after", entry.after),
    ] {
      line += ",\"\(name)\":".utf8
      if let value { line.append(json: value) } else { line += "null".utf8 }
    }
    let code = AuditCode(of: line[...], after: previous, key: key)
    line += codeKey
    line += code.hexadecimal.utf8
    line += "\"}\n".utf8
    return (line, code)
  }
}
