internal import Glibc
internal import IOThreads
public import IndustrialModel

/// Keeps the samples that a destination refused for good, with its reasons, as JSON lines:
/// `{"sink":"influx","reason":"...","sample":{...}}` (docs/json-lines.md).
///
/// When the file has grown to its limit it becomes `PATH.1`, in place of the `PATH.1` before, whose samples are gone then.
public actor DeadLetterFile {
  private let thread = BlockingThread(name: "dead-letters")
  private let path: String
  private let limit: Int
  private let sink: String
  private let calls: FileCalls
  private let lines = PlainLines(beginning: #"{"sink":"#)
  private var file: AppendFile?
  /// The file that gave way and was not told yet: what comes behind that may fail, and is tried again.
  private var replaced: String?
  private var formatter: SampleFormatter

  /// The file's own thread: syncing a file blocks.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    thread.asUnownedSerialExecutor()
  }

  /// A file that is made with the first sample.
  ///
  /// - Parameters:
  ///   - path: The file; its folder must exist.
  ///   - sink: Whose rejections they are.
  ///   - tags: The names of the samples' tags.
  ///   - limit: How large it may get, in bytes.
  public init(path: String, sink: String, tags: TagRegistry, limit: Int = 64 << 20) {
    self.init(path: path, sink: sink, tags: tags, limit: limit, calls: FileCalls())
  }

  /// With calls of the caller's.
  init(path: String, sink: String, tags: TagRegistry, limit: Int, calls: FileCalls) {
    self.path = path
    self.sink = sink
    self.limit = limit
    self.calls = calls
    formatter = SampleFormatter(.jsonl, tags: tags)
  }

  /// Appends the rejected samples of a batch; they are on the disk when it returns.
  ///
  /// - Returns: The file whose samples gave way to these, if one did.
  /// - Throws: `SinkError` when the file can't be written.
  @discardableResult
  public func append(
    _ rejections: [DeliveryReport.Rejection], of batch: SampleBatch
  ) throws(SinkError) -> String? {
    guard !rejections.isEmpty else { return nil }
    // Who has seen to them may have moved it away.
    if file?.isLost == true { file = nil }
    if let length = file?.length, length >= limit {
      // Closes it.
      file = nil
      let old = path + ".1"
      let isThere = access(old, F_OK) == 0
      try AppendFile.rename(path, to: old)
      if isThere { replaced = old }
    }
    if file == nil { file = try AppendFile(path: path, lines: lines, calls: calls) }
    var text: [UInt8] = []
    for rejection in rejections where batch.indices.contains(rejection.index) {
      text.append(#"{"sink":"# as StaticString)
      text.append(json: sink)
      text.append(#","reason":"# as StaticString)
      text.append(json: rejection.reason)
      text.append(#","sample":"# as StaticString)
      formatter.append(batch, CollectionOfOne(rejection.index), to: &text)
      text.removeLast()
      text.append("}\n" as StaticString)
    }
    try file?.append(text)
    try file?.sync()
    defer { replaced = nil }
    return replaced
  }
}
