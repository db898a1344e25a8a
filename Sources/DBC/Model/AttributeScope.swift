/// The kind of object that an attribute belongs to.
public enum AttributeScope: UInt8, Sendable, Hashable, CaseIterable {
  /// The database as a whole.
  case database
  /// A node (`BU_`).
  case node
  /// A message (`BO_`).
  case message
  /// A signal (`SG_`).
  case signal
  /// An environment variable (`EV_`).
  case environmentVariable
  /// A node's view of a signal that it receives (`BU_SG_REL_`).
  case nodeSignal
  /// A node's view of a message that it sends (`BU_BO_REL_`).
  case nodeMessage
  /// A node's view of an environment variable (`BU_EV_REL_`).
  case nodeEnvironmentVariable

  /// Whether the attribute belongs to a pair of a node and something else.
  public var isRelation: Bool {
    switch self {
    case .nodeSignal, .nodeMessage, .nodeEnvironmentVariable: true
    case .database, .node, .message, .signal, .environmentVariable: false
    }
  }

  static let keywords: [(StaticString, AttributeScope)] = [
    ("BO_", .message), ("SG_", .signal), ("BU_", .node), ("EV_", .environmentVariable),
    ("BU_SG_REL_", .nodeSignal), ("BU_BO_REL_", .nodeMessage),
    ("BU_EV_REL_", .nodeEnvironmentVariable),
  ]
}

/// What values an attribute can have.
public enum AttributeType: UInt8, Sendable, Hashable, CaseIterable {
  /// Whole numbers (`INT`).
  case integer
  /// Whole numbers that tools show in hexadecimal (`HEX`).
  case hexadecimal
  /// Numbers (`FLOAT`).
  case float
  /// Texts (`STRING`).
  case string
  /// One of a list of labels (`ENUM`).
  case enumeration
}

/// How the frames of a message look on the bus, by its attribute `VFrameFormat`.
public enum FrameFormat: UInt8, Sendable, Hashable {
  /// The database does not say.
  case unspecified
  /// Classic CAN.
  case classic
  /// CAN FD.
  case fd
  /// A J1939 parameter group: found by its number, whoever sends it.
  case j1939
}
