internal import Glibc
internal import Sinks

/// Looks for samples among those that a sink refused for good.
enum DeadLetters {
  /// The sink's words; nil when the sample is not in its dead-letter files.
  static func reason(
    _ sequence: UInt64, _ tag: String, sink: String, in dataFolder: String
  ) -> String? {
    var reason: String?
    for path in files(of: sink, in: dataFolder) where reason == nil {
      forEachLetter(in: path, with: Array("\"seq\":\(sequence)".utf8)) { letter in
        guard let sample = letter["sample"], sample["tag"]?.string == tag,
          case .literal("\(sequence)")? = sample["seq"]
        else { return true }
        reason = letter["reason"]?.string
        return false
      }
    }
    return reason
  }

  /// How many samples of a tag are in the sink's dead-letter files. After a crash some are there twice, and count once.
  static func count(of tag: String, sink: String, in dataFolder: String) -> UInt64 {
    var mark = Array("\"tag\":".utf8)
    mark.append(json: tag)
    var numbers: Set<String> = []
    for path in files(of: sink, in: dataFolder) {
      forEachLetter(in: path, with: mark) { letter in
        if let sample = letter["sample"], sample["tag"]?.string == tag,
          case .literal(let number)? = sample["seq"]
        {
          numbers.insert(number)
        }
        return true
      }
    }
    return UInt64(numbers.count)
  }

  private static func files(of sink: String, in dataFolder: String) -> [String] {
    let path = "\(dataFolder)/dead-\(sink).jsonl"
    return [path, path + ".1"]
  }

  /// Hands out the letters that have a text in them, until the body returns false.
  private static func forEachLetter(
    in path: String, with mark: [UInt8], _ body: (OrderedJSON) -> Bool
  ) {
    guard let file = fopen(path, "re") else { return }
    defer { fclose(file) }
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    while true {
      let count = getline(&line, &capacity, file)
      guard count > 0, let start = line else { return }
      let bytes = UnsafeRawBufferPointer(start: start, count: count)
      // Most lines are others: only those that have the text are read as what they are.
      guard has(mark, in: bytes), let letter = OrderedJSON(parsing: Array(bytes)) else { continue }
      guard body(letter) else { return }
    }
  }

  private static func has(_ mark: [UInt8], in bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count >= mark.count else { return false }
    return (0...bytes.count - mark.count).contains { bytes[$0...].starts(with: mark) }
  }
}
