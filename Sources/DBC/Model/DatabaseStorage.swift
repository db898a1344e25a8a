/// Everything a database knows, in flat arrays of small records; texts are ranges of `bytes`.
///
/// Public types are views of this: an index and a reference. Nothing changes after parsing.
final class DatabaseStorage: Sendable {
  let bytes: [UInt8]
  let encoding: TextEncoding
  let content: DatabaseContent
  let findings: [Finding]

  init(bytes: [UInt8], encoding: TextEncoding, content: DatabaseContent, findings: [Finding]) {
    self.bytes = bytes
    self.encoding = encoding
    self.content = content
    self.findings = findings
  }

  /// The characters of a text, with `\"` taken as a quote.
  func text(_ range: TextRange) -> String {
    guard !range.isNone, range.count > 0, range.end <= bytes.count else { return "" }
    return bytes.withUnsafeBufferPointer { buffer in
      let slice = UnsafeBufferPointer(rebasing: buffer[range.start..<range.end])
      guard slice.contains(UInt8(ascii: "\\")) else { return encoding.text(of: slice) }
      var unescaped: [UInt8] = []
      unescaped.reserveCapacity(slice.count)
      for (index, byte) in slice.enumerated() {
        let isEscape =
          byte == UInt8(ascii: "\\") && index + 1 < slice.count
          && slice[index + 1] == UInt8(ascii: "\"")
        if !isEscape { unescaped.append(byte) }
      }
      return unescaped.withUnsafeBufferPointer { encoding.text(of: $0) }
    }
  }

  /// The characters of a text as they stand there, `\"` included.
  func verbatim(_ range: TextRange) -> String {
    guard !range.isNone, range.count > 0, range.end <= bytes.count else { return "" }
    return bytes.withUnsafeBufferPointer {
      encoding.text(of: UnsafeBufferPointer(rebasing: $0[range.start..<range.end]))
    }
  }

  /// As `text`, or nil when there is none.
  func optionalText(_ range: TextRange) -> String? { range.isNone ? nil : text(range) }
}

/// The records of a database while it is built and afterwards.
struct DatabaseContent: Sendable {
  var version = TextRange.none
  var bitTiming = TextRange.none
  var comment = TextRange.none
  var nodes: [NodeRecord] = []
  var messages: [MessageRecord] = []
  var signals: [SignalRecord] = []
  /// Names of receivers, transmitters and access nodes, by ranges from their owners.
  var nodeReferences: [TextRange] = []
  var choices: [ChoiceRecord] = []
  var selectorRanges: [SelectorRange] = []
  var valueTables: [ValueTableRecord] = []
  var environmentVariables: [EnvironmentVariableRecord] = []
  var signalGroups: [SignalGroupRecord] = []
  /// Indices of signals, by ranges from the groups.
  var groupMembers: [Int32] = []
  var signalTypes: [SignalTypeRecord] = []
  var attributeDefinitions: [AttributeDefinitionRecord] = []
  var attributeLabels: [TextRange] = []
  /// Sorted by object.
  var attributes: [AttributeRecord] = []
  /// Statements that are kept as text.
  var opaqueStatements: [TextRange] = []

  /// The values of its multiplexor that make a multiplexed signal active, as they stand in the file.
  func activeRanges(of signal: SignalRecord) -> ArraySlice<SelectorRange> {
    signal.selectorRanges.isEmpty
      ? [SelectorRange(lower: signal.selector, upper: signal.selector)]
      : selectorRanges[signal.selectorRanges.range]
  }
}

/// A run of elements in one of the arrays.
struct IndexRange: Equatable, Sendable {
  var first: Int32 = 0
  var count: Int32 = 0

  var range: Range<Int> { Int(first)..<(Int(first) + Int(count)) }
  var isEmpty: Bool { count == 0 }
}

struct NodeRecord: Sendable {
  var name: TextRange
  var hash: UInt32
  var longName = TextRange.none
  var comment = TextRange.none
}

struct MessageRecord: Sendable {
  /// As it stands in the file, bit 31 marking an extended identifier.
  var declaredIdentifier: UInt32
  /// The identifier on the bus, or 0xFFFF_FFFF when there is none.
  var identifier: UInt32
  var name: TextRange
  var hash: UInt32
  var byteCount: UInt32
  var sender: TextRange
  var signals = IndexRange()
  var transmitters = IndexRange()
  var longName = TextRange.none
  var comment = TextRange.none
  var frameFormat = FrameFormat.unspecified

  static let noIdentifier: UInt32 = 0xFFFF_FFFF
}

struct SignalRecord: Sendable {
  var name: TextRange
  var hash: UInt32
  var message: Int32
  var startBit: UInt16
  var bitCount: UInt16
  var flags: SignalFlags
  var valueType = SignalValueType.integer
  /// The index of the signal that selects it, or -1.
  var multiplexor: Int32 = -1
  /// The number behind the `m`.
  var selector: UInt64 = 0
  /// Ranges of selector values; when empty, `selector` alone.
  var selectorRanges = IndexRange()
  var factor: Double
  var offset: Double
  var minimum: Double
  var maximum: Double
  var unit: TextRange
  var receivers = IndexRange()
  var choices = IndexRange()
  var longName = TextRange.none
  var comment = TextRange.none
  var signalType: Int32 = -1
}

struct SignalFlags: OptionSet, Sendable {
  let rawValue: UInt8
  static let bigEndian = SignalFlags(rawValue: 1)
  static let signed = SignalFlags(rawValue: 2)
  /// Marked `M`.
  static let multiplexor = SignalFlags(rawValue: 4)
  /// Marked `m0`.
  static let multiplexed = SignalFlags(rawValue: 8)
  /// Never active: in a selector cycle, or its multiplexor is unknown.
  static let unreachable = SignalFlags(rawValue: 16)
  /// Has no number: more than 64 bits, or a floating-point number of an odd length.
  static let numberless = SignalFlags(rawValue: 32)
}

struct SelectorRange: Hashable, Sendable {
  var lower: UInt64
  var upper: UInt64
}

struct ChoiceRecord: Sendable {
  var value: RawValue
  var label: TextRange
}

struct ValueTableRecord: Sendable {
  var name: TextRange
  var hash: UInt32
  var choices: IndexRange
}

struct EnvironmentVariableRecord: Sendable {
  var name: TextRange
  var hash: UInt32
  var type: Int32
  var minimum: Double
  var maximum: Double
  var unit: TextRange
  var initialValue: Double
  var number: Int64
  var access: TextRange
  var accessNodes: IndexRange
  var dataByteCount: UInt32 = 0
  var isData = false
  var choices = IndexRange()
  var comment = TextRange.none
  var longName = TextRange.none
}

struct SignalGroupRecord: Sendable {
  var name: TextRange
  var message: Int32
  var repetitions: UInt32
  var members: IndexRange
}

struct SignalTypeRecord: Sendable {
  var name: TextRange
  var hash: UInt32
  var bitCount: UInt16
  var flags: SignalFlags
  var factor: Double
  var offset: Double
  var minimum: Double
  var maximum: Double
  var unit: TextRange
  var defaultValue: Double
  var valueTable: TextRange
}

struct AttributeDefinitionRecord: Sendable {
  var name: TextRange
  var hash: UInt32
  var scope: AttributeScope
  var type: AttributeType
  var minimum: Double
  var maximum: Double
  var labels = IndexRange()
  var defaultValue = AttributeValueRecord()
}

/// An attribute's value as written: a number, a text, or none.
struct AttributeValueRecord: Sendable {
  var text = TextRange.none
  var number: Double = 0
  var kind = Kind.none

  enum Kind: UInt8, Sendable { case none, number, string }
}

struct AttributeRecord: Sendable {
  var definition: Int32
  var scope: AttributeScope
  /// Index of the node, message, signal or variable; for a relation, of its second part.
  var object: Int32
  /// Index of the node of a relation, else -1.
  var node: Int32
  var value: AttributeValueRecord
}
