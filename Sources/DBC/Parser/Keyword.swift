/// The words that begin a statement.
enum Keyword {
  case frequent
  case version, newSymbols, bitTiming, nodes, transmitters
  case signalValueType, signalGroup, signalType, signalTypeReference
  case environmentVariable, environmentVariableData
  case attributeDefinition, attributeDefault
  case relationDefinition, relationDefault, relation
  /// Named by the format, documented nowhere.
  case opaque

  /// Nil when the word begins no statement.
  init?(_ word: TextRange, in scanner: Scanner) {
    guard word.count >= 3, word.count <= 19 else { return nil }
    for (text, keyword) in Self.all where scanner.equal(word, text) {
      self = keyword
      return
    }
    return nil
  }

  private static let all: [(StaticString, Keyword)] = [
    ("SG_", .frequent), ("VAL_", .frequent), ("BA_", .frequent), ("CM_", .frequent),
    ("BO_", .frequent), ("VAL_TABLE_", .frequent), ("SG_MUL_VAL_", .frequent),
    ("VERSION", .version), ("NS_", .newSymbols), ("BS_", .bitTiming), ("BU_", .nodes),
    ("BO_TX_BU_", .transmitters), ("SIG_VALTYPE_", .signalValueType),
    ("SIG_GROUP_", .signalGroup), ("SGTYPE_", .signalType),
    ("SIG_TYPE_REF_", .signalTypeReference), ("EV_", .environmentVariable),
    ("ENVVAR_DATA_", .environmentVariableData), ("BA_DEF_", .attributeDefinition),
    ("BA_DEF_DEF_", .attributeDefault), ("BA_DEF_REL_", .relationDefinition),
    ("BA_DEF_DEF_REL_", .relationDefault), ("BA_REL_", .relation),
    ("EV_DATA_", .opaque), ("SGTYPE_VAL_", .opaque), ("BA_DEF_SGTYPE_", .opaque),
    ("BA_SGTYPE_", .opaque), ("SIGTYPE_VALTYPE_", .opaque), ("CAT_DEF_", .opaque),
    ("CAT_", .opaque), ("FILTER", .opaque), ("NS_DESC_", .opaque),
  ]

  /// The words that may stand in the `NS_` section and begin nothing there.
  static func isNewSymbol(_ word: TextRange, in scanner: Scanner) -> Bool {
    if scanner.equal(word, "BU_SG_REL_") || scanner.equal(word, "BU_EV_REL_")
      || scanner.equal(word, "BU_BO_REL_")
    {
      return true
    }
    switch Keyword(word, in: scanner) {
    case nil, .version, .newSymbols, .bitTiming, .nodes: return false
    default: return true
    }
  }
}
