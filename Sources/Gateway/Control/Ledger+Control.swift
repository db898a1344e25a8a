extension Ledger {
  /// As it goes over the control socket: a line for each tag, one for each sink, one for each of its tags. Terms that are 0 are left out.
  var controlLines: [OrderedJSON] {
    var lines = tags.map { tag in
      Self.line([("kind", "tag"), ("tag", .string(tag.tag))], tag, Self.sourceTerms)
    }
    for sink in sinks {
      lines.append(
        .object([
          ("kind", "sink"), ("sink", .string(sink.name)),
          ("unknown_records", .count(sink.unknownRecords)),
        ]))
      for tag in sink.tags {
        lines.append(
          Self.line([("kind", "receipt"), ("tag", .string(tag.tag))], tag, Self.receiptTerms))
      }
    }
    return lines
  }

  /// Reads what the socket gave; nil where it is no ledger.
  init?(_ lines: [ControlClient.Line]) {
    self.init(tags: [], sinks: [])
    for line in lines {
      switch line["kind"] {
      case "tag":
        guard let tag = line["tag"] else { return nil }
        var row = Source(tag: tag)
        guard Self.read(line, Self.sourceTerms, into: &row) else { return nil }
        tags.append(row)
      case "sink":
        guard let name = line["sink"], let unknown = line["unknown_records"].flatMap(UInt64.init)
        else { return nil }
        sinks.append(Sink(name: name, tags: [], unknownRecords: unknown))
      case "receipt":
        guard let tag = line["tag"], !sinks.isEmpty else { return nil }
        var row = Receipt(tag: tag)
        guard Self.read(line, Self.receiptTerms, into: &row) else { return nil }
        sinks[sinks.count - 1].tags.append(row)
      default: return nil
      }
    }
  }

  private typealias Terms<Row> = [(key: String, path: WritableKeyPath<Row, UInt64>)]

  private static var sourceTerms: Terms<Source> {
    [
      ("acquired", \.acquired), ("suppressed", \.suppressed), ("folded", \.folded),
      ("shed_at_kill", \.shed.atKill), ("shed_when_full", \.shed.whenFull),
      ("shed_too_large", \.shed.tooLarge), ("held", \.held), ("stored", \.stored),
    ]
  }

  private static var receiptTerms: Terms<Receipt> {
    [
      ("stored", \.stored), ("delivered", \.delivered), ("dead_lettered", \.deadLettered),
      ("withheld", \.withheld), ("evicted", \.evicted), ("damaged", \.damaged),
      ("waiting", \.waiting), ("late", \.late),
    ]
  }

  private static func line<Row>(
    _ head: [(key: String, value: OrderedJSON)], _ row: Row, _ terms: Terms<Row>
  ) -> OrderedJSON {
    .object(
      head
        + terms.compactMap { term in
          let count = row[keyPath: term.path]
          return count > 0 ? (term.key, .count(count)) : nil
        })
  }

  private static func read<Row>(
    _ line: ControlClient.Line, _ terms: Terms<Row>, into row: inout Row
  ) -> Bool {
    for term in terms {
      guard let text = line[term.key] else { continue }
      guard let count = UInt64(text) else { return false }
      row[keyPath: term.path] = count
    }
    return true
  }
}

extension GatewayRuntime {
  /// The answer to `ledger`.
  func ledgerAnswer() async -> ControlAnswer {
    do {
      return ControlAnswer(lines: try await ledger().controlLines)
    } catch {
      return .refused(
        .init("the ledger can't be counted: \(error)", "see to the disk; see its events"))
    }
  }
}

extension ControlClient {
  /// The ledger of this moment, counted by the running gateway itself: what waits for the sinks and what is held are of now, not of
  /// what stood on the disk.
  ///
  /// - Returns: All tags and sinks.
  /// - Throws: `ControlError`: with code `notRunning` where no gateway can be reached, else `noAnswer` or `refused`.
  ///   `LedgerReader` then reads the data folder.
  public func ledger() async throws(ControlError) -> Ledger {
    guard let ledger = Ledger(try await ask("ledger")) else {
      throw ControlError(
        .noAnswer, "the gateway's answer is no ledger", at: ControlSocket.path(in: dataFolder),
        advice: "use the iiotctl that belongs to the gateway")
    }
    return ledger
  }
}
