internal import Sinks

/// A JSON document whose objects keep the order in which they were written.
indirect enum OrderedJSON: Sendable {
  case object([(key: String, value: OrderedJSON)])
  case array([OrderedJSON])
  case string(String)
  case integer(Int)
  case bool(Bool)
  /// As it is written.
  case literal(String)
  case null

  /// The document, two spaces a level.
  func text(indent: String = "") -> String {
    let deeper = indent + "  "
    switch self {
    case .object(let members):
      guard !members.isEmpty else { return "{}" }
      let lines = members.map { member in
        "\(deeper)\(Self.quoted(member.key)): \(member.value.text(indent: deeper))"
      }
      return "{\n\(lines.joined(separator: ",\n"))\n\(indent)}"
    case .array(let elements):
      return "[\(elements.map { $0.text(indent: indent) }.joined(separator: ", "))]"
    case .string(let text): return Self.quoted(text)
    case .integer(let number): return "\(number)"
    case .bool(let isTrue): return isTrue ? "true" : "false"
    case .literal(let text): return text
    case .null: return "null"
    }
  }

  static func quoted(_ text: String) -> String {
    var bytes: [UInt8] = []
    bytes.append(json: text)
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension OrderedJSON: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral,
  ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral
{
  init(dictionaryLiteral elements: (String, OrderedJSON)...) {
    self = .object(elements.map { (key: $0.0, value: $0.1) })
  }
  init(arrayLiteral elements: OrderedJSON...) { self = .array(elements) }
  init(stringLiteral value: String) { self = .string(value) }
  init(integerLiteral value: Int) { self = .integer(value) }
  init(booleanLiteral value: Bool) { self = .bool(value) }
}
