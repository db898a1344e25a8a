internal import IndustrialModel

/// Takes the value of a tag out of a message.
struct MessageReader: Sendable {
  let tag: TagID
  private let path: JSONPath?
  private let type: MessageTag.ValueType
  private let scale: Double
  private let offset: Double

  init(_ tag: MessageTag, device: String, tags: TagRegistry) {
    self.tag = tags.intern("\(device)/\(tag.name)")
    path = tag.path.flatMap { JSONPath($0) }
    type = tag.type
    scale = tag.scale
    offset = tag.offset
  }

  /// The value and its quality: without a usable value the quality is bad, and says why.
  func read(_ payload: [UInt8]) -> (value: Value, quality: Quality) {
    guard let path else {
      guard let text = String(validating: payload, as: UTF8.self) else {
        return (.none, .badDecodingError)
      }
      return type == .text ? (.string(text), .good) : read(trimmed(text))
    }
    switch path.find(in: payload) {
    case .malformed: return (.none, .badDecodingError)
    case .missing, .null: return (.none, .badNoData)
    case .compound: return (.none, .badTypeMismatch)
    case .truth(let isTrue):
      switch type {
      case .bool: return (.bool(isTrue), .good)
      case .number: return (.none, .badTypeMismatch)
      case .text: return (.string(isTrue ? "true" : "false"), .good)
      }
    case .number(let text): return read(text[...])
    case .text(let text): return read(type == .text ? text[...] : trimmed(text))
    }
  }

  private func read(_ text: Substring) -> (value: Value, quality: Quality) {
    switch type {
    case .text: return (.string(String(text)), .good)
    case .bool:
      switch text.lowercased() {
      case "true", "1", "on": return (.bool(true), .good)
      case "false", "0", "off": return (.bool(false), .good)
      default: return (.none, text.isEmpty ? .badNoData : .badTypeMismatch)
      }
    case .number:
      guard let value = number(text) else {
        return (.none, text.isEmpty ? .badNoData : .badTypeMismatch)
      }
      guard scale != 1 || offset != 0, let number = value.doubleValue else { return (value, .good) }
      return (.double(number * scale + offset), .good)
    }
  }

  /// A decimal number, and nothing else that Swift would read: no `nan`, no `0x10`.
  private func number(_ text: Substring) -> Value? {
    let allowed = text.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte)
    }
    guard allowed, !text.isEmpty else { return nil }
    if let whole = Int64(text) { return .int64(whole) }
    if let whole = UInt64(text) { return .uint64(whole) }
    return Double(text).map { .double($0) }
  }

  private func trimmed(_ text: String) -> Substring {
    var text = Substring(text)
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}
