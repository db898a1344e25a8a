internal import DBC

/// Writes the enumeration of all messages, which knows which one a frame is.
struct MessageSwitch {
  let layouts: [MessageLayout]
  let access: String

  func write(to writer: inout SourceWriter) {
    guard !layouts.isEmpty else { return }
    var names = NameScope(reserved: SwiftName.reservedMembers)
    let cases = layouts.map { (name: names.unique($0.caseName), layout: $0) }
    writer.documentation("A frame as the message that it is.")
    writer.open("\(access)enum Message: Sendable {")
    for (name, layout) in cases { writer.line("case \(name)(\(layout.typeName))") }
    writer.line("")
    writer.documentation(
      "Decodes a frame; nil when no message has its identifier, it is a remote or error frame, or too short."
    )
    writer.open("\(access)init?(_ frame: CANFrame) {")
    writer.line("guard frame.flags.isDisjoint(with: [.remote, .error]) else { return nil }")
    writer.open("switch frame.identifier.rawValue {")
    var known: Set<UInt32> = []
    for (name, layout) in cases where known.insert(layout.identifier.rawValue).inserted {
      writer.label("case 0x\(String(layout.identifier.rawValue, radix: 16)):")
      writeCase(name, layout, to: &writer)
    }
    writer.label("default:")
    writeGroups(cases, to: &writer)
    writer.close("}")
    writer.close("}")
    writer.close("}")
  }

  private func writeCase(
    _ name: String, _ layout: MessageLayout, to writer: inout SourceWriter
  ) {
    writer.line(
      "guard let message = \(layout.typeName)(payload: frame.payload) else { return nil }")
    writer.line("self = .\(name)(message)")
  }

  /// J1939: by the number of the parameter group, whoever sends it.
  private func writeGroups(
    _ cases: [(name: String, layout: MessageLayout)], to writer: inout SourceWriter
  ) {
    // Of several messages of a group, one without a particular sender before others.
    var groups: [UInt32: (name: String, layout: MessageLayout)] = [:]
    for entry in cases where entry.layout.isParameterGroup {
      let number = ParameterGroupNumber(entry.layout.identifier)?.value ?? 0
      let isGeneral = entry.layout.identifier.value & 0xFF == 0xFE
      let holder = groups[number]?.layout.identifier.value
      if holder.map({ isGeneral && $0 & 0xFF != 0xFE }) ?? true { groups[number] = entry }
    }
    guard !groups.isEmpty else {
      writer.line("return nil")
      return
    }
    writer.line("guard frame.identifier.isExtended else { return nil }")
    writer.open("switch GeneratedBits.parameterGroup(frame.identifier.value) {")
    for (number, entry) in groups.sorted(by: { $0.key < $1.key }) {
      writer.label("case \(number):")
      writeCase(entry.name, entry.layout, to: &writer)
    }
    writer.label("default: return nil")
    writer.close("}")
  }
}
