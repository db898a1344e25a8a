internal import DBC

/// Writes the property of one signal, and the expressions that read and write it.
struct PropertySource {
  let layout: SignalLayout
  let access: String

  private var signal: Signal { layout.signal }

  func write(to writer: inout SourceWriter) {
    writer.line("")
    writeComment(to: &writer)
    let type = layout.typeName + (layout.isOptional ? "?" : "")
    writer.line("\(access)var \(layout.property): \(type)")
    guard let choiceProperty = layout.choiceProperty, let choiceType = layout.choiceType else {
      return
    }
    writer.line("")
    writer.documentation("What `\(layout.property)` means.")
    writer.open("\(access)var \(choiceProperty): \(choiceType)\(layout.isOptional ? "?" : "") {")
    let isScaled = layout.kind == .scaled
    let number = { (value: String) -> String in
      isScaled ? "GeneratedBits.whole(\(value), \(self.scaling))" : value
    }
    let value = { (number: String) -> String in
      isScaled ? "Double(\(number)) * \(self.factor) + \(self.offset)" : number
    }
    if layout.isOptional {
      writer.line("get { \(layout.property).map { \(choiceType)(rawValue: \(number("$0"))) } }")
      writer.line("set { \(layout.property) = newValue.map { \(value("$0.rawValue")) } }")
    } else {
      writer.line("get { \(choiceType)(rawValue: \(number(layout.property))) }")
      writer.line("set { \(layout.property) = \(value("newValue.rawValue")) }")
    }
    writer.close("}")
  }

  /// Name, unit, range, place, and what the file says.
  private func writeComment(to writer: inout SourceWriter) {
    var head = SourceText.oneLine(signal.name)
    let unit = SourceText.oneLine(signal.unit)
    if !unit.isEmpty { head += ", in \(unit)" }
    writer.documentation(head + ".")
    if let comment = signal.comment {
      writer.line("///")
      writer.documentation(comment)
    }
    writer.line("///")
    var facts: [String] = []
    if let range = signal.range {
      facts.append(
        "Range \(SourceText.literal(range.lowerBound)) to \(SourceText.literal(range.upperBound)).")
    }
    if layout.kind == .scaled
      || (layout.kind == .float && (signal.factor != 1 || signal.offset != 0))
    {
      facts.append(
        "Raw times \(SourceText.literal(signal.factor)) plus \(SourceText.literal(signal.offset)).")
    }
    let order = layout.isBigEndian ? "Motorola" : "Intel"
    let sign = signal.valueType == .float ? "float" : signal.isSigned ? "signed" : "unsigned"
    facts.append("Bits \(signal.startBit)|\(signal.bitCount), \(order), \(sign).")
    writer.documentation(facts.joined(separator: " "))
    if let multiplexor = signal.multiplexor {
      let ranges = signal.selectorRanges.prefix(8).map {
        $0.lowerBound == $0.upperBound
          ? "\($0.lowerBound)" : "\($0.lowerBound) to \($0.upperBound)"
      }
      let more = signal.selectorRanges.count > 8 ? ", ..." : ""
      writer.documentation(
        "Nil unless \(SourceText.oneLine(multiplexor.name)) is \(ranges.joined(separator: ", "))\(more)."
      )
    }
    if layout.isBeyondFrames {
      writer.documentation("Outside the 64 bytes that a frame can have: always nil.")
    } else if layout.mayLackBytes {
      writer.documentation("Outside the bytes of its message: nil unless the payload is longer.")
    }
    if layout.sentinelBits > 0 {
      writer.documentation("Nil when it is not available or wrong (J1939).")
    }
  }

  // MARK: Values

  private var factor: String { SourceText.literal(signal.factor) }
  private var offset: String {
    signal.offset < 0 ? "(\(SourceText.literal(signal.offset)))" : SourceText.literal(signal.offset)
  }
  private var scaling: String {
    "\(SourceText.literal(signal.factor)), \(SourceText.literal(signal.offset))"
  }

  /// The value at the start.
  var startValue: String {
    if layout.isOptional { return "nil" }
    var raw = signal.attribute("GenSigStartValue")?.number ?? 0
    switch layout.kind {
    case .bool: return raw == 1 ? "true" : "false"
    case .int, .int64, .uint64:
      guard let whole = Int64(exactly: raw), isPossible(whole) else { return "0" }
      return "\(whole)"
    case .scaled:
      guard let whole = Int64(exactly: raw), isPossible(whole) else { raw = 0; break }
    case .float: break
    }
    return SourceText.literal(raw * signal.factor + signal.offset)
  }

  private func isPossible(_ raw: Int64) -> Bool {
    if signal.isSigned {
      let limit = Int64.max >> Int64(64 - signal.bitCount)
      return raw >= -limit - 1 && raw <= limit
    }
    return raw >= 0 && UInt64(raw) <= layout.ones
  }

  /// The expression that reads it.
  var read: String {
    let source = layout.source
    let isWide = layout.bitCount > (signal.isSigned ? 32 : 31)
    let plain: String
    switch layout.kind {
    case .bool: plain = "GeneratedBits.bits(\(source)) != 0"
    case .int:
      plain =
        signal.isSigned
        ? "Int(truncatingIfNeeded: GeneratedBits.signed(\(source)))"
        : "Int(truncatingIfNeeded: GeneratedBits.bits(\(source)))"
    case .int64:
      plain =
        signal.isSigned
        ? "GeneratedBits.signed(\(source))"
        : "Int64(bitPattern: GeneratedBits.bits(\(source)))"
    case .uint64: plain = "GeneratedBits.bits(\(source))"
    case .scaled:
      let function: String
      if signal.isSigned {
        function = isWide ? "signedNumber" : "shortSignedNumber"
      } else if layout.bitCount == 64 {
        function = "longNumber"
      } else {
        function = isWide ? "number" : "shortNumber"
      }
      plain = "GeneratedBits.\(function)(\(source)) * \(factor) + \(offset)"
    case .float:
      let function =
        layout.bitCount == 64 ? "double" : layout.bitCount == 32 ? "float" : "half"
      let number = "GeneratedBits.\(function)(\(source))"
      plain =
        signal.factor == 1 && signal.offset == 0 ? number : "\(number) * \(factor) + \(offset)"
    }
    if layout.sentinelBits == 0 { return plain }
    return "GeneratedBits.isAvailable(\(source), \(layout.sentinelBits)) ? \(plain) : nil"
  }

  /// The expression of its raw bits.
  var raw: String {
    // By `self`, as a signal may be named like one of the variables around: b0, w0, r0.
    let property = "self.\(layout.property)"
    if !layout.isOptional { return raw(property) }
    // What is not there: J1939 says so by ones in all bits.
    let missing = layout.sentinelBits > 0 ? "0x\(String(layout.ones, radix: 16))" : "0"
    return "\(property).map { \(raw("$0")) } ?? \(missing)"
  }

  private func raw(_ value: String) -> String {
    let ones = "0x\(String(layout.ones, radix: 16))"
    switch layout.kind {
    case .bool: return "\(value) ? UInt64(1) : UInt64(0)"
    case .int, .int64:
      return signal.isSigned
        ? "GeneratedBits.clamped(Int64(\(value)), signed: \(layout.bitCount))"
        : "GeneratedBits.clamped(Int64(\(value)), \(ones))"
    case .uint64: return value
    case .scaled:
      return signal.isSigned
        ? "GeneratedBits.raw(\(value), \(scaling), signed: \(layout.bitCount))"
        : "GeneratedBits.raw(\(value), \(scaling), \(ones))"
    case .float:
      let number = "GeneratedBits.unscaled(\(value), \(scaling))"
      switch layout.bitCount {
      case 64: return "\(number).bitPattern"
      case 32: return "UInt64(Float(\(number)).bitPattern)"
      default: return "UInt64(GeneratedBits.halfBits(\(number)))"
      }
    }
  }
}

/// Writes the enumeration of a signal's labels.
struct ChoiceSource {
  let layout: SignalLayout
  let access: String

  func write(to writer: inout SourceWriter) {
    guard let type = layout.choiceType else { return }
    let raw = layout.kind == .scaled ? "Int64" : layout.typeName
    writer.line("")
    writer.documentation("The labels of \(SourceText.oneLine(layout.signal.name)).")
    writer.open(
      "\(access)enum \(type): RawRepresentable, CustomStringConvertible, Hashable, Sendable {")
    for choice in layout.choices {
      writer.documentation("\(choice.value): \(SourceText.oneLine(choice.label))")
      writer.line("case \(choice.name)")
    }
    writer.documentation("A number without a label.")
    writer.line("case other(\(raw))")
    writer.line("")
    writer.documentation("The label of a number.")
    writer.open("\(access)init(rawValue: \(raw)) {")
    writer.open("switch rawValue {")
    for choice in layout.choices { writer.label("case \(choice.value): self = .\(choice.name)") }
    writer.label("default: self = .other(rawValue)")
    writer.close("}")
    writer.close("}")
    writer.line("")
    writer.documentation("The number.")
    writer.open("\(access)var rawValue: \(raw) {")
    writer.open("switch self {")
    for choice in layout.choices { writer.label("case .\(choice.name): \(choice.value)") }
    writer.label("case .other(let number): number")
    writer.close("}")
    writer.close("}")
    writer.line("")
    writer.documentation("The label as the database has it, else the number.")
    writer.open("\(access)var description: String {")
    writer.open("switch self {")
    for choice in layout.choices {
      writer.label("case .\(choice.name): \(SourceText.literal(choice.label))")
    }
    writer.label("case .other(let number): \"\\(number)\"")
    writer.close("}")
    writer.close("}")
    writer.close("}")
  }
}
