internal import IndustrialModel
internal import StoreForward

/// Reads a journal entry by entry, from the oldest on. What is damaged or gone is told at its place.
final class JournalReader {
  enum Item {
    case entry(JournalEntry)
    /// Something is not there, or not readable, in words.
    case missing(String)
  }

  private let folder: String
  private let reader: StoreReader
  private var items: [(item: Item, record: UInt64, time: Int64)] = []
  private var position = 0
  /// The number of the record in which the last item ends; 0 where it is none.
  private(set) var record: UInt64 = 0
  /// The record's time.
  private(set) var time = Timestamp(nanoseconds: 0)
  /// The beginning of an entry that takes several records.
  private var part: [UInt8]?

  /// - Throws: `JournalError` when the folder has no journal.
  init(folder: String) throws(JournalError) {
    self.folder = folder
    do throws(StoreError) {
      reader = try StoreReader(directory: folder)
    } catch {
      throw JournalError(error, in: folder)
    }
    let evicted = reader.evictedThrough
    if evicted > 0 { tell("records up to \(evicted) are evicted") }
  }

  /// The next entry, nil at the end.
  func next() throws(JournalError) -> Item? {
    while position >= items.count {
      items.removeAll(keepingCapacity: true)
      position = 0
      guard try readMore() else { return nil }
    }
    defer { position += 1 }
    record = items[position].record
    time = Timestamp(nanoseconds: items[position].time)
    return items[position].item
  }

  private func readMore() throws(JournalError) -> Bool {
    do {
      let isMore: Bool? = try reader.next { batch in
        for gap in batch.gaps where gap.reason != .unused {
          part = nil
          tell("records \(gap.first) to \(gap.last) are \(gap.reason)")
        }
        for index in 0..<batch.count {
          try take(
            Array(batch.payload(at: index)), record: batch.sequence(at: index),
            time: batch.time(at: index))
        }
        return true
      }
      return isMore ?? false
    } catch let error as JournalError {
      throw error
    } catch let error as StoreError {
      throw JournalError(error, in: folder)
    } catch {
      throw JournalError(message: "\(error)", path: folder, advice: "check the disk")
    }
  }

  private func tell(_ what: String) { items.append((.missing(what), 0, 0)) }

  private func take(
    _ record: [UInt8], record number: UInt64, time: Int64
  ) throws(JournalError) {
    guard record.count >= JournalCodec.headSize, record[0] == JournalCodec.mark else {
      throw JournalError(
        message: "record \(number) is none of a journal", path: folder,
        advice: "a journal is the folder 'journal' in a gateway's data folder")
    }
    guard record[1] <= JournalCodec.version else {
      throw JournalError(
        message: "record \(number) is of version \(record[1]), newer than this program",
        path: folder, advice: "use the iiotctl that wrote it")
    }
    let flags = record[2]
    let bytes = record[JournalCodec.headSize...]
    let isWhole = flags & JournalCodec.continues == 0
    if isWhole != (part == nil) {
      // Its beginning is gone, or its end.
      part = nil
      if !isWhole { return }
    }
    let entry = (part ?? []) + bytes
    part = nil
    if flags & JournalCodec.goesOn != 0 {
      part = entry
      return
    }
    if let entry = JournalEntry(entry) {
      items.append((.entry(entry), number, time))
    } else {
      tell("record \(number) can't be read")
    }
  }

  /// Whether a folder holds a journal rather than samples; false also where nothing can be read.
  static func isJournal(_ folder: String) -> Bool {
    guard let reader = try? StoreReader(directory: folder) else { return false }
    let first = try? reader.next(maxRecords: 1) { batch in
      batch.count > 0 ? batch.payload(at: 0).first : nil
    }
    return first == JournalCodec.mark
  }
}

/// Why a journal can't be read or replayed.
public struct JournalError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What happened.
  public var message: String
  /// The journal's folder.
  public var path: String
  /// What to do.
  public var advice: String

  init(message: String, path: String, advice: String) {
    (self.message, self.path, self.advice) = (message, path, advice)
  }

  init(_ error: StoreError, in folder: String) {
    self.init(message: error.message, path: folder, advice: error.advice)
  }

  /// The message, the folder and the advice.
  public var description: String { "\(message) [\(path)]; \(advice)" }
}
