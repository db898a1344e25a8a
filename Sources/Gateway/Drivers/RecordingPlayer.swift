internal import CANLog
internal import IndustrialModel

/// Plays the values of a CSV file as if they came from a device now.
struct RecordingPlayer {
  let recording: Recording
  let bus: String
  /// Of the tags, by column.
  let names: [String]
  /// For events.
  let source: String

  /// Returns when the task is cancelled, or at the end of a recording that does not repeat.
  func run(_ context: DriverContext, _ decoder: ValueDecoder) async {
    var decoder = decoder
    var condition = ConditionReporter(source: source, report: context.report)
    var pause = Pause()
    var clock = PlaybackClock(every: recording.every)
    var isToldOfDamage = false
    while !Task.isCancelled {
      do throws(RecordingReader.Failure) {
        let reader = try RecordingReader(path: recording.path)
        condition.recovered()
        let count = try await play(reader, &clock, context, &decoder)
        let damaged = await reader.damaged
        if damaged.count > 0, !isToldOfDamage {
          isToldOfDamage = true
          report(
            context, .warning,
            "lines that can't be read: \(damaged.count); the first: \(damaged.first)")
        }
        guard recording.repeats, count > 0 else {
          if !Task.isCancelled { report(context, .info, "the end of \(recording.path)") }
          return
        }
        clock.beginAgain()
      } catch {
        // The file may come back.
        condition.failed(error.message, level: .error)
        let silence = names.indices.map {
          NamedValues.Entry(name: $0, value: .none, quality: .badNoCommunication)
        }
        await context.put(
          .values(NamedValues(names: names, entries: silence)), of: bus, through: &decoder)
        await pause.wait()
      }
    }
  }

  private func report(_ context: DriverContext, _ level: GatewayEvent.Level, _ message: String) {
    context.report(GatewayEvent(level, source: source, message))
  }

  private func play(
    _ reader: RecordingReader, _ clock: inout PlaybackClock, _ context: DriverContext,
    _ decoder: inout ValueDecoder
  ) async throws(RecordingReader.Failure) -> Int {
    var count = 0
    while true {
      let rows = try await reader.rows()
      if rows.isEmpty { return count }
      for row in rows {
        guard await clock.wait(for: row.time) else { return count }
        let entries = row.values.map { NamedValues.Entry(name: $0.column, value: $0.value) }
        await context.put(
          .values(NamedValues(names: names, entries: entries)), of: bus, through: &decoder)
        count += 1
      }
    }
  }
}

/// When the rows of a recording are due.
private struct PlaybackClock {
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private var rounds: Rounds?
  private var pace = CANReplayPace(start: 0)
  private var last: Int64?
  private var due: Int64 = 0
  /// Between the last two rows that were apart, in nanoseconds.
  private var step: Int64 = 1_000_000_000

  init(every: Duration?) {
    start = clock.now
    rounds = every.map { Rounds(every: $0) }
  }

  /// Waits until a row of this time is due; false when the task is cancelled.
  mutating func wait(for time: Int64) async -> Bool {
    if rounds != nil { return await rounds?.next() ?? false }
    let before = due
    due = pace.due(time)
    if last != nil, due > before { step = due - before }
    last = time
    // A row that is late is played at once: the rows behind it keep their times.
    return (try? await clock.sleep(until: start + .nanoseconds(due))) != nil
  }

  /// The first row comes as long after the last one as that came after the one before.
  mutating func beginAgain() {
    let (next, isOverflow) = due.addingReportingOverflow(step)
    pace = CANReplayPace(start: isOverflow ? .max : next)
    last = nil
  }
}
