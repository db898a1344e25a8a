public import ArgumentParser
internal import IndustrialModel
public import Modbus

struct ModbusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "modbus",
    abstract: "Reads, writes and examines Modbus devices.",
    discussion: """
      A device is modbus://HOST:PORT?unit=U, modbus+rtu://HOST:PORT?unit=U (RTU over TCP) or \
      modbus+rtu:///dev/ttyUSB0?baud=19200&parity=E&unit=U. A place is TABLE/ADDRESS with a zero-based \
      address (holding/0), or modicon/40001 as manuals number it.

      Example:
        iiotctl modbus read 'modbus://127.0.0.1:1502' holding/0
      """,
    subcommands: [
      ModbusRead.self, ModbusWrite.self, ModbusScan.self, ModbusIdentify.self, ModbusGuess.self,
      ModbusPlan.self, ModbusServe.self, ModbusBench.self,
    ])
}

/// A device's address on the command line.
struct DeviceArgument: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "The device: modbus://HOST:PORT?unit=U or modbus+rtu:///dev/PORT?unit=U.", valueName: "url"))
  var address: String

  func validate() throws {
    do { _ = try ModbusURL(address) } catch { throw ValidationError("\(error)") }
  }

  var url: ModbusURL {
    get throws { try ModbusURL(address) }
  }
}

/// TABLE/ADDRESS or modicon/NUMBER.
struct PlaceArgument: CustomStringConvertible {
  var place: RegisterAddress

  var description: String { place.description }

  /// For `transform:`, so that a refusal says what is wrong: above all with a bare 40001.
  @Sendable static func parse(_ argument: String) throws -> PlaceArgument {
    do throws(ModbusError) {
      return PlaceArgument(place: try RegisterAddress(argument))
    } catch { throw ValidationError(error.description) }
  }
}

extension RegisterAddress {
  /// Tells a person when the address looks like a manual's number.
  func warn() {
    if let warning { StandardError.print("warning: \(warning)") }
  }
}

extension RegisterType: ExpressibleByArgument {
  /// The type of that name.
  public init?(argument: String) { self.init(name: argument) }
}

extension ByteOrder: ExpressibleByArgument {
  /// The order of that name.
  public init?(argument: String) { self.init(name: argument) }
}

/// How registers are read as values.
struct ValueOptions: ParsableArguments {
  @Option(
    help: """
      What the registers mean: bool, int16, uint16, int32, uint32, int64, uint64, float16, float32, float64, \
      bcd16, bcd32, bit:0 to bit:15, string:LENGTH.
      """)
  var type = RegisterType.uint16

  @Option(help: "The order of the bytes: ABCD, CDAB, BADC, DCBA, or eight letters for 64 bits.")
  var order = ByteOrder.abcd
}

extension RegisterReading {
  /// Values of a type one behind the other, with the tags `unitU/TABLE/ADDRESS`.
  ///
  /// Throws `ValidationError` when some would lie past the last address.
  static func values(
    _ count: Int, from place: RegisterAddress, unit: UInt8, _ options: ValueOptions,
    tags: TagRegistry
  ) throws -> [RegisterReading] {
    let width = place.table.isBits ? 1 : options.type.registerCount
    let room = (65_536 - Int(place.offset)) / width
    guard count <= room else {
      let first = Int(place.offset) + room * width
      throw ValidationError(
        "\(count) values from \(place) on run past the last address, 65535: the one at \(first) has no room; "
          + "read at most \(room).")
    }
    return (0..<max(0, count)).map { index in
      let spot = RegisterAddress(
        place.table, place.offset + UInt16(truncatingIfNeeded: index * width))
      return RegisterReading(
        tag: tags.intern("unit\(unit)/\(spot)"), unit: unit, place: spot, type: options.type,
        order: options.order)
    }
  }
}
