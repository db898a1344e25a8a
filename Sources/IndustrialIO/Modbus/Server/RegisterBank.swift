internal import CModbus

/// The four tables of one simulated device, in libmodbus's own memory.
///
/// Addresses count from 0. Reading or writing outside the bank is a programming error and traps; what
/// comes over the wire is checked by the server and never does.
public struct RegisterBank: ~Copyable {
  /// How many places each table has.
  public struct Size: Sendable, Hashable {
    /// Coils, 0 to 65,536.
    public var coils: Int
    /// Discrete inputs, 0 to 65,536.
    public var discretes: Int
    /// Input registers, 0 to 65,536.
    public var inputs: Int
    /// Holding registers, 0 to 65,536.
    public var holdings: Int

    /// A bank's size; 10,000 of each unless given.
    public init(
      coils: Int = 10_000, discretes: Int = 10_000, inputs: Int = 10_000, holdings: Int = 10_000
    ) {
      self.coils = coils
      self.discretes = discretes
      self.inputs = inputs
      self.holdings = holdings
    }

    var isLegal: Bool {
      let legal = 0...65536
      return legal.contains(coils) && legal.contains(discretes) && legal.contains(inputs)
        && legal.contains(holdings)
    }
  }

  /// How many places each table has.
  public let size: Size
  let mapping: UnsafeMutablePointer<modbus_mapping_t>

  /// A bank full of zeros. Throws `.system` when there is no memory, `.invalidRequest` for an impossible size.
  init(_ size: Size) throws(ModbusError) {
    guard size.isLegal else {
      throw ModbusError(.invalidRequest, "a table has 0 to 65536 places")
    }
    guard
      let mapping = modbus_mapping_new(
        Int32(size.coils), Int32(size.discretes), Int32(size.holdings), Int32(size.inputs))
    else { throw ModbusError.system("no memory for a register bank", errno: ENOMEM) }
    self.size = size
    self.mapping = mapping
  }

  deinit { modbus_mapping_free(mapping) }

  /// A coil.
  public subscript(coil offset: Int) -> Bool {
    get { mapping.pointee.tab_bits[checked(offset, size.coils)] != 0 }
    set { mapping.pointee.tab_bits[checked(offset, size.coils)] = newValue ? 1 : 0 }
  }

  /// A discrete input.
  public subscript(discrete offset: Int) -> Bool {
    get { mapping.pointee.tab_input_bits[checked(offset, size.discretes)] != 0 }
    set { mapping.pointee.tab_input_bits[checked(offset, size.discretes)] = newValue ? 1 : 0 }
  }

  /// An input register.
  public subscript(input offset: Int) -> UInt16 {
    get { mapping.pointee.tab_input_registers[checked(offset, size.inputs)] }
    set { mapping.pointee.tab_input_registers[checked(offset, size.inputs)] = newValue }
  }

  /// A holding register.
  public subscript(holding offset: Int) -> UInt16 {
    get { mapping.pointee.tab_registers[checked(offset, size.holdings)] }
    set { mapping.pointee.tab_registers[checked(offset, size.holdings)] = newValue }
  }

  /// `count` places from `address` on; a bit is 0 or 1.
  public borrowing func registers(at address: RegisterAddress, count: Int) -> [UInt16] {
    (0..<count).map { index in
      let offset = Int(address.offset) + index
      return switch address.table {
      case .coil: self[coil: offset] ? 1 : 0
      case .discrete: self[discrete: offset] ? 1 : 0
      case .input: self[input: offset]
      case .holding: self[holding: offset]
      }
    }
  }

  /// Sets places from `address` on; a bit becomes true unless its word is 0.
  public mutating func setRegisters(_ words: [UInt16], at address: RegisterAddress) {
    for (index, word) in words.enumerated() {
      let offset = Int(address.offset) + index
      switch address.table {
      case .coil: self[coil: offset] = word != 0
      case .discrete: self[discrete: offset] = word != 0
      case .input: self[input: offset] = word
      case .holding: self[holding: offset] = word
      }
    }
  }

  private borrowing func checked(_ offset: Int, _ count: Int) -> Int {
    precondition(offset >= 0 && offset < count, "no such place in the register bank")
    return offset
  }
}
