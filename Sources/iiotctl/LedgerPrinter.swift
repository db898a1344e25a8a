internal import Gateway
internal import Sinks

/// The ledger as text: a row for each tag up to the buffer, then one for each sink and tag.
struct LedgerPrinter {
  private typealias Column = (name: String, value: UInt64)

  private struct Row {
    var sink: String?
    var tag: String
    var columns: [Column]
    var isBalanced: Bool
  }

  private let ledger: Ledger

  init(_ ledger: Ledger) { self.ledger = ledger }

  func lines(_ format: LedgerFormat) -> [String] {
    switch format {
    case .table: table
    case .csv: csv
    case .jsonl: (sources + sinks.flatMap(\.self)).map(json) + unknown.map(json)
    }
  }

  private var sources: [Row] {
    ledger.tags.map { tag in
      Row(
        tag: tag.tag,
        columns: [
          ("acquired", tag.acquired), ("suppressed", tag.suppressed), ("folded", tag.folded),
          ("shed_at_kill", tag.shed.atKill), ("shed_when_full", tag.shed.whenFull),
          ("shed_too_large", tag.shed.tooLarge), ("held", tag.held), ("stored", tag.stored),
        ], isBalanced: tag.isBalanced)
    }
  }

  private var sinks: [[Row]] {
    ledger.sinks.map { sink in
      sink.tags.map { tag in
        Row(
          sink: sink.name, tag: tag.tag,
          columns: [
            ("stored", tag.stored), ("delivered", tag.delivered),
            ("dead_lettered", tag.deadLettered), ("withheld", tag.withheld),
            ("evicted", tag.evicted), ("damaged", tag.damaged), ("waiting", tag.waiting),
            ("late", tag.late),
          ], isBalanced: tag.isBalanced)
      }
    }
  }

  private var unknown: [Row] {
    ledger.sinks.filter { $0.unknownRecords > 0 }.map { sink in
      Row(
        sink: sink.name, tag: "?", columns: [("unknown_records", sink.unknownRecords)],
        isBalanced: false)
    }
  }

  private func json(_ row: Row) -> String {
    var line: [UInt8] = []
    line.append("{")
    if let sink = row.sink {
      line.append(#""sink":"# as StaticString)
      line.append(json: sink)
      line.append(",")
    }
    line.append(#""tag":"# as StaticString)
    line.append(json: row.tag)
    for column in row.columns { line.append(",\"\(column.name)\":\(column.value)") }
    line.append(",\"balanced\":\(row.isBalanced)}")
    return String(decoding: line, as: UTF8.self)
  }

  private var csv: [String] {
    var names: [String] = []
    let rows = sources + sinks.flatMap(\.self) + unknown
    for row in rows {
      for column in row.columns where !names.contains(column.name) { names.append(column.name) }
    }
    return ["sink,tag," + (names + ["balanced"]).joined(separator: ",")]
      + rows.map { row in
        let values = names.map { name in
          row.columns.first { $0.name == name }.map { "\($0.value)" } ?? ""
        }
        return ([row.sink ?? "", row.tag].map(quoted) + values + ["\(row.isBalanced)"])
          .joined(separator: ",")
      }
  }

  private func quoted(_ text: String) -> String {
    var cell: [UInt8] = []
    cell.append(csv: text.utf8)
    return String(decoding: cell, as: UTF8.self)
  }

  private var table: [String] {
    var lines = table(sources, first: "TAG")
    for (sink, rows) in zip(ledger.sinks, sinks) {
      lines += ["", "sink \(sink.name)"] + table(rows, first: "TAG")
      if sink.unknownRecords > 0 {
        lines.append(
          "and \(sink.unknownRecords) damaged records of which nobody can tell what was in them")
      }
    }
    return lines
  }

  /// Columns in which nothing is are left out.
  private func table(_ rows: [Row], first: String) -> [String] {
    guard let model = rows.first else { return [] }
    let shown = model.columns.indices.filter { index in
      ["acquired", "stored", "delivered", "waiting"].contains(model.columns[index].name)
        || rows.contains { $0.columns[index].value > 0 }
    }
    var cells = [
      [first] + shown.map { model.columns[$0].name.replacing("_", with: "-").uppercased() }
    ]
    for row in rows {
      cells.append(
        [row.tag + (row.isBalanced ? "" : "  DOES NOT BALANCE")]
          + shown.map { "\(row.columns[$0].value)" })
    }
    let widths = cells[0].indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    return cells.map { row in
      row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + padding : padding + cell
      }.joined(separator: "  ")
    }
  }
}
