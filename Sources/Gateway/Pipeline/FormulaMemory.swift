internal import Formula
internal import Glibc
internal import IOThreads
internal import IndustrialModel
internal import Synchronization

/// Keeps what formulas remember in a file, so that totals, windows and delays go on after a stop, a kill and a power cut.
///
/// The lane hands over copies (`FormulaKeeper`); a thread of its own writes them, the whole file in the place of the one before.
/// A formula that is gone keeps its memory here, in case it comes back.
actor FormulaMemory {
  private enum Kept {
    /// As it stood in the file.
    case bytes([UInt8])
    case state(FormulaState)

    var bytes: [UInt8] {
      switch self {
      case .bytes(let bytes): bytes
      case .state(let state): state.bytes
      }
    }
  }

  private struct Contents {
    var memories: [String: Kept] = [:]
    /// The newest time that formulas were told.
    var time = Int64.min
    var isWritten = true
  }

  private let thread = BlockingThread(name: "formula-memory")
  /// Where it is kept; nil for nowhere.
  private let path: String?
  private let report: @Sendable (GatewayEvent) -> Void
  private let contents = Mutex(Contents())
  private var condition: ConditionReporter

  /// The memory's own thread: syncing a file blocks.
  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  static func path(in dataFolder: String) -> String { "\(dataFolder)/formulas.memory" }

  /// - Parameter dataFolder: The file is `formulas.memory` in it.
  init(dataFolder: String, report: @escaping @Sendable (GatewayEvent) -> Void) {
    path = Self.path(in: dataFolder)
    self.report = report
    condition = ConditionReporter(source: "formulas", report: report)
  }

  /// A memory that no file keeps, of bytes as a file has them.
  ///
  /// - Throws: `MemoryFile.Unusable`.
  init(
    replaying bytes: [UInt8]?, report: @escaping @Sendable (GatewayEvent) -> Void
  ) throws(MemoryFile.Unusable) {
    path = nil
    self.report = report
    condition = ConditionReporter(source: "formulas", report: report)
    guard let bytes else { return }
    let (memories, time) = try MemoryFile.decode(bytes)
    contents.withLock { contents in
      contents.memories = memories.mapValues { .bytes($0) }
      contents.time = time
    }
  }

  /// All that it has, as a file has it.
  nonisolated var bytes: [UInt8] {
    let contents = contents.withLock { $0 }
    return MemoryFile.encode(contents.memories.mapValues(\.bytes), time: contents.time)
  }

  /// Reads the file of the run before. One that can't be used is told, and put aside for whoever wants to look.
  func load() {
    guard let path else { return }
    guard let bytes = readFile(path) else {
      if errno != ENOENT {
        report(event(path, "can't be read: \(String(cString: strerror(errno)))"))
      }
      return
    }
    do throws(MemoryFile.Unusable) {
      let (memories, time) = try MemoryFile.decode(bytes)
      contents.withLock { contents in
        contents.memories = memories.mapValues { .bytes($0) }
        contents.time = time
      }
    } catch {
      rename(path, path + ".unusable")
      report(event(path, "can't be used: \(error.message)"))
    }
  }

  private nonisolated func event(_ path: String, _ problem: String) -> GatewayEvent {
    GatewayEvent(
      .warning, source: "formulas",
      "the memory of formulas (\(path)) \(problem); totals and windows begin anew")
  }

  /// No formula was told a later time in the run before.
  nonisolated var newestTime: Int64 { contents.withLock { $0.time } }

  /// What a formula remembers of the run before, or of the time before it was taken out; nil when that is nothing.
  nonisolated func state(of tag: String, for formula: CompiledFormula) -> FormulaState? {
    guard formula.isStateful,
      let bytes = contents.withLock({ $0.memories[tag] })?.bytes
    else { return nil }
    return state(of: tag, for: formula, from: bytes)
  }

  /// What a formula takes over of the memory of another edition of it; what begins anew is told.
  nonisolated func state(
    of tag: String, for formula: CompiledFormula, from bytes: [UInt8]
  ) -> FormulaState? {
    let source = "formula \(tag)"
    do throws(FormulaError) {
      let (state, restored) = try formula.makeState(from: bytes)
      let anew = state.callCount - restored
      if anew > 0 {
        report(
          GatewayEvent(
            .info, source: source,
            "changed: \(anew) of its \(state.callCount) functions with memory begin anew"))
      }
      return restored > 0 ? state : nil
    } catch {
      report(GatewayEvent(.warning, source: source, "begins anew: \(error.message)"))
      return nil
    }
  }

  /// Takes over what formulas remember now, and has it written soon.
  ///
  /// - Parameter time: The newest time that they were told.
  nonisolated func keep(_ states: [(tag: String, state: FormulaState)], time: Int64 = .min) {
    contents.withLock { contents in
      contents.time = max(contents.time, time)
      for (tag, state) in states { contents.memories[tag] = .state(state) }
      contents.isWritten = false
    }
    if path != nil { Task { await write() } }
  }

  /// Writes what is not written yet; it is on the disk when this returns.
  func write() {
    guard let path else { return }
    let unwritten = contents.withLock { contents -> Contents? in
      guard !contents.isWritten else { return nil }
      contents.isWritten = true
      return contents
    }
    guard let unwritten else { return }
    let memories = unwritten.memories.mapValues(\.bytes)
    do throws(SystemFailure) {
      try replaceFile(path, with: MemoryFile.encode(memories, time: unwritten.time))
      condition.recovered()
    } catch {
      contents.withLock { $0.isWritten = false }
      condition.failed(
        "what formulas remember can't be written to \(path): \(error.explanation); retrying")
    }
  }
}
