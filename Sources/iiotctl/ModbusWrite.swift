internal import ArgumentParser
internal import IndustrialModel
internal import Modbus

struct ModbusWrite: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "write",
    abstract: "Writes one value and reads it back.",
    // The parser's own would show several values.
    usage: "iiotctl modbus write <url> <place> <value> [<options>]",
    discussion: """
      A write is sent once and never again: after a timeout it may have happened all the same.

      Examples:
        iiotctl modbus write 'modbus://127.0.0.1:1502' holding/42 600
        iiotctl modbus write 'modbus://127.0.0.1:1502' holding/42 -5 --type int16
        iiotctl modbus write 'modbus://127.0.0.1:1502' coil/2 false --dry-run

      Exit codes: 0 written (and found there), 1 not, 64 misuse.
      """)

  @OptionGroup var device: DeviceArgument

  @Argument(
    help: "The place: coil/ADDRESS or holding/ADDRESS from 0, or modicon/40001.",
    transform: PlaceArgument.parse)
  var place: PlaceArgument

  // Unrecognised options as well: a number may be negative. Just one is wanted.
  @Argument(
    parsing: .allUnrecognized,
    help: ArgumentHelp(
      "The value: a number, true or false, or a text for string:LENGTH.", valueName: "value"))
  var values: [String] = []

  @OptionGroup var form: ValueOptions

  @Flag(help: "Says what would be sent, and sends nothing.")
  var dryRun = false

  @Flag(help: "Does not read the value back.")
  var noVerify = false

  func validate() throws { _ = try text() }

  func run() async throws {
    let url = try device.url
    let place = place.place
    place.warn()
    do {
      let value = try parsed()
      if dryRun {
        let registers = try (place.table.isBits ? .bool : form.type).encode(
          value, order: form.order)
        let words = registers.map { word in
          let digits = String(word, radix: 16, uppercase: true)
          return String(repeating: "0", count: 4 - digits.count) + digits
        }
        var output = StandardOutput()
        try output.append(
          line:
            "would write \(words.joined(separator: " ")) to \(place) of unit \(url.unit) at \(url.endpoint)"
        )
        return try output.flush()
      }
      try await ModbusClient(url).write(
        value, to: place, as: form.type, order: form.order, unit: url.unit, verify: !noVerify)
    } catch let error as ModbusError { throw Failure(error) }
  }

  /// The one word that stands for the value. One with a dash is a mistyped option, unless it is a number or stands behind --.
  private func text() throws -> String {
    // The parser keeps a -- only where it stands directly before the value.
    let free = CommandLine.arguments.drop { $0 != "--" }
    for word in values
    where word.hasPrefix("-") && Double(word) == nil && !free.contains(word) {
      throw ValidationError("Unknown option '\(word)'; a text with a dash stands behind --.")
    }
    var words = values
    if let end = words.firstIndex(of: "--") { words.remove(at: end) }
    guard let word = words.first else { throw ValidationError("There is no value to write.") }
    guard words.count == 1 else {
      throw ValidationError("One value is written, not \(words.joined(separator: " and ")).")
    }
    return word
  }

  /// The text as a value of the type.
  private func parsed() throws -> Value {
    let value = try text()
    if case .string = form.type, !place.place.table.isBits { return .string(value) }
    if value == "true" || value == "on" { return .bool(true) }
    if value == "false" || value == "off" { return .bool(false) }
    if let number = Int64(value) { return .int64(number) }
    if let number = UInt64(value) { return .uint64(number) }
    if let number = Double(value) { return .double(number) }
    throw ValidationError("\"\(value)\" is no number and neither true nor false.")
  }
}
