public import IndustrialModel

/// Takes one value out of a payload: a plain number, truth or text, or what stands at a place in a JSON document.
///
/// ```swift
/// let level = MQTTPayloadReader(at: try MQTTJSONPath("readings.0.level"), scale: 0.1)
/// level.read(message.payload)                        // (value: .double(21.5), quality: .good)
/// ```
/// What can't be read has no value, and a quality that says why; there is never a zero in place of something missing:
///
/// | payload | quality |
/// | --- | --- |
/// | no valid UTF-8, no JSON document, nested more than 64 deep | `badDecodingError` |
/// | nothing at the place, `null`, nothing at all | `badNoData` |
/// | an array, an object, or what is not of the wanted type | `badTypeMismatch` |
/// | a number beyond binary64, before or after scaling | `badOutOfRange` |
///
/// Numbers are decimal, in JSON also as a text (`"21.5"`). Whole numbers of up to 64 bits stay whole unless they are scaled, all
/// others are rounded to binary64. Of a key that an object has twice the last one counts.
public struct MQTTPayloadReader: Sendable, Hashable {
  /// What a value is taken for.
  public enum ValueType: String, Sendable, Hashable, CaseIterable {
    /// A number; whole ones stay whole.
    case number
    /// True or false: also as 1 and 0, on and off.
    case bool
    /// Text.
    case text
  }

  /// Where in a JSON payload the value stands; nil when the payload is the value.
  public var path: MQTTJSONPath?
  /// What the value is taken for.
  public var type: ValueType
  /// Factor from the number received to the engineering value.
  public var scale: Double
  /// What is added after scaling.
  public var offset: Double

  /// A reader; by default of plain numbers.
  public init(
    at path: MQTTJSONPath? = nil, as type: ValueType = .number, scale: Double = 1,
    offset: Double = 0
  ) {
    self.path = path
    self.type = type
    self.scale = scale
    self.offset = offset
  }

  /// The value and its quality: without a usable value the quality is bad, and says why.
  public func read(_ payload: [UInt8]) -> (value: Value, quality: Quality) {
    guard let path else { return plain(payload) }
    return judge(MQTTJSONScanner.find([path], in: payload)[0])
  }

  /// What several readers find in a payload, which is gone through once.
  static func read(
    _ readers: [MQTTPayloadReader], _ payload: [UInt8]
  ) -> [(value: Value, quality: Quality)] {
    guard readers.count > 1 else { return readers.map { $0.read(payload) } }
    let paths = readers.compactMap(\.path)
    let findings = paths.isEmpty ? [] : MQTTJSONScanner.find(paths, in: payload)
    var next = 0
    return readers.map { reader in
      guard reader.path != nil else { return reader.plain(payload) }
      next += 1
      return reader.judge(findings[next - 1])
    }
  }

  private func plain(_ payload: [UInt8]) -> (value: Value, quality: Quality) {
    guard let text = String(validating: payload, as: UTF8.self) else {
      return (.none, .badDecodingError)
    }
    return type == .text ? (.string(text), .good) : judge(Self.trimmed(text))
  }

  private func judge(_ finding: MQTTJSONScanner.Finding) -> (value: Value, quality: Quality) {
    switch finding {
    case .malformed: return (.none, .badDecodingError)
    case .missing, .null: return (.none, .badNoData)
    case .compound: return (.none, .badTypeMismatch)
    case .truth(let isTrue):
      switch type {
      case .bool: return (.bool(isTrue), .good)
      case .number: return (.none, .badTypeMismatch)
      case .text: return (.string(isTrue ? "true" : "false"), .good)
      }
    case .number(let text): return judge(text[...])
    case .text(let text): return judge(type == .text ? text[...] : Self.trimmed(text))
    }
  }

  private func judge(_ text: Substring) -> (value: Value, quality: Quality) {
    switch type {
    case .text: return (.string(String(text)), .good)
    case .bool:
      switch text.lowercased() {
      case "true", "1", "on": return (.bool(true), .good)
      case "false", "0", "off": return (.bool(false), .good)
      default: return (.none, text.isEmpty ? .badNoData : .badTypeMismatch)
      }
    case .number:
      guard let value = Self.number(text) else {
        return (.none, text.isEmpty ? .badNoData : .badTypeMismatch)
      }
      if scale == 1, offset == 0 {
        if case .double(let number) = value, !number.isFinite { return (.none, .badOutOfRange) }
        return (value, .good)
      }
      let number = (value.doubleValue ?? .nan) * scale + offset
      return number.isFinite ? (.double(number), .good) : (.none, .badOutOfRange)
    }
  }

  /// A decimal number, and nothing else that Swift would read: no `nan`, no `0x10`.
  private static func number(_ text: Substring) -> Value? {
    let isDecimal = text.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x2B, 0x2D, 0x2E, 0x45, 0x65: true
      default: false
      }
    }
    guard isDecimal, !text.isEmpty else { return nil }
    if let whole = Int64(text) { return .int64(whole) }
    if let whole = UInt64(text) { return .uint64(whole) }
    return Double(text).map { .double($0) }
  }

  private static func trimmed(_ text: String) -> Substring {
    var text = Substring(text)
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}
