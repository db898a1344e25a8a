internal import ArgumentParser
internal import Modbus

struct ModbusServe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serves registers that clients can read and write.",
    discussion: """
      All places are 0 at first, but those set by --set. Prints "listening on HOST:PORT" to standard error. For \
      registers that move by themselves see "simulate modbus".

      It can misbehave on purpose, to see what a client makes of it. A fault is KIND[=VALUE][,unit=U][,every=N]:
        delay=700ms            the answer comes late; others pass it by
        drop                   no answer
        wrong-id[=1]           another transaction id, so much higher
        wrong-unit=9           another unit
        truncate=5             only the first 5 bytes, and the connection ends
        split=5                the first 5 bytes, and the rest 20 ms later
        duplicate              the answer comes twice
        exception=4            refused with that exception
        hole=holding/10:2      these places do not exist (exception 2)
        limit=60               more registers than that in a request are refused (exception 3)
        hang-up, reset         the connection ends, in order or with a reset, instead of an answer

      Example:
        iiotctl modbus serve --port 1502 --set holding/0=42 --set coil/3=1
        iiotctl modbus serve --port 1502 --fault delay=2s,every=10 --fault hole=holding/5

      Exit codes: 0 after Ctrl-C, 1 when it can't listen, 64 misuse.
      """)

  @OptionGroup var listen: ListenOptions

  @Option(help: "A unit it answers to; may be given several times.")
  var unit: [UInt8] = [1]

  @Option(
    help: ArgumentHelp("A register or bit and its value, at each unit.", valueName: "place=value"),
    transform: SettingArgument.parse)
  var set: [SettingArgument] = []

  @Option(help: "The size of each table, in places.")
  var size = 10_000

  @Option(
    help: ArgumentHelp(
      "Something it does wrong on purpose; may be given several times.", valueName: "fault"),
    transform: FaultArgument.parse)
  var fault: [FaultArgument] = []

  func validate() throws {
    if !(1...65_536).contains(size) { throw ValidationError("--size must be 1 to 65536.") }
    if let outside = set.first(where: { Int($0.place.offset) >= size }) {
      throw ValidationError("\(outside.place) is beyond the tables of \(size) places.")
    }
  }

  func run() async throws {
    try await Interruption.cancels {
      do {
        let server = try ModbusServer(
          host: listen.host, port: listen.port, units: unit,
          size: .init(coils: size, discretes: size, inputs: size, holdings: size))
        for unit in unit {
          server.withBank(unit: unit) { bank in
            for setting in set { bank.setRegisters([setting.value], at: setting.place) }
          }
        }
        server.setFaults(fault.map(\.fault))
        for setting in set { setting.place.warn() }
        listen.announce(server.port)
        while true { try await Task.sleep(for: .seconds(3600)) }
      } catch let error as ModbusError {
        throw Failure(error)
      } catch is CancellationError {}
    }
  }
}

/// PLACE=VALUE with a value of 16 bits.
struct SettingArgument {
  var place: RegisterAddress
  var value: UInt16

  @Sendable static func parse(_ argument: String) throws -> SettingArgument {
    let parts = argument.split(separator: "=", omittingEmptySubsequences: false)
    guard parts.count == 2,
      let value = UInt16(parts[1]) ?? Int16(parts[1]).map(UInt16.init(bitPattern:))
    else { throw ValidationError("it is not PLACE=VALUE with a value of -32768 to 65535") }
    return SettingArgument(
      place: try PlaceArgument.parse(String(parts[0])).place, value: value)
  }
}

/// A fault as the library spells it.
struct FaultArgument {
  var fault: ModbusFault

  @Sendable static func parse(_ argument: String) throws -> FaultArgument {
    do throws(ModbusError) {
      return FaultArgument(fault: try ModbusFault(argument))
    } catch { throw ValidationError(error.description) }
  }
}
