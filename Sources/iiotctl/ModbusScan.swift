internal import ArgumentParser
internal import Modbus

struct ModbusScan: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scan",
    abstract: "Looks which units of a wire answer.",
    discussion: """
      Asks each unit for holding register 0. A refusal is an answer too. Silent units cost the timeout each; \
      give a short one in the URL: 'modbus+rtu:///dev/ttyUSB0?timeout=100ms'.

      Example:
        iiotctl modbus scan 'modbus+rtu:///dev/ttyUSB0?baud=9600&timeout=100ms' --last 32

      Exit codes: 0 when one answered, 1 when none did, 64 misuse.
      """)

  @OptionGroup var device: DeviceArgument

  @Option(help: "The first unit.")
  var first: UInt8 = 1

  @Option(help: "The last unit.")
  var last: UInt8 = 247

  func validate() throws {
    if first > last { throw ValidationError("--first must not be above --last.") }
  }

  func run() async throws {
    try await Interruption.cancels {
      var found = 0
      let client = ModbusClient(try device.url)
      for unit in first...last {
        do {
          let values = try await client.readHoldingRegisters(0..<1, unit: unit)
          print("unit \(unit)\tholding/0 is \(values[0])")
          found += 1
        } catch let error as ModbusError where error.code == .exception {
          // A gateway speaks for units that are not there.
          if error.exception == .gatewayTargetFailedToRespond
            || error.exception == .gatewayPathUnavailable
          {
            continue
          }
          print("unit \(unit)\tanswers \(error.exception.map { "\($0)" } ?? "an exception")")
          found += 1
        } catch let error as ModbusError where error.code == .timeout {
          continue
        } catch let error as ModbusError {
          throw Failure(error)
        } catch is CancellationError {
          return
        }
      }
      if found == 0 { throw ExitCode.failure }
    }
  }
}
