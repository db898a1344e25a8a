/// What a device means by the bits of one or more registers.
public enum RegisterType: Sendable, Hashable {
  /// True unless the place is 0: a coil, a discrete input, or a whole register.
  case bool
  /// One bit of a register, 0 (least significant) to 15.
  case bit(UInt8)
  /// A signed number of 16 bits.
  case int16
  /// An unsigned number of 16 bits.
  case uint16
  /// A signed number of 32 bits in two registers.
  case int32
  /// An unsigned number of 32 bits in two registers.
  case uint32
  /// A signed number of 64 bits in four registers.
  case int64
  /// An unsigned number of 64 bits in four registers.
  case uint64
  /// IEEE 754 binary16.
  case float16
  /// IEEE 754 binary32 in two registers.
  case float32
  /// IEEE 754 binary64 in four registers.
  case float64
  /// Four decimal digits, one in each half byte.
  case bcd16
  /// Eight decimal digits in two registers.
  case bcd32
  /// Text of so many bytes, two a register, ended by the first zero byte; 1 to 250, others are held within that.
  case string(byteCount: Int)

  /// The longest text: what one request reads.
  public static let maximumStringLength = 250

  /// How many registers (or bits of a bit table, for `bool`) a value takes.
  public var registerCount: Int {
    switch self {
    case .bool, .bit, .int16, .uint16, .float16, .bcd16: 1
    case .int32, .uint32, .float32, .bcd32: 2
    case .int64, .uint64, .float64: 4
    case .string(let byteCount): (Self.textLength(byteCount) + 1) / 2
    }
  }

  /// The length of a text, held within what a request reads, whatever its number says.
  static func textLength(_ byteCount: Int) -> Int {
    min(max(1, byteCount), maximumStringLength)
  }

  /// The type of a name such as `float32`, `bit:3` or `string:20`, or nil.
  public init?(name: some StringProtocol) {
    for type in Self.simple where type.name == name {
      self = type
      return
    }
    let parts = name.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1].utf8.allSatisfy({ (48...57).contains($0) }),
      let number = Int(parts[1])
    else { return nil }
    switch parts[0] {
    case "bit" where (0...15).contains(number): self = .bit(UInt8(number))
    case "string" where (1...Self.maximumStringLength).contains(number):
      self = .string(byteCount: number)
    default: return nil
    }
  }

  /// The types that need no number.
  public static let simple: [RegisterType] = [
    .bool, .int16, .uint16, .int32, .uint32, .int64, .uint64, .float16, .float32, .float64, .bcd16,
    .bcd32,
  ]

  /// The name in configuration and on the command line.
  public var name: String {
    switch self {
    case .bool: "bool"
    case .bit(let index): "bit:\(index)"
    case .int16: "int16"
    case .uint16: "uint16"
    case .int32: "int32"
    case .uint32: "uint32"
    case .int64: "int64"
    case .uint64: "uint64"
    case .float16: "float16"
    case .float32: "float32"
    case .float64: "float64"
    case .bcd16: "bcd16"
    case .bcd32: "bcd32"
    case .string(let byteCount): "string:\(byteCount)"
    }
  }
}

extension RegisterType: CustomStringConvertible {
  /// The name.
  public var description: String { name }
}
