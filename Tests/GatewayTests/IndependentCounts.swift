import Foundation
import IndustrialModel
import StoreForward

@testable import Gateway

/// Samples as others than the ledger count them: their tags by their numbers.
enum IndependentCounts {
  /// The samples that can be read in a buffer, of each lane those behind a record.
  static func inBuffer(
    of dataFolder: String, behind record: (BufferLane) -> UInt64 = { _ in 0 }
  ) throws -> [UInt64: String] {
    var samples: [UInt64: String] = [:]
    let tags = TagRegistry()
    for lane in BufferLane.allCases {
      let directory = "\(dataFolder)/\(lane.folder)"
      guard FileManager.default.fileExists(atPath: directory) else { continue }
      let reader = try StoreReader(directory: directory, from: .oldest)
      while let found = try reader.next({ try self.samples(of: $0, tags, behind: record(lane)) }) {
        samples.merge(found) { $1 }
      }
    }
    return samples
  }

  private static func samples(
    of batch: borrowing StoredBatch, _ tags: TagRegistry, behind record: UInt64
  ) throws -> [UInt64: String] {
    var samples: [UInt64: String] = [:]
    for index in 0..<batch.count where batch.sequence(at: index) > record {
      var block = SampleBatch()
      try SampleCodec.decode(batch.payload(at: index), tags: tags, into: &block)
      for sample in block { samples[sample.sequence] = tags.name(of: sample.tag) }
    }
    return samples
  }

  struct Line: Decodable {
    var tag: String
    var seq: UInt64
  }

  private struct DeadLine: Decodable { var sample: Line }

  /// The samples in a file of JSON lines, or of dead letters; none where there is no file.
  static func inLines(of path: String) throws -> [UInt64: String] {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [:] }
    var samples: [UInt64: String] = [:]
    let decoder = JSONDecoder()
    for line in text.split(separator: "\n") {
      let data = Data(line.utf8)
      // A kill may have cut the last line of a run.
      if let line = try? decoder.decode(Line.self, from: data) {
        samples[line.seq] = line.tag
      } else if let line = try? decoder.decode(DeadLine.self, from: data) {
        samples[line.sample.seq] = line.sample.tag
      }
    }
    return samples
  }

  /// What a web server took (`Fixtures/http/server.py`), without the bodies that have a word in them.
  static func posted(to folder: String, without refused: String) throws -> [UInt64: String] {
    var samples: [UInt64: String] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      let data = try Data(contentsOf: URL(filePath: "\(folder)/\(name)"))
      guard let lines = try? JSONDecoder().decode([Line].self, from: data),
        !lines.contains(where: { $0.tag == refused })
      else { continue }
      for line in lines { samples[line.seq] = line.tag }
    }
    return samples
  }

  static func byTag(_ samples: [UInt64: String]) -> [String: UInt64] {
    samples.values.reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }
}

extension Ledger.Sink {
  /// One term of all tags that have it.
  func counts(_ term: KeyPath<Ledger.Receipt, UInt64>) -> [String: UInt64] {
    Dictionary(uniqueKeysWithValues: tags.map { ($0.tag, $0[keyPath: term]) })
      .filter { $0.value > 0 }
  }
}

extension Ledger {
  /// One term of all tags that have it.
  func counts(_ term: KeyPath<Ledger.Source, UInt64>) -> [String: UInt64] {
    Dictionary(uniqueKeysWithValues: tags.map { ($0.tag, $0[keyPath: term]) })
      .filter { $0.value > 0 }
  }

  func sink(_ name: String) -> Sink? { sinks.first { $0.name == name } }
}
