/// Contenders in turn, round after round, so that whatever slows the machine meets all of them.
struct Rounds {
  private let comparison: Comparison
  private let options: Options

  init(_ comparison: Comparison, _ options: Options) {
    self.comparison = comparison
    self.options = options
  }

  private struct Entry {
    let runner: Runner
    let iterations: Int
    var secondsPerItem: [Double] = []
    let slot: Int
  }

  func measure(_ failures: inout [String]) async throws -> [ContenderResult] {
    var results: [ContenderResult] = []
    var entries: [Entry] = []
    defer { for entry in entries { entry.runner.stop() } }

    var expected: UInt64?
    for contender in [comparison.ours] + comparison.others {
      var result = ContenderResult(name: contender.name, role: contender.role)
      defer { results.append(result) }
      if contender.role == .peer, !options.peers {
        result.skipped = "--no-peers"
        continue
      }
      do {
        let runner = try Runner(contender)
        if case .child(let peer) = runner { result.version = peer.version }
        if comparison.resultsAgree, contender.role != .limit {
          let check = try await runner.run(3).check
          if let expected, check != expected {
            failures.append("\(contender.name) gives \(check), ours \(expected)")
          }
          if contender.role == .ours { expected = check }
        }
        let iterations = try await runner.iterations(lasting: options.secondsPerRound)
        result.iterations = iterations
        entries.append(Entry(runner: runner, iterations: iterations, slot: results.count))
      } catch let problem as PeerProblem {
        result.skipped = "\(problem)"
      }
    }

    for round in 0..<options.rounds {
      // Each round starts with another contender: nobody always runs behind the same one.
      for offset in entries.indices {
        let index = (round + offset) % entries.count
        let entry = entries[index]
        let seconds = try await entry.runner.run(entry.iterations).seconds
        entries[index].secondsPerItem.append(
          seconds / Double(entry.iterations) / comparison.itemsPerOperation)
      }
    }

    guard let ours = entries.first(where: { results[$0.slot].role == .ours }) else {
      return results
    }
    let bytesPerItem = comparison.bytesPerOperation / comparison.itemsPerOperation
    for entry in entries {
      let times = entry.secondsPerItem
      let middle = median(times)
      results[entry.slot].medianNanoseconds = middle * 1e9
      results[entry.slot].minimumNanoseconds = (times.min() ?? .nan) * 1e9
      results[entry.slot].spread = (quantile(times, 0.75) - quantile(times, 0.25)) / middle
      if bytesPerItem > 0 { results[entry.slot].bytesPerSecond = bytesPerItem / middle }
      if results[entry.slot].role != .ours {
        let ratios = zip(times, ours.secondsPerItem).map { $0 / $1 }
        results[entry.slot].ratio = median(ratios)
        results[entry.slot].ratioLow = quantile(ratios, 0.25)
        results[entry.slot].ratioHigh = quantile(ratios, 0.75)
      }
    }
    return results
  }
}
