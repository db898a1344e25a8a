internal import Glibc
internal import IndustrialModel
internal import StoreForward

/// Looks whether a newer version of this program has worked in a data folder, before anything there is touched.
enum StateVersions {
  /// So many of the newest records are looked at: who writes newer ones writes them last.
  private static let records: UInt64 = 16

  /// - Throws: `StoreError` with code `newerFormat` for a file of a later version, which it names.
  static func check(_ configuration: GatewayConfiguration) throws(StoreError) {
    let folder = configuration.dataFolder
    try checkConfigurations(in: folder)
    try checkMemory(in: folder)
    _ = try LedgerBooks.load(folder)
    for lane in GatewayBuffer.folders(in: folder) {
      try checkStore(lane) { block in
        if let version = block.first, version > SampleCodec.version { return true }
        guard let remark = SampleCodec.remark(in: block), let version = block[remark].first else {
          return false
        }
        return version > Remark.version
      }
    }
    if configuration.journal != nil {
      try checkStore(Journal.folder(in: folder)) { record in
        record.count > 1 && record[0] == JournalCodec.mark && record[1] > JournalCodec.version
      }
    }
  }

  private static func newer(_ what: String, _ path: String) -> StoreError {
    StoreError(
      .newerFormat, "\(what) was written by a newer version of this program", path: path,
      advice: "use that version, or another gateway.data; nothing was changed")
  }

  /// The newest text says by which schema it is read.
  private static func checkConfigurations(in folder: String) throws(StoreError) {
    guard let newest = ConfigurationHistory(dataFolder: folder).newestFile,
      let bytes = readFile(newest)
    else { return }
    for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
      guard line.hasPrefix("schema:") else { continue }
      let word = line.dropFirst("schema:".count).split(separator: "#").first ?? ""
      let name = word.filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" }
      guard name.hasPrefix("iiot/"), let version = Int(name.dropFirst("iiot/".count)) else {
        return
      }
      if version > 1 { throw newer("the newest configuration that it worked with", newest) }
      return
    }
  }

  private static func checkMemory(in folder: String) throws(StoreError) {
    let path = FormulaMemory.path(in: folder)
    if let bytes = readFile(path), MemoryFile.isNewer(bytes) {
      throw newer("the memory of formulas", path)
    }
  }

  private static func checkStore(
    _ directory: String, _ isNewer: (UnsafeRawBufferPointer) -> Bool
  ) throws(StoreError) {
    guard access(directory, F_OK) == 0 else { return }
    let reader: StoreReader
    do throws(StoreError) {
      reader = try StoreReader(directory: directory)
      let last = reader.lastSequence
      guard last > 0 else { return }
      try reader.seek(to: .sequence(last > records ? last - records + 1 : 1))
    } catch {
      // All else is for those who open it: they may be able to put it right.
      if error.code == .newerFormat { throw error }
      return
    }
    var found = false
    do {
      while !found {
        let more: Void? = try reader.next { batch in
          for index in 0..<batch.count {
            found =
              found
              || batch.withPayload(at: index) { $0.withUnsafeBytes { isNewer($0) } }
          }
        }
        if more == nil { break }
      }
    } catch {
      return
    }
    if found { throw newer("a record", directory) }
  }
}
