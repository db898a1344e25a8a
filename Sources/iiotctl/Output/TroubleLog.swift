/// Tells a trouble on standard error when it begins, when it changes and when it ends, and not in between.
struct TroubleLog {
  private var current: [Int: String] = [:]

  mutating func failed(_ source: Int, _ failure: Failure) {
    let text = failure.description
    guard current[source] != text else { return }
    // Many blocks with one cause (no connection) are one trouble.
    if !current.values.contains(text) { StandardError.print(text) }
    current[source] = text
  }

  mutating func recovered(_ source: Int, _ message: String) {
    guard current.removeValue(forKey: source) != nil else { return }
    StandardError.print("note: \(message)")
  }
}
