public import Modbus

/// A tag that is read from Modbus registers.
public struct RegisterTag: Sendable, Equatable {
  /// Its name below the device.
  public var name: String
  /// The table it stands in.
  public var table: RegisterTable
  /// Its first register or bit, from 0 as on the wire.
  public var address: UInt16
  /// How the registers are to be read.
  public var type: RegisterType
  /// The order of the bytes in numbers of more than one register.
  public var order: ByteOrder
  /// Factor from the number read to the engineering value.
  public var scale: Double
  /// What is added after scaling.
  public var offset: Double
  /// Its unit as a UCUM code.
  public var unit: String?
  /// How often it is read; nil for as often as its device.
  public var every: Duration?

  /// A tag.
  public init(
    name: String, table: RegisterTable, address: UInt16, type: RegisterType = .uint16,
    order: ByteOrder = .abcd, scale: Double = 1, offset: Double = 0, unit: String? = nil,
    every: Duration? = nil
  ) {
    self.name = name
    self.table = table
    self.address = address
    self.type = type
    self.order = order
    self.scale = scale
    self.offset = offset
    self.unit = unit
    self.every = every
  }
}
