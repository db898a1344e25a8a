/// What a request asks a device to do (application protocol 1.1b3, section 6).
///
/// An open set: devices have functions of their own (65 to 72, 100 to 110).
public struct FunctionCode: RawRepresentable, Sendable, Hashable {
  /// The code on the wire, 1 to 127; an answer with bit 7 set is an exception.
  public let rawValue: UInt8

  /// The function of that code.
  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Read coils.
  public static let readCoils = FunctionCode(rawValue: 1)
  /// Read discrete inputs.
  public static let readDiscreteInputs = FunctionCode(rawValue: 2)
  /// Read holding registers.
  public static let readHoldingRegisters = FunctionCode(rawValue: 3)
  /// Read input registers.
  public static let readInputRegisters = FunctionCode(rawValue: 4)
  /// Write one coil.
  public static let writeSingleCoil = FunctionCode(rawValue: 5)
  /// Write one holding register.
  public static let writeSingleRegister = FunctionCode(rawValue: 6)
  /// Write several coils.
  public static let writeMultipleCoils = FunctionCode(rawValue: 15)
  /// Write several holding registers.
  public static let writeMultipleRegisters = FunctionCode(rawValue: 16)
  /// Change chosen bits of a holding register.
  public static let maskWriteRegister = FunctionCode(rawValue: 22)
  /// Write some holding registers and read others in one transaction.
  public static let readWriteMultipleRegisters = FunctionCode(rawValue: 23)
  /// Encapsulated interface; with type 14, read device identification.
  public static let encapsulatedInterface = FunctionCode(rawValue: 43)
}

extension FunctionCode: CustomStringConvertible {
  /// The specification's name and the code, such as "read holding registers (3)".
  public var description: String {
    let name =
      switch self {
      case .readCoils: "read coils"
      case .readDiscreteInputs: "read discrete inputs"
      case .readHoldingRegisters: "read holding registers"
      case .readInputRegisters: "read input registers"
      case .writeSingleCoil: "write single coil"
      case .writeSingleRegister: "write single register"
      case .writeMultipleCoils: "write multiple coils"
      case .writeMultipleRegisters: "write multiple registers"
      case .maskWriteRegister: "mask write register"
      case .readWriteMultipleRegisters: "read/write multiple registers"
      case .encapsulatedInterface: "encapsulated interface"
      default: "function"
      }
    return "\(name) (\(rawValue))"
  }
}
