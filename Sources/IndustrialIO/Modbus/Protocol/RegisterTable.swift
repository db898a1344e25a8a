/// The four tables of the Modbus data model (application protocol 1.1b3, section 4.3).
///
/// Each has 65,536 places of its own: coil 5 and holding register 5 have nothing to do with each other,
/// unless the device's maker made it so.
public enum RegisterTable: UInt8, Sendable, Hashable, CaseIterable {
  /// Single bits that can be read and written.
  case coil
  /// Single bits that can only be read.
  case discrete
  /// 16-bit registers that can only be read.
  case input
  /// 16-bit registers that can be read and written.
  case holding

  /// Whether a place holds one bit rather than 16.
  public var isBits: Bool { self == .coil || self == .discrete }

  /// Whether the protocol has a function that writes to the table.
  public var isWritable: Bool { self == .coil || self == .holding }

  /// The most places one read request may ask for: 2000 bits or 125 registers (1.1b3, sections 6.1 to 6.4).
  public var maximumReadCount: Int { isBits ? 2000 : 125 }

  /// The name in tags and on the command line: coil, discrete, input, holding.
  public var name: String {
    switch self {
    case .coil: "coil"
    case .discrete: "discrete"
    case .input: "input"
    case .holding: "holding"
    }
  }

  /// The table of that name, or nil.
  public init?(name: some StringProtocol) {
    for table in Self.allCases where table.name == name {
      self = table
      return
    }
    return nil
  }

  /// The function that reads the table.
  var readFunction: FunctionCode {
    switch self {
    case .coil: .readCoils
    case .discrete: .readDiscreteInputs
    case .input: .readInputRegisters
    case .holding: .readHoldingRegisters
    }
  }
}
