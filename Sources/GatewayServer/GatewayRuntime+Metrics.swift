public import Gateway
internal import IndustrialModel

extension GatewayRuntime {
  /// What it has done and how it is, in Prometheus's text format (docs/metrics.md lists the names).
  public var metricsText: String {
    var text = PrometheusText()
    addGateway(to: &text)
    addSamples(to: &text)
    addSinks(to: &text)
    addLedger(to: &text)
    addBuffer(to: &text)
    addTags(to: &text)
    ProcessMetrics.current?.add(to: &text)
    return text.text
  }

  private func addGateway(to text: inout PrometheusText) {
    let labels: PrometheusText.Labels = [
      "gateway": configuration.id, "configuration": "\(configurationVersion.number)",
    ]
    text.add("iiot_gateway_info", .gauge, "Always 1; what it is.", [(labels, 1)])
    text.add(
      "iiot_gateway_running", .gauge, "Whether it reads its devices.", isRunning ? 1 : 0)
    text.add(
      "iiot_gateway_condition", .gauge, "1 for each thing that is wrong at the moment.",
      conditions.map { (["source": $0.source, "level": $0.level.rawValue], 1) })
    let counts = eventCounts
    text.add(
      "iiot_gateway_events_total", .counter, "Events since the start.",
      [GatewayEvent.Level.info, .warning, .error].map {
        (["level": $0.rawValue], Double(counts[$0] ?? 0))
      })
  }

  private func addSamples(to text: inout PrometheusText) {
    let status = status
    for (name, help, count) in [
      ("acquired", "Samples that drivers, formulas and windows made.", status.acquired),
      ("suppressed", "Samples that said nothing new, by their rules.", status.suppressed),
      ("folded", "Samples of which only the results of their windows are kept.", status.folded),
      ("too_late", "Values that came too late for their windows.", status.tooLate),
      ("stored", "Samples that became durable.", status.stored),
    ] {
      text.add("iiot_samples_\(name)_total", .counter, help, Double(count))
    }
  }

  private func addSinks(to text: inout PrometheusText) {
    let sinks = status.sinks
    func add(
      _ name: String, _ kind: PrometheusText.Kind, _ help: String,
      _ value: (GatewayStatus.SinkCounts) -> Double?
    ) {
      text.add(
        "iiot_sink_\(name)", kind, help,
        sinks.compactMap { sink in value(sink.counts).map { (["sink": sink.name], $0) } })
    }
    add(
      "samples_delivered_total", .counter,
      "Samples that the sink confirmed, with those that are not for it."
    ) {
      Double($0.delivered)
    }
    add("samples_dead_lettered_total", .counter, "Samples in the sink's dead-letter file.") {
      Double($0.deadLettered)
    }
    add("retries_total", .counter, "Deliveries that failed and were tried again.") {
      Double($0.retries)
    }
    add("records_evicted_total", .counter, "Records evicted before the sink had them.") {
      Double($0.evictedRecords)
    }
    add("records_damaged_total", .counter, "Records damaged on the disk before the sink had them.")
    { Double($0.damagedRecords) }
    add("records_waiting", .gauge, "Records that the sink has still to get.") {
      Double($0.waitingRecords)
    }
    add(
      "newest_timestamp_seconds", .gauge,
      "When the newest sample that the sink took was acquired, in seconds since 1970."
    ) { $0.newest.map { Double($0.nanoseconds) / 1e9 } }
  }

  private func addLedger(to text: inout PrometheusText) {
    let totals = ledgerTotals
    text.add(
      "iiot_ledger_samples_total", .counter,
      "Samples of all runs by what became of them up to the buffer.",
      [
        ("acquired", totals.acquired), ("suppressed", totals.suppressed),
        ("folded", totals.folded), ("shed_at_kill", totals.shed.atKill),
        ("shed_when_full", totals.shed.whenFull), ("shed_too_large", totals.shed.tooLarge),
        ("stored", totals.stored),
      ].map { (["term": $0], Double($1)) })
    text.add(
      "iiot_ledger_held_samples", .gauge, "Samples that wait for the next one of their tag.",
      Double(totals.held))
    text.add(
      "iiot_ledger_sink_samples_total", .counter,
      "Stored samples of all runs by what became of them for each sink.",
      totals.sinks.flatMap { sink in
        [
          ("delivered", sink.delivered), ("dead_lettered", sink.deadLettered),
          ("withheld", sink.withheld), ("evicted", sink.evicted), ("damaged", sink.damaged),
          ("late", sink.late),
        ].map { (["sink": sink.name, "term": $0], Double($1)) }
      })
  }

  private func addBuffer(to text: inout PrometheusText) {
    let lanes = bufferStatus
    func add(
      _ name: String, _ kind: PrometheusText.Kind, _ help: String,
      _ value: (BufferStatus) -> Double
    ) {
      text.add("iiot_buffer_\(name)", kind, help, lanes.map { (["lane": $0.lane], value($0)) })
    }
    add("used_bytes", .gauge, "Bytes of the lane's files in use.") { Double($0.usedBytes) }
    add("capacity_bytes", .gauge, "Bytes that the lane's files may take.") { Double($0.capacity) }
    add("writable", .gauge, "Whether samples can be stored.") { $0.isWritable ? 1 : 0 }
    add("written_bytes_total", .counter, "Bytes given to the file system.") {
      Double($0.writtenBytes)
    }
    add("syncs_total", .counter, "How often the disk was asked to make them durable.") {
      Double($0.syncs)
    }
    add("sync_seconds_total", .counter, "Time that took.") { Double($0.syncNanoseconds) / 1e9 }
  }

  private func addTags(to text: inout PrometheusText) {
    var qualities: [String: Double] = ["good": 0, "uncertain": 0, "bad": 0]
    var newest: [Substring: Timestamp] = [:]
    let names = tags.names
    for sample in latest {
      let quality = sample.quality
      qualities[quality.isGood ? "good" : quality.isBad ? "bad" : "uncertain", default: 0] += 1
      let number = Int(sample.tag.rawValue)
      guard number < names.count else { continue }
      let device = names[number].prefix { $0 != "/" }
      newest[device] = max(newest[device] ?? sample.gatewayTime, sample.gatewayTime)
    }
    text.add(
      "iiot_tags", .gauge, "Tags by the quality of their latest sample.",
      ["good", "uncertain", "bad"].map { (["quality": $0], qualities[$0] ?? 0) })
    text.add(
      "iiot_device_newest_timestamp_seconds", .gauge,
      "When the device's newest sample that was kept was acquired, in seconds since 1970.",
      newest.sorted { $0.key < $1.key }.map {
        (["device": String($0.key)], Double($0.value.nanoseconds) / 1e9)
      })
  }
}
