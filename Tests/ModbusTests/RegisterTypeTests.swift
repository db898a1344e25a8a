import CModbus
import IndustrialModel
import TestSupport
import Testing

@testable import Modbus

@Suite("Registers become the values that the device means")
struct RegisterTypeTests {
  @Test(
    "a text of a length that there is not is held within a request",
    arguments: [-1, 0, 251, 300, Int.max])
  func textsOfAnyLength(byteCount: Int) throws {
    let type = RegisterType.string(byteCount: byteCount)
    #expect((1...125).contains(type.registerCount))
    #expect(throws: ModbusError.self) {
      try type.encode(.string(String(repeating: "x", count: 260)))
    }
    let registers = try type.encode(.string("a"))
    #expect(registers.count == type.registerCount)
    #expect(type.decode(registers) == .string("a"))
  }

  @Test("libmodbus reads the same float in each of the four orders", arguments: 0..<200)
  func floatsAsLibmodbus(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let registers = (0..<2).map { _ in UInt16.random(in: .min ... .max, using: &generator) }
    let peers: [(ByteOrder, (UnsafePointer<UInt16>) -> Float)] = [
      (.abcd, { modbus_get_float_abcd($0) }), (.cdab, { modbus_get_float_cdab($0) }),
      (.badc, { modbus_get_float_badc($0) }), (.dcba, { modbus_get_float_dcba($0) }),
    ]
    for (order, peer) in peers {
      let expected = registers.withUnsafeBufferPointer { buffer in
        buffer.baseAddress.map(peer)
      }
      let value = try #require(
        RegisterType.float32.decode(registers, order: order).doubleValue, "\(order) seed \(seed)")
      let theirs = Double(try #require(expected))
      #expect(value == theirs || (value.isNaN && theirs.isNaN), "\(order) seed \(seed)")
    }
  }

  /// The name says where each byte goes: that is the definition the order is tested against.
  @Test("each order does what its letters say", arguments: ByteOrder.of64Bits)
  func letters(order: ByteOrder) throws {
    let longName = [
      "ABCD": "ABCDEFGH", "CDAB": "GHEFCDAB", "BADC": "BADCFEHG", "DCBA": "HGFEDCBA",
    ][order.name, default: order.name]
    let value: UInt64 = 0x0123_4567_89AB_CDEF
    let wire = longName.utf8.map { letter in
      UInt8(truncatingIfNeeded: value >> (8 * (7 - UInt64(letter - UInt8(ascii: "A")))))
    }
    let registers = stride(from: 0, to: 8, by: 2).map {
      UInt16(wire[$0]) << 8 | UInt16(wire[$0 + 1])
    }
    #expect(RegisterType.uint64.decode(registers, order: order) == .uint64(value))
    #expect(try RegisterType.uint64.encode(.uint64(value), order: order) == registers)
    #expect(ByteOrder(name: order.name) == order)
    #expect(ByteOrder(name: longName.lowercased()) == order)
    if order.name.count == 4 {
      let short = order.name.utf8.map {
        UInt8(truncatingIfNeeded: value >> (8 * (7 - UInt64($0 - 65))))
      }
      let pair = [
        UInt16(short[0]) << 8 | UInt16(short[1]), UInt16(short[2]) << 8 | UInt16(short[3]),
      ]
      #expect(RegisterType.uint32.decode(pair, order: order) == .uint64(value >> 32))
    }
  }

  @Test("binary16 is exact, all 65,536 of it")
  func binary16() {
    for bits in UInt16.min ... .max {
      let expected = Double(Float16(bitPattern: bits))
      let value = RegisterType.binary16(bits)
      #expect(value == expected || (value.isNaN && expected.isNaN), "\(bits)")
      if !expected.isNaN { #expect(RegisterType.binary16(expected) == bits) }
    }
    var generator = SeededGenerator(seed: 16)
    for _ in 0..<20_000 {
      let number =
        Double.random(in: -70_000...70_000, using: &generator)
        * [1, 1e-3, 1e-6, 1e-9][Int.random(in: 0..<4, using: &generator)]
      let expected = Float16(number)
      #expect(
        RegisterType.binary16(number) == (expected.isInfinite ? nil : expected.bitPattern),
        "\(number)")
    }
  }

  @Test("what is written is read back, in each type and order", arguments: RegisterType.simple)
  func roundTrip(type: RegisterType) throws {
    let values: [Value] =
      switch type {
      case .bool: [.bool(true), .bool(false)]
      case .int16: [.int64(-32768), .int64(32767), .int64(-1)]
      case .uint16: [.uint64(0), .uint64(65535), .uint64(258)]
      case .int32: [.int64(Int64(Int32.min)), .int64(Int64(Int32.max)), .int64(66_051)]
      case .uint32: [.uint64(0), .uint64(UInt64(UInt32.max)), .uint64(66_051)]
      case .int64: [.int64(.min), .int64(.max), .int64(-2)]
      case .uint64: [.uint64(0), .uint64(.max), .uint64((1 << 63) + 1)]
      case .float16: [.double(0.5), .double(-65504), .double(.infinity)]
      case .float32: [.double(0.5), .double(Double(Float(3.1))), .double(-.infinity)]
      case .float64: [.double(3.1), .double(.leastNonzeroMagnitude), .double(-0.0)]
      case .bcd16: [.uint64(0), .uint64(9999), .uint64(1234)]
      case .bcd32: [.uint64(0), .uint64(99_999_999), .uint64(12_345_678)]
      default: []
      }
    #expect(!values.isEmpty)
    for order in ByteOrder.of64Bits {
      for value in values {
        let registers = try type.encode(value, order: order)
        #expect(registers.count == type.registerCount)
        #expect(type.decode(registers, order: order) == value)
      }
    }
    #expect(RegisterType(name: type.name) == type)
  }

  @Test("BCD, bits and text")
  func others() throws {
    #expect(RegisterType.bcd16.decode([0x1234]) == .uint64(1234))
    #expect(RegisterType.bcd16.decode([0x123A]) == .none)
    #expect(RegisterType.bcd32.decode([0x5678, 0x1234], order: .cdab) == .uint64(12_345_678))
    #expect(try RegisterType.bcd32.encode(.uint64(12_345_678)) == [0x1234, 0x5678])
    #expect(RegisterType.bit(3).decode([0b1000]) == .bool(true))
    #expect(RegisterType.bit(2).decode([0b1000]) == .bool(false))
    #expect(RegisterType.bit(11).decode([0b1000], order: .badc) == .bool(true))
    #expect(RegisterType.string(byteCount: 5).registerCount == 3)
    #expect(RegisterType.string(byteCount: 5).decode([0x5075, 0x6D70, 0x2000]) == .string("Pump"))
    #expect(
      RegisterType.string(byteCount: 4).decode([0x7550, 0x706D], order: .badc) == .string("Pump"))
    #expect(RegisterType.string(byteCount: 2).decode([0xB543]) == .string("\u{B5}C"))
    #expect(try RegisterType.string(byteCount: 5).encode(.string("Pump")) == [0x5075, 0x6D70, 0])
    #expect(RegisterType.float32.decode([1]) == .none)
    #expect(RegisterType.int64.decode([]) == .none)
  }

  @Test("values that do not fit are refused")
  func misfits() {
    let misfits: [(RegisterType, Value)] = [
      (.int16, .int64(32768)), (.uint16, .int64(-1)), (.uint16, .double(1.5)),
      (.int32, .double(.nan)),
      (.uint32, .uint64(1 << 32)), (.int64, .uint64(.max)), (.float32, .double(1e39)),
      (.float16, .double(65520)), (.bcd16, .uint64(10_000)), (.bcd32, .uint64(100_000_000)),
      (.bool, .int64(2)), (.string(byteCount: 2), .string("abc")), (.uint16, .string("7")),
      (.float64, .bool(true)), (.int16, .none), (.bit(1), .bool(true)),
    ]
    for (type, value) in misfits {
      let error = #expect(throws: ModbusError.self, "\(type) \(value)") { try type.encode(value) }
      #expect(error?.code == .invalidRequest)
    }
  }

  @Test("names that mean nothing are refused")
  func names() {
    #expect(RegisterType(name: "bit:15") == .bit(15))
    #expect(RegisterType(name: "string:20") == .string(byteCount: 20))
    for name in [
      "", "float", "bit", "bit:16", "bit:-1", "bit:+1", "string:0", "string:251", "INT16",
      "int16:1",
    ] {
      #expect(RegisterType(name: name) == nil, "\(name)")
    }
    for name in ["", "ABC", "ABDC", "ABCDEFHG", "big"] { #expect(ByteOrder(name: name) == nil) }
  }
}
