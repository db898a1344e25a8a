internal import IOThreads

extension ModbusError {
  /// An operating system's refusal, with its own words for the number.
  static func system(_ what: String, errno number: Int32) -> ModbusError {
    ModbusError(
      .system, "\(what): \(SystemFailure.explanation(of: number))", errno: number,
      advice: "check the limits on open files and threads (ulimit -n, ulimit -u)")
  }
}
