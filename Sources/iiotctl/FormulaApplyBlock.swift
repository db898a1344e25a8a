internal import Formula
internal import Gateway
internal import IndustrialModel

/// Some thousand rows of a CSV stream, evaluated at once.
struct FormulaApplyBlock {
  private static let capacity = 4_096

  private let formula: CompiledFormula
  private let columns: FormulaColumns
  /// For each input, its field in a row.
  private let places: [Int]
  private let timePlace: Int?
  private let width: Int
  private var lines: [[UInt8]] = []
  /// The inputs, one after the other, each with room for a full block.
  private var values: [Double]
  private var times: [Int64]
  private var results: [Double]
  private var qualities: [UInt32]
  private var rowsBefore = 0
  private var lastTime: Int64 = 0
  private var failed = 0
  private var firstFailure: String?
  private var timeless = 0
  private var firstTimeless = ""
  private var tooLong = 0
  private var firstTooLong = 0

  init(_ formula: CompiledFormula, titles: [String], time: String) {
    self.formula = formula
    columns = FormulaColumns(formula)
    places = formula.dependencies.map { titles.firstIndex(of: $0.name) ?? titles.count }
    timePlace = titles.firstIndex(of: time)
    width = titles.count
    values = [Double](repeating: 0, count: places.count * Self.capacity)
    times = [Int64](repeating: 0, count: Self.capacity)
    results = [Double](repeating: 0, count: Self.capacity)
    qualities = [UInt32](repeating: 0, count: Self.capacity)
  }

  var hasTime: Bool { timePlace != nil }
  var isFull: Bool { lines.count == Self.capacity }

  /// What went wrong in all rows; nil if nothing did.
  var report: String? {
    var notes: [String] = []
    if timeless > 0, formula.usesTime {
      notes.append(
        "note: rows without a time, which count as at the time before: \(timeless); the first is \(firstTimeless)"
      )
    }
    if tooLong > 0 {
      notes.append(
        "note: rows of more cells than the header has, behind which the result stands: \(tooLong); the first is row \(firstTooLong)"
      )
    }
    if let firstFailure {
      notes.append("note: rows without a value: \(failed); the first is \(firstFailure)")
    }
    return notes.isEmpty ? nil : notes.joined(separator: "\n")
  }

  mutating func append(_ line: ArraySlice<UInt8>) {
    let fields = CSVRow(line).cells
    let row = lines.count
    for (slot, place) in places.enumerated() {
      values[slot * Self.capacity + row] = place < fields.count ? Self.number(fields[place]) : .nan
    }
    if let timePlace {
      let text = timePlace < fields.count ? String(decoding: fields[timePlace], as: UTF8.self) : ""
      if let time = Self.time(text) {
        lastTime = time
      } else {
        timeless += 1
        if timeless == 1 { firstTimeless = "row \(rowsBefore + row + 1): '\(text.prefix(40))'" }
      }
    } else {
      lastTime = Int64(rowsBefore + row) &* 1_000_000_000
    }
    times[row] = lastTime
    if fields.count > width {
      tooLong += 1
      if tooLong == 1 { firstTooLong = rowsBefore + row + 1 }
    }
    // The result stands in its own column, also behind a row that lacks cells.
    let missing = [UInt8](repeating: UInt8(ascii: ","), count: max(0, width - fields.count))
    lines.append(Array(line) + missing)
  }

  /// Nanoseconds since 1970, from RFC 3339 or from seconds.
  private static func time(_ text: String) -> Int64? {
    if let time = Timestamp(rfc3339: text) { return time.nanoseconds }
    if let time = exactTime(text) { return time }
    guard let seconds = Double(text), seconds.magnitude < 9e9 else { return nil }
    return Int64((seconds * 1e9).rounded())
  }

  /// The time of seconds that are digits and perhaps a point, to the nanosecond: binary64 would lose some hundred of them.
  private static func exactTime(_ text: String) -> Int64? {
    let isNegative = text.hasPrefix("-")
    let unsigned = isNegative || text.hasPrefix("+") ? text.dropFirst() : text[...]
    let parts = unsigned.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let isDigits = parts.allSatisfy { part in
      part.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    }
    guard isDigits, let whole = parts.first.flatMap({ Int64($0) }), whole < 9_000_000_000 else {
      return nil
    }
    let decimals = parts.count == 2 ? parts[1].prefix(9) : ""
    let padded = decimals + String(repeating: "0", count: 9 - decimals.count)
    guard let fraction = Int64(padded) else { return nil }
    let time = whole * 1_000_000_000 + fraction
    return isNegative ? -time : time
  }

  private static func number(_ field: ArraySlice<UInt8>) -> Double {
    var field = field
    while field.first == 0x20 { field.removeFirst() }
    while field.last == 0x20 { field.removeLast() }
    let text = String(decoding: field, as: UTF8.self)
    if let value = Double(text) { return value }
    return text == "true" ? 1 : text == "false" ? 0 : .nan
  }

  /// Evaluates the rows gathered and writes them out.
  mutating func write(to output: inout StandardOutput) throws {
    let rows = lines.count
    guard rows > 0 else { return }
    var errors: [FormulaRowError] = []
    let columns = self.columns
    let count = places.count
    do throws(FormulaError) {
      try values.withUnsafeBufferPointer { (values) throws(FormulaError) in
        let inputs = (0..<count).map { slot in
          let start = slot * Self.capacity
          return UnsafeBufferPointer(rebasing: values[start..<(start + rows)])
        }
        try times.withUnsafeBufferPointer { (times) throws(FormulaError) in
          try results.withUnsafeMutableBufferPointer { (results) throws(FormulaError) in
            try qualities.withUnsafeMutableBufferPointer { (qualities) throws(FormulaError) in
              try columns.evaluate(
                inputs, times: UnsafeBufferPointer(rebasing: times[..<rows]),
                into: UnsafeMutableBufferPointer(rebasing: results[..<rows]),
                resultQualities: UnsafeMutableBufferPointer(rebasing: qualities[..<rows]),
                errors: &errors)
            }
          }
        }
      }
    } catch {
      throw Failure(error)
    }
    note(errors, rows)
    for row in 0..<rows {
      let value = results[row]
      try output.append {
        $0 += lines[row]
        $0.append(UInt8(ascii: ","))
        if !FormulaStatus.isBad(qualities[row]) { $0 += NumberText.text(value).utf8 }
        $0.append(0x0A)
      }
    }
    rowsBefore += rows
    lines.removeAll(keepingCapacity: true)
  }

  private mutating func note(_ errors: [FormulaRowError], _ rows: Int) {
    for row in 0..<rows where FormulaStatus.isBad(qualities[row]) {
      failed += 1
      guard firstFailure == nil else { continue }
      let place = "row \(rowsBefore + row + 1)"
      if let error = errors.first(where: { $0.row == row }).flatMap({ formula.error(of: $0.result) }
      ) {
        firstFailure = "\(place): \(error)"
      } else {
        firstFailure = "\(place): an input is no number, or the result is not finite"
      }
    }
  }
}
