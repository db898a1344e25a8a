internal import ArgumentParser
internal import Modbus

struct ModbusServe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serves registers that clients can read and write.",
    discussion: """
      All places are 0 at first, but those set by --set. Prints "listening on HOST:PORT" to standard error. For \
      registers that move by themselves see "simulate modbus".

      Example:
        iiotctl modbus serve --port 1502 --set holding/0=42 --set coil/3=1

      Exit codes: 0 after Ctrl-C, 1 when it can't listen, 64 misuse.
      """)

  @OptionGroup var listen: ListenOptions

  @Option(help: "A unit it answers to; may be given several times.")
  var unit: [UInt8] = [1]

  @Option(
    help: ArgumentHelp("A register or bit and its value, at each unit.", valueName: "place=value"))
  var set: [SettingArgument] = []

  @Option(help: "How many places each table has.")
  var size = 10_000

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
        listen.announce(server.port)
        while true { try await Task.sleep(for: .seconds(3600)) }
      } catch let error as ModbusError {
        throw Failure(error)
      } catch is CancellationError {}
    }
  }
}

/// PLACE=VALUE with a value of 16 bits.
struct SettingArgument: ExpressibleByArgument {
  var place: RegisterAddress
  var value: UInt16

  init?(argument: String) {
    let parts = argument.split(separator: "=", omittingEmptySubsequences: false)
    guard parts.count == 2, let place = try? RegisterAddress(parts[0]) else { return nil }
    guard let value = UInt16(parts[1]) ?? Int16(parts[1]).map(UInt16.init(bitPattern:)) else {
      return nil
    }
    self.place = place
    self.value = value
  }
}
