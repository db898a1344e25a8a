/// One place in a device: a table and an address that counts from 0, as it stands on the wire.
///
/// `.holding(0)` is what manuals call 40001 or 400001.
public struct RegisterAddress: Sendable, Hashable {
  /// The table.
  public var table: RegisterTable
  /// The zero-based address, 0 to 65,535.
  public var offset: UInt16

  /// A place in a table.
  public init(_ table: RegisterTable, _ offset: UInt16) {
    self.table = table
    self.offset = offset
  }

  /// A coil.
  public static func coil(_ offset: UInt16) -> RegisterAddress { .init(.coil, offset) }
  /// A discrete input.
  public static func discrete(_ offset: UInt16) -> RegisterAddress { .init(.discrete, offset) }
  /// An input register.
  public static func input(_ offset: UInt16) -> RegisterAddress { .init(.input, offset) }
  /// A holding register.
  public static func holding(_ offset: UInt16) -> RegisterAddress { .init(.holding, offset) }
}

extension RegisterAddress: CustomStringConvertible {
  /// Table and address with a slash, such as "holding/20": the tail of a tag's name.
  public var description: String { "\(table.name)/\(offset)" }
}
