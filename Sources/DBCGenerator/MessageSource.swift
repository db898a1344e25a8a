internal import DBC

/// Writes the struct of one message.
struct MessageSource {
  let layout: MessageLayout
  let access: String

  func write(to writer: inout SourceWriter) {
    let message = layout.message
    writer.line("")
    let kind = layout.identifier.isExtended ? "extended" : "standard"
    writer.documentation(
      "\(message.name): \(kind) identifier 0x\(layout.identifier), \(message.byteCount) bytes.")
    if let comment = message.comment {
      writer.line("///")
      writer.documentation(comment)
    }
    writer.open("\(access)struct \(layout.typeName): Equatable, Sendable {")
    writer.documentation("The identifier of its frames.")
    writer.open("\(access)static var identifier: CANIdentifier {")
    writer.line("CANIdentifier(truncating: 0x\(String(layout.identifier.rawValue, radix: 16)))")
    writer.close("}")
    writer.line("")
    writer.documentation("The number of bytes of its payload.")
    writer.line("\(access)static var byteCount: Int { \(message.byteCount) }")
    for signal in layout.signals {
      PropertySource(layout: signal, access: access).write(to: &writer)
    }
    writeStart(to: &writer)
    writeDecoder(to: &writer)
    writeEncoder(to: &writer)
    for signal in layout.signals where signal.choiceType != nil {
      ChoiceSource(layout: signal, access: access).write(to: &writer)
    }
    writer.close("}")
  }

  /// The initialiser without parameters.
  private func writeStart(to writer: inout SourceWriter) {
    writer.line("")
    writer.documentation(
      "Every signal at its start value, which is raw 0 if the database has none.")
    if layout.signals.isEmpty {
      writer.line("\(access)init() {}")
      return
    }
    writer.open("\(access)init() {")
    for signal in layout.signals {
      let start = PropertySource(layout: signal, access: access).startValue
      writer.line("self.\(signal.property) = \(start)")
    }
    writer.close("}")
  }

  // MARK: Decoding

  private func writeDecoder(to writer: inout SourceWriter) {
    writer.line("")
    let needed = layout.neededByteCount
    writer.documentation(
      needed > 0
        ? "Decodes a payload; nil when it has less than the \(needed) bytes that the signals need."
        : "Decodes a payload.")
    // Without a call in between, only the words that are read are copied.
    writer.line("@inline(__always)")
    writer.open("\(access)init?(payload: CANPayload) {")
    if layout.signals.isEmpty {
      writer.close("}")
      return
    }
    if needed > 0 { writer.line("guard payload.count >= \(needed) else { return nil }") }
    var little: Set<Int> = []
    var big: Set<Int> = []
    for signal in layout.reachable(where: { _ in true }).map({ layout.signals[$0] }) {
      let words = signal.isSplit ? [signal.word, signal.word + 1] : [signal.word]
      if signal.isBigEndian { big.formUnion(words) } else { little.formUnion(words) }
    }
    for word in 0..<8 {
      if little.contains(word) { writer.line("let w\(word) = payload.word(\(word))") }
      if big.contains(word) {
        let value = little.contains(word) ? "w\(word)" : "payload.word(\(word))"
        writer.line("let b\(word) = \(value).byteSwapped")
      }
    }
    writeReads(layout.roots, to: &writer)
    writer.close("}")
  }

  /// Reads signals that are active together, and what their multiplexors open.
  private func writeReads(_ places: [Int], to writer: inout SourceWriter) {
    for place in places {
      let signal = layout.signals[place]
      writePresence(signal, to: &writer) { writer in
        writer.line(
          "self.\(signal.property) = \(PropertySource(layout: signal, access: access).read)")
      }
    }
    for place in places {
      guard let branches = layout.branches[place] else { continue }
      let selector = layout.signals[place]
      writePresence(selector, to: &writer) { writer in
        writer.line("let s\(place) = GeneratedBits.bits(\(selector.source))")
        writeSwitches(branches, on: "s\(place)", to: &writer) { branch, writer in
          writeReads(branch.signals, to: &writer)
        }
      }
    }
  }

  /// Signals that may be cut off by the end of a payload are read only when they are there.
  private func writePresence(
    _ signal: SignalLayout, to writer: inout SourceWriter, _ body: (inout SourceWriter) -> Void
  ) {
    if signal.endByte <= layout.neededByteCount {
      body(&writer)
      return
    }
    writer.open("if payload.count >= \(signal.endByte) {")
    body(&writer)
    writer.close("}")
  }

  /// One `switch` when no value opens two branches, else one for each branch.
  private func writeSwitches(
    _ branches: [MessageLayout.Branch], on selector: String, to writer: inout SourceWriter,
    _ body: (MessageLayout.Branch, inout SourceWriter) -> Void
  ) {
    let groups = MessageLayout.areDisjoint(branches) ? [branches] : branches.map { [$0] }
    for group in groups {
      writer.open("switch \(selector) {")
      for branch in group {
        let patterns = branch.ranges.map {
          $0.lowerBound == $0.upperBound
            ? "\($0.lowerBound)" : "\($0.lowerBound)...\($0.upperBound)"
        }
        writer.label("case \(patterns.joined(separator: ", ")):")
        body(branch, &writer)
      }
      writer.label("default: break")
      writer.close("}")
    }
  }

  // MARK: Encoding

  private func writeEncoder(to writer: inout SourceWriter) {
    writer.line("")
    writer.documentation(
      "Encodes it. A value becomes the nearest one that the bits can hold; unused bits are 0.")
    let encodable = layout.reachable { !$0.mayLackBytes }.map { layout.signals[$0] }
    guard !encodable.isEmpty else {
      writer.open("\(access)var payload: CANPayload {")
      writer.line(
        "CANPayload(words: InlineArray(repeating: 0), count: \(layout.message.byteCount))")
      writer.close("}")
      return
    }
    writer.open("\(access)var payload: CANPayload {")
    var words: [String] = []
    for signal in encodable {
      for target in signal.targets {
        let name = "\(signal.isBigEndian ? "b" : "w")\(target.word)"
        if !words.contains(name) { words.append(name) }
      }
    }
    for word in words.sorted() { writer.line("var \(word): UInt64 = 0") }
    var used = [UInt64](repeating: 0, count: 8)
    let variables = Set(words)
    writePuts(layout.roots, &used, variables, to: &writer)
    let values = (0..<8).map { word -> String in
      switch (variables.contains("w\(word)"), variables.contains("b\(word)")) {
      case (true, true): "w\(word) | b\(word).byteSwapped"
      case (true, false): "w\(word)"
      case (false, true): "b\(word).byteSwapped"
      case (false, false): "0"
      }
    }
    writer.line(
      "return CANPayload(words: [\(values.joined(separator: ", "))], count: \(layout.message.byteCount))"
    )
    writer.close("}")
  }

  /// Writes the bits of signals that are active together. `used` are the bits written so far, in Intel order.
  private func writePuts(
    _ places: [Int], _ used: inout [UInt64], _ variables: Set<String>, to writer: inout SourceWriter
  ) {
    for place in places where !layout.signals[place].mayLackBytes {
      let signal = layout.signals[place]
      let raw = PropertySource(layout: signal, access: access).raw
      writer.line("let r\(place) = \(raw)")
      for target in signal.targets {
        let name = "\(signal.isBigEndian ? "b" : "w")\(target.word)"
        let mask = signal.isBigEndian ? target.mask.byteSwapped : target.mask
        if used[target.word] & mask != 0 {
          // Bits of an earlier signal: the later one holds, as with the database's own encoder.
          for other in ["w", "b"] where variables.contains("\(other)\(target.word)") {
            let keep = ~(other == "b" ? mask.byteSwapped : mask)
            writer.line("\(other)\(target.word) &= 0x\(String(keep, radix: 16))")
          }
        }
        used[target.word] |= mask
        let shifted =
          target.shift == 0
          ? "r\(place)"
          : target.shift > 0 ? "r\(place) &<< \(target.shift)" : "r\(place) &>> \(-target.shift)"
        writer.line("\(name) |= \(shifted)")
      }
    }
    for place in places {
      guard let branches = layout.branches[place], !layout.signals[place].mayLackBytes,
        branches.contains(where: { branch in
          branch.signals.contains { !layout.signals[$0].mayLackBytes }
        })
      else { continue }
      let areDisjoint = MessageLayout.areDisjoint(branches)
      let before = used
      writeSwitches(branches, on: "r\(place)", to: &writer) { branch, writer in
        var own = areDisjoint ? before : used
        writePuts(branch.signals, &own, variables, to: &writer)
        for word in own.indices { used[word] |= own[word] }
        if branch.signals.allSatisfy({ layout.signals[$0].mayLackBytes }) { writer.line("break") }
      }
    }
  }
}
