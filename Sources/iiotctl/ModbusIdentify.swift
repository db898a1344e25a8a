internal import ArgumentParser
internal import Modbus

struct ModbusIdentify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "identify",
    abstract: "Asks a device for its vendor, product and revision (function 43/14).",
    discussion: """
      Example:
        iiotctl modbus identify 'modbus://127.0.0.1:1502?unit=1'

      Exit codes: 0 when it said so, 1 when it does not know the function or does not answer, 64 misuse.
      """)

  @OptionGroup var device: DeviceArgument

  func run() async throws {
    do {
      let identity = try await ModbusClient(try device.url).identify(unit: try device.url.unit)
      var output = StandardOutput()
      for (number, text) in identity.objects.sorted(by: { $0.key < $1.key }) {
        try output.append(line: "\(DeviceIdentification.name(ofObject: number))\t\(text)")
      }
      try output.flush()
    } catch let error as ModbusError { throw Failure(error) }
  }
}
