/// Statements that speak of objects by name or identifier, kept until all objects are known.
struct PendingReferences {
  /// What a statement speaks of.
  struct Target {
    var scope: AttributeScope
    var identifier: UInt32 = 0
    var name = TextRange.none
    var node = TextRange.none
    /// Where the reference stands.
    var offset: UInt32
  }

  struct Values {
    var target: Target
    var choices: IndexRange
    /// The name of a value table instead of values.
    var table = TextRange.none
  }

  struct Comment {
    var target: Target
    var text: TextRange
  }

  struct Attribute {
    var name: TextRange
    var target: Target
    var value: AttributeValueRecord
  }

  struct AttributeDefault {
    var name: TextRange
    var value: AttributeValueRecord
  }

  struct SelectorRanges {
    var target: Target
    var multiplexor: TextRange
    var ranges: IndexRange
  }

  struct ValueType {
    var target: Target
    var code: UInt64
  }

  struct Transmitters {
    var target: Target
    var nodes: IndexRange
  }

  struct Group {
    var target: Target
    var repetitions: UInt32
    /// Names, in `groupNames`.
    var members: IndexRange
  }

  struct TypeReference {
    var target: Target
    var type: TextRange
  }

  struct VariableData {
    var target: Target
    var byteCount: UInt32
  }

  var values: [Values] = []
  var comments: [Comment] = []
  var attributes: [Attribute] = []
  var defaults: [AttributeDefault] = []
  var selectorRanges: [SelectorRanges] = []
  var valueTypes: [ValueType] = []
  var transmitters: [Transmitters] = []
  var groups: [Group] = []
  var groupNames: [TextRange] = []
  var typeReferences: [TypeReference] = []
  var variableData: [VariableData] = []
}
