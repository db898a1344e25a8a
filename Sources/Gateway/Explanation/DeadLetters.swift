internal import Glibc

/// Looks for a sample among those that a sink refused for good.
enum DeadLetters {
  /// The sink's words; nil when the sample is not in its dead-letter files.
  static func reason(
    _ sequence: UInt64, _ tag: String, sink: String, in dataFolder: String
  ) -> String? {
    let path = "\(dataFolder)/dead-\(sink).jsonl"
    return reason(sequence, tag, in: path) ?? reason(sequence, tag, in: "\(path).1")
  }

  private static func reason(_ sequence: UInt64, _ tag: String, in path: String) -> String? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    let mark = Array("\"seq\":\(sequence)".utf8)
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    while true {
      let count = getline(&line, &capacity, file)
      guard count > 0, let start = line else { return nil }
      let bytes = UnsafeRawBufferPointer(start: start, count: count)
      // Most lines are others: only those that have the number are read as what they are.
      guard has(mark, in: bytes), let letter = OrderedJSON(parsing: Array(bytes)),
        let sample = letter["sample"], sample["tag"]?.string == tag,
        case .literal("\(sequence)")? = sample["seq"]
      else { continue }
      return letter["reason"]?.string
    }
  }

  private static func has(_ mark: [UInt8], in bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count >= mark.count else { return false }
    return (0...bytes.count - mark.count).contains { bytes[$0...].starts(with: mark) }
  }
}
