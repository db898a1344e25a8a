internal import Modbus

/// An error as the command line shows it: what happened, where, and what to do.
struct Failure: Error, CustomStringConvertible {
  var what: String
  var place: String
  var advice: String
  /// 1, unless the command documents another.
  var exitCode: Int32 = 1

  init(_ what: String, at place: String, advice: String, exitCode: Int32 = 1) {
    self.what = what
    self.place = place
    self.advice = advice
    self.exitCode = exitCode
  }

  /// For the errors of our modules, whose descriptions are those three lines already.
  init(_ error: some Error) {
    let lines = "\(error)".split(separator: "\n", omittingEmptySubsequences: true)
      .map { $0.drop { $0 == " " } }
    what = lines.first.map(String.init) ?? "unknown failure"
    place = lines.count > 1 ? String(lines[1]) : ""
    advice = lines.dropFirst(2).joined(separator: "\n")
  }

  /// Of the Modbus wire.
  init(_ error: ModbusError) {
    // Without a connection it does not matter which block was asked for.
    let isOfTheWire = [.connectFailed, .connectionLost, .hostNotFound].contains(error.code)
    self.init(
      error.message, at: (isOfTheWire ? error.bus : error.location) ?? "",
      advice: error.advice ?? "")
  }

  var description: String {
    var text = "error: \(what)"
    if !place.isEmpty { text += "\n  \(place)" }
    if !advice.isEmpty { text += "\n  \(advice.replacing("\n", with: "\n  "))" }
    return text
  }
}
