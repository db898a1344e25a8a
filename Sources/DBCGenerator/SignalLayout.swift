internal import DBC

/// One signal: where its bits stand, and as what it appears in Swift.
struct SignalLayout {
  let signal: Signal
  /// The property that holds it.
  let property: String
  /// For signals with labels: the property of the enumeration's type, and that type.
  let choiceProperty: String?
  let choiceType: String?
  let choices: [(value: Int64, name: String, label: String)]
  let kind: Kind
  /// Whether it can be missing: selected by a multiplexor, reserved by J1939, or outside its message.
  let isOptional: Bool
  /// J1939: how many upper bits say "not available" or "error"; 0 none.
  let sentinelBits: Int
  /// Whether it stands outside the bytes that its message declares.
  let mayLackBytes: Bool

  /// The type of the property.
  enum Kind: String {
    case bool = "Bool"
    case int = "Int"
    case int64 = "Int64"
    case uint64 = "UInt64"
    /// A whole number with factor or offset.
    case scaled = "Double"
    /// A floating-point signal.
    case float = "Double "
  }

  init(
    _ signal: Signal, isParameterGroup: Bool, byteCount: Int, _ names: inout NameScope,
    _ types: inout NameScope
  ) {
    self.signal = signal
    let bitCount = signal.bitCount
    let isPlain = signal.factor == 1 && signal.offset == 0
    let hasChoices = signal.valueType == .integer && !signal.choices.isEmpty && bitCount < 64
    if signal.valueType == .float {
      kind = .float
    } else if !isPlain {
      kind = .scaled
    } else if bitCount == 1, !signal.isSigned, !hasChoices, !signal.isMultiplexor {
      kind = .bool
    } else if bitCount <= (signal.isSigned ? 32 : 31) {
      kind = .int
    } else {
      kind = signal.isSigned || bitCount < 64 ? .int64 : .uint64
    }
    let firstBit = Self.firstBit(signal)
    mayLackBytes = (firstBit + bitCount + 7) / 8 > byteCount
    sentinelBits =
      isParameterGroup && signal.valueType == .integer && !signal.isSigned && bitCount >= 2
      ? min(8, bitCount) : 0
    isOptional = signal.multiplexor != nil || sentinelBits > 0 || mayLackBytes
    let base = SwiftName.member(signal.name)
    let choices = hasChoices ? Self.choices(signal) : []
    self.choices = choices
    if choices.isEmpty {
      property = names.unique(base)
      choiceProperty = nil
      choiceType = nil
    } else {
      // Whole numbers are what their labels say; of a measure, labels are a second view.
      if kind == .scaled {
        property = names.unique(base)
        choiceProperty = names.unique(base + "Choice")
      } else {
        choiceProperty = names.unique(base)
        property = names.unique(base + "Raw")
      }
      choiceType = types.unique(SwiftName.type(signal.name))
    }
  }

  /// The labels that the bits can have, each value and each name once.
  private static func choices(_ signal: Signal) -> [(value: Int64, name: String, label: String)] {
    let bits = signal.bitCount
    let lower: Int64 = signal.isSigned ? -1 << Int64(bits - 1) : 0
    // Fewer than 64 bits have labels; all 63 of an unsigned one fit.
    let upper = Int64.max >> Int64(63 - (signal.isSigned ? bits - 1 : bits))
    var seen: Set<Int64> = []
    var names = NameScope(reserved: SwiftName.reservedMembers)
    var result: [(value: Int64, name: String, label: String)] = []
    for choice in signal.choices {
      guard case .integer(let value) = choice.value, value >= lower, value <= upper,
        seen.insert(value).inserted
      else { continue }
      let isNamed = choice.label.utf8.contains { ($0 | 0x20) &- 0x61 < 26 }
      let number = value < 0 ? "Minus\(value.magnitude)" : "\(value)"
      let name = isNamed ? SwiftName.member(choice.label) : "value\(number)"
      result.append((value, names.unique(name), choice.label))
    }
    return result
  }

  /// The position of its first bit: from the least significant of byte 0 on in Intel order, from the most significant one
  /// in Motorola order.
  private static func firstBit(_ signal: Signal) -> Int {
    signal.byteOrder == .bigEndian
      ? signal.startBit & ~7 | (7 - signal.startBit & 7) : signal.startBit
  }

  var isBigEndian: Bool { signal.byteOrder == .bigEndian }
  var firstBit: Int { Self.firstBit(signal) }
  var bitCount: Int { signal.bitCount }
  var endByte: Int { (firstBit + bitCount + 7) / 8 }
  /// Whether it stands outside the bytes that any frame can have.
  var isBeyondFrames: Bool { endByte > CANPayload.maximumCount }
  var ones: UInt64 { UInt64.max >> UInt64(64 - bitCount) }
  var typeName: String { kind == .float ? "Double" : kind.rawValue }

  // MARK: Bits

  /// The word that the bits begin in; `w` in Intel order, `b` in Motorola order.
  var word: Int { firstBit / 64 }
  var shift: Int { firstBit % 64 }
  var isSplit: Bool { shift + bitCount > 64 }

  /// Arguments for the helpers that take bits out: a word, and the shifts to the left and to the right.
  var source: String {
    let name = isBigEndian ? "b" : "w"
    if isSplit {
      let order = isBigEndian ? "joinedDown" : "joinedUp"
      let left = isBigEndian ? 0 : 64 - bitCount
      return
        "GeneratedBits.\(order)(\(name)\(word), \(name)\(word + 1), \(shift)), \(left), \(64 - bitCount)"
    }
    let left = isBigEndian ? shift : 64 - shift - bitCount
    return "\(name)\(word), \(left), \(64 - bitCount)"
  }

  /// Where its bits go: word, left shift of the raw bits there (negative: right), and the mask in that word.
  var targets: [(word: Int, shift: Int, mask: UInt64)] {
    if isBigEndian {
      let first = 64 - shift - bitCount
      if !isSplit { return [(word, first, ones << UInt64(first))] }
      let below = shift + bitCount - 64
      return [
        (word, -below, ones >> UInt64(below)), (word + 1, 64 - below, ones << UInt64(64 - below)),
      ]
    }
    let upper = ones << UInt64(shift)
    if !isSplit { return [(word, shift, upper)] }
    return [(word, shift, upper), (word + 1, shift - 64, ones >> UInt64(64 - shift))]
  }
}
