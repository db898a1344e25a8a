/// A place in a JSON document, `readings.0.temperature`: keys, and positions in arrays from 0, joined by dots.
///
/// A dot that belongs to a key is written `\.`, a backslash `\\`.
public struct MQTTJSONPath: Sendable, Hashable {
  struct Step: Sendable, Hashable {
    var key: [UInt8]
    /// The position that it is in an array.
    var index: Int?
  }

  /// The path as it was written.
  public let text: String
  let steps: [Step]

  /// A path.
  /// - Throws: ``MQTTError/Code/invalidArgument`` for an empty path, an empty step, more than 64 steps, a backslash before anything
  ///   else than a dot or a backslash, and for the notation that begins with `$.`.
  public init(_ text: String) throws(MQTTError) {
    func wrong(_ message: String) -> MQTTError {
      MQTTError(.invalidArgument, "the JSON path \"\(text)\" \(message)")
    }
    if text == "$" || text.hasPrefix("$.") || text.hasPrefix("$[") {
      throw wrong("is in another notation: write keys and positions joined by dots, readings.0.t")
    }
    var steps: [[UInt8]] = [[]]
    var isEscaped = false
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "."), UInt8(ascii: "\\"):
        if isEscaped {
          steps[steps.count - 1].append(byte)
          isEscaped = false
        } else if byte == UInt8(ascii: ".") {
          steps.append([])
        } else {
          isEscaped = true
        }
      default:
        if isEscaped { throw wrong("has a backslash that stands before neither a dot nor another") }
        steps[steps.count - 1].append(byte)
      }
    }
    if isEscaped { throw wrong("ends in a backslash") }
    if steps.contains([]) {
      throw wrong("has an empty step: write keys joined by dots, readings.0.t")
    }
    if steps.count > MQTTJSONScanner.deepest {
      throw wrong("has more than \(MQTTJSONScanner.deepest) steps")
    }
    self.text = text
    self.steps = steps.map { Step(key: $0, index: Self.index($0)) }
  }

  /// A number as a position is written: no sign, no zeros in front.
  private static func index(_ key: [UInt8]) -> Int? {
    guard key.allSatisfy({ (0x30...0x39).contains($0) }), key.count == 1 || key.first != 0x30
    else { return nil }
    return Int(String(decoding: key, as: UTF8.self))
  }
}

extension MQTTJSONPath: CustomStringConvertible {
  /// The path as it was written.
  public var description: String { text }
}
