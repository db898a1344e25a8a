// A request may begin only when the line is silent. On some lines that never happens, and no call may wait for ever.
extension WireEngine {
  /// Ends what waits when the line has not been silent for longer than an answer may take. To be called after requests had
  /// their chance to begin.
  func watchSilence(_ now: Int64) {
    guard gap > 0 else { return }
    // Whatever is under way has a deadline of its own.
    guard exchange.count == 0, !queue.isEmpty else { return waitsForSilenceSince = nil }
    guard let since = waitsForSilenceSince else { return waitsForSilenceSince = now }
    // The longest frame may be on the line: a late answer is no reason to give up.
    guard now &- since > timeout &+ lineTime(256) &+ 4 * gap else { return }
    waitsForSilenceSince = nil
    let error = ModbusError(
      .timeout, "the line never falls silent, so nothing was sent", bus: endpoint.description,
      advice:
        "look for another master, a device that sends by itself, or a line without bias")
    // Callers that have gone away are among them: nobody else takes their jobs out meanwhile.
    while let job = queue.removeAny() { failUnsent(of: job, error) }
  }
}
