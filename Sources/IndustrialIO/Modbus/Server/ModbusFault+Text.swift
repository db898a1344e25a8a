extension ModbusFault {
  /// The fault that `text` spells: a kind, `=` and its value where it has one, and what narrows it, parted by commas.
  ///
  /// `delay=700ms`, `drop`, `wrong-id` or `wrong-id=7`, `wrong-unit=9`, `truncate=5`, `split=5`, `duplicate`,
  /// `exception=4`, `hole=holding/10:2`, `limit=60`, `hang-up`, `reset`; each with `,unit=2` and `,every=10`.
  ///
  /// Throws `.invalidRequest` for anything else.
  public init(_ text: some StringProtocol) throws(ModbusError) {
    let text = String(text)
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    var fault = try Self.kind(String(parts.first ?? ""), of: text)
    for part in parts.dropFirst() {
      let pair = part.split(separator: "=", omittingEmptySubsequences: false)
      switch pair.first {
      case "unit" where pair.count == 2:
        fault.unit = try Self.number(pair[1], 0...255, "unit", text)
      case "every" where pair.count == 2:
        fault.every = try Self.number(pair[1], 1...1_000_000_000, "every", text)
      default: throw Self.invalid(text, "\"\(part)\" is neither unit=NUMBER nor every=NUMBER")
      }
    }
    self = fault
  }

  private static func kind(_ word: String, of text: String) throws(ModbusError) -> ModbusFault {
    let pair = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let value = pair.count == 2 ? pair[1] : nil
    func required() throws(ModbusError) -> Substring {
      guard let value else { throw invalid(text, "\(word) needs a value: \(word)=...") }
      return value
    }
    switch pair.first ?? "" {
    case "delay":
      guard let duration = ModbusURL.duration(try required()) else {
        throw invalid(text, "delay must be like 500ms or 2s")
      }
      return .delay(duration)
    case "wrong-id":
      return .wrongTransaction(by: try number(value ?? "1", 1...65_535, "wrong-id", text))
    case "wrong-unit": return .wrongUnit(try number(required(), 0...255, "wrong-unit", text))
    case "truncate": return .truncate(to: try number(required(), 0...260, "truncate", text))
    case "split": return .split(after: try number(required(), 1...260, "split", text))
    case "exception":
      return .exception(
        ExceptionCode(rawValue: try number(required(), 1...255, "exception", text)))
    case "limit": return .registerLimit(try number(required(), 1...125, "limit", text))
    case "hole": return try hole(required(), text)
    case "drop" where value == nil: return .drop
    case "duplicate" where value == nil: return .duplicate
    case "hang-up" where value == nil: return .hangUp
    case "reset" where value == nil: return .reset
    default: throw invalid(text, "there is no kind \"\(word)\"")
    }
  }

  private static func hole(_ value: Substring, _ text: String) throws(ModbusError) -> ModbusFault {
    let pair = value.split(separator: ":", omittingEmptySubsequences: false)
    guard pair.count <= 2 else {
      throw invalid(text, "a hole is TABLE/ADDRESS or TABLE/ADDRESS:COUNT")
    }
    let place = try RegisterAddress(pair[0])
    return .hole(
      place, count: try number(pair.count == 2 ? pair[1] : "1", 1...65_536, "a hole's count", text))
  }

  private static func number<Number: FixedWidthInteger>(
    _ text: Substring, _ range: ClosedRange<Int>, _ name: String, _ whole: String
  ) throws(ModbusError) -> Number {
    guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }), let value = Int(text),
      range.contains(value), let number = Number(exactly: value)
    else {
      throw invalid(whole, "\(name) must be \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  private static func invalid(_ text: String, _ reason: String) -> ModbusError {
    ModbusError(
      .invalidRequest, "\"\(text)\" is no fault: \(reason)",
      advice:
        "write KIND[=VALUE][,unit=U][,every=N] with delay, drop, wrong-id, wrong-unit, truncate, split, duplicate, "
        + "exception, hole, limit, hang-up or reset")
  }
}
