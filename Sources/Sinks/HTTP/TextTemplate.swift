/// A text with names in braces, cut into its parts once.
///
/// `{name}` with a name of small letters and underscores is a place; every other brace is itself, so that JSON can be written as
/// it is. In JSON a place in quotes becomes part of that text, and one outside of quotes a value of its own.
struct TextTemplate<Place>: Sendable, Equatable
where Place: RawRepresentable<String> & CaseIterable & Sendable & Equatable {
  enum Part: Sendable, Equatable {
    case literal([UInt8])
    case place(Place, isQuoted: Bool)
  }

  let text: String
  private(set) var parts: [Part] = []

  /// - Throws: `SinkError` of code `invalid` for a name that is not one of the places.
  init(_ text: String, _ escaping: TextEscaping) throws(SinkError) {
    self.text = text
    let bytes = Array(text.utf8)
    var literal: [UInt8] = []
    var isQuoted = false
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "{"), let end = Self.end(of: index, in: bytes) {
        if !literal.isEmpty { parts.append(.literal(literal)) }
        literal = []
        let name = String(decoding: bytes[(index + 1)..<end], as: UTF8.self)
        guard let place = Place(rawValue: name) else {
          throw SinkError(
            code: .invalid, destination: text, message: "unknown name '{\(name)}' in the template",
            advice: "known: " + Place.allCases.map { "{\($0.rawValue)}" }.joined(separator: ", "))
        }
        parts.append(.place(place, isQuoted: isQuoted))
        index = end + 1
        continue
      }
      literal.append(bytes[index])
      if escaping == .json {
        if isQuoted, bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count {
          index += 1
          literal.append(bytes[index])
        } else if bytes[index] == UInt8(ascii: "\"") {
          isQuoted.toggle()
        }
      }
      index += 1
    }
    if !literal.isEmpty { parts.append(.literal(literal)) }
  }

  /// Where the brace stands that closes a name.
  private static func end(of start: Int, in bytes: [UInt8]) -> Int? {
    var index = start + 1
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"): index += 1
      case UInt8(ascii: "}"): return index > start + 1 ? index : nil
      default: return nil
      }
    }
    return nil
  }
}
