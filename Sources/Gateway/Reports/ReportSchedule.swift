#if History
  internal import IndustrialModel
  internal import Sinks

  /// Writes the reports of a running gateway when they are due.
  struct ReportSchedule {
    private let gateway: GatewayRuntime
    private var runners: [(rule: ReportRule, runner: ReportRunner, condition: ConditionReporter)] =
      []
    /// Of those that can't be written as they are described.
    private var refused: [ConditionReporter] = []
    private var configuration: GatewayConfiguration?

    init(_ gateway: GatewayRuntime) { self.gateway = gateway }

    /// Works until the task is cancelled.
    mutating func run() async {
      repeat {
        follow(gateway.configuration)
        for index in runners.indices {
          await write(index)
        }
      } while (try? await Task.sleep(for: .seconds(1))) != nil
    }

    /// Takes up what a reload changed.
    private mutating func follow(_ current: GatewayConfiguration) {
      guard current != configuration else { return }
      configuration = current
      // What was wrong with those before is told anew where it still is.
      for index in runners.indices { runners[index].condition.recovered() }
      for index in refused.indices { refused[index].recovered() }
      (runners, refused) = ([], [])
      for rule in current.reports {
        var condition = ConditionReporter(source: "report \(rule.name)", report: gateway.report)
        do throws(SinkError) {
          runners.append((rule, try ReportRunner(rule, of: current, remembers: true), condition))
        } catch {
          condition.failed(error.message, level: .error)
          refused.append(condition)
        }
      }
    }

    private mutating func write(_ index: Int) async {
      let (rule, runner, _) = runners[index]
      let gateway = gateway
      do {
        try await runner.writeDue(now: .now()) { end in
          await gateway.hasDelivered(to: rule.history, before: end)
        }
        runners[index].condition.recovered()
      } catch {
        let message =
          (error as? SinkError).map { "\($0.message) [\($0.destination)]" } ?? "\(error)"
        runners[index].condition.failed(message, level: .error)
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
