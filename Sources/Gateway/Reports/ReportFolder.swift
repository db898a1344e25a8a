internal import CZlib
internal import Glibc
internal import IOThreads
internal import IndustrialModel
internal import Sinks

/// The files of a report: their names, and what happens to them when they are old.
struct ReportFolder {
  let rule: ReportRule
  let calendar: ReportCalendar

  /// `report_1hour_2026-01-01_1300.csv`; the second of two at the same time by the clocks ends in `-2.csv`.
  func name(of span: ReportCalendar.Span) -> String {
    let fields = calendar.fields(of: span)
    let padded = { (number: Int64) in ReportTable.padded(number) }
    let date = "\(ReportTable.padded(fields.year, 4))-\(padded(fields.month))-\(padded(fields.day))"
    if rule.isDaily { return "daily_summary_\(date).csv" }
    let time = padded(fields.hour) + padded(fields.minute)
    let number = calendar.isRepeated(span) ? "-2" : ""
    return "report_\(rule.interval)_\(date)_\(time)\(number).csv"
  }

  /// Writes a file as a whole: who looks sees the old one or the new one.
  func write(_ contents: [UInt8], to name: String) throws(SinkError) {
    try makeFolder()
    try replace(name, with: contents)
    // A compressed one of the same name would be the old one.
    unlink("\(rule.folder)/\(name).gz")
  }

  /// Compresses and deletes what is old enough, by the times in the names.
  func tidy(now: Int64) throws(SinkError) {
    for name in names() {
      guard let end = end(ofFile: name) else { continue }
      if let age = rule.deleteAfter, now - end >= age.components.seconds {
        unlink("\(rule.folder)/\(name)")
      } else if let age = rule.compressAfter, now - end >= age.components.seconds,
        name.hasSuffix(".csv")
      {
        guard let contents = readFile("\(rule.folder)/\(name)") else { continue }
        try replace("\(name).gz", with: gzip(contents))
        unlink("\(rule.folder)/\(name)")
      }
    }
  }

  /// When the span of a file ended; nil for a file that is not of this report.
  func end(ofFile name: String) -> Int64? {
    var stem = name[...]
    if stem.hasSuffix(".gz") { stem = stem.dropLast(3) }
    guard stem.hasSuffix(".csv") else { return nil }
    stem = stem.dropLast(4)
    let prefix = rule.isDaily ? "daily_summary_" : "report_\(rule.interval)_"
    guard stem.hasPrefix(prefix) else { return nil }
    stem = stem.dropFirst(prefix.count)
    if !rule.isDaily, stem.hasSuffix("-2") { stem = stem.dropLast(2) }
    let digits = Array(stem.utf8)
    let pattern = Array((rule.isDaily ? "0000-00-00" : "0000-00-00_0000").utf8)
    guard digits.count == pattern.count,
      zip(digits, pattern).allSatisfy({ digit, sign in
        sign == UInt8(ascii: "0") ? (0x30...0x39).contains(digit) : digit == sign
      })
    else { return nil }
    let number = { (range: Range<Int>) in
      digits[range].reduce(Int64(0)) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }
    let local = CivilDate.seconds(
      year: number(0..<4), month: number(5..<7), day: number(8..<10),
      hour: rule.isDaily ? 0 : number(11..<13), minute: rule.isDaily ? 0 : number(13..<15),
      second: 0)
    return local.map { calendar.span(containing: calendar.zone.moment(showing: $0)).end }
  }

  private func names() -> [String] {
    guard let directory = opendir(rule.folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      names.append(
        withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
          String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        })
    }
    return names
  }

  private func makeFolder() throws(SinkError) {
    guard mkdir(rule.folder, 0o755) != 0, errno != EEXIST else { return }
    throw failure("can't make the folder", "create the folder above it, or correct the path")
  }

  private func replace(_ name: String, with contents: [UInt8]) throws(SinkError) {
    do throws(SystemFailure) {
      try replaceFile("\(rule.folder)/\(name)", with: contents)
    } catch {
      throw failure("can't write \(name)", "check the disk, and the permissions of the folder")
    }
  }

  private func gzip(_ contents: [UInt8]) throws(SinkError) -> [UInt8] {
    var stream = z_stream()
    guard let size = UInt32(exactly: contents.count), iiot_gzip_begin(&stream, 9) == Z_OK else {
      throw failure("can't compress", "free some memory")
    }
    defer { deflateEnd(&stream) }
    var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(size))))
    let room = UInt32(clamping: output.count)
    let status = contents.withUnsafeBytes { input in
      output.withUnsafeMutableBytes { output in
        stream.next_in = UnsafeMutablePointer(
          mutating: input.bindMemory(to: UInt8.self).baseAddress)
        stream.avail_in = size
        stream.next_out = output.bindMemory(to: UInt8.self).baseAddress
        stream.avail_out = room
        return deflate(&stream, Z_FINISH)
      }
    }
    guard status == Z_STREAM_END else { throw failure("can't compress", "free some memory") }
    return Array(output.dropLast(Int(stream.avail_out)))
  }

  private func failure(_ message: String, _ advice: String) -> SinkError {
    SinkError(
      code: .failed, destination: rule.folder,
      message: "\(message): \(String(cString: strerror(errno)))", advice: advice, errno: errno)
  }
}
