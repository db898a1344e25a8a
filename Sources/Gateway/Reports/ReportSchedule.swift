#if History
  internal import IndustrialModel
  internal import Sinks

  /// Writes the reports of a running gateway when they are due.
  struct ReportSchedule {
    /// What a report is made by, but for the units of its tags.
    private struct Basis: Equatable {
      var rule: ReportRule
      var history: HistoryOptions?
      var timeZone: String
    }

    private struct Entry {
      var basis: Basis
      var runner: ReportRunner
      var condition: ConditionReporter
    }

    private let gateway: GatewayRuntime
    private var entries: [Entry] = []
    /// Of those that can't be written as they are described.
    private var refused: [ConditionReporter] = []
    private var configuration: GatewayConfiguration?

    init(_ gateway: GatewayRuntime) { self.gateway = gateway }

    /// Works until the task is cancelled.
    mutating func run() async {
      repeat {
        await follow(gateway.configuration)
        for index in entries.indices {
          await write(index)
        }
      } while (try? await Task.sleep(for: .seconds(1))) != nil
    }

    /// Takes up what a reload changed. Reports that did not change go on with what they know of the clock.
    private mutating func follow(_ current: GatewayConfiguration) async {
      guard current != configuration else { return }
      configuration = current
      let wanted = current.reports.map { rule in
        Basis(
          rule: rule, history: current.history(rule.history), timeZone: current.timeZone)
      }
      // What was wrong with those before is told anew where it still is.
      for index in entries.indices where !wanted.contains(entries[index].basis) {
        entries[index].condition.recovered()
      }
      for index in refused.indices { refused[index].recovered() }
      let before = entries
      (entries, refused) = ([], [])
      for basis in wanted {
        if let entry = before.first(where: { $0.basis == basis }) {
          await entry.runner.use(current.units)
          entries.append(entry)
          continue
        }
        var condition = ConditionReporter(
          source: "report \(basis.rule.name)", report: gateway.report)
        do throws(SinkError) {
          let runner = try ReportRunner(basis.rule, of: current, remembers: true)
          entries.append(Entry(basis: basis, runner: runner, condition: condition))
        } catch {
          condition.failed(error.message, level: .error)
          refused.append(condition)
        }
      }
    }

    private mutating func write(_ index: Int) async {
      let (rule, runner) = (entries[index].basis.rule, entries[index].runner)
      let gateway = gateway
      do {
        let reason = try await runner.writeDue(now: .now()) { end in
          await gateway.hasDelivered(to: rule.history, before: end)
        }
        if let reason {
          // The words have the time in them; it is one condition all the same.
          entries[index].condition.failed(reason, kind: "clock")
        } else {
          entries[index].condition.recovered()
        }
      } catch {
        let message =
          (error as? SinkError).map { "\($0.message) [\($0.destination)]" } ?? "\(error)"
        entries[index].condition.failed(message, level: .error)
      }
    }
  }

  extension GatewayRuntime {
    /// Whether a sink has all samples that came before a time.
    fileprivate func hasDelivered(to sink: String, before end: Timestamp) async -> Bool {
      if await forwarding.isUpToDate(sink) { return true }
      let counts = status.sinks.first { $0.name == sink }?.counts
      return counts?.newest.map { $0 >= end } ?? false
    }
  }
#endif
